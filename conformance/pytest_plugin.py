"""The suite as a pytest plugin: a profile file is collected, a scenario is an item.

``scim-compat run`` configures and calls it; ``pytest --scim-url URL --scim-profile entra-v2`` is the same
by hand. It is loaded into every pytest run of its environment, so it imports nothing heavy until asked.
"""

from __future__ import annotations

import contextlib
import fnmatch
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from conformance.profile.model import Profile, Scenario
    from conformance.results.collate import Collated
    from conformance.results.events import EventWriter
    from conformance.results.model import ScenarioResult
    from conformance.session import Session
    from conformance.settings import Settings

HANDOVER: Final = "scim-compat-handover"
_RUN: Final = "scim-compat-run"
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


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("scim-compat", "SCIM compatibility (scim-compat)")
    group.addoption("--scim-url", metavar="URL", help="base URL of the SCIM endpoint, as https://host/scim/v2")
    group.addoption("--scim-profile", metavar="ID", action="append", default=[], help="a built-in profile; repeatable")
    group.addoption("--scim-only", metavar="GLOB", action="append", default=[], help="only scenarios whose id matches")
    group.addoption("--scim-seed", metavar="N", type=int, help="seed of the test data (default: random, printed)")
    group.addoption("--scim-large", action="store_true", help="full-size scenarios (groups of 1,000 members)")
    group.addoption(
        "--scim-out", metavar="DIR", help="folder for results.json, events.jsonl, report.html, ledger.jsonl"
    )
    group.addoption(
        "--scim-timeout",
        metavar="SECONDS",
        type=float,
        help="limit for one answer (default: the client's own)",
    )
    severities = ("breach", "blocker", "degraded", "cosmetic")
    group.addoption(
        "--scim-fail-on", default="degraded", choices=severities, help="mildest severity that fails an item"
    )
    group.addoption("--scim-app", metavar="MODULE:ATTRIBUTE", default="", help="a WSGI or ASGI application, in process")
    group.addoption("--scim-ca", metavar="FILE", default="", help="CA certificate(s) the endpoint is checked against")


def pytest_configure(config: pytest.Config) -> None:
    handover = _handover(config)
    if handover is None:
        return
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    config.pluginmanager.register(Run(config, handover, worker), _RUN)


def _handover(config: pytest.Config) -> Handover | None:
    """From the command line's own object, from xdist's controller, or from the options."""
    given = config.pluginmanager.get_plugin(HANDOVER)
    if isinstance(given, Handover):
        return given
    from_controller = getattr(config, "workerinput", {}).get("scim")
    if from_controller:
        from conformance.settings import Settings  # noqa: PLC0415 - see the module's docstring

        settings = Settings.from_dict(from_controller["settings"])
        return Handover(settings=settings, profiles=from_controller["profiles"], only=from_controller["only"])
    if config.getoption("--scim-url") or config.getoption("--scim-app"):
        return _from_options(config)
    if config.getoption("--scim-profile"):
        raise pytest.UsageError("--scim-profile needs --scim-url URL (or --scim-app MODULE:ATTRIBUTE)")
    return None


def _from_options(config: pytest.Config) -> Handover:
    from conformance.cli.options import default_out, login_from_environment  # noqa: PLC0415
    from conformance.settings import Settings, new_seed  # noqa: PLC0415

    option = config.getoption
    seed = option("--scim-seed")
    own = [a for a in config.args if a.split("::")[0].endswith(".scim.yaml")]
    profiles = [*option("--scim-profile"), *(a.split("::")[0] for a in own)]
    if not profiles:
        raise pytest.UsageError("name a profile: --scim-profile entra-v2, or the path of a .scim.yaml file")
    settings = Settings(
        url=option("--scim-url") or "http://app.invalid/scim/v2",
        login=login_from_environment(),
        app=option("--scim-app"),
        ca=option("--scim-ca"),
        timeout=option("--scim-timeout"),
        seed=new_seed() if seed is None else seed,
        large=option("--scim-large"),
        fail_on=option("--scim-fail-on"),
        out=str(default_out(option("--scim-out"))),
        command=tuple(part for p in profiles for part in ("--profile", Path(p).name if "/" in p else p)),
    )
    return Handover(settings=settings, profiles=profiles, only=option("--scim-only"))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    run = parent.config.pluginmanager.get_plugin(_RUN)
    if isinstance(run, Run) and file_path.suffix == ".yaml":
        profile = run.profile_of(file_path)
        if profile is not None:
            # Of a file outside the root folder pytest makes an empty id, the same for every built-in profile.
            outside = not file_path.is_relative_to(parent.config.rootpath)
            named: dict[str, Any] = {"nodeid": f"{profile.id}.yaml"} if outside else {}
            made: ProfileFile = ProfileFile.from_parent(parent, path=file_path, profile=profile, run=run, **named)
            return made
    return None


