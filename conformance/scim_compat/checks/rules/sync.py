"""The next cycle: a client compares and sends again what differs. Nothing may differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scim_compat.checks.effects import (
    advertised,
    answered,
    body,
    display,
    is_custom,
    subject,
)
from scim_compat.checks.registry import BOTH, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.scim import paths
from scim_compat.values import MISSING, Json


@check(
    "sync.converges",
    "After a sync the server returns what the client would send",
    level="CLIENT",
    on=("evaluate",),
    scim=BOTH,
    when=answered,
    why="The client compares the server's answer with its source in every cycle; what differs is sent again, for ever.",
    fix="Return each attribute as it was sent: not dropped, not reformatted, of the same type. Leave attributes "
    "you do not keep out of /Schemas and out of the mapping you recommend.",
)
def converges(observation: Observation) -> Iterator[Violation]:
    about = subject(observation)
    left_out = {name.lower() for name in observation.intent.excluded}
    for path, wanted in about.sources.items():
        if paths.parse(path).top in left_out or is_custom(Effect("set", path)):
            continue
        found = paths.get(body(observation), path)
        if paths.same(wanted, found) or _same_reference(wanted, found):
            continue
        listed = advertised(observation.context, about.kind, path)
        hint = "; the target's own schema does not list it" if listed is False else ""
        yield Violation(
            path,
            expected=wanted,
            actual=display(found),
            message=f"{_how(wanted, found)}{hint}: sent again in every cycle",
        )


def _same_reference(wanted: Json, found: Json) -> bool:
    return isinstance(wanted, dict) and isinstance(found, dict) and wanted.get("value") == found.get("value")


def _how(wanted: Json, found: Json) -> str:
    if found is MISSING or paths.is_unassigned(found):
        return "dropped"
    if type(wanted) is not type(found):
        return "of another type"
    if isinstance(wanted, str) and isinstance(found, str):
        if wanted.lower() == found.lower():
            return "in another case"
        if re.sub(r"\W", "", wanted) == re.sub(r"\W", "", found):
            return "reformatted"
    return "of another value"
