"""A scenario as a script for a POSIX shell and curl, which needs nothing of scim-compat.

It sends the recorded requests in their order, read-backs included, and prints each status beside the recorded one. Ids
that the endpoint chose stand in variables, taken from the answers of the moment. It deletes what it made at its end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from scim_compat.report import credentials
from scim_compat.report.reproduce import COMPUTED, CURL_ADDS
from scim_compat.report.shell import Piece, Variable, comment, data_line, name_for, quoted, word
from scim_compat.report.text import json_text, one_line, visible
from scim_compat.report.variables import NEW_ID, Source, Values, offered, version_of
from scim_compat.results.document import INTEGRITY, Document
from scim_compat.results.document.records import (
    CheckRecord,
    ExchangeRecord,
    RequestRecord,
    ScenarioRecord,
    StepRecord,
    SubjectRecord,
)
from scim_compat.scim.names import CORE_1_1, CORE_SCHEMA
from scim_compat.values import IN_PROCESS_URL, MISSING, plural

_TEMPLATES: Final = Path(__file__).parent / "templates"


_COMPARISON: Final = (
    "# The comparison shows what other scenarios have changed. This script reads the accounts and changes nothing, so",
    "# it cannot repeat the change: play the profile again for that.",
)


def script(document: Document, p: int, s: int) -> str:
    """Write the script that sends scenario ``s`` of profile ``p`` again. Equal results give the same bytes."""
    profile, scenario = document.profiles[p], document.profiles[p].scenarios[s]
    run, base = document.run, _base(document, scenario)
    steps = _Steps(Values(run.tag, base), trace=run.trace.lower())
    for account in document.bystanders.accounts:
        steps.admit(account)
    entries = [entry for step in scenario.steps if step.exchange for entry in steps.entry(step, step.exchange)]
    shown = {use for use in map(credentials.use_of, _requests(scenario)) if use}
    login = credentials.login(document)
    names = steps.used
    lines = [
        "#!/bin/sh",
        "# shellcheck disable=SC2016 # bodies hold dollar signs",
        comment(f"{scenario.id} of {profile.id}: {scenario.title}"),
        "#",
        comment(f"It sends what {document.tool.name} {document.tool.version} sent in the run {run.id} to"),
        comment(f"{document.target.url}, and prints each status beside the one of that run."),
        *(_COMPARISON if scenario.feature == INTEGRITY else ()),
        "# It needs a POSIX shell, curl, and the usual awk, grep, mktemp, sed and tr. It reads these variables:",
        "#   SCIM_URL       the endpoint; by default that of the run",
        *(f"#   {name:<14} {noun}" for name, noun in login.variables),
        "#   TAG            a word in every name; another one gives a repetition names of its own",
        "#   SCIM_TIMEOUT   seconds for one answer; by default 60",
        "#   VERBOSE        1 prints every answer",
        "# Exit status: 0 every status is as recorded, 1 one is not, 2 the script could not run to its end.",
        "",
        "set -u",
        *_address(base),
        f'[ -n "${{TAG:-}}" ] || TAG={quoted(run.tag or "repeated")}',
        *login.demands,
        *(['TAG_UPPER=$(printf %s "$TAG" | tr "[:lower:]" "[:upper:]")'] if "TAG_UPPER" in names else []),
        *_made_up(names),
        "",
        "requests() {",
        *(f"  {line}".rstrip() for line in (*steps.stand_ins(scenario), *_captured(entries, names))),
        *_nothing(scenario, is_empty=not entries),
        "}",
        "",
        _library("script.sh"),
        *([_library("near.sh")] if credentials.has_near_miss(shown) else []),
        *login.files(shown),
        "",
        "requests",
        'printf \'%s requests, %s with another status than recorded\\n\' "$count" "$differ"',
        '[ "$differ" -eq 0 ]',
    ]
    return "\n".join(lines) + "\n"


@functools.cache
def _library(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _requests(scenario: ScenarioRecord) -> Iterator[RequestRecord]:
    return (step.exchange.request for step in scenario.steps if step.exchange)


def _base(document: Document, scenario: ScenarioRecord) -> str:
    """Return the base URL of the scenario: an endpoint that speaks two versions has two."""
    known = sorted({document.target.url, *document.target.bases.values()}, key=len, reverse=True)
    first = next((request.url for request in _requests(scenario)), "")
    bases = (base.split("?", 1)[0].rstrip("/") for base in known)
    return next((base for base in bases if first.startswith(base)), document.target.url.rstrip("/"))


def _address(base: str) -> list[str]:
    if base == IN_PROCESS_URL:
        return [
            (
                '[ -n "${SCIM_URL:-}" ] || '
                "{ printf 'Set SCIM_URL: the run tested an application in process.\\n' >&2; exit 2; }"
            )
        ]
    return [f'[ -n "${{SCIM_URL:-}}" ] || SCIM_URL={quoted(base)}']


def _nothing(scenario: ScenarioRecord, *, is_empty: bool) -> list[str]:
    """Return what stands in place of requests where none was sent."""
    sentence = f"No request was recorded: {one_line(visible(scenario.reason), 300)}"
    return [f"  printf '%s\\n' {quoted(sentence)}", "  exit 2"] if is_empty else []


def _made_up(names: set[str]) -> list[str]:
    if "MADE_UP" not in names:
        return []
    return [
        "# A secret was removed from a recorded request, such as the password of a new user: this value is made up.",
        '[ -n "${MADE_UP:-}" ] || MADE_UP="Made-up-1-$TAG"',
    ]


# --- one step after the other ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Capture:
    """A value of the answer that a later request may need."""

    variable: str
    source: Source


_Entry = str | _Capture
"""A line of the script, or a value that it keeps if it is needed."""


def _captured(entries: Sequence[_Entry], used: set[str]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
            continue
        name, in_url = entry.variable, f"{entry.variable}_URL"
        if used & {name, in_url}:
            yield f"{name}=$({entry.source.command})"
            yield f'need {quoted(entry.source.noun)} "${name}"'
        if in_url in used:
            yield f'{in_url}=$(decoded "${name}" url)'


@dataclass(slots=True)
class _Steps:
    """The steps in the making. It learns the ids that answers bring, and which of them are used."""

    values: Values
    trace: str
    """Lower-case name of the header that carries the run's own trace."""
    used: set[str] = field(default_factory=set)
    _last: RequestRecord | None = None
    """The request of the step before."""
    _accounts: dict[str, SubjectRecord] = field(default_factory=dict)
    """Variable → the account of the crowd that it stands for."""

    def admit(self, account: SubjectRecord) -> None:
        """Let requests name an account of the crowd."""
        if account.id:
            name = self._name(account.key, account.id)
            self._accounts[name] = account

    def entry(self, step: StepRecord, exchange: ExchangeRecord) -> Iterator[_Entry]:
        """Yield the lines of one step."""
        request, response = exchange.request, exchange.response
        target = _below(request.url, self.values.base)
        party = "the client" if step.kind == "client" else "the run, not the client,"
        yield comment(f"{step.id}  {party} {step.title}")
        for wait in exchange.waits:
            yield comment(one_line(wait, 300))
        if request.body is not None:
            yield data_line(self._noted(self.values.in_body(request.body)))
        path = word(self._noted(self.values.in_url(_printable(target))))
        status = response.status if response else 0
        options = " ".join(self._options(request))
        yield f"send {quoted(request.method)} {path} {status:03} {options}"
        for check in step.failed_checks():
            yield f"finding {quoted(_sentence(check))}"
        is_equal, self._last = request == self._last, request
        if response is not None:
            for identifier, given in offered(response):
                source = Source("equal_id") if is_equal and given == NEW_ID else given
                if identifier not in self.values.ids:
                    yield _Capture(self._name(step.subject.key if step.subject else step.id, identifier), source)
            for version, source in version_of(response):
                if version not in self.values.versions:
                    name = f"VERSION_{len(self.values.versions) + 1}"
                    self.values.versions[version] = name
                    yield _Capture(name, source)
        yield ""

    def _name(self, key: str, identifier: str) -> str:
        name = self.values.ids[identifier] = name_for(key, self.values.ids.values())
        return name

    def _options(self, request: RequestRecord) -> Iterator[str]:
        use = credentials.use_of(request)
        if use:
            yield f'-K "$work/{use}"'
        yield "--head" if request.method == "HEAD" else f"-X {quoted(request.method)}"
        present = {name.lower() for name, _ in request.headers}
        for name, value in request.headers:
            if name.lower() not in COMPUTED and name.lower() != self.trace and not credentials.is_one(name, value):
                pieces: list[Piece] = (
                    [f"{name}: ", *self._noted(self.values.in_header(value))] if value else [f"{name};"]
                )
                yield f"-H {word(pieces)}"
        absent = [name for name in CURL_ADDS if name.lower() not in present]
        has_body = request.body is not None or request.method in {"POST", "PUT", "PATCH"}
        if has_body and "content-type" not in present:
            absent.append("Content-Type")
        yield from (f"-H {quoted(name + ':')}" for name in absent)
        if "accept-encoding" in present:
            yield "--compressed"
        if request.body is not None:
            yield '--data-binary "@$work/body"'
        elif has_body:
            yield "--data-binary ''"

    def _noted(self, pieces: list[Piece]) -> list[Piece]:
        self.used |= {piece.name for piece in pieces if isinstance(piece, Variable)}
        return pieces

    def stand_ins(self, scenario: ScenarioRecord) -> Iterator[str]:
        """Yield the creation of accounts in place of those that the run kept beside its scenarios."""
        is_older = any(CORE_1_1 in (request.body or "") for request in _requests(scenario))
        wanted = [(n, a) for n, a in self._accounts.items() if self.used & {n, f"{n}_URL"}]
        if wanted:
            yield comment(
                f"The run kept accounts beside the scenario. {plural(len(wanted), 'account')} in their place:"
            )
        for number, (name, account) in enumerate(wanted, 1):
            path, pieces = _stand_in(account, number, is_older=is_older)
            yield data_line(pieces)
            yield f"stand_in {path} {'application/json' if is_older else 'application/scim+json'}"
            yield from _captured([_Capture(name, NEW_ID)], self.used)
        if wanted:
            yield ""


