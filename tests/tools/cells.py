"""One cell of the matrix: what a profile finds at a server with one defect.

The server is called in this process, through the same session that a run uses. Most scenarios never meet the
defect, so they are not all replayed: the good server's answers to each scenario are kept as a ``Tape``, the
tape's requests are put to the broken server, and only where an answer is another one is the scenario played.
What was judged once is not judged again. For that, the servers here number their ids and count their clock.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import io
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scim_compat.checks.judge import judge
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import PlayedRequest
from scim_compat.engine.intent import Observation
from scim_compat.errors import NotTestableError
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.document import INTEGRITY
from scim_compat.results.model import CheckResult, ScenarioResult
from scim_compat.run.endpoint import Endpoint
from scim_compat.run.recorder import ScenarioRecorder
from scim_compat.run.session import INTERNAL, Session
from scim_compat.run.settings import Login, Settings
from scim_compat.values import Severity
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from servers.defects import DEFECTS
from servers.defects11 import DEFECTS11
from servers.defects_base import Defect
from servers.good import GoodServer
from servers.good11 import MOUNT as MOUNT11
from servers.good11 import GoodServer11
from servers.running import MOUNT, mounted
from servers.schema import Kind
from servers.store import Record, Store, copy_json

SEED: Final = 5
UNTESTABLE: Final = "run.not-testable"
"""In place of a check: the run ends before its first scenario, and says why. Nobody can connect such a server."""
_CROWD: Final = 12
"""Users beside those of the scenarios: enough for pages, and quick to compare."""
_HOST: Final = "http://good.example"
BEFORE: Final = ""
"""In place of a scenario: what comes before the first one."""


@dataclass(slots=True)
class Ran:
    """A profile at one server."""

    found: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scenario → check → worst severity. A scenario that found nothing is not in it."""
    requests: dict[str, int] = field(default_factory=dict)
    """Scenario → how many requests it took."""

    @property
    def worst(self) -> dict[str, str]:
        """Check → the worst severity of all scenarios, in the order of the ids."""
        merged: dict[str, str] = {}
        for found in self.found.values():
            _merge(merged, found)
        return dict(sorted(merged.items()))


def _merge(into: dict[str, str], found: Mapping[str, str]) -> None:
    for check, severity in found.items():
        into[check] = max(into.get(check, severity), severity, key=lambda word: Severity(word).rank)


def defects_for(scim: str) -> Mapping[str, Defect]:
    """The defects of a version of the protocol, by name."""
    return DEFECTS11 if scim == "1.1" else DEFECTS


# --- servers --------------------------------------------------------------------------------------


class _Numbered(Store):
    """A store whose ids and times are the same every time."""

    __slots__ = ("ids", "ticks")

    def __init__(self) -> None:
        super().__init__(new_id=self._next_id)
        self.ids = self.ticks = 0

    def _next_id(self, _kind: Kind) -> str:
        self.ids += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.ids)))

    def now(self) -> datetime:
        self.ticks += 1
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.ticks)

    def copy(self) -> _Numbered:
        """A store of its own with the same resources. Kinds are told apart by identity, so they stay what they are."""
        other = _Numbered()
        for kind, records in self.records.items():
            for record in records.values():
                same = Record(record.kind, record.id, {}, record.created, record.modified)
                other.records[kind][record.id] = same
                other._replace(same, copy_json(record.data))
        other.ids, other.ticks = self.ids, self.ticks
        return other


_MOST_IDS: Final = 10_000
"""More resources than a scenario makes."""

Environ = dict[str, Any]
Given = tuple[str, list[tuple[str, str]], bytes]
"""An answer: status line, headers, body."""
Taken = tuple[Environ, bytes, Given]
"""A request, its body, and the answer."""
State = tuple[_Numbered, dict[str, Any]]
"""What a server has stored, and what it remembers."""


@dataclass(slots=True)
class Broken:
    """A server of this process, and where it is mounted."""

    server: GoodServer
    app: Callable[..., Iterable[bytes]]
    url: str
    races: bool = False
    """Its defect shows only in requests at the same time."""

    @classmethod
    def of(cls, scim: str, *defects: str) -> Broken:
        """With these defects; ``""`` is none."""
        names = frozenset(filter(None, defects))
        server = GoodServer11(names) if scim == "1.1" else GoodServer(names)
        server.store = _Numbered()
        mount = MOUNT11 if scim == "1.1" else MOUNT
        return cls(
            server, mounted(server, prefix=mount), _HOST + mount, races=any(_races(scim, defect) for defect in defects)
        )

    def answer(self, environ: Environ, body: bytes) -> Given:
        head: list[Any] = []
        content = b"".join(self.app(environ | {"wsgi.input": io.BytesIO(body)}, lambda *said: head.extend(said)))
        return head[0], head[1], content

    def state(self) -> State:
        return self.server.store.copy(), copy.deepcopy(self.server.memory)

    def restore(self, state: State, number: int) -> None:
        """As it was, for the scenario of that number: no two scenarios are given the same id."""
        store = state[0].copy()
        store.ids = number * _MOST_IDS
        self.server.store, self.server.memory = store, copy.deepcopy(state[1])


