"""Filters: exactly the resource that was asked for, with others in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.answers import (
    QUERIES,
    entries,
    ids_of,
    integer,
    is_list,
    is_query,
    not_redirected,
)
from scim_compat.checks.effects import denies_asked_value, has_asked_value, has_value
from scim_compat.checks.registry import (
    BOTH,
    NotJudged,
    Violation,
    check,
)
from scim_compat.checks.resources import at_most_five, is_own, kind_of
from scim_compat.checks.rules.http import status_is_named
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages
from scim_compat.scim.names import CORE_URNS
from scim_compat.values import Json


def _filtered(seen: Observation) -> bool:
    """A list that answers a filter, for a resource that is not gone (delete.gone-by-filter)."""
    return (
        is_list(seen) and seen.intent.finds is not None and seen.intent.filter_path is not None and not seen.intent.gone
    )


def _missing(seen: Observation) -> Iterator[Violation]:
    if seen.intent.disabled:
        return
    found = set(ids_of(seen))
    for wanted in seen.intent.finds or ():
        if wanted not in found:
            hits = f"{len(entries(seen))} other hits" if entries(seen) else "no hit"
            yield Violation("/Resources", expected=f"the resource {wanted}", actual=hits)


def _values(entry: Mapping[str, Json], path: str) -> list[str]:
    return [str(value).lower() for value in messages.find_values(entry, path) if isinstance(value, str | int)]


def _others(seen: Observation) -> Iterator[Violation]:
    """Hits that do not match: whoever they are, only their place is shown."""
    intent = seen.intent
    for index, entry in enumerate(entries(seen)):
        if not isinstance(entry, Mapping):
            continue
        identifier = entry.get("id")
        if isinstance(identifier, str) and identifier in (intent.finds or ()):
            continue
        values = _values(entry, intent.filter_path or "")
        asked = intent.filter_value is not None and has_value(entry, intent.filter_path or "", intent.filter_value)
        if asked and is_own(seen, identifier):
            continue  # a second account of the same name was let in: the filter is right to find both
        if asked:
            why = "It has the value that was asked for, yet is not the resource this run gave it to."
        elif values:
            why = f"Its {intent.filter_path} is another one."
        else:
            why = f"It shows no {intent.filter_path}."
        whose = "another resource of this run" if is_own(seen, identifier) else "a resource this run did not create"
        yield Violation(f"/Resources/{index}", expected="hits of the filter only", actual=whose, message=why)


@check(
    "filter.finds",
    "A filter finds the resource that has the value",
    level="MUST",
    cites=("RFC7644-3.4.2.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _filtered(seen) and bool(seen.intent.finds) and not {"case", "hostile"} & seen.intent.tags,
    why="What the client does not find it creates: a second account, or a conflict in every cycle.",
    fix="Evaluate “eq” on this attribute over all resources of the type, right after they were written.",
)
def finds(seen: Observation) -> Iterator[Violation]:
    if denies_asked_value(seen):
        raise NotJudged(f"the server does not show the resource with that {seen.intent.filter_path}")
    yield from _missing(seen)


@check(
    "filter.only-matches",
    "A filter returns nothing else",
    level="MUST",
    cites=("RFC7644-3.4.2.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _filtered(seen) and bool(seen.intent.finds) and "hostile" not in seen.intent.tags,
    why="The client takes the hits for its account. With others among them it stops, or writes to a stranger's.",
    fix="Apply the filter to the whole result; answer 400 with invalidFilter to one that is not understood.",
)
@at_most_five
def only_matches(seen: Observation) -> Iterator[Violation]:
    yield from _others(seen)


@check(
    "filter.empty",
    "A filter that nothing matches returns nothing",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.2"),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _filtered(seen) and seen.intent.finds == (),
    why="A server that ignores the filter shows the client somebody else's account as its own; the next "
    "write goes there.",
    fix="Apply the filter; answer totalResults 0 where nothing matches.",
)
@at_most_five
def empty(seen: Observation) -> Iterator[Violation]:
    yield from _others(seen)
    if not entries(seen) and (stated := integer(seen, "totalResults")):
        yield Violation("/totalResults", expected=0, actual=stated)


@check(
    "filter.ignores-case",
    "userName is compared without regard to case",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7643-2.2", "RFC7644-3.4.2.2"),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _filtered(seen) and bool(seen.intent.finds) and "case" in seen.intent.tags,
    why="Directories change the case of a name without changing the person. The account is then not found "
    "and is created a second time.",
    fix="Compare attributes that are not caseExact in one case, on filter and on uniqueness alike.",
)
def ignores_case(seen: Observation) -> Iterator[Violation]:
    if _case_exact(seen):
        raise NotJudged(f"the target's own schema says that {seen.intent.filter_path} is caseExact")
    _must_be_findable(seen)
    yield from _missing(seen)


def _must_be_findable(seen: Observation) -> None:
    """Raises NotJudged where the resource cannot be found by that attribute at all."""
    if not has_asked_value(seen):
        raise NotJudged(f"the server does not show the resource with that {seen.intent.filter_path}")
    about = seen.intent.subject
    if about and (seen.intent.filter_path or "").lower() in about.missed:
        raise NotJudged(f"by {seen.intent.filter_path} the resource is not found with its plain value either")


def _case_exact(seen: Observation) -> bool:
    """Whether case counts: externalId and id by the RFC, others if the target says so; never for userName."""
    urn, names = messages.split_path(seen.intent.filter_path or "")
    lowered = tuple(name.lower() for name in names)
    if lowered in {("externalid",), ("id",)}:
        return True
    if lowered == ("username",):
        return False
    schema = seen.context.capabilities.schema(urn or CORE_URNS[kind_of(seen) or "User"])
    level: Json = schema.get("attributes") if schema else None
    for depth, name in enumerate(lowered):
        attribute = next(
            (a for a in (level if isinstance(level, list) else ())
             if isinstance(a, Mapping) and str(a.get("name", "")).lower() == name),
            None,
        )  # fmt: skip
        if attribute is None:
            return False
        if depth == len(lowered) - 1:
            return attribute.get("caseExact") is True
        level = attribute.get("subAttributes")
    return False


@check(
    "filter.hostile-value",
    "Quotes, backslashes and letters outside ASCII in a filter are data",
    level="MUST",
    cites=("RFC7644-3.4.2.2", "RFC8259-7"),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: (
        "hostile" in seen.intent.tags
        and bool(seen.intent.finds)
        and not seen.intent.gone
        and is_query(seen)
        and (not seen.response.ok or _filtered(seen))
    ),
    why="People are called O'Brien and Müller. A filter that breaks on them breaks their provisioning; one "
    "that is pasted into SQL opens the database.",
    fix="Read the filter value as a JSON string, after decoding the URL once, and bind it as a parameter.",
)
@at_most_five
def hostile_value(seen: Observation) -> Iterator[Violation]:
    not_redirected(seen)
    if not seen.response.ok:
        if not status_is_named(seen):
            yield Violation("status", expected=200, actual=seen.response.status)
        return
    _must_be_findable(seen)
    yield from _missing(seen)
    yield from _others(seen)
