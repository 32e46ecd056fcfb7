"""The call as the results record it: all that a repetition needs, and no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scim_compat.cli import cli, terminal
from scim_compat.results.document.call import CallInfo, replay_words
from scim_compat.run.settings import Settings
from scim_compat.wire.secrets import SecretRegister

URL = "https://h.example/scim/v2"
SECRETS = {
    "SCIM_TOKEN": "tok-S3CRET",
    "SCIM_PASSWORD": "pw-S3CRET",
    "SCIM_CLIENT_SECRET": "cs-S3CRET",
    "MINE": "my-S3CRET",
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``settings("URL", "--profile", …)``: those with which the run would begin."""

    def call(*words: str, command: str = "run", typed: str | None = None) -> Settings:
        begun: list[Any] = []
        monkeypatch.setattr(terminal, "execute", lambda request, **_: begun.append(request) or 0)
        monkeypatch.chdir(tmp_path)
        ended = CliRunner().invoke(
            cli, [command, *words], env=SECRETS, input=typed, obj=SecretRegister(), catch_exceptions=False
        )  # fmt: skip
        assert begun, ended.output
        settings = begun[0].settings
        assert isinstance(settings, Settings)
        assert "S3CRET" not in repr((settings.call, settings.command))
        return settings

    return call


@pytest.mark.parametrize(
    ("words", "recorded"),
    [
        ([], []),
        (["--out", "o", "--seed", "3", "--jobs", "2", "-q", "--junit", "j.xml", "--html", "h.html"], []),
        (["--crowd", "60"], ["--crowd", "60"]),
        (["--large", "--thorough", "--timeout", "7.5"], ["--large", "--thorough", "--timeout", "7.5"]),
        (["--fail-on", "breach"], ["--fail-on", "breach"]),
        (["--auth", "none"], ["--auth", "none"]),
        (["--auth", "bearer", "--secret-env", "MINE"], ["--auth", "bearer", "--secret-env", "MINE"]),
        (["--user", "o'neil"], ["--user", "o'neil"]),
        (["--auth", "header", "--header-name", "X-Key"], ["--auth", "header", "--header-name", "X-Key"]),
        (
            ["--token-url", "https://t.example/t", "--client-id", "c", "--scope", "a b"],
            ["--token-url", "https://t.example/t", "--client-id", "c", "--scope", "a b"],
        ),
        (["--trace-header"], ["--trace-header", "X-Scim-Compat-Trace"]),
        (["--proxy", "http://user:pw-S3CRET@p.example:3128"], ["--proxy", "http://p.example:3128"]),
    ],
)
def test_options_of_the_connection_and_the_settings_are_recorded(
    settings: Any, words: list[str], recorded: list[str]
) -> None:
    found = settings(URL, *words, "--profile", "okta", "--only", "users")
    assert found.call is not None
    assert sorted(found.call.options) == sorted(recorded)
    assert (found.call.kind, found.call.url, found.call.only) == ("run", URL, ("users",))
    assert found.command == ("--profile", "okta", "--only", "users", *found.call.options)


def test_a_prompt_is_repeated_and_not_its_answer(settings: Any) -> None:
    found = settings(URL, "-p", "okta", "--secret-prompt", typed="ty-S3CRET\n")
    assert found.call.options == ("--secret-prompt",)


def test_files_are_recorded_by_the_path_that_was_given(settings: Any, tmp_path: Path) -> None:
    for name in ("a secret", "ca.pem", "c.pem", "k.pem"):
        (tmp_path / name).write_text("fi-S3CRET")
    words = ("--secret-file", "a secret", "--ca", "ca.pem", "--client-cert", "c.pem", "--client-key", "./k.pem")
    assert settings(URL, "-p", "okta", *words).call.options == words


def test_the_target_file_stands_for_all_that_is_in_it(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(f"url: {URL}\nauth: {{kind: basic, user: u, secret-env: MINE}}\n")
    found = settings("--target", "t.yaml", "-p", "okta")
    assert (found.call.url, found.call.options) == ("", ("--target", "t.yaml"))
    with_url = settings(URL, "--target", "t.yaml", "--user", "v", "-p", "okta")
    assert (with_url.call.url, sorted(with_url.call.options)) == (URL, ["--target", "--user", "t.yaml", "v"])


def test_an_application_in_process_has_no_url(settings: Any) -> None:
    found = settings("--scim-app", "shop:app", "-p", "okta")
    assert (found.call.url, found.call.options) == ("", ("--scim-app", "shop:app"))


def test_settings_cross_to_other_processes_with_the_call(settings: Any) -> None:
    found = settings(URL, "-p", "okta", "--crowd", "3", "--trace-header").with_id()
    assert Settings.from_dict(found.to_dict()) == found


def test_the_words_of_a_repetition() -> None:
    call = CallInfo("run", "", ("--target", "t.yaml"), ())
    assert replay_words(call, profile="p.yaml", scenarios=("a.b", "c.d"), seed=None) == (
        *("scim-compat", "run", "--profile", "p.yaml", "--only", "a.b", "--only", "c.d", "--target", "t.yaml"),
    )
