"""A part of a run for others: a cause as a ticket or as data, and a scenario as a script."""

from __future__ import annotations

import json

from scim_compat.errors import UsageError
from scim_compat.report.cause_data import cause_data
from scim_compat.report.scripts import script
from scim_compat.report.tickets import ticket
from scim_compat.results.causes import Cause, causes
from scim_compat.results.document import Document
from scim_compat.source.complaints import nearest
from scim_compat.values import plural

ALL = "all"
"""Stands for every cause."""


def cause_part(document: Document, wanted: str, form: str) -> str:
    """The cause of that number in that format, or all of them. Raises UsageError where there is none."""
    found = causes(document)
    chosen = list(enumerate(found, 1)) if wanted == ALL else [_numbered(found, wanted)]
    match form:
        case "sh" if wanted == ALL:
            raise UsageError("a script repeats one cause", hint="give its number, as --cause 1 --format sh")
        case "sh":
            p, s, _ = chosen[0][1].example.place
            return script(document, p, s)
        case "json":
            data = [cause_data(document, cause, number) for number, cause in chosen]
            return json.dumps(data if wanted == ALL else data[0], indent=2) + "\n"
        case _:
            return "\n".join(ticket(document, cause, number) for number, cause in chosen)


def _numbered(found: tuple[Cause, ...], wanted: str) -> tuple[int, Cause]:
    if not found:
        raise UsageError("the run has no cause to report: nothing failed")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 0
    if not 1 <= number <= len(found):
        raise UsageError(
            f"--cause {wanted}: the run has {plural(len(found), 'cause')}",
            hint=f"give a number from 1 to {len(found)} as the report counts them, or all",
        )
    return number, found[number - 1]


def scenario_part(document: Document, wanted: str, form: str) -> str:
    """The scenario ``PROFILE/ID`` as a script. Raises UsageError where the run has none of that name."""
    if form != "sh":
        raise UsageError(f"a scenario has no format {form}", hint="give --format sh, or a cause: --cause 1")
    places = {
        f"{profile.id}/{scenario.id}": (p, s)
        for p, profile in enumerate(document.profiles)
        for s, scenario in enumerate(profile.scenarios)
    }
    if wanted not in places:
        example = next(iter(places), "entra-v2/users.disable")
        known = [each for each in places if each.startswith(wanted.partition("/")[0] + "/")]
        hint = nearest(wanted, known) or f"name profile and scenario, as {example}"
        raise UsageError(f"--scenario {wanted}: the run has no such scenario", hint=hint)
    return script(document, *places[wanted])