# --- runs -----------------------------------------------------------------------------------------

Judged = dict[bytes, list[CheckResult]]
"""What was found on an exchange, by a digest of it and all that goes with it."""


def replay(profile: Profile, defect: str, scenarios: Iterable[Scenario], judged: Judged | None = None) -> Ran:
    """Replays each scenario at a server that has the defect and nobody but the crowd.

    ``judged`` spares judging what is in it already, and grows; without it, everything is judged.
    Raises RuntimeError for a fault of ours: an error of a check is no finding.
    """
    session = _Replay(profile, Broken.of(profile.scim, defect), judged)
    try:
        return session.whole(scenarios)
    finally:
        session.scratch.cleanup()


class _Replay(Session):
    """A session in which every scenario finds the server as it was before the first one."""

    def __init__(self, profile: Profile, broken: Broken, judged: Judged | None) -> None:
        self.scratch = tempfile.TemporaryDirectory(prefix="scim-compat-matrix-")
        login = Login(kind="bearer", token="good-token")
        settings = Settings(url=broken.url, login=login, seed=SEED, out=self.scratch.name, timeout=5, crowd=_CROWD)
        super().__init__(settings, report=lambda _event: None, versions=[profile.scim])
        self.endpoint = self._endpoints[profile.scim]
        self.endpoint.wire.close()
        self.endpoint.wire = Wire(
            WireSettings(base_url=broken.url, timeout=5),
            login.credential(),
            transport=WsgiTransport(self._app, parallel=broken.races),
            sleep=lambda _seconds: None,
        )
        self.ran = Ran()
        self._profile = profile
        self._broken = broken
        self._mount = broken.url.removeprefix(_HOST)
        self._start: State | None = None
        self._said = ""
        self._judged = judged
        self.taken: list[Taken] = []
        self._reads: list[Taken] = []
        """The crowd as it was read first, alone and in lists."""

    def whole(self, scenarios: Iterable[Scenario]) -> Ran:
        try:
            self.open()
        except NotTestableError:
            self.ran.found[UNTESTABLE] = {UNTESTABLE: "blocker"}
        else:
            for scenario in scenarios:
                self.run(self._profile, scenario)
        self.endpoint.crowd = None  # it is compared after each scenario
        self.close()
        return self.ran

    def _app(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        taken = environ, environ["wsgi.input"].read()
        answer = self._broken.answer(*taken)
        self.taken.append((*taken, answer))
        start_response(answer[0], answer[1])
        return [answer[2]]

    def recorder(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> ScenarioRecorder:
        if scenario.feature != INTEGRITY:
            self._restore(profile, scenario, endpoint)
        return _Judge(profile, scenario, endpoint, self)

    def _restore(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> None:
        if self._start is None:  # the server now has the crowd and nobody else
            self._start = self._broken.state()
            creations = [n for n, taken in enumerate(self.taken) if taken[0]["REQUEST_METHOD"] == "POST"]
            self._reads = self.taken[max(creations, default=-1) + 1 :]
            self._said = repr(endpoint.capabilities)
        self._broken.restore(self._start, profile.scenarios.index(scenario) + 1)
        self.taken = []

    def judged(self, played: PlayedRequest, scenario: Scenario) -> list[CheckResult]:
        """What the checks say, unless the very same has been judged before."""
        if self._judged is None:
            return judge(played.observation, self._profile, scenario)
        key = self._key(played.observation, scenario)
        if key not in self._judged:
            self._judged[key] = [
                r for r in judge(played.observation, self._profile, scenario) if r.outcome in {"fail", "error"}
            ]
        return self._judged[key]

    def _key(self, seen: Observation, scenario: Scenario) -> bytes:
        """Of everything that a check may look at."""
        exchange = replace(seen.exchange, ms=0)
        context = replace(seen.context, capabilities=Capabilities())
        text = f"{scenario.id}\0{exchange!r}\0{seen.intent!r}\0{context!r}\0{self._said}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    def ended(self, result: ScenarioResult, failures: Iterable[CheckResult]) -> None:
        if result.outcome == "error" and result.reason.startswith(INTERNAL):
            raise RuntimeError(f"{result.profile}: {result.reason}")
        found = self.ran.found.setdefault(self._scenario(result), {})
        for failed in failures:
            if failed.severity:
                _merge(found, {failed.id: failed.severity})
        if result.feature != INTEGRITY:
            self.ran.requests[result.id] = result.requests
            self._last = result.id
            if self._touched():
                self._compare_crowd(self._profile, self.endpoint)
            if not self.ran.found[result.id]:
                del self.ran.found[result.id]

    def _touched(self) -> bool:
        """Whether somebody of the crowd reads otherwise than at first."""
        again = [(environ, body, self._broken.answer(environ, body)) for environ, body, _ in self._reads]
        self.taken += again
        return again != self._reads

    def _scenario(self, result: ScenarioResult) -> str:
        """A change of the crowd is found by the scenario that was before."""
        return self._last if result.feature == INTEGRITY else result.id


class _Judge(ScenarioRecorder):
    """Judges and records nothing."""

    def __init__(self, profile: Profile, scenario: Scenario, endpoint: Endpoint, replay: _Replay) -> None:
        super().__init__(profile, scenario, endpoint, report=lambda _event: None)
        self._replay = replay

    def observe(self, played: PlayedRequest) -> None:
        results = self._replay.judged(played, self._scenario)
        for wrong in results:
            if wrong.outcome == "error":
                raise RuntimeError(f"{played.title}: {wrong.reason}")
        self._results.extend(results)

    def end(self, result: ScenarioResult) -> ScenarioResult:
        self._replay.ended(result, self.failures)
        return result


# --- tapes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """The requests of one scenario and of the comparison after it, with the good server's answers."""

    taken: list[Taken]
    methods: frozenset[str]
    """The server's methods that were called: a defect of other ones cannot be met here."""


@dataclass(frozen=True, slots=True)
class Tape:
    """A profile at the good server. The part ``BEFORE`` is what comes before any scenario."""

    profile: Profile
    parts: Mapping[str, Part]
    judged: Judged = field(default_factory=dict)


class _Recorder(_Replay):
    def __init__(self, profile: Profile) -> None:
        broken = Broken.of(profile.scim, "")
        self.called: set[str] = set()
        for name in {method for defect in defects_for(profile.scim).values() for method, _ in defect.hooks}:
            setattr(broken.server, name, functools.partial(self._call, name, getattr(broken.server, name)))
        super().__init__(profile, broken, {})
        self.parts: dict[str, Part] = {}

    def _call(self, name: str, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self.called.add(name)
        return method(*arguments, **named)

    def _restore(self, profile: Profile, scenario: Scenario, endpoint: Endpoint) -> None:
        if not self.parts:
            self._keep(BEFORE)
        super()._restore(profile, scenario, endpoint)

    def ended(self, result: ScenarioResult, failures: Iterable[CheckResult]) -> None:
        super().ended(result, failures)
        if result.feature != INTEGRITY:
            self._keep(result.id)

    def _keep(self, name: str) -> None:
        self.parts[name] = Part(self.taken, frozenset(self.called))
        self.called.clear()


def record(profile: Profile) -> Tape:
    """Replays a whole profile at the good server. Raises RuntimeError if it finds anything there."""
    recorder = _Recorder(profile)
    try:
        ran = recorder.whole(profile.scenarios)
    finally:
        recorder.scratch.cleanup()
    if ran.found:
        raise RuntimeError(f"{profile.id} finds faults in the good server: {ran.found}")
    return Tape(profile, recorder.parts, recorder._judged)


def _races(scim: str, defect: str) -> bool:
    return bool(defect) and defects_for(scim)[defect].subject == "overlap"


def affected(tape: Tape, defect: str) -> list[Scenario]:
    """The scenarios in which the broken server answers anything otherwise than the good one does."""
    scim = tape.profile.scim
    if _races(scim, defect):  # the tape puts one request after the other
        return [one for one in tape.profile.scenarios if any(step.verb == "overlap" for step in one.steps)]
    hooked = {method for method, _ in defects_for(scim)[defect].hooks} if defect else set()
    broken = Broken.of(scim, defect)

    def differs(part: Part) -> bool:
        return any(broken.answer(environ, body) != answer for environ, body, answer in part.taken)

    if differs(tape.parts[BEFORE]):  # discovery, or the crowd: all else may rest on them
        return list(tape.profile.scenarios)
    start = broken.state()
    found = []
    for number, scenario in enumerate(tape.profile.scenarios, 1):
        part = tape.parts[scenario.id]
        if part.methods & hooked:
            broken.restore(start, number)
            if differs(part):
                found.append(scenario)
    return found


# --- cells ----------------------------------------------------------------------------------------

Cell = dict[str, tuple[str, str]] | None
"""Check → its worst severity, and a scenario that finds it so. None: no answer shows the defect."""


def cell(tape: Tape, defect: str) -> Cell:
    """What the profile finds at the server with the defect, with few and cheap scenarios as witnesses."""
    met = affected(tape, defect)
    if not met:
        return None
    ran = replay(tape.profile, defect, met, tape.judged)
    worst = ran.worst
    covers = {
        scenario.id: {check for check, severity in ran.found[scenario.id].items() if severity == worst[check]}
        for scenario in tape.profile.scenarios
        if scenario.id in ran.found
    }
    chosen: dict[str, str] = dict.fromkeys(ran.found.get(UNTESTABLE, ()), UNTESTABLE)
    while open_ := [name for name, checks in covers.items() if checks - chosen.keys()]:
        best = max(open_, key=lambda name: len(covers[name] - chosen.keys()) / (10 + ran.requests[name]))
        chosen |= dict.fromkeys(sorted(covers[best] - chosen.keys()), best)
    return {check: (worst[check], chosen[check]) for check in worst}


def witnessed(profile: Profile, defect: str, names: Iterable[str]) -> dict[str, str]:
    """Check → worst severity that these scenarios find, all of it judged."""
    wanted = set(names)
    return replay(profile, defect, [s for s in profile.scenarios if s.id in wanted]).worst
