"""Small parts that runs seldom reach: where profiles are, what results are complete, what ends a run early."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import scim_compat
from scim_compat.errors import ExitStatus, NotTestableError, OutputError, SettingError, UsageError
from scim_compat.profile import find
from scim_compat.pytest_plugin import launch
from scim_compat.report import facts, words
from scim_compat.report.html import render
from scim_compat.results.collate import Collated
from scim_compat.results.read import ResultsError, is_complete, read
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


def test_complete_are_only_results_of_a_run_that_reached_all_without_error(tmp_path: Path):
    path = tmp_path / "results.json"
    assert not is_complete(path)
    results = build_results()
    for profile in results["profiles"]:
        profile["counts"]["errored"] = 0
    for complete, errored in ((True, 0), (True, 1), (False, 0)):
        results["run"]["complete"] = complete
        results["profiles"][1]["counts"]["errored"] = errored
        path.write_text(json.dumps(results), encoding="utf-8")
        assert is_complete(path) is (complete and not errored)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"{", "not JSON; results.json in a run's output folder is meant"),
        (gzip.compress(b"{}", mtime=0), "not JSON"),
        (b"[]", "not scim-compat results of format"),
        (b'{"schema": "other/1"}', "not scim-compat results of format scim-compat/results/1"),
    ],
)
def test_what_is_not_results_is_told(tmp_path: Path, content: bytes | None, text: str):
    path = tmp_path / "results.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ResultsError, match=r"results\.json: ") as refused:
        read(path)
    assert text in str(refused.value)


def test_times_and_addresses_that_are_none_are_shown_as_they_are():
    assert facts.time("yesterday") is None
    assert facts.time(None) is None
    assert [facts.duration(seconds) for seconds in (0.4, 59.6, 61)] == ["under a second", "1 min 0 s", "1 min 1 s"]
    assert [facts.host(url) for url in ("https://h:8/x", "http://[", "h")] == ["h:8", "http://[", "h"]


def test_words_of_a_later_version_are_shown_and_are_no_good_news():
    results = build_results()
    results["verdict"] = results["profiles"][0]["verdict"] = "splendid"
    results["run"]["started"] = "yesterday"
    html = render(results)
    assert f'<span class="pill {words.unknown("").tone} big">' in html
    assert html.count("splendid</span>") == 3
    assert '<time datetime="yesterday">yesterday</time>' in html


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

    def __init__(self, *, error=None, internal_error="", collated=None) -> None:
        self.error, self.internal_error, self.collated = error, internal_error, collated


def outcome(code: int, controller: Ended | None = None) -> asked.RunOutcome:
    return launch._outcome(request(Path("out")), controller, code)


def collated(
    *, errored: int = 0, ran: int = 3, internal_error: bool = False, interrupted: str | None = None
) -> Collated:
    head = {"errors": ["fault in scim-compat"], "run": {"interrupted": interrupted}}
    return Collated(head=head, found=(), errored=errored, ran=ran, internal_error=internal_error)


def test_each_end_has_its_status():
    assert (outcome(4).status, outcome(3).status) == (ExitStatus.USAGE, ExitStatus.INTERNAL)
    assert outcome(3).message == "the run did not start (pytest ended with 3)"
    for error in (NotTestableError("no TLS"), SettingError("odd URL")):
        with pytest.raises(type(error), match=str(error)):
            outcome(2, Ended(error=error))
    full = outcome(0, Ended(error=OutputError("disk full"), collated=collated()))
    assert (full.status, full.message) == (ExitStatus.INTERNAL, "disk full")
    assert outcome(0, Ended(internal_error="pytest", collated=collated())).status == ExitStatus.INTERNAL
    assert outcome(0, Ended(collated=collated())).status == ExitStatus.OK
    assert outcome(0, Ended(collated=collated(internal_error=True, errored=1))).status == ExitStatus.INTERNAL
    for nothing_proven in (collated(errored=1), collated(ran=0), collated(interrupted="Ctrl-C")):
        assert outcome(0, Ended(collated=nothing_proven)).status == ExitStatus.NOT_TESTABLE
