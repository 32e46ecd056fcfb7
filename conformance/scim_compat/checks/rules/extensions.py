"""Extensions: their attributes stand under their URN, and keep the names that they were given."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.answers import has_resource, resource_of
from scim_compat.checks.display import quotation
from scim_compat.checks.effects import all_effects, effects, is_custom, subject, writes
from scim_compat.checks.misplacement import misplacement, respelling
from scim_compat.checks.registry import BOTH, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim.grammar import parse_path
from scim_compat.values import Fault


def _has_extension(observation: Observation) -> bool:
    return has_resource(observation) and any(parse_path(e.path).urn for w in writes(observation) for e in w.effects)


@check(
    "extension.under-its-urn",
    "An extension's attributes come back under the extension's URN",
    failure="An extension's attribute comes back outside its URN's object",
    level="MUST",
    cites=("RFC7643-3.3",),
    on=("read-back", "bystander"),
    scim=BOTH,
    when=_has_extension,
    why="A client looks under the URN and finds nothing: to it the attribute was lost, and it sends it in every cycle.",
    fix="Read a path by the longest known URN before anything is split: the dot of “2.0” belongs to the URN. Keep the "
    "attributes of an extension in one object under the whole URN. Do not list the cut key in schemas.",
    fix_1_1="Keep the attributes of an extension in one object under its whole URN; the dot of “1.0” belongs to it. "
    "Do not list the cut key in schemas.",
)
def under_its_urn(observation: Observation) -> Iterator[Violation]:
    resource = resource_of(observation)
    places: set[str] = set()
    for _, effect in all_effects(observation, "set"):
        place = misplacement(resource, effect, subject(observation).desired)
        if place is None or place.pointer in places:
            continue
        places.add(place.pointer)
        at = parse_path(effect.path)
        reason = "the path was split at the dot of the URN's version" if place.is_split else ""
        yield Violation(
            place.pointer,
            expected=f"{at.attribute} in the object {at.urn}",
            actual=f"it stands under the key {place.key[:100]}",
            message=reason,
        )


@check(
    "extension.labels-kept",
    "The names of an extension's attributes come back as they were sent",
    failure="An extension attribute comes back under a respelled name",
    level="CLIENT",
    cites=("RFC7643-2.1",),
    on=("read-back", "bystander"),
    scim=BOTH,
    when=lambda observation: _has_extension(observation) and any(is_custom(e) for _, e in effects(observation, "set")),
    why="Names of attributes ignore case, but labels that people chose are shown and compared as they are written.",
    fix="Keep the keys of an extension as they were sent, or as /Schemas spells them; do not lower or rewrite them.",
    fault=Fault.LOSS,
)
def labels_kept(observation: Observation) -> Iterator[Violation]:
    for _, effect in effects(observation, "set"):
        spelling = respelling(resource_of(observation), effect) if is_custom(effect) else ""
        if spelling:
            yield Violation(
                effect.path, expected=quotation(parse_path(effect.path).attribute), actual=quotation(spelling)
            )