def _stand_in(account: SubjectRecord, number: int, *, is_older: bool) -> tuple[str, list[Piece]]:
    """Return the path and the body of a plain account."""
    urn = CORE_SCHEMA["1.1" if is_older else "2.0"][account.kind]
    tag = Variable("TAG")
    begin = f'{{"schemas":["{urn}"],"displayName":"Stand-in {number} '
    if account.kind == "Group":
        return "/Groups", [begin, tag, '"}']
    return "/Users", [
        begin, tag, f'","userName":"stand-in-{number}.', tag, "@scim-compat.example",
        f'","name":{{"givenName":"Stand-in","familyName":"Number {number}"}},"active":true,',
        f'"emails":[{{"value":"stand-in-{number}.', tag, '@scim-compat.example","type":"work","primary":true}]}',
    ]  # fmt: skip


def _below(url: str, base: str) -> str:
    return url.removeprefix(base)


def _printable(target: str) -> str:
    """Encode what cannot be seen; a server reads both forms alike."""
    return "".join(
        character if visible(character) == character else quote(character, safe="", errors="replace")
        for character in target
    )


def _sentence(check: CheckRecord) -> str:
    """Say what the run found at a step."""
    found = f"{check.severity}: {check.failure or check.title}"
    values = [
        f"{name} {json_text(value, cap=160, indented=False).text}"
        for name, value in (("expected", check.expected), ("got", check.actual))
        if value is not MISSING
    ]
    where = f" at {check.where}" if check.where else ""
    return visible(one_line(f"{found}{where}" + (f" ({', '.join(values)})" if values else ""), 600)).replace("\n", " ")
