"""Whose fault is whose, and what an outcome is."""

from __future__ import annotations

import json

import pytest
from scim_compat.errors import SettingError
from scim_compat.run import endpoint, recorder
from scim_compat.run.settings import Login, Settings
from scim_compat.wire.redact import Redactor


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("1234", {"n": "[redacted]", "a": ["b", True, None]}),
        ("true", {"n": 1234, "a": ["b", True, None]}),
        ('": ', {"n": 1234, "a": ["b", True, None]}),
        ("b", {"n": 1234, "a": ["[redacted]", True, None]}),
    ],
)
def test_a_password_that_looks_like_json_breaks_no_finding(secret, shown):
    """What a finding quotes is redacted in its parts: as a text, it would be no JSON any more."""
    assert recorder.redacted({"n": 1234, "a": ["b", True, None]}, Redactor.of([secret]).text) == shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "ftp://x"}, "http"),
        ({"url": "https://x.example/scim?aadOptscim062020"}, "leave the query .* out of the URL"),
        ({"login": Login(kind="bearer", token="a\nb")}, "token|credential|line"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, changes, words):
    settings = Settings(**({"url": "https://x.example", "seed": 1, "out": str(tmp_path)} | changes))
    with pytest.raises(SettingError, match=words):
        endpoint.open_wire(settings)


def test_settings_cross_to_other_processes():
    made = Settings(
        url="https://x.example",
        login=Login(kind="basic", user="u", password="p"),
        seed=3,
        out="o",
        command=("--profile", "x"),
    )
    assert Settings.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert "p'" not in repr(made).replace("'p'", "") or "password" not in repr(made)


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        (Login(), None),
        (Login(kind="bearer", token="t"), ("Authorization", "Bearer")),
        (Login(kind="basic", user="u", password="p"), ("Authorization", "Basic")),
        (Login(kind="header", header_name="X-Key", header_value="v"), ("X-Key", "")),
        (Login(kind="oauth2", token_url="https://x", client_id="c", client_secret="s"), ("Authorization", "Bearer")),
    ],
)  # fmt: skip
def test_where_a_credential_is_shown(login, shown):
    assert login.header() == shown
    sent = [name for name, _ in login.credential().wrong()]
    assert sent == [shown[0] if shown else "Authorization"]