class Run:
    """One run: registered as a plugin in the controller and in each of xdist's workers."""

    def __init__(self, config: pytest.Config, handover: Handover, worker: str) -> None:
        from conformance.checks.registry import all_checks  # noqa: PLC0415
        from conformance.profile.errors import ProfileError  # noqa: PLC0415
        from conformance.profile.load import load  # noqa: PLC0415
        from conformance.results.events import EventWriter  # noqa: PLC0415
        from conformance.traces import redactor_of  # noqa: PLC0415

        self.config = config
        self.handover = handover
        self.settings = handover.settings
        self.clean = redactor_of(self.settings).quoted
        self.worker = worker
        try:
            self.profiles = handover.loaded or [load(ref, check_ids=all_checks()) for ref in handover.profiles]
        except ProfileError as refused:
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
        from conformance.session import header  # noqa: PLC0415

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
        from conformance.session import Session  # noqa: PLC0415

        session = Session(self.settings, events=self.events, shard=self.worker, progress=self.handover.progress)
        self.clean = session.redacted
        try:
            session.open()
        except Exception:
            session.close()
            raise
        return session

    # --- pytest's hooks -------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """A target that cannot be tested ends the run here, with one paragraph and exit status 3."""
        from conformance.engine.preflight import NotTestable  # noqa: PLC0415

        if self.config.option.collectonly:
            return
        try:
            self.session = self._open()
        except NotTestable as reason:
            self.handover.not_testable = str(reason)
            if self.config.pluginmanager.has_plugin(HANDOVER):
                raise KeyboardInterrupt from None  # the command tells the reason; pytest.exit would tell it as well
            pytest.exit(str(reason), returncode=NOT_TESTABLE)
        except ValueError as reason:
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
        from conformance.traces import make_safe  # noqa: PLC0415

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

        from conformance.report.html import render  # noqa: PLC0415
        from conformance.session import finish  # noqa: PLC0415

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


class ProfileFile(pytest.File):
    """A profile as pytest sees it."""

    def __init__(self, *, profile: Profile, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.profile = profile
        self.run = run

    def collect(self) -> Iterator[pytest.Item]:
        for scenario in self.run.selected(self.profile):
            yield ScenarioItem.from_parent(self, name=scenario.id, scenario=scenario)


class ScenarioFailed(Exception):  # noqa: N818 - pytest shows the name
    """The scenario has findings at or above ``--fail-on``."""


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: Scenario, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario

    def runtest(self) -> None:
        from conformance.results.model import at_least  # noqa: PLC0415

        file = self.parent
        if not isinstance(file, ProfileFile):  # pragma: no cover - from_parent above
            raise TypeError("a scenario belongs to a profile")
        result = file.run.play(file.profile, self.scenario)
        self.user_properties += [
            ("profile", result.profile), ("feature", result.feature), ("severity", result.severity or ""),
            ("findings", result.findings), ("scenario", result.id),
        ]  # fmt: skip
        if at_least(result.severity, file.run.settings.fail_on):
            raise ScenarioFailed(
                f"{result.findings} findings, the worst is a {result.severity}. {result.reason}".strip()
            )
        if result.outcome == "error":
            raise ScenarioFailed(f"could not be judged: {result.reason}")
        if result.outcome == "skip":
            pytest.skip(result.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            # No server text here: pytest-html and JUnit take this as it is. The report has the findings.
            return f"{self.scenario.id}: {self.scenario.title}\n{excinfo.value}"
        shown = super().repr_failure(excinfo, style)
        return self.parent.run.make_safe(shown) if isinstance(self.parent, ProfileFile) else shown

    def reportinfo(self) -> tuple[Path, int, str]:
        # Not the bare name: pytest's terminal would replace the dots of one that ends the node id.
        return self.path, self.scenario.where.line - 1, f"scenario {self.name}"


# --- pytest-html: the engineers' run log ----------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any], config: pytest.Config) -> None:
    """Its table of the environment, without a pipeline's variables: addresses with tokens in them, people's names."""
    if config.pluginmanager.has_plugin(HANDOVER) or "scim" in getattr(config, "workerinput", {}):
        for name in metadata.keys() - {"Python", "Platform", "Packages", "Plugins"}:
            del metadata[name]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    cells.insert(2, "<th>Profile</th>")
    cells.insert(3, "<th>Severity</th>")


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: Any, cells: list[str]) -> None:
    properties = dict(getattr(report, "user_properties", ()))
    cells.insert(2, f"<td>{html.escape(str(properties.get('profile', '')))}</td>")
    cells.insert(3, f"<td>{html.escape(str(properties.get('severity', '')))}</td>")
