"""Calls pytest for one run, shut off from whatever project it is called in.

No foreign conftest, configuration file, plugin, environment option or cache directory has a say: the
run gives pytest its own empty configuration and names each plugin that it loads.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.results.collate import Collated
from conformance.results.model import Severity, at_least
from conformance.settings import Settings

if TYPE_CHECKING:
    from conformance.profile.model import Profile
    from conformance.pytest_plugin import Handover

OK, FINDINGS, USAGE, NOT_TESTABLE, FAULT = 0, 1, 2, 3, 4
_FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PY_COLORS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    settings: Settings
    profiles: list[str]
    only: list[str] = field(default_factory=list)
    jobs: int = 1
    html: str | None = None
    junit: str | None = None
    progress: Callable[[str, Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``collated`` is None if there are no results."""

    status: int
    settings: Settings
    collated: Collated | None
    message: str = ""
    """One paragraph for the user where there are no results, or where something of ours failed."""


def run(request: Request) -> Ended:
    """Runs the profiles. Raises ProfileError for a bad profile, ValueError for settings that cannot work."""
    import pytest  # noqa: PLC0415 - a heavy import, paid when something runs

    from conformance import pytest_plugin as plugin  # noqa: PLC0415

    loaded = _resolve(request)
    out = Path(request.settings.out)
    _claim(out)
    handover = plugin.Handover(
        settings=request.settings,
        profiles=[str(Path(p.path).resolve()) for p in loaded],
        loaded=loaded,
        only=request.only,
        progress=request.progress,
    )
    with _isolated() as configuration:
        code = pytest.main(_arguments(request, configuration), plugins=[_Given(handover)])
    return _ended(request, handover, int(code))


class _Given:
    """Registers the handover before the plugin looks for it."""

    def __init__(self, handover: Handover) -> None:
        self.handover = handover

    def pytest_addoption(self, pluginmanager: Any) -> None:
        from conformance.pytest_plugin import HANDOVER  # noqa: PLC0415

        pluginmanager.register(self.handover, HANDOVER)

    def pytest_runtest_logreport(self, report: Any) -> None:
        progress = self.handover.progress
        if progress is not None and (report.when == "call" or (report.when == "setup" and report.skipped)):
            progress("report", dict(report.user_properties) | {"outcome": report.outcome})

    def pytest_collection_finish(self, session: Any) -> None:
        progress = self.handover.progress
        if progress is not None:
            progress("collected", len(session.items))


def _resolve(request: Request) -> list[Profile]:
    """The profiles that the references name, ``all`` replaced by every built-in; checked before anything is sent."""
    import fnmatch  # noqa: PLC0415

    from conformance.checks.registry import all_checks  # noqa: PLC0415
    from conformance.profile.find import builtin  # noqa: PLC0415
    from conformance.profile.load import load  # noqa: PLC0415

    asked = [r for p in request.profiles for r in (sorted(builtin()) if p == "all" else [p])]
    loaded = [load(ref, check_ids=all_checks()) for ref in asked]
    twice = sorted({p.id for p in loaded if sum(q.id == p.id for q in loaded) > 1})
    if twice:
        raise ValueError(f"the profile {twice[0]} is named twice")
    _must_know(request.settings.claims.get("without-features", ()), loaded)
    ids = [s.id for p in loaded for s in p.scenarios]
    for glob in request.only:
        if not any(fnmatch.fnmatchcase(i, glob) or fnmatch.fnmatchcase(i.rpartition(".")[0], glob) for i in ids):
            raise ValueError(
                f"--only {glob}: no scenario of the named profiles matches; "
                "`scim-compat show PROFILE --summary` lists them"
            )
    return loaded


def _must_know(features: Iterable[str], loaded: list[Profile]) -> None:
    """Raises ValueError for a feature id of the target file that no profile has: it would leave nothing out."""
    from conformance.profile.errors import nearest, quoted  # noqa: PLC0415
    from conformance.profile.find import builtin  # noqa: PLC0415
    from conformance.profile.load import load  # noqa: PLC0415

    known = {f.id for p in loaded for f in p.features}
    for ref in builtin():  # one target file serves many runs: what a profile of another run knows is in order
        if set(features) <= known:
            return
        known |= {f.id for f in load(ref).features}
    for feature in features:
        if feature not in known:
            hint = nearest(feature, known) or "`scim-compat show PROFILE --summary` lists the features of a profile"
            raise ValueError(
                f"without-features in the target file names {quoted(feature)}, which neither a profile of this run nor "
                f"a built-in one has; {hint}"
            )


def _claim(out: Path) -> None:
    """The output folder must not hold the ledger of a run that left something behind."""
    from conformance.engine.ledger import read  # noqa: PLC0415

    for old in sorted(out.glob("ledger*.jsonl")) if out.is_dir() else []:
        if any(e.state in {"intended", "created"} for e in read(old).entries):
            raise ValueError(
                f"{old} lists resources that an earlier run left on its target; run `scim-compat cleanup {old}` first, "
                "or give another --out"
            )
        old.unlink()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {out}: the folder cannot be made: {error.strerror}") from None


def _arguments(request: Request, configuration: Path) -> list[str]:
    found = [
        "-c", str(configuration), "--rootdir", str(configuration.parent), "--noconftest",
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "conformance.pytest_plugin",
        "--capture=no", "--import-mode=importlib",
    ]  # fmt: skip
    if request.jobs > 1:
        found += ["-p", "xdist.plugin", "-n", str(request.jobs)]
    if request.html:
        found += ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin", "--self-contained-html",
                  f"--html={Path(request.html).absolute()}"]  # fmt: skip
    if request.junit:
        found += [f"--junitxml={Path(request.junit).absolute()}", "-o", "junit_family=xunit1"]
    return found


@contextmanager
def _isolated() -> Iterator[Path]:
    """An empty pytest configuration in a folder of its own, and an environment without pytest's variables."""
    kept = {name: os.environ.pop(name) for name in _FOREIGN if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    ended = signal.getsignal(signal.SIGTERM)
    try:
        # A cancelled pipeline sends SIGTERM; the run then cleans up as on Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # pragma: no cover - not in the main thread: the caller owns the signals
        ended = None
    with tempfile.TemporaryDirectory(prefix="scim-compat-") as folder:
        configuration = Path(folder) / "pytest.ini"
        configuration.write_text("[pytest]\n", encoding="utf-8")
        try:
            yield configuration
        finally:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
            os.environ.update(kept)
            if ended is not None:
                signal.signal(signal.SIGTERM, ended)


def _ended(request: Request, handover: Handover, code: int) -> Ended:
    settings, collated = request.settings, handover.collated
    if handover.unusable:
        raise ValueError(handover.unusable)
    if handover.not_testable:
        return Ended(NOT_TESTABLE, settings, None, handover.not_testable)
    if handover.failure:
        return Ended(FAULT, settings, collated, handover.failure)
    if collated is None:
        return Ended(USAGE if code == 4 else FAULT, settings, None, f"the run did not start (pytest ended with {code})")
    return Ended(status(collated, settings.fail_on), settings, collated)


def status(collated: Collated, fail_on: Severity) -> int:
    """The exit status that the results ask for. Findings come first: a gate must see them in any case."""
    if any(at_least(f.severity, fail_on) for f in collated.found):
        return FINDINGS
    if any("fault in scim-compat" in note for note in collated.head["errors"]):
        return FAULT
    if collated.errored or collated.head["run"]["interrupted"] or not collated.ran:
        return NOT_TESTABLE
    return OK
