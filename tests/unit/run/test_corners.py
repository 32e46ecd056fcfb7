"""Small parts that runs seldom reach: where profiles are, what results are complete, what ends a run early."""

from __future__ import annotations

from pathlib import Path

import pytest
import scim_compat
from scim_compat.errors import ExitStatus, NotTestableError, OutputError, SettingError, UsageError
from scim_compat.profile import find
from scim_compat.pytest_plugin import launch
from scim_compat.results.document.parsing import parse
from scim_compat.results.summary import RunSummary
from scim_compat.run import request as asked
from scim_compat.run.settings import Settings
from support.results import build_results


def test_a_wheel_carries_its_profiles_and_a_torn_one_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "conformance" / "scim_compat"
    package.mkdir(parents=True)
    monkeypatch.setattr(scim_compat, "__file__", str(package / "__init__.py"))
    with pytest.raises(FileNotFoundError, match=r"the built-in profiles are missing: no folder .* reinstall"):
        find.builtin_dir()
    (tmp_path / "profiles").mkdir()
    assert find.builtin_dir() == tmp_path / "profiles"
    (package / "profiles").mkdir()
    (package / "profiles" / "one.yaml").touch()
    assert find.builtin() == {"one": package / "profiles" / "one.yaml"}


# --- what ends a run before it starts --------------------------------------------------------------


def request(out: Path, *profiles: str, **more: object) -> asked.RunRequest:
    return asked.RunRequest(
        settings=Settings(url="http://127.0.0.1:9/", seed=1, out=str(out)), profiles=profiles, **more
    )


def test_nothing_is_sent_for_a_request_that_cannot_be_meant(tmp_path: Path):
    with pytest.raises(UsageError, match="the profile entra-v2 is named twice"):
        launch.run(request(tmp_path, "entra-v2", "entra-v2"))
    with pytest.raises(UsageError, match=r"--only no\.such: no scenario of entra-v2 matches"):
        launch.run(request(tmp_path, "entra-v2", only=("no.such",)))
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--out .*file/out: the folder cannot be made: Not a directory"):
        launch.run(request(tmp_path / "file" / "out", "entra-v2"))


class Ended:
    """A controller whose pytest has ended."""

    def __init__(self, *, error=None, internal_error="", summary=None) -> None:
        self.error, self.internal_error, self.summary = error, internal_error, summary


def outcome(code: int, controller: Ended | None = None) -> asked.RunOutcome:
    return launch._outcome(request(Path("out")), controller, code)


def summary(
    *, errored: int = 0, played: int = 3, has_internal_error: bool = False, interrupted: str | None = None
) -> RunSummary:
    results = build_results()
    results["run"]["interrupted"] = interrupted
    results["baseline"] = None
    return RunSummary(document=parse(results), errored=errored, played=played, has_internal_error=has_internal_error)


def test_each_end_has_its_status():
    assert (outcome(4).status, outcome(3).status) == (ExitStatus.USAGE, ExitStatus.INTERNAL)
    assert outcome(3).message == "the run did not start (pytest ended with 3)"
    for error in (NotTestableError("no TLS"), SettingError("odd URL")):
        with pytest.raises(type(error), match=str(error)):
            outcome(2, Ended(error=error))
    full = outcome(0, Ended(error=OutputError("disk full"), summary=summary()))
    assert (full.status, full.message) == (ExitStatus.INTERNAL, "disk full")
    assert outcome(0, Ended(internal_error="pytest", summary=summary())).status == ExitStatus.INTERNAL
    assert outcome(0, Ended(summary=summary())).status == ExitStatus.OK
    assert outcome(0, Ended(summary=summary(has_internal_error=True, errored=1))).status == ExitStatus.INTERNAL
    for nothing_proven in (summary(errored=1), summary(played=0), summary(interrupted="Ctrl-C")):
        assert outcome(0, Ended(summary=nothing_proven)).status == ExitStatus.NOT_TESTABLE
