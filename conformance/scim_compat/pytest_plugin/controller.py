"""The run as pytest sees it: a plugin object in the controller process and in each of xdist's workers."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from scim_compat.errors import ExitStatus, NotTestableError, OutputError, ScimCompatError, internal_error, is_traced

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile, Scenario
    from scim_compat.results.events import Event
    from scim_compat.results.model import ScenarioResult
    from scim_compat.results.stream import EventWriter
    from scim_compat.results.summary import RunSummary
    from scim_compat.run.request import RunRequest
    from scim_compat.run.selection import Selection
    from scim_compat.run.session import Session

CALLER: Final = "scim-compat-caller"
CONTROLLER: Final = "scim-compat-controller"


class Caller:
    """``scim-compat run``: it gives the plugin a request, and finds the controller here when pytest has ended.

    Mutable: the plugin puts the controller in.
    """

    def __init__(self, request: RunRequest, selection: Selection) -> None:
        self.request = request
        self.selection = selection
        self.controller: SuiteController | None = None


class SuiteController:
    """Opens the session, hands scenarios to it, and writes the results at the end.

    Mutable: it lives as long as pytest's own session.
    """

    def __init__(self, config: pytest.Config, request: RunRequest, selection: Selection, *, worker: str) -> None:
        from scim_compat.results.stream import EventWriter  # noqa: PLC0415

        self.config = config
        if not request.settings.run_id:  # the processes of a run share its id
            request = replace(request, settings=request.settings.with_id())
        self.request = request
        self.settings = request.settings
        self._selection = selection
        self.profiles = selection.profiles
        self.scenarios = selection.scenarios
        self.error: ScimCompatError | None = None
        """Why there are no results."""
        self.internal_error = ""
        """An internal error of pytest or of ours; empty if there was none."""
        self.summary: RunSummary | None = None
        self._secrets = request.secrets
        self.settings.register(self._secrets)
        self._worker = worker
        self._out = Path(self.settings.out)
        self._out.mkdir(parents=True, exist_ok=True)
        name = f"events-{worker}.jsonl" if worker else "events.jsonl"
        self._events: EventWriter = EventWriter(self._out / name)
        self._session: Session | None = None
        self._interrupted = ""
        self._finished = False
        if not worker:
            self._report_header()
        self._add_paths()

    def _report_header(self) -> None:
        from scim_compat.run.header import header  # noqa: PLC0415

        self._events(header(self.settings, self._selection))

    def _add_paths(self) -> None:
        """The profiles are what pytest collects; a project's own tests only where they were named."""
        paths = [p.path for p in self.profiles]
        on_command_line = self.config.args_source is pytest.Config.ArgsSource.ARGS
        own = [a for a in self.config.args if a.split("::")[0] not in paths] if on_command_line else []
        files = {a.split("::")[0] for a in own}
        self.config.args = own + [p for p in paths if p not in files and str(Path(p).resolve()) not in files]

    def profile_of(self, path: Path) -> Profile | None:
        """The profile that was read from the file; None if no profile of the run was."""
        return next((p for p in self.profiles if Path(p.path).resolve() == path.resolve()), None)

    def play(self, profile: Profile, scenario: Scenario) -> ScenarioResult:
        from scim_compat.run import closing  # noqa: PLC0415

        if self._session is None:
            self._session = self._open()
        if closing.rank(scenario):
            self._session.settle()  # a server that locks the run out afterwards must hold nothing of it any more
        return self._session.run(profile, scenario)

    def page_of(self, profile: Profile, scenario: Scenario) -> str:
        """Where the report will show the scenario: the file and the anchor."""
        from scim_compat.report.anchors import scenario_anchor  # noqa: PLC0415

        return f"{self._out / 'report.html'}#{scenario_anchor(profile.id, scenario.id)}"

    def command_for(self, profile: Profile, scenario: Scenario) -> str:
        """The command that plays the scenario again."""
        from scim_compat.report.reproduce import command_line  # noqa: PLC0415
        from scim_compat.results.document.call import CallInfo, replay_words  # noqa: PLC0415

        settings = self.settings
        call = settings.call or CallInfo("run", settings.url, (), ())
        reference = self._selection.references.get(profile.id, profile.id)
        return command_line(replay_words(call, profile=reference, scenarios=(scenario.id,), seed=settings.seed))

    def make_safe(self, picture: Any) -> Any:
        """pytest's picture of an exception without values and secrets."""
        from scim_compat.pytest_plugin.traces import make_safe  # noqa: PLC0415

        return make_safe(picture, self._secrets.quoted)

    def _open(self) -> Session:
        from scim_compat.run.session import Session  # noqa: PLC0415

        session = Session(
            self.settings,
            report=self._report,
            versions=sorted({p.scim for p in self.profiles}, reverse=True),
            shard=self._worker,
            secrets=self._secrets,
            baseline=self._selection.baseline,
        )
        try:
            session.open()
        except BaseException:  # Ctrl-C, too: a user often ends an endpoint that says nothing so
            session.close()
            raise
        return session

    def _report(self, event: Event) -> None:
        self._events(event)
        if self.request.progress is not None:
            self.request.progress(event)

    @property
    def _is_called(self) -> bool:
        """``scim-compat run`` called pytest, and will print the error itself."""
        return self.config.pluginmanager.has_plugin(CALLER)

    # --- pytest's hooks -------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """Ends the run here if the endpoint cannot be tested, with one paragraph and its exit status."""
        if self.config.option.collectonly:
            return
        try:
            self._session = self._open()
        except ScimCompatError as error:
            self.error = error
            if self._is_called:
                raise KeyboardInterrupt from None  # pytest.exit would print the reason a second time
            if isinstance(error, NotTestableError):
                pytest.exit(str(error), returncode=int(error.exit_status))
            raise pytest.UsageError(str(error)) from None
        if getattr(self.config.option, "numprocesses", None) and not self._worker:
            self._close_session()  # the endpoint has answered; the workers have sessions of their own

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        # The crowd is split: as many accounts stand at the endpoint as without --jobs.
        share = math.ceil(self.settings.crowd / int(node.workerinput["workercount"]))
        request = replace(self.request, settings=replace(self.settings, crowd=max(share, 1)))
        node.workerinput["scim"] = request.to_dict()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> bool | None:
        """True keeps pytest from printing the traceback: the command prints one paragraph."""
        self.make_safe(excrepr)  # in place: others write it, and send it to xdist's controller, after this
        self.internal_error = self._secrets.quoted(internal_error(excinfo.value))
        return (self._is_called and not is_traced()) or None

    def pytest_keyboard_interrupt(self) -> None:
        if self.error is None:
            self._interrupted = "stopped by the user (Ctrl-C)"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._finished = True
        self._close_session()
        if self._worker:
            self._events.close()
            return
        if self.error is not None or self.config.option.collectonly:
            self._leave_no_events()
            return
        try:
            self._write_results()
        except OSError as error:
            self.error = OutputError(f"results could not be written to {self._out}: {error}")
            session.exitstatus = int(ExitStatus.INTERNAL)
            return
        if self._objections() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _objections(self) -> tuple[str, ...]:
        """Why the gate fails although each scenario may have passed."""
        from scim_compat.run.status import objections  # noqa: PLC0415

        is_open = self.summary is not None and self.settings.fail_on.floor is not None
        return tuple(objections(self.summary.document, self.settings)) if self.summary and is_open else ()

    def pytest_unconfigure(self) -> None:
        """Leaves no events where pytest ended before its first scenario."""
        if not self._finished:
            self._close_session()
            self._leave_no_events()

    def _leave_no_events(self) -> None:
        """Nothing was played: neither events nor an empty folder stay behind."""
        self._events.close()
        self._events.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._out.rmdir()

    def _close_session(self) -> None:
        session, self._session = self._session, None
        try:
            if session is not None:
                session.close(patient=not self._interrupted)
        except KeyboardInterrupt:
            if self._interrupted:
                raise  # a second Ctrl-C: cleanup does the rest
            self.pytest_keyboard_interrupt()

    def _write_results(self) -> None:
        from scim_compat.pytest_plugin.files import append, write  # noqa: PLC0415
        from scim_compat.report.gate import Gate  # noqa: PLC0415
        from scim_compat.report.html import render  # noqa: PLC0415
        from scim_compat.report.junit import junit  # noqa: PLC0415
        from scim_compat.report.summary import summary as summarise  # noqa: PLC0415
        from scim_compat.results.causes import causes  # noqa: PLC0415
        from scim_compat.results.read import read  # noqa: PLC0415
        from scim_compat.run.session import finish  # noqa: PLC0415
        from scim_compat.run.status import status  # noqa: PLC0415

        shards = sorted(self._out.glob("events-gw*.jsonl"))
        summary = finish(self._events, self._out, shards=shards, interrupted=self._interrupted)
        document = read(self._out / "results.json")
        found = causes(document)
        self.summary = replace(summary, causes=found)
        page = render(document, found)
        (self._out / "report.html").write_text(page, encoding="utf-8")
        gate = Gate(self.settings.fail_on, self._objections(), has_internal_error=summary.has_internal_error)
        if self.request.junit:
            write(self.request.junit, junit(document, found, gate))
        if self.request.summary or self.request.step_summary:
            text = summarise(document, found, gate, status(self.summary, self.settings)).encode()
            if self.request.summary:
                write(self.request.summary, text)
            if self.request.step_summary:
                append(self.request.step_summary, text)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The verdicts and where the report is, for those who call pytest by hand."""
        if self.summary is not None:
            terminalreporter.section("scim-compat")
            for profile in self.summary.document.profiles:
                terminalreporter.line(f"{profile.id}: {profile.headline} - {profile.why}")
            terminalreporter.line(f"report: {self._out / 'report.html'}  (seed {self.settings.seed})")
        for text in (*self._objections(), str(self.error or ""), self.internal_error):
            if text and self._finished:
                terminalreporter.line(text)
