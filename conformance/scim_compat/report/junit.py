"""JUnit XML of a run, for the pages of pipelines.

A suite holds a profile, a case is a scenario. A last suite holds all that belongs to no scenario: the comparison of the
accounts that no scenario names, the clean-up, errors, and the gate itself. A case fails where the exit status does.

Elements and attributes are those of the schema of Jenkins' xUnit plugin (junit-10.xsd). It knows no properties of a
case, so those stand with the suite, and begin with the name of their case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from scim_compat.report import exchanges, reproduce
from scim_compat.report.anchors import Anchors
from scim_compat.report.findings import phrase
from scim_compat.report.gate import Gate, Key, Owner, findings_of, key_of, owners
from scim_compat.report.text import citation, json_text, one_line, visible
from scim_compat.results.causes import Cause
from scim_compat.results.document import INTEGRITY, Document, LocatedCheck, ProfileResult
from scim_compat.results.document.records import CheckRecord, ScenarioRecord, StepRecord
from scim_compat.values import MISSING, Json, Outcome, plural

SUITE: Final = "scim-compat"
ENDPOINT: Final = "scim-compat.endpoint"
"""The suite of what belongs to no scenario."""
_TITLE: Final = 240
_SHORT: Final = 100
"""Characters of a value in the line that names a failure."""
_WORDS: Final = 600
"""Characters of a value or an answer in the text below it."""

Properties = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Run:
    """All that a case is made from."""

    document: Document
    gate: Gate
    owners: Mapping[Key, Owner]
    anchors: Anchors


def junit(document: Document, causes: Sequence[Cause], gate: Gate) -> bytes:
    """Write the run as JUnit XML. ``causes``: those of this document."""
    run = _Run(document, gate, owners(causes), Anchors(document, causes))
    root = ET.Element("testsuites", name=SUITE)
    for p in range(len(document.profiles)):
        _add_profile(root, run, p)
    _add_endpoint(root, run)
    return _finished(root)


def refusal(message: str, *, kind: str) -> bytes:
    """Write one error in place of a run that left no results. ``kind``: its type."""
    root = ET.Element("testsuites", name=SUITE)
    suite = ET.SubElement(root, "testsuite", name=ENDPOINT)
    case = _case(suite, ENDPOINT, "run", 0)
    ET.SubElement(case, "error", message=_line(message, len(message)), type=kind).text = _text(message)
    return _finished(root)


def _finished(root: ET.Element) -> bytes:
    """Count cases and seconds, and serialise."""
    for suite in root:
        _count(suite)
    totals = {name: sum(int(suite.get(name, "0")) for suite in root) for name in ("tests", "failures", "errors")}
    root.attrib.update({name: str(number) for name, number in totals.items()})
    root.set("time", _seconds(sum(float(suite.get("time", "0")) for suite in root)))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, ending in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(ending) is not None for case in cases)))
    suite.set("time", _seconds(sum(float(case.get("time", "0")) for case in cases)))


def _add_profile(root: ET.Element, run: _Run, p: int) -> None:
    profile = run.document.profiles[p]
    suite = ET.SubElement(root, "testsuite", name=_line(profile.id), timestamp=run.document.run.started)
    properties: Properties = [
        ("profile", profile.id),
        ("version", profile.version),
        ("digest", profile.digest),
        ("verdict", profile.headline),
    ]
    rows = ET.SubElement(suite, "properties")
    for s, scenario in enumerate(profile.scenarios):
        if scenario.feature != INTEGRITY:
            _add_scenario(suite, run, (p, s), classname=f"{profile.id}.{scenario.feature}", name=scenario.id)
            properties += _properties(scenario)
    _add_properties(rows, properties)


def _add_endpoint(root: ET.Element, run: _Run) -> None:
    document, gate = run.document, run.gate
    suite = ET.SubElement(root, "testsuite", name=ENDPOINT, timestamp=document.run.started)
    rows = ET.SubElement(suite, "properties")
    properties: Properties = [
        ("tool", f"{document.tool.name} {document.tool.version}"),
        ("run", document.run.id),
        ("seed", str(document.run.seed)),
        ("url", document.target.url),
        ("fail-on", gate.fail_on.value),
    ]
    for p, profile in enumerate(document.profiles):
        for s, scenario in enumerate(profile.scenarios):
            if scenario.feature == INTEGRITY:
                name = f"{profile.id}.{scenario.id}"
                _add_scenario(suite, run, (p, s), classname=ENDPOINT, name=name)
                properties += [(f"{profile.id}.{key}", value) for key, value in _properties(scenario)]
    left = [f"{one.type} {one.id or '(id unknown)'}: {one.why}" for one in document.cleanup.left]
    _add_statement(suite, "clean-up", "skipped", "left-behind", left, head=_left(len(left)))
    ending = "error" if gate.has_internal_error else "skipped"
    _add_statement(suite, "errors", ending, "internal" if gate.has_internal_error else "note", document.errors)
    _add_statement(suite, "run", "error", "not-testable", list(_unfinished(document)))
    _add_statement(suite, "gate", "failure", "gate", gate.objections)
    _add_properties(rows, properties)


def _left(number: int) -> str:
    return f"{plural(number, 'resource')} could not be deleted: "


def _unfinished(document: Document) -> Iterator[str]:
    """Why the run says less than was asked of it."""
    run = document.run
    reached = [s for profile in document.profiles for s in profile.scenarios if s.feature != INTEGRITY]
    if run.is_partial:
        why = f": {run.interrupted}" if run.interrupted else ""
        yield f"the run did not come to its end{why}; {plural(document.not_reached, 'scenario')} not reached"
    if all(scenario.outcome is Outcome.SKIP for scenario in reached):
        yield "no scenario was played to its end"


def _add_statement(
    suite: ET.Element, name: str, ending: str, kind: str, texts: Sequence[str], *, head: str = ""
) -> None:
    """A case that has something to say where there are ``texts``, and passes otherwise."""
    case = _case(suite, ENDPOINT, name, 0)
    if texts:
        message = _line(head + "; ".join(texts), _WORDS)
        ET.SubElement(case, ending, message=message, type=kind).text = _text("\n".join(texts))


def _add_scenario(suite: ET.Element, run: _Run, place: tuple[int, int], *, classname: str, name: str) -> None:
    p, s = place
    scenario = run.document.profiles[p].scenarios[s]
    case = _case(suite, classname, name, scenario.ms)
    found = findings_of(run.document, p, s)
    failed = [each for each in found if run.gate.is_failed(each.check)]
    accepted = [each for each in found if run.gate.is_hit(each.check) and each.check.accepted]
    told: Sequence[LocatedCheck] = ()
    if failed:
        told = failed
        kind = (failed[0].check.severity or "").lower()
        ET.SubElement(case, "failure", message=_message(run, failed), type=kind).text = _body(run, place, failed)
    elif _is_in_error(scenario):
        reason = scenario.reason or "the network or the tool failed"
        ET.SubElement(
            case, "error", message=_line(f"could not be judged: {reason}", _WORDS), type="error"
        ).text = _body(run, place, ())
    elif scenario.outcome is Outcome.SKIP:
        kind = "skipped" if scenario.applicable else "not-applicable"
        ET.SubElement(case, "skipped", message=_line(scenario.reason, _WORDS), type=kind)
    elif accepted:
        told = accepted
        tickets = dict.fromkeys(f"{each.check.id} ({each.check.accepted})" for each in accepted)
        message = _line(f"accepted: {', '.join(tickets)}", _WORDS)
        ET.SubElement(case, "skipped", message=message, type="accepted").text = _body(run, place, accepted)
    others = [each for each in found if each not in told]
    if others:
        ET.SubElement(case, "system-out").text = _body(run, place, others)


def _is_in_error(scenario: ScenarioRecord) -> bool:
    """True for a scenario that ended in an error, with findings before it or without."""
    if scenario.outcome is Outcome.FAIL and scenario.reason:
        return any(step.outcome is Outcome.ERROR for step in scenario.steps)
    return scenario.outcome is Outcome.ERROR


def _properties(scenario: ScenarioRecord) -> Iterator[tuple[str, str]]:
    source = f" ({', '.join(scenario.source)})" if scenario.source else ""
    yield f"{scenario.id}.evidence", f"{scenario.evidence}{source}"
    if scenario.severity:
        checks = dict.fromkeys(check.id for step in scenario.steps for check in step.failed_checks())
        yield f"{scenario.id}.severity", scenario.severity.value
        yield f"{scenario.id}.checks", ", ".join(checks)


def _add_properties(rows: ET.Element, properties: Iterable[tuple[str, str]]) -> None:
    for name, value in properties:
        ET.SubElement(rows, "property", name=_line(name), value=_line(value, _WORDS))


def _case(suite: ET.Element, classname: str, name: str, ms: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_line(classname), name=_line(name), time=_seconds(ms / 1000))


# --- texts -------------------------------------------------------------------------------------------


def _message(run: _Run, failed: Sequence[LocatedCheck]) -> str:
    """The worst of the findings in one line; one that is a cause itself before one that follows from it."""
    worst = failed[0].check.severity
    equal = [each for each in failed if each.check.severity is worst]
    chosen = next((each for each in equal if _is_own(run, each)), failed[0])
    check = chosen.check
    parts = [f"{check.severity}: {_what(run, chosen)}"]
    parts += [f"{label} {text}" for label, text in _values(check, _SHORT)]
    more = len(failed) - 1
    return _line("; ".join(parts) + (f" (and {plural(more, 'more finding')})" if more else ""), 4 * _TITLE)


def _is_own(run: _Run, finding: LocatedCheck) -> bool:
    owner = run.owners.get(key_of(finding))
    return owner is not None and not owner.is_consequence


def _what(run: _Run, finding: LocatedCheck) -> str:
    """The title of the cause where the finding is the one that names it, else its own phrase."""
    owner = run.owners.get(key_of(finding))
    if owner is None:
        return phrase(finding.check)
    title = one_line(owner.cause.title, _TITLE)
    if owner.is_consequence:
        return f"{phrase(finding.check)}, which follows from: {title}"
    return title if finding.check.id == owner.cause.checks[0] else f"{phrase(finding.check)}, as {title}"


def _values(check: CheckRecord, cap: int) -> Iterator[tuple[str, str]]:
    for label, value in (("expected", check.expected), ("got", check.actual)):
        if value is not MISSING:
            yield label, _shown(value, cap)


def _shown(value: Json, cap: int) -> str:
    excerpt = json_text(value, cap=cap, indented=False)
    return f"{excerpt.text}… ({excerpt.more:,} more characters)" if excerpt.more else excerpt.text


def _body(run: _Run, place: tuple[int, int], found: Sequence[LocatedCheck]) -> str:
    """Each finding with its request, the answer and the fix; then how to repeat the scenario, and where it is shown."""
    p, s = place
    profile = run.document.profiles[p]
    lines = [_heading(profile, profile.scenarios[s])]
    for number, each in enumerate(found, 1):
        lines += ["", *_finding(run, each, number)]
    lines += ["", f"repeat: {reproduce.replay(run.document, p, s)}"]
    lines.append(f"report: report.html#{run.anchors['scenario', p, s]}")
    return _text("\n".join(lines))


def _heading(profile: ProfileResult, scenario: ScenarioRecord) -> str:
    reason = f"; {one_line(scenario.reason, _WORDS)}" if scenario.reason else ""
    return one_line(f"{profile.id}, {scenario.id}: {scenario.title}{reason}")


def _finding(run: _Run, finding: LocatedCheck, number: int) -> Iterator[str]:
    check = finding.check
    step = finding.scenario.steps[finding.place[2]]
    cites = ", ".join(citation(token).text for token in dict.fromkeys(check.cites))
    level = "the client needs it" if check.level == "CLIENT" else check.level
    yield f"{number}. {check.severity}: {phrase(check)} [{check.id}; {level}{': ' if cites else ''}{cites}]"
    if check.accepted:
        yield f"   accepted: {check.accepted}"
    if owner := run.owners.get(key_of(finding)):
        word = "follows from cause" if owner.is_consequence else "cause"
        yield f"   {word} {owner.number}: {one_line(owner.cause.title, _TITLE)}"
    yield from (f"   {line}" for line in _exchange(step))
    if check.where:
        yield f"   at: {_line(check.where, _WORDS)}"
    yield from (f"   {label}: {text}" for label, text in _values(check, _WORDS))
    for label, text in (("says", check.message), ("client", check.consequence), ("fix", check.fix)):
        if text:
            yield f"   {label}: {_line(text, _WORDS)}"


def _exchange(step: StepRecord) -> Iterator[str]:
    exchange = step.exchange
    if exchange is None:
        return
    sender = "" if step.kind == "client" else " (sent by the run, not by the client)"
    yield f"request: {_line(f'{exchange.request.method} {exchange.request.url}', _WORDS)}{sender}"
    if exchange.response is not None:
        answer = exchanges.messages(exchange, cap=_WORDS).response
        words = f" {answer.body.text}" if answer and answer.body else ""
        yield f"answer: {_line(f'{exchange.response.status} {exchange.response.reason}{words}', _WORDS)}"
    elif exchange.failure is not None:
        yield f"no usable answer: {_line(exchange.failure.text, _WORDS)}"


def _line(text: str, cap: int = _TITLE) -> str:
    return one_line(" ".join(visible(text).split()), cap)


def _text(text: str) -> str:
    """``text`` with every character that XML 1.0 does not allow (section 2.2), or that nobody sees, spelled out."""
    return visible(text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
