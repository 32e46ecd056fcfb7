"""``schemas`` and the extensions: the URNs by which a resource says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat import schemas
from scim_compat.checks.misplacement import is_split_urn
from scim_compat.checks.published import core_urn, resource_types
from scim_compat.checks.registry import BOTH, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    Resource,
    has_resources,
    is_projected,
    kind_of,
    own_resources,
    resources,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.names import is_urn
from scim_compat.values import MISSING, Json, Level, escape


@check(
    "resource.schemas",
    "schemas names what the resource is",
    failure="schemas lacks the resource's URN, or repeats one",
    level="MUST",
    cites=("RFC7643-3",),
    on=ANSWERS,
    scim=BOTH,
    when=has_resources,
    why="Strict clients choose by schemas how to read a resource, and refuse one that does not say.",
    fix="Return schemas as an array with the core URN of the resource and each extension URN, each once.",
)
@at_most_five
def has_schemas(observation: Observation) -> Iterator[Violation]:
    core, accepted = core_urn(observation.context, kind_of(observation) or "User"), _core_urns(observation)
    for resource in resources(observation):
        where, value = f"{resource.pointer}/schemas", resource.value.get("schemas", MISSING)
        if value is MISSING:
            if not is_projected(observation):
                # SCIM 1.1 takes its core schema for granted (core schema section 5.1).
                level: Level | None = "CLIENT" if observation.context.scim == "1.1" else None
                yield Violation(where, expected=f"an array that holds {core}", level=level)
            continue
        urns = [urn.lower() for urn in messages.strings(value)]
        if not isinstance(value, list) or not accepted & set(urns):
            actual = _display_urns(urns, resource) if isinstance(value, list) else schemas.type_name(value)
            yield Violation(where, expected=f"an array that holds {core}", actual=actual)
        elif len(set(urns)) != len(urns):
            yield Violation(where, expected="each URN once", actual=_display_urns(urns, resource))


def _display_urns(urns: list[str], resource: Resource) -> str:
    if not resource.own:
        return f"{len(urns)} URNs"
    return ", ".join(urn[:80] for urn in urns[:5]) or "no URN"


def _core_urns(observation: Observation) -> set[str]:
    """The URNs that may stand for the resource's kind: the RFC's, or the target's own resource type's."""
    kind = kind_of(observation) or "User"
    own = {str(entry.get("schema", "")).lower() for entry in resource_types(observation.context, kind)}
    return {core_urn(observation.context, kind).lower(), *own} - {""}


def _extensions(resource: Resource) -> Iterator[tuple[str, Json]]:
    for name, value in resource.value.items():
        if is_urn(name) and value not in (None, [], {}) and not is_split_urn(name, value):
            yield name, value


@check(
    "resource.schemas-extensions",
    "schemas lists every extension that is in the body",
    failure="schemas does not list an extension that is in the body",
    level="MUST",
    cites=("RFC7643-3", "RFC7643-3.3"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(
        "schemas" in resource.value and any(isinstance(v, Mapping) for _, v in _extensions(resource))
        for resource in own_resources(observation)
    ),
    why="A client that goes by schemas overlooks an extension that is not listed: department and manager "
    "come out empty.",
    fix="Add the extension's URN to schemas whenever its object is returned.",
)
@at_most_five
def schemas_extensions(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        urns = {urn.lower() for urn in messages.strings(resource.value.get("schemas"))}
        for name, value in _extensions(resource):
            # Without any URN, resource.schemas reports it.
            if urns and isinstance(value, Mapping) and name.lower() not in urns:
                yield Violation(
                    f"{resource.pointer}/schemas",
                    expected=f"an array that holds {name[:100]}",
                    actual="not listed",
                )


@check(
    "resource.no-duplicate-extension",
    "An extension's attributes stand in one place",
    failure="An extension's attributes stand outside its one object",
    level="MUST",
    cites=("RFC7643-2.1", "RFC7643-3.3"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(next(_extensions(resource), None) for resource in own_resources(observation)),
    why="The client looks into the one object under the extension's URN. What stands under a longer key, or "
    "under the URN in other letters, is not found and is sent again in every cycle.",
    fix="Return one object per extension, under its exact URN; “urn:…:User:department” is a path for "
    "requests, not a key.",
    fix_1_1="Return one object per extension, under its exact URN; “urn:…:1.0.department” is a path, not a key.",
)
@at_most_five
def no_duplicate_extension(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        names: dict[str, str] = {}
        for name, value in _extensions(resource):
            where = f"{resource.pointer}/{escape(name[:100])}"
            if name.lower() in names:
                yield Violation(where, expected=f"one object, {names[name.lower()][:100]}", actual="a second one")
            elif not isinstance(value, Mapping):
                yield Violation(where, expected="an extension object", actual=schemas.type_name(value))
            names.setdefault(name.lower(), name)
