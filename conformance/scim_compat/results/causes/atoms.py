"""Atoms: findings of one kind of fault and one form of request, before what belongs together is joined."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from scim_compat.results.causes.features import kind_of, shape_of
from scim_compat.results.causes.roots import Evidence, Failure, top_name
from scim_compat.results.causes.traits import Separator, common_part, partition, separator
from scim_compat.results.causes.wordings import form, is_telling, words
from scim_compat.results.document import Place
from scim_compat.results.document.records import CheckRecord, ResponseRecord, StepRecord
from scim_compat.values import Fault, Json

_REDIRECT: Final = 300
_ERROR: Final = 400
_STATUS: Final = re.compile(r"\b[1-5](?:\d\d|xx)\b")
_NO_FAILURE: Final = "below 500"
_NOTHING: Final = re.compile(r"^(0|\[\]|no |none|nothing|\(absent\)|an empty)", re.IGNORECASE)
_OWN_KEY: Final = 2
"""Words of the key of a check and its title."""
_SEVERAL: Final = 2
_OFTEN: Final = 3
_MANY_TIMES: Final = 3
_RARELY: Final = 0.1
_NEARLY_NONE: Final = 0.1
"""Passing requests for each failing one below which nothing can tell them apart."""
_FEW_NAMES: Final = 3
_CLEAR: Final = frozenset({"404", "409", "412"})
"""Statuses that stand for one reason; 400 stands for many."""
_ERROR_SCHEMA: Final = "messages:2.0:Error"
_SPLIT: Final = frozenset({Fault.LOSS, Fault.HITS, Fault.DAMAGE})
"""Faults of which many checks are about one thing, so that the requests tell the causes apart, not the checks."""

Key = tuple[str, ...]


@dataclass(slots=True)
class Atom:
    """Findings of one key. It grows while the findings are read, and while atoms are joined."""

    key: Key
    failures: list[Failure] = field(default_factory=list)
    separator: Separator | None = None

    @property
    def is_refusal(self) -> bool:
        return self.key[0] == "refused"

    @property
    def fault(self) -> Fault:
        return self.failures[0].found.check.fault

    @property
    def roots(self) -> set[Place]:
        return {failure.root for failure in self.failures}

    @property
    def checks(self) -> set[str]:
        return {failure.found.check.id for failure in self.failures}

    @property
    def names(self) -> Counter[str]:
        """Attributes in which something is wrong → how many findings are about them."""
        return Counter(name for failure in self.failures if (name := top_name(failure.found.check.where)))

    @property
    def blames_writes(self) -> bool:
        """True when what is wrong is the state behind a write, and not an answer."""
        return any(failure.found.check.fault.is_of_write for failure in self.failures)


def atoms(known: Evidence) -> list[Atom]:
    """Return the atoms in the order in which the run met them."""
    statuses = dict(_statuses(known))
    found: dict[Key, Atom] = {}
    for failure in known.failures:
        key = _key(failure, known, statuses)
        found.setdefault(key, Atom(key)).failures.append(failure)
    return [part for atom in _with_shared_statements(found, known) for part in _parts(atom, known)]


def _with_shared_statements(found: dict[Key, Atom], known: Evidence) -> Iterator[Atom]:
    """Join statements of profiles that fail for the requests with one feature, and pass for nearly all others."""
    groups: dict[str, list[Atom]] = defaultdict(list)
    for atom in found.values():
        if atom.fault is Fault.ASSERTION and len(atom.key) == _OWN_KEY and atom.key[0] in atom.checks:
            groups[atom.key[0]].append(atom)
        else:
            yield atom
    for check, alike in groups.items():
        failures = [failure for atom in alike for failure in atom.failures]
        failing = {failure.root for failure in failures}
        shared = common_part(sorted(failing), sorted(known.passing([check]) - failing), known.features)
        places = {atom.key: atom.roots for atom in alike}
        if shared is None or sum(bool(own & set(shared[1])) for own in places.values()) < _SEVERAL:
            yield from alike
            continue
        apart, taken = shared[0], set(shared[1])
        key = (check, *(word for feature in apart.features for word in feature))
        yield Atom(key, [failure for failure in failures if failure.root in taken], apart)
        for atom in alike:
            rest = [failure for failure in atom.failures if failure.root not in taken]
            if rest:
                yield Atom(atom.key, rest)


# --- keys ----------------------------------------------------------------------------------------


def _key(failure: Failure, known: Evidence, statuses: dict[Place, Key]) -> Key:
    check = failure.found.check
    blamed = known.step(failure.root if check.fault.is_of_write else failure.place)
    response = blamed.exchange.response if blamed.exchange else None
    if response is not None and response.status < _ERROR and _ERROR_SCHEMA in (response.body or ""):
        return "error-as-success", str(response.status)
    if failure.found.check.where == "status" and failure.root == failure.place and not check.fault.is_of_write:
        wanted = _wanted_refusal(check)
        is_stated = check.fault is Fault.ASSERTION
        if is_stated and wanted and wanted not in _CLEAR and response and response.status < _ERROR and blamed.exchange:
            shape = shape_of(blamed.exchange.request)
            return "accepted", *(shape or (check.id, check.title))
        if wanted in _CLEAR and response and response.status < _ERROR and blamed.exchange:
            return "accepted", wanted, blamed.exchange.request.method
    if _is_about_status(failure) or check.fault.is_of_write or _is_no_success(response, check):
        own = status_key(blamed)
        is_welcome = own[0] == "status" and _wanted_refusal(check)
        if not is_welcome and own in statuses.values() and (own[0] == "refused" or not check.fault.is_of_write):
            return own
    if check.fault is Fault.HITS or _is_about_hits(failure, blamed):
        return Fault.HITS, "too many" if is_excess(check) else "too few"
    if check.fault in _SPLIT:
        return (check.fault,)
    return (check.id, check.title) if check.fault is Fault.ASSERTION else (check.id,)


def _scalar(value: Json) -> str:
    """A plain value as text. Others, which a server may nest without end, are empty."""
    return str(value) if isinstance(value, str | int | float) else ""


def _is_about_hits(failure: Failure, step: StepRecord) -> bool:
    """True for a statement about an answer that fails because resources are missing from it, or too many."""
    check = failure.found.check
    if check.fault is not Fault.ASSERTION or step.exchange is None or "filter=" not in step.exchange.request.url:
        return False
    numbers = isinstance(check.expected, int) and isinstance(check.actual, int) and "otal" in check.where
    is_entry = check.where.startswith("/Resources")
    return numbers or (is_entry and (_is_empty_list(step) or _is_long_list(step)))


def _is_empty_list(step: StepRecord) -> bool:
    body = _body(step)
    return '"Resources": []' in body or '"Resources":[]' in body or '"Resources"' not in body


def _is_long_list(step: StepRecord) -> bool:
    """True where a look-up that can find one resource has found several."""
    exchange = step.exchange
    is_exact = exchange is not None and re.search(r"filter=\w+(?:%20|\+)eq(?:%20|\+)%22[^&]*%22$", exchange.request.url)
    return bool(is_exact) and _body(step).count('"id"') > 1


def _body(step: StepRecord) -> str:
    response = step.exchange.response if step.exchange else None
    return (response.body or "") if response else ""


def is_excess(check: CheckRecord) -> bool:
    """True when an answer holds more than it should; False when it holds less."""
    expected, actual = check.expected, check.actual
    if isinstance(expected, list) and isinstance(actual, list):
        return not {*map(_scalar, expected)} - {*map(_scalar, actual)}
    if isinstance(expected, int) and isinstance(actual, int):
        return actual > expected
    return bool(_NOTHING.search(_scalar(expected)))


def _statuses(known: Evidence) -> Iterator[tuple[Place, Key]]:
    """Requests that should have been accepted and got another status, with the key of their atom."""
    for failure in known.failures:
        step = known.step(failure.place)
        if _is_about_status(failure) and not _wanted_refusal(failure.found.check):
            yield failure.place, status_key(step)


def _is_no_success(response: ResponseRecord | None, check: CheckRecord) -> bool:
    """True for a statement about an answer that is none: a redirect or a refusal holds nothing of what it asks for."""
    return check.fault is Fault.ASSERTION and response is not None and response.status >= _REDIRECT


def _wanted_refusal(check: CheckRecord) -> str:
    """The status of the refusal that should have come (``404``, ``4xx``); empty where success should have."""
    each = check.expected if isinstance(check.expected, list) else [check.expected]
    statuses = [found for one in each for found in _STATUS.findall(_scalar(one))]
    if not statuses or any(status < "4" for status in statuses) or check.expected == _NO_FAILURE:
        return ""
    return str(statuses[0])


def _is_about_status(failure: Failure) -> bool:
    """True when the finding is about the status of the request to blame itself."""
    return failure.found.check.where == "status" and failure.root == failure.place


def status_key(step: StepRecord) -> Key:
    """The key of a request that was answered with the wrong status: by the words of the server, if they are telling."""
    exchange = step.exchange
    if exchange is None:
        return ("refused", "none")
    response = exchange.response
    status = str(response.status) if response else "none"
    method = exchange.request.method
    if response is not None and response.status < _ERROR:
        return "status", status, method
    text = words(response)
    if is_telling(text):
        return "refused", status, form(text)
    return "refused", status, method


# --- parts ---------------------------------------------------------------------------------------


def _parts(atom: Atom, known: Evidence) -> Iterable[Atom]:
    """Split an atom of many checks by the requests, or else by what was lost."""
    if atom.fault is Fault.ASSERTION and atom.key[0] != "refused":
        return [atom]  # it passes and fails for other reasons at each request
    never, rest = _never_kept(atom, known) if atom.key[0] is Fault.LOSS else ([], atom)
    return [*never, *_by_requests(rest, known)]


def _never_kept(atom: Atom, known: Evidence) -> tuple[list[Atom], Atom]:
    """Take out the losses of attributes that hardly any read shows: one cause, whatever the requests."""
    lost: Counter[str] = atom.names
    shown = known.states.shown
    never = {name for name, number in lost.items() if number >= _OFTEN and shown[name] <= _RARELY * number}
    if not never or not lost.keys() - never:
        return [], atom
    mine = [failure for failure in atom.failures if top_name(failure.found.check.where) in never]
    rest = [failure for failure in atom.failures if top_name(failure.found.check.where) not in never]
    return [Atom((atom.key[0], "never", *sorted(never)), mine)], Atom(atom.key, rest)


def passing_of(atom: Atom, known: Evidence) -> set[Place]:
    """Requests of the same kind that pass. One that may be refused, and was for the same reason, is none."""
    places = known.passing(atom.checks) - atom.roots
    return {place for place in places if not (atom.is_refusal and status_key(known.step(place)) == atom.key)}


def _by_requests(atom: Atom, known: Evidence) -> Iterable[Atom]:
    failing = sorted(atom.roots)
    passing = sorted(passing_of(atom, known))
    atom.separator = separator(failing, passing, known.lost(atom.failures))
    if atom.key[0] not in _SPLIT or atom.separator is not None:
        return [atom]
    is_most = atom.fault is Fault.HITS and len(passing) * _MANY_TIMES <= len(failing)
    if is_most or len(atom.checks) == 1 or len(passing) <= _NEARLY_NONE * len(failing):
        return [atom]
    if parts := partition(failing, passing, known.lost(atom.failures)):
        return _with_rest(atom, [_part(atom, each, set(places)) for each, places in parts])
    return [atom] if atom.fault is Fault.HITS else _by_attribute(atom, known)


def _part(atom: Atom, apart: Separator, places: set[Place]) -> Atom:
    key = (*atom.key, *(word for feature in apart.features for word in feature))
    return Atom(key, [failure for failure in atom.failures if failure.root in places], apart)


def _with_rest(atom: Atom, parts: list[Atom]) -> list[Atom]:
    """Put the rest to the part of the same check; a check of which no part has failures is an atom of its own."""
    taken = {id(failure) for part in parts for failure in part.failures}
    strays: dict[str, Atom] = {}
    for failure in atom.failures:
        if id(failure) in taken:
            continue
        check = failure.found.check.id
        home = next((part for part in parts if check in part.checks), None)
        home = home or strays.setdefault(check, Atom((atom.key[0], check)))
        home.failures.append(failure)
    return [*parts, *strays.values()]


def _by_attribute(atom: Atom, known: Evidence) -> Iterator[Atom]:
    """Split losses by the attribute, if there are few of them, or else by the kind of resource."""
    names = {top_name(failure.found.check.where) for failure in atom.failures}
    is_few = atom.fault is Fault.LOSS and len(names) <= _FEW_NAMES
    groups: dict[Key, list[Failure]] = defaultdict(list)
    for failure in atom.failures:
        name, step = top_name(failure.found.check.where), known.step(failure.root)
        request = step.exchange.request if step.exchange else None
        home = name if is_few else kind_of(request.url) if request else ""
        groups[atom.key[0], home].append(failure)
    for key, failures in groups.items():
        one = Atom(key, failures)
        passing = sorted(known.passing(one.checks) - one.roots)
        one.separator = separator(sorted(one.roots), passing, known.lost(failures))
        yield one
