"""Filters: exactly the resource that was asked for, with others in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scim_compat.checks.answers import (
    QUERIES,
    blame_value,
    entries,
    ids_of,
    is_list,
    is_query,
    is_status_named,
    number_of,
    require_control,
    require_no_redirect,
)
from scim_compat.checks.effects import has_asked_value, has_value, is_asked_value_denied
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, at_most_five, check
from scim_compat.checks.resources import is_own, kind_of
from scim_compat.engine.intent import Observation
from scim_compat.engine.offering import find_attribute
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import paths
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import CORE_URNS
from scim_compat.values import Fault, Json

_FOREIGN: Final = "a resource this run did not create"


def _is_filter_answer(observation: Observation) -> bool:
    """True for a list that answers a filter for a resource that exists; delete.gone-by-filter tests the others."""
    return (
        is_list(observation)
        and observation.intent.query.finds is not None
        and observation.intent.query.filter_path is not None
        and not observation.intent.gone
    )


def _missing(observation: Observation) -> Iterator[Violation]:
    if observation.intent.disabled:
        return
    ids = set(ids_of(observation))
    for identifier in observation.intent.query.finds or ():
        if identifier not in ids:
            hits = f"{len(entries(observation))} other hits" if entries(observation) else "no hit"
            yield Violation("/Resources", expected=f"the resource {identifier}", actual=hits)


def _values(entry: Mapping[str, Json], path: str) -> list[str]:
    """The values of every element, also of those that the path does not select."""
    anywhere = replace(parse_path(path), condition=None)
    return [str(value).lower() for value in paths.values(entry, anywhere) if isinstance(value, str | int)]


def _others(observation: Observation) -> Iterator[Violation]:
    """The hits that do not match. A finding shows no more than their place, as they may be anybody."""
    query = observation.intent.query
    path = query.filter_path or ""
    for index, entry in enumerate(entries(observation)):
        if not isinstance(entry, Mapping):
            continue
        identifier = entry.get("id")
        if isinstance(identifier, str) and identifier in (query.finds or ()):
            continue
        values = _values(entry, path)
        is_match = query.filter_value is not None and has_value(entry, path, query.filter_value)
        if is_match and is_own(observation, identifier):
            continue  # the server let in a second account of that name, and the filter is right to find both
        if is_match:
            why = "It has the value that was asked for, yet is not the resource this run gave it to."
        elif values:
            why = f"Its {query.filter_path} is another one."
        else:
            why = f"It shows no {query.filter_path}."
        actual = "another resource of this run" if is_own(observation, identifier) else _FOREIGN
        yield Violation(f"/Resources/{index}", expected="hits of the filter only", actual=actual, message=why)


@check(
    "filter.finds",
    "A filter finds the resource that has the value",
    failure="A filter misses the resource that has the value",
    level="MUST",
    cites=("RFC7644-3.4.2.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: (
        _is_filter_answer(observation)
        and bool(observation.intent.query.finds)
        and observation.intent.query.is_plain
        and not observation.intent.query.survey
        and not observation.intent.query.hits
    ),
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="What the client does not find it creates: a second account, or a conflict in every cycle.",
    fix="Evaluate “eq” on this attribute over all resources of the type, right after they were written.",
    fault=Fault.HITS,
)
def finds(observation: Observation) -> Iterator[Violation]:
    if is_asked_value_denied(observation):
        raise NotJudged(f"the server does not show the resource with that {observation.intent.query.filter_path}")
    yield from _missing(observation)


@check(
    "filter.every-resource",
    "A filter looks at every resource",
    failure="A filter finds some resources of the store and misses others",
    level="MUST",
    cites=("RFC7644-3.4.2.2", "RFC7644-3.4.2"),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: _is_filter_answer(observation) and observation.intent.query.hits > 0,
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="A filter that sees the first page of the store works in every test with a handful of accounts. In a real "
    "one the client finds nobody and creates everybody a second time.",
    fix="Apply the filter to the whole store and cut the page afterwards, never the other way round.",
    fault=Fault.HITS,
)
def every_resource(observation: Observation) -> Iterator[Violation]:
    if is_asked_value_denied(observation):
        raise NotJudged(f"the server does not show the resource with that {observation.intent.query.filter_path}")
    for violation in _missing(observation):
        hits = observation.intent.query.hits
        message = f"The same query finds {hits} other{'s' if hits > 1 else ''} of the same store."
        yield replace(violation, message=message)


@check(
    "filter.only-matches",
    "A filter returns nothing else",
    failure="A filter returns resources other than the one asked for",
    level="MUST",
    cites=("RFC7644-3.4.2.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: (
        _is_filter_answer(observation) and bool(observation.intent.query.finds) and not observation.intent.query.hostile
    ),
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="The client takes the hits for its account. With others among them it stops, or writes to a stranger's.",
    fix="Apply the filter to the whole result; answer 400 with invalidFilter to one that is not understood.",
    fix_1_1="Apply the filter to the whole result; answer 400 to one that is not understood.",
    fault=Fault.HITS,
)
@at_most_five
def only_matches(observation: Observation) -> Iterator[Violation]:
    yield from _others(observation)


@check(
    "filter.empty",
    "A filter that nothing matches returns nothing",
    failure="A filter that nothing matches reports hits",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.2"),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: _is_filter_answer(observation) and observation.intent.query.finds == (),
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="A server that ignores the filter shows the client somebody else's account as its own; the next "
    "write goes there.",
    fix="Apply the filter; answer totalResults 0 where nothing matches.",
    fault=Fault.HITS,
)
@at_most_five
def empty(observation: Observation) -> Iterator[Violation]:
    yield from _others(observation)
    if not entries(observation) and (total := number_of(observation, "totalResults")):
        yield Violation("/totalResults", expected=0, actual=total)


@check(
    "filter.ignores-case",
    "A filter compares without regard to case where the attribute does",
    failure="A filter misses a value that is asked for in another case",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7643-2.2", "RFC7644-3.4.2.2"),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: (
        _is_filter_answer(observation) and bool(observation.intent.query.finds) and observation.intent.query.other_case
    ),
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="Directories change the case of a name without changing the person. The account is then not found "
    "and is created a second time.",
    fix="Compare attributes that are not caseExact in one case, on filter and on uniqueness alike.",
    fault=Fault.HITS,
)
def ignores_case(observation: Observation) -> Iterator[Violation]:
    if _is_case_exact(observation):
        raise NotJudged(f"the target's own schema says that {observation.intent.query.filter_path} is caseExact")
    _require_findable(observation)
    path = observation.intent.query.filter_path
    for one in _missing(observation):
        yield replace(one, message=f"{path} is not caseExact, and the value was asked for in another case.")


def _require_findable(observation: Observation) -> None:
    """Raise NotJudged where the resource cannot be found by that attribute at all."""
    path = observation.intent.query.filter_path or ""
    if not has_asked_value(observation):
        raise NotJudged(f"the server does not show the resource with that {path}")
    about = observation.intent.subject
    if about and path.lower() in about.knowledge.failed_filters:
        raise NotJudged(f"by {path} the resource is not found with its plain value either")


def _is_case_exact(observation: Observation) -> bool:
    """True where case counts: externalId and id by the RFC, others if the target says so; never for userName."""
    at = parse_path(observation.intent.query.filter_path or "id")
    lowered = tuple(name.lower() for name in at.names)
    if lowered in {("externalid",), ("id",)}:
        return True
    if lowered == ("username",):
        return False
    level: Json = observation.context.capabilities.schema(at.urn or CORE_URNS[kind_of(observation) or "User"])
    for members, name in zip(("attributes", "subAttributes"), lowered, strict=False):
        level = find_attribute(level.get(members), name) if level else None
    return bool(level) and level.get("caseExact") is True


@check(
    "filter.hostile-value",
    "Quotes, words of the grammar and letters outside ASCII in a filter's value are data",
    failure="A filter breaks on quotes, grammar words or non-ASCII letters",
    level="MUST",
    cites=("RFC7644-3.4.2.2", "RFC8259-7"),
    on=QUERIES,
    scim=BOTH,
    when=lambda observation: (
        observation.intent.query.hostile
        and bool(observation.intent.query.finds)
        and not observation.intent.gone
        and is_query(observation)
        and (not observation.response.ok or _is_filter_answer(observation))
    ),
    traits=Trait.FILTER,
    topic=ClaimTopic.FILTER,
    why="People are called O'Brien and Müller. A filter that breaks on them breaks their provisioning; one "
    "that is pasted into SQL opens the database.",
    fix="Read the filter value as a JSON string, after decoding the URL once, and bind it as a parameter.",
    fault=Fault.HITS,
)
@at_most_five
def hostile_value(observation: Observation) -> Iterator[Violation]:
    require_no_redirect(observation)
    require_control(observation)
    blame = blame_value(observation)
    if not observation.response.ok:
        if not is_status_named(observation):
            yield Violation("status", expected=200, actual=observation.response.status, message=blame)
        return
    _require_findable(observation)
    yield from (replace(one, message=blame) for one in _missing(observation))
    yield from _others(observation)


@check(
    "filter.operators-declined",
    "Every operator of the specification is evaluated",
    failure="Filter operators of the specification are declined",
    level="SHOULD",
    cites=("RFC7644-3.4.2.2",),
    on=(*QUERIES, "raw"),
    when=lambda observation: observation.intent.declined is not None,
    topic=ClaimTopic.FILTER,
    why="Section 3.4.2.2 lets a server decline an operator that it does not know, and a client then has to look "
    "through whole lists itself.",
    fix="Evaluate the operators of tables 3 to 5, or tell clients in your documentation which of them you decline.",
)
def operators_declined(observation: Observation) -> Iterator[Violation]:
    if declined := observation.intent.declined:
        actual = f"operators declined: {', '.join(declined)}"
        yield Violation("filter", expected="every operator of tables 3 to 5", actual=actual)
