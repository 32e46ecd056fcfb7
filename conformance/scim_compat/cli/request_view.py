"""Prints a scenario with its requests, byte for byte, and what is expected of each answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from scim_compat.cli.console import QUIET, STRONG, Output, printable
from scim_compat.cli.outgoing import OutgoingRequest
from scim_compat.engine.applies import condition
from scim_compat.profile.model import Profile, Scenario
from scim_compat.report.text import pretty
from scim_compat.values import plural

_FEW: Final = 3
"""Set-up requests of one step that are printed in full. Of a crowd, one is printed and the rest counted."""
_SENDER_STYLES: Final = {"client": "cyan", "harness": "magenta"}


def print_scenario(
    out: Output, profile: Profile, scenario: Scenario, requests: Sequence[OutgoingRequest], *, indented: bool
) -> None:
    out.line((scenario.id, STRONG), "  ", scenario.title)
    out.paragraph(f"{scenario.evidence} · {scenario.where}", indent=2)
    for key in scenario.source:
        source = profile.sources.get(key)
        out.paragraph(f"{key}: {source.title}" if source else key, indent=2, hanging=4)
    for note in (condition(scenario), scenario.note):
        if note:
            out.paragraph(note, indent=2)
    for (_, is_setup), group in groupby(requests, key=lambda one: (_step(one), one.action == "set-up")):
        _print_step(out, list(group), is_setup=is_setup, indented=indented)
    reached = _step(requests[-1]) if requests else 0
    if reached < len(scenario.steps):
        place = scenario.steps[reached].where
        out.blank()
        out.line(f"  {place} and what follows sends nothing here: it depends on the server's answers")


def _step(request: OutgoingRequest) -> int:
    return int(request.step.partition(".")[0])


def _print_step(out: Output, requests: list[OutgoingRequest], *, is_setup: bool, indented: bool) -> None:
    sample = requests[:1] if is_setup and len(requests) > _FEW else requests
    for request in sample:
        _print_request(out, request, indented=indented)
    if len(sample) < len(requests):
        rest = plural(len(requests) - len(sample), "more request")
        out.blank()
        out.line(f"  … {rest} like this, to {requests[-1].step}; --json prints them all")


def _print_request(out: Output, request: OutgoingRequest, *, indented: bool) -> None:
    line = request.where.rpartition(":")[2]
    sender = (request.by, _SENDER_STYLES[request.by])
    out.blank()
    out.line(request.step, "  ", sender, "  ", request.title, "  ", (f"line {line}", QUIET))
    out.paragraph(f"expects {request.expects}", indent=5, hanging=7)
    out.blank()
    out.line((request.method, STRONG), " ", request.path, " HTTP/1.1")
    for name, content in request.headers:
        out.line(f"{name}: {content}")
    out.blank()
    if request.body is not None:
        _print_body(out, request.body, indented=indented)


def _print_body(out: Output, body: str, *, indented: bool) -> None:
    """On a terminal without control characters; into a file or pipe exactly, unless it is indented."""
    if indented:
        body = pretty(body, cap=len(body) * 50 + 1000).text
    elif not out.is_terminal:
        out.raw(body)
        return
    lines = body.split("\n")
    for line in lines:
        out.line(line)
    if any(printable(line) != line for line in lines):
        out.line(("(� stands for a character that is not shown here; --json has it)", QUIET))
