"""One run: registered as a plugin in the controller and in each of xdist's workers."""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile, Scenario
    from scim_compat.results.collate import Collated
    from scim_compat.results.events import EventWriter
    from scim_compat.results.model import ScenarioResult
    from scim_compat.run.session import Session
    from scim_compat.run.settings import Settings

HANDOVER: Final = "scim-compat-handover"


RUN: Final = "scim-compat-run"


NOT_TESTABLE: Final = 3


@dataclass(slots=True, kw_only=True)
class Handover:
    """What ``scim-compat run`` gives the plugin, and gets back from it."""

    settings: Settings
    profiles: list[str]
    loaded: list[Profile] = field(default_factory=list)
    """The same, where this process has loaded them already."""
    only: list[str] = field(default_factory=list)
    progress: Callable[[str, Any], None] | None = None
    collated: Collated | None = None
    not_testable: str = ""
    unusable: str = ""
    """Why the URL or the credential cannot be used at all."""
    failure: str = ""
    """A writer that failed: the run must not end with success."""


class SuiteController:
    """One run: registered as a plugin in the controller and in each of xdist's workers."""

    def __init__(self, config: pytest.Config, handover: Handover, worker: str) -> None:
        from scim_compat.checks.registry import all_checks  # noqa: PLC0415
        from scim_compat.errors import SourceFileError  # noqa: PLC0415
        from scim_compat.profile.load import load  # noqa: PLC0415
        from scim_compat.pytest_plugin.traces import register_of  # noqa: PLC0415
        from scim_compat.results.events import EventWriter  # noqa: PLC0415

        self.config = config
        self.handover = handover
        self.settings = handover.settings
        self.clean = register_of(self.settings).quoted
        self.worker = worker
        try:
            self.profiles = handover.loaded or [load(ref, check_ids=all_checks()) for ref in handover.profiles]
        except SourceFileError as refused:
            raise pytest.UsageError(str(refused)) from None
        self.out = Path(self.settings.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.parallel = bool(getattr(config.option, "numprocesses", None)) and not worker
        name = f"events-{worker}.jsonl" if worker else "events.jsonl"
        self.events: EventWriter = EventWriter(self.out / name)
        self.session: Session | None = None
        self.interrupted = ""
        self.finished = False
        if not worker:
            self._header()
        self._add_paths()

    def _header(self) -> None:
        from scim_compat.run.session import header  # noqa: PLC0415

        selected = {p.id: [s.id for s in self.selected(p)] for p in self.profiles}
        self.events.header(header(self.settings, self.profiles, selected))

    def _add_paths(self) -> None:
        """The profiles are what pytest collects; a project's own tests only where they were named."""
        paths = [p.path for p in self.profiles]
        named = self.config.args_source is pytest.Config.ArgsSource.ARGS
        own = [a for a in self.config.args if a.split("::")[0] not in paths] if named else []
        asked = {a.split("::")[0] for a in own}
        self.config.args = own + [p for p in paths if p not in asked and str(Path(p).resolve()) not in asked]

    def selected(self, profile: Profile) -> list[Scenario]:
        """The profile's scenarios that ``--only`` leaves; a variant is also meant by its scenario's id."""
        globs = self.handover.only
        if not globs:
            return list(profile.scenarios)
        return [s for s in profile.scenarios if any(_matches(s, g) for g in globs)]

    def profile_of(self, path: Path) -> Profile | None:
        return next((p for p in self.profiles if Path(p.path).resolve() == path.resolve()), None)

    def play(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        if self.session is None:
            self.session = self._open()
        return self.session.run(profile, scenario)

    def _open(self) -> Session:
        from scim_compat.run.session import Session  # noqa: PLC0415

        session = Session(
            self.settings,
            events=self.events,
            versions=sorted({p.scim for p in self.profiles}, reverse=True),
            shard=self.worker,
            progress=self.handover.progress,
        )
        self.clean = session.redacted
        try:
            session.open()
        except BaseException:  # Ctrl-C, too: an endpoint that says nothing is often ended so
            session.close()
            raise
        return session

    # --- pytest's hooks -------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """A target that cannot be tested ends the run here, with one paragraph and exit status 3."""
        from scim_compat.errors import SettingError  # noqa: PLC0415
        from scim_compat.run.preflight import NotTestable  # noqa: PLC0415

        if self.config.option.collectonly:
            return
        try:
            self.session = self._open()
        except NotTestable as reason:
            self.handover.not_testable = str(reason)
            if self.config.pluginmanager.has_plugin(HANDOVER):
                raise KeyboardInterrupt from None  # the command tells the reason; pytest.exit would tell it as well
            pytest.exit(str(reason), returncode=NOT_TESTABLE)
        except SettingError as reason:
            self.handover.unusable = str(reason)
            if self.config.pluginmanager.has_plugin(HANDOVER):
                raise KeyboardInterrupt from None
            raise pytest.UsageError(str(reason)) from None
        if self.parallel:
            self._close_session()  # it has answered; the workers have sessions of their own

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["scim"] = {
            "settings": self.settings.to_dict(),
            "profiles": self.handover.profiles,
            "only": self.handover.only,
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        self.make_safe(excrepr)  # in place: what writes it, and sends it to xdist's controller, comes after
        self.handover.failure = "fault in scim-compat, please report it: pytest ended with an internal error"

    def make_safe(self, picture: Any) -> Any:
        from scim_compat.pytest_plugin.traces import make_safe  # noqa: PLC0415

        return make_safe(picture, self.clean)

    def pytest_keyboard_interrupt(self) -> None:
        if not self.handover.not_testable and not self.handover.unusable:
            self.interrupted = "stopped by the user (Ctrl-C)"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.finished = True
        self._close_session()
        if self.worker:
            self.events.close()
            return
        if self.handover.not_testable or self.handover.unusable or self.config.option.collectonly:
            self._leave_no_events()
            return
        try:
            self._write_results()
        except OSError as error:
            self.handover.failure = f"results could not be written to {self.out}: {error}"
            session.exitstatus = 4

    def pytest_unconfigure(self) -> None:
        """What ended before its first scenario has no session to finish, and leaves no events."""
        if not self.finished:
            self._close_session()
            self._leave_no_events()

    def _leave_no_events(self) -> None:
        """Nothing ran: neither events nor an empty folder stay behind."""
        self.events.close()
        self.events.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.out.rmdir()

    def _close_session(self) -> None:
        session, self.session = self.session, None
        try:
            if session is not None:
                session.close(patient=not self.interrupted)
        except KeyboardInterrupt:
            if self.interrupted:
                raise  # a second Ctrl-C: cleanup does the rest
            self.pytest_keyboard_interrupt()

    def _write_results(self) -> None:
        import json  # noqa: PLC0415

        from scim_compat.report.html import render  # noqa: PLC0415
        from scim_compat.run.session import finish  # noqa: PLC0415

        shards = sorted(self.out.glob("events-gw*.jsonl"))
        self.handover.collated = finish(self.events, self.out, shards=shards, interrupted=self.interrupted)
        whole = json.loads((self.out / "results.json").read_text(encoding="utf-8"))
        (self.out / "report.html").write_text(render(whole), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        collated = self.handover.collated
        if collated is None:
            return
        terminalreporter.section("scim-compat")
        for profile in collated.head["profiles"]:
            terminalreporter.line(f"{profile['id']}: {profile['verdict']} - {profile['why']}")
        terminalreporter.line(f"report: {self.out / 'report.html'}  (seed {self.settings.seed})")
        if self.handover.failure:
            terminalreporter.line(self.handover.failure)


def _matches(scenario: Scenario, glob: str) -> bool:
    base = scenario.id.removesuffix(f".{scenario.variant}") if scenario.variant else scenario.id
    return fnmatch.fnmatchcase(scenario.id, glob) or fnmatch.fnmatchcase(base, glob)
