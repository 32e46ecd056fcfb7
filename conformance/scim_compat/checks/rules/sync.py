"""The next cycle: a client compares, and sends every difference again."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.differences import difference
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import is_custom, subject
from scim_compat.checks.misplacement import misplacement
from scim_compat.checks.published import is_published
from scim_compat.checks.registry import BOTH, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.scim import paths
from scim_compat.scim.grammar import parse_path
from scim_compat.values import MISSING, Fault, Json


@check(
    "sync.converges",
    "After a sync the server returns what the client would send",
    failure="After a sync the server still differs from the source",
    level="CLIENT",
    on=("evaluate",),
    scim=BOTH,
    when=has_resource,
    why="The client compares the server's answer with its source in every cycle; what differs is sent again, for ever.",
    fix="Return each attribute as it was sent: not dropped, not reformatted, of the same type. Leave attributes "
    "you do not keep out of /Schemas and out of the mapping you recommend.",
    fault=Fault.LOSS,
)
def converges(observation: Observation) -> Iterator[Violation]:
    about = subject(observation)
    excluded = {name.lower() for name in observation.intent.excluded_attributes}
    for path, expected in about.sources.items():
        if parse_path(path).top in excluded or is_custom(Effect("set", path)):
            continue
        actual = paths.get(resource_of(observation), path)
        if paths.is_same(expected, actual) or _is_same_reference(expected, actual):
            continue
        if misplacement(resource_of(observation), Effect("set", path, expected), about.desired):
            continue  # extension.under-its-urn reports it
        is_unlisted = is_published(observation.context, about.kind, path) is False
        hint = "; the target's own schema does not list it" if is_unlisted else ""
        yield Violation(
            path,
            expected=quotation(expected),
            actual=display(actual),
            message=f"{_difference(path, expected, actual)}{hint}: sent again in every cycle",
        )


def _is_same_reference(expected: Json, actual: Json) -> bool:
    return isinstance(expected, dict) and isinstance(actual, dict) and expected.get("value") == actual.get("value")


def _difference(path: str, expected: Json, actual: Json) -> str:
    if actual is MISSING or paths.is_unassigned(actual):
        return "dropped"
    one = difference(path, expected, actual)
    return (one.words if one else "") or "of another value"
