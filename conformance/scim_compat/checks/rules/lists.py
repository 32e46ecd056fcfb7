"""The list itself: its form, its numbers, its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat import schemas
from scim_compat.checks.answers import (
    LISTS,
    entries,
    has_cursor,
    is_list,
    is_list_request,
    is_total_too_small,
    json_object,
    number_of,
    requested_number,
)
from scim_compat.checks.display import display_id
from scim_compat.checks.registry import BOTH, Trait, Violation, at_most_five, check
from scim_compat.checks.resources import has_resources, kind_of, resources
from scim_compat.engine.intent import Observation
from scim_compat.engine.offering import find_attribute
from scim_compat.scim import messages, names, paths
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.values import MISSING, Level


@check(
    "list.shape",
    "The answer to a query is a ListResponse",
    failure="A query is answered with no valid ListResponse",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=LISTS,
    scim=BOTH,
    when=lambda observation: (
        observation.response.ok
        and is_list_request(observation)
        and (observation.response.json is not MISSING or not observation.response.body)
    ),
    traits=Trait.FILTER,
    why="The client looks for Resources and totalResults. A bare array, or a resource without a list around "
    "it, is nothing found to it, or a fault.",
    fix='Wrap the result: {"schemas": [URN], "totalResults": n, "Resources": [ … ]}, also for one hit and for none. '
    f"The URN is {names.LIST_RESPONSE} (in SCIM 1.1 {names.CORE_1_1}).",
)
def list_shape(observation: Observation) -> Iterator[Violation]:
    body = observation.response.json
    if not isinstance(body, Mapping):
        actual = "an empty body" if body is MISSING else schemas.type_name(body)
        yield Violation("", expected="a ListResponse object", actual=actual)
        return
    if not messages.is_list(body) and messages.is_resource(body):
        yield Violation("", expected="a ListResponse object", actual="a resource without a list around it")
        return
    for error in schemas.errors("ListResponse", body, scim=observation.context.scim, quote=False):
        if error.keyword == "required" or error.pointer.strip("/") not in messages.COUNTS:
            yield Violation(
                error.pointer, error.expected, error.actual, error.message, _level(observation, error.keyword)
            )


def _level(observation: Observation, keyword: str = "required") -> Level | None:
    """CLIENT in SCIM 1.1, which shows the members of a list and demands none (protocol 3.2.2 and 3.2.2.3)."""
    return "CLIENT" if observation.context.scim == "1.1" and keyword == "required" else None


@check(
    "list.integers",
    "totalResults, startIndex and itemsPerPage are integers",
    failure="A count of a list is no integer",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4", "RFC7643-2.3.4"),
    on=LISTS,
    scim=BOTH,
    when=is_list,
    traits=Trait.FILTER,
    why="Typed clients cannot read a list whose counts are texts.",
    fix="Write the counts as JSON numbers without quotes or fractions.",
)
def integers(observation: Observation) -> Iterator[Violation]:
    for name in messages.COUNTS:
        count = json_object(observation).get(name)
        if count is None or (isinstance(count, float) and count.is_integer()):
            continue  # 5.0 is the integer 5 to JSON; list.shape reports null
        if isinstance(count, bool) or not isinstance(count, int):
            # list.total, list.start-index and list.items-per-page report a number below 0.
            yield Violation(f"/{name}", expected="an integer", actual=schemas.type_name(count))


@check(
    "list.total",
    "totalResults is the number of hits",
    failure="totalResults disagrees with the resources returned",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=LISTS,
    scim=BOTH,
    when=lambda observation: is_list(observation) and number_of(observation, "totalResults") is not None,
    traits=Trait.FILTER,
    why="Clients page until they have totalResults resources, and take 0 for “not found”. Too few, and "
    "accounts are created twice; too many, and they page forever.",
    fix="Count all hits of the query, not those of the page, and return every hit of the page in Resources.",
)
def total(observation: Observation) -> Iterator[Violation]:
    number, length = number_of(observation, "totalResults") or 0, len(entries(observation))
    count, start = requested_number(observation, "count"), requested_number(observation, "startIndex")
    is_paged = (
        count is not None
        or start is not None
        or has_cursor(observation)
        or any(json_object(observation).get(name) is not None for name in ("startIndex", "itemsPerPage"))
    )
    message = f"Resources holds {length}."
    if number < length:
        yield Violation("/totalResults", expected=f"at least {length}", actual=number, message=message)
    # Where the page is as large as the vendor claims, only startIndex is missing: list.start-index reports it.
    elif number > length and not is_paged and not observation.context.claims.may_cut(count, length):
        yield Violation("/totalResults", expected=length, actual=number, message=message, level=_level(observation))
    # A count below 0 is the same as 0, and asks for the total alone (RFC 7644 §3.4.2.4).
    elif number and not length and (count is None or count > 0) and (start or 1) <= 1:
        message = f"totalResults is {number}."
        yield Violation("/Resources", expected="the first page of the hits", actual="none", message=message)
    yield from _total_of_store(observation, number)


def _total_of_store(observation: Observation, number: int) -> Iterator[Violation]:
    """The number held against those whom the run has at the endpoint, and against all pages."""
    query, length = observation.intent.query, len(entries(observation))
    if is_total_too_small(observation) and number >= length:
        message = "A page behind that end holds more."
        yield Violation("/totalResults", expected=f"more than {number}", actual=number, message=message)
    start = requested_number(observation, "startIndex") or 1
    are_all_seen = bool(query.earlier) and query.earlier.issuperset(query.complete)
    is_stable = observation.context.alone and number == query.total
    if not length and start <= number and are_all_seen and is_stable and not query.beyond:
        message = f"The pages hold {len(query.earlier)}, and the next one is empty."
        yield Violation("/totalResults", expected=len(query.earlier), actual=number, message=message)


@check(
    "list.items-per-page",
    "itemsPerPage is the number of resources in the page",
    failure="itemsPerPage is not the number of resources in the page",
    # Section 3.4.2 defines it so, yet the RFC's own figure 9 shows the size of a full page for two resources.
    level="SHOULD",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4"),
    on=LISTS,
    scim=BOTH,
    when=lambda observation: is_list(observation) and number_of(observation, "itemsPerPage") is not None,
    traits=Trait.FILTER,
    why="Clients add itemsPerPage to startIndex for the next page: if it is the limit and not the number "
    "returned, they skip accounts.",
    fix="Set itemsPerPage to the length of Resources.",
)
def items_per_page(observation: Observation) -> Iterator[Violation]:
    number, length = number_of(observation, "itemsPerPage"), len(entries(observation))
    if number != length:
        yield Violation("/itemsPerPage", expected=length, actual=number)


@check(
    "list.start-index",
    "startIndex says where the page begins",
    failure="startIndex does not say where the page begins",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4"),
    on=LISTS,
    scim=BOTH,
    when=lambda observation: is_list(observation) and not has_cursor(observation),
    traits=Trait.FILTER,
    why="A client that pages checks by startIndex that it got the page it asked for; counting starts at 1.",
    fix="Return startIndex as asked for (1 if it was less, or not given) with every page.",
)
def start_index(observation: Observation) -> Iterator[Violation]:
    number, start = number_of(observation, "startIndex"), max(requested_number(observation, "startIndex") or 1, 1)
    if number is not None:
        is_beyond = start > (number_of(observation, "totalResults") or 0)
        # A request for the total alone has no first resource.
        most = requested_number(observation, "count")
        is_count_only = most is not None and most <= 0
        if number != start and not is_beyond and not is_count_only:
            message = "It is a number below 1; a startIndex below 1 counts as 1." if number < 1 else ""
            yield Violation("/startIndex", expected=start, actual=number, message=message)
    elif json_object(observation).get("startIndex") is None and 0 < len(entries(observation)) < (
        number_of(observation, "totalResults") or 0
    ):
        yield Violation(
            "/startIndex",
            expected=start,
            message="Required where only a part is returned.",
            level=_level(observation),
        )


@check(
    "list.count",
    "A page holds no more than was asked for",
    failure="A page holds more resources than were asked for",
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=LISTS,
    scim=BOTH,
    when=lambda observation: is_list(observation) and requested_number(observation, "count") is not None,
    traits=Trait.FILTER,
    why="A server that ignores count sends everything at once; the client that pages gets each account "
    "again and again.",
    fix="Cut the result at count; a negative count is 0.",
)
def count(observation: Observation) -> Iterator[Violation]:
    most, length = max(requested_number(observation, "count") or 0, 0), len(entries(observation))
    if length > most:
        yield Violation("/Resources", expected=f"at most {most}", actual=length)


@check(
    "list.no-duplicates",
    "No resource is in one list twice",
    failure="A list holds a resource more than once",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7643-3.1"),
    on=LISTS,
    scim=BOTH,
    when=is_list,
    traits=Trait.FILTER,
    why="Two hits for one account look like two accounts; the client stops because the match is not unique.",
    fix="Select each resource once; a join over e-mails or members multiplies the rows.",
)
@at_most_five
def no_duplicates(observation: Observation) -> Iterator[Violation]:
    places: dict[str, int] = {}
    for index, entry in enumerate(entries(observation)):
        identifier = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(identifier, str):
            continue
        if identifier in places:
            message = f"It is at /Resources/{places[identifier]} already."
            yield Violation(
                f"/Resources/{index}",
                expected="each resource once",
                actual=display_id(observation, identifier),
                message=message,
            )
        places.setdefault(identifier, index)


@check(
    "list.excluded-attributes",
    "Attributes that the request excludes are left out",
    failure="Excluded attributes are returned all the same",
    level="MUST",
    cites=("RFC7644-3.4.2.5", "RFC7644-3.9"),
    on=(*LISTS, "read"),
    when=lambda observation: bool(observation.intent.excluded_attributes) and has_resources(observation),
    traits=Trait.FILTER,
    why="Clients exclude members because a group may have a hundred thousand. Sent all the same, they make "
    "every read slow, and in the end too large.",
    fix="Honour excludedAttributes, before the members are loaded.",
)
@at_most_five
def excluded_attributes(observation: Observation) -> Iterator[Violation]:
    for path in observation.intent.excluded_attributes:
        try:
            at = parse_path(path)
        except PathError:
            continue  # a profile may ask for anything here
        if at.names in {(), ("id",), ("schemas",)} or _is_always_returned(observation, at.attribute):
            continue
        for resource in resources(observation):
            if any(value not in (None, [], {}) for value in paths.values(resource.value, at)):
                where = "/".join(filter(None, (at.urn, *at.names)))
                yield Violation(f"{resource.pointer}/{where}", expected="absent", actual="present")
                break


def _is_always_returned(observation: Observation, name: str) -> bool:
    """True when the target's own schema says so: then a request cannot exclude the attribute (RFC 7643 section 7)."""
    schema = observation.context.capabilities.schema(names.CORE_URNS[kind_of(observation) or "User"])
    attribute = find_attribute(schema.get("attributes"), name) if schema else None
    return attribute is not None and attribute.get("returned") == "always"
