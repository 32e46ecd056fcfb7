"""Whoever has not the whole credential: tried once a run, last, and without a trace in any output."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from scim_compat.errors import NotTestableError
from scim_compat.pytest_plugin.launch import run
from scim_compat.run.request import RunRequest
from scim_compat.run.settings import Login, LoginKind, Settings
from servers.good import GoodServer
from servers.good11 import MOUNT as MOUNT11
from servers.good11 import OPERATOR, GoodServer11
from servers.running import mounted
from support.commands import TOKEN, play

URL = "http://app.invalid/scim/v2"
SHARED = ("entra-v2", "okta", "peakon", "okta-spec")
CURRENT = {}


class Watched:
    """The application under test, and what it was asked with which credential."""

    def __init__(self, server, prefix="/scim/v2"):
        self.server = server
        self.inner = mounted(server, prefix=prefix)
        self.asked = []

    def __call__(self, environ, start_response):
        given = environ.get("HTTP_AUTHORIZATION", "")
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], given))
        return self.inner(environ, start_response)


def app(environ, start_response):
    """What ``--scim-app`` calls."""
    return CURRENT["app"](environ, start_response)


@pytest.fixture
def watched():
    def put(server, **more):
        CURRENT["app"] = Watched(server, **more)
        return CURRENT["app"]

    return put


def assert_clean(summary):
    """Only a part of each profile is played, so no verdict is proven: no scenario failed, was skipped, or in error."""
    assert summary.causes == ()
    assert summary.worst_open is None
    for counts in (profile.counts for profile in summary.document.profiles):
        assert counts.passed > 1
        assert (counts.failed, counts.skipped, counts.errored) == (0, 0, 0)


def everything(folder):
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_wrong_credentials_come_last_and_once_for_all_profiles(watched, tmp_path):
    server = watched(GoodServer())
    outcome = play(URL, *SHARED, app=f"{__name__}:app", out=tmp_path, only=("connection.*", "access.*"))
    right = f"Bearer {TOKEN}"
    first = next(n for n, (_, _, given) in enumerate(server.asked) if given != right)
    before, after = server.asked[:first], server.asked[first:]
    crowd = {path for method, path, _ in before if method == "DELETE"}
    assert len(crowd) > 10, "the crowd is gone before the first wrong credential"
    wrong = Counter(given for _, _, given in after if given not in {right, ""})
    assert sum(wrong.values()) <= 15
    assert len([1 for _, _, given in after if not given]) <= 2 * 16  # with groups and without
    assert_clean(outcome.summary)
    assert not any(server.server.store.records.values())


def test_no_output_holds_an_almost_right_credential(watched, tmp_path):
    secret = "Kx7QvP2mZr9TtLw4"

    class Echo(GoodServer):
        def refuse(self, request, error):
            answer = super().refuse(request, error)
            answer.payload = answer.payload | {"detail": f"No: {request.headers.get('authorization')}"}
            return answer

    watched(Echo(token=secret))
    play(URL, app=f"{__name__}:app", out=tmp_path, token=secret, only=("connection.*",))
    said = everything(tmp_path)
    assert "[redacted]" in said
    for part in (secret[:-1], secret[1:], secret.swapcase(), secret[:8], secret[-8:]):
        assert part not in said


@pytest.mark.parametrize("variant", ["lock-out", "wrong-429"])
def test_a_defence_against_guessing_disturbs_nothing(watched, tmp_path, variant):
    server = watched(GoodServer(variant=frozenset({variant})))
    outcome = play(URL, "okta", "entra-v2", app=f"{__name__}:app", out=tmp_path, only=("connection.*",))
    assert_clean(outcome.summary)
    assert outcome.summary.document.cleanup.left == ()
    assert not any(server.server.store.records.values())
    assert "a defence against guessing" in everything(tmp_path)


def test_basic_with_any_password_is_a_breach(watched, tmp_path):
    watched(GoodServer11(frozenset({"basic-any-password"})), prefix=MOUNT11)
    login = Login(kind=LoginKind.BASIC, user=OPERATOR, password=TOKEN)
    settings = Settings(url="http://app.invalid" + MOUNT11, login=login, seed=7, out=str(tmp_path),
                        app=f"{__name__}:app", crowd=2)  # fmt: skip
    outcome = run(RunRequest(settings=settings, profiles=("okta-scim11",), only=("connection.*",)))
    assert {f.check.id for cause in outcome.summary.causes for f in cause.findings if f.check.severity == "breach"} == {
        "auth.wrong-token"
    }


# --- the version that the endpoint speaks ---------------------------------------------------------


def test_the_version_is_recognised_and_what_fits_is_played(watched, tmp_path):
    server = watched(GoodServer11(), prefix=MOUNT11)
    url = "http://app.invalid" + MOUNT11
    outcome = play(
        url, "entra-v2", "okta-scim11", app=f"{__name__}:app", out=tmp_path, only=("match.*", "users.create*")
    )
    document = outcome.summary.document
    profiles = {profile.id: profile for profile in document.profiles}
    assert profiles["okta-scim11"].counts.passed > 0
    assert profiles["entra-v2"].counts.requests == profiles["entra-v2"].counts.failed == 0
    assert [note for note in document.errors if "speaks SCIM 1.1" in str(note)]
    results = json.loads((tmp_path / "results.json").read_text())
    (entra,) = (p for p in results["profiles"] if p["id"] == "entra-v2")
    assert all("speaks SCIM 1.1" in s["reason"] for s in entra["scenarios"] if s["reason"])
    assert not any(server.server.store.records.values())


@pytest.mark.parametrize(("server", "prefix", "name", "spoken"), [
    (GoodServer11, MOUNT11, "okta", "1.1"), (GoodServer, "/scim/v2", "okta-scim11", "2.0"),
])  # fmt: skip
def test_profiles_of_the_other_version_alone_get_one_sentence(watched, tmp_path, server, prefix, name, spoken):
    app_ = watched(server(), prefix=prefix)
    with pytest.raises(NotTestableError, match=f"speaks SCIM {spoken}"):
        play("http://app.invalid" + prefix, name, app=f"{__name__}:app", out=tmp_path)
    assert len(app_.asked) <= 5
