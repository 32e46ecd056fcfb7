"""Rules for reads: queries, lists and filters, and the read of one resource by its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conformance import schemas
from conformance.checks.http import BOTH, is_html, named
from conformance.checks.registry import NotJudged, Problem, check
from conformance.checks.resource import any_held, expects_list, few, is_own, kind_of, resources, shown_id
from conformance.engine.exchange import MISSING, Json, Seen
from conformance.schemas import reading

QUERIES: Final = ("match", "list", "look-up")
LISTS: Final = (*QUERIES, "evaluate", "raw")

_COUNTS: Final = ("totalResults", "startIndex", "itemsPerPage")


def _spoken_for(seen: Seen) -> bool:
    """Whether ``http.no-server-error`` or ``http.no-redirect`` already says what is wrong with the status."""
    status = seen.response.status
    return status >= 500 or (300 <= status < 400 and status not in {307, 308})


def _not_redirected(seen: Seen) -> None:
    if seen.response.status in {307, 308}:
        raise NotJudged("the server redirects, which is lawful, but no redirect is followed: use the final URL")


def _is_query(seen: Seen) -> bool:
    return expects_list(seen) and seen.intent.expect == "success" and not _spoken_for(seen)


def _is_list(seen: Seen) -> bool:
    """A 2xx answer to a query that is a list, right or wrong in its details."""
    return seen.response.ok and expects_list(seen) and reading.looks_like_list(seen.response.json)


def _body(seen: Seen) -> Mapping[str, Json]:
    body = seen.response.json
    return body if isinstance(body, Mapping) else {}


def _integer(seen: Seen, name: str) -> int | None:
    value = _body(seen).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _asked(seen: Seen, name: str) -> int | None:
    text = reading.parameters(seen.exchange.request.target).get(name.lower(), "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None


def _cursor(seen: Seen) -> bool:
    # RFC 9865: pages by cursor have no startIndex, and need no totalResults.
    return bool({"nextCursor", "previousCursor"} & _body(seen).keys())


def _entries(seen: Seen) -> list[Json]:
    return reading.entries(seen.response.json)


def _ids(seen: Seen) -> list[str]:
    found = (entry.get("id") for entry in _entries(seen) if isinstance(entry, Mapping))
    return [one for one in found if isinstance(one, str)]


# --- status -------------------------------------------------------------------------------------


@check(
    "list.status",
    "A query is answered with 200",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _is_query(seen) and seen.intent.finds != () and "hostile" not in seen.intent.tags,
    why="Every cycle starts with queries. If they fail, the client knows nothing of the accounts and does nothing.",
    fix="Answer GET on /Users and /Groups, with and without filter, with 200 and a ListResponse.",
)
def list_status(seen: Seen) -> Iterator[Problem]:
    yield from _status_200(seen)


@check(
    "list.empty-is-200",
    "A query that finds nothing is answered with 200 and an empty list",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=QUERIES,
    scim=BOTH,
    when=lambda seen: _is_query(seen) and seen.intent.finds == (),
    why="Before every create the client asks whether the account exists. It takes an error for a fault, not for “no”.",
    fix="Answer with 200 and totalResults 0; 404 is for a single resource that does not exist.",
)
def empty_is_200(seen: Seen) -> Iterator[Problem]:
    yield from _status_200(seen)


def _status_200(seen: Seen) -> Iterator[Problem]:
    _not_redirected(seen)
    accepted = seen.intent.statuses or frozenset({200})
    if seen.response.status not in accepted:
        yield Problem(
            "status",
            expected=sorted(accepted) if len(accepted) > 1 else min(accepted),
            actual=seen.response.status,
        )


@check(
    "read.status",
    "A resource of this run is returned by its id",
    level="MUST",
    cites=("RFC7644-3.4.1",),
    on=("read", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda seen: (
        not expects_list(seen)
        and seen.intent.expect == "success"
        and not seen.intent.gone
        and not _spoken_for(seen)
        # A disabled user that has vanished has a rule of its own: user.disabled-found-by-id.
        and not (seen.intent.disabled and seen.response.status in {404, 410})
    ),
    why="The client reads before it writes. What it cannot read it creates again, or gives up.",
    fix="Return the resource with 200 under the id that the create returned, also right after the create.",
)
def read_status(seen: Seen) -> Iterator[Problem]:
    yield from _status_200(seen)


@check(
    "read.resource",
    "A read by id returns the resource itself",
    level="MUST",
    cites=("RFC7644-3.4.1",),
    on=("read", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda seen: (
        (seen.response.status == 200 or (seen.response.ok and seen.intent.action == "read-back"))
        and not expects_list(seen)
        and seen.intent.expect != "refusal"
        and not is_html(seen)
    ),
    why="A client that asks for one resource reads the top of the body. It does not look into a list.",
    fix="Return the bare resource for /Users/{id}, without Resources or another wrapping around it.",
)
def read_resource(seen: Seen) -> Iterator[Problem]:
    body = seen.response.json
    if reading.looks_like_list(body):
        yield Problem("", expected="the resource", actual="a list")
    elif reading.looks_like_error(body):
        yield Problem("", expected="the resource", actual="an error body")
    elif isinstance(body, Mapping):
        if not body:
            yield Problem("", expected="the resource", actual="an empty object")
    elif not seen.response.body:
        yield Problem("", expected="the resource", actual="an empty body")
    elif body is not MISSING:  # what is not JSON at all is http.json
        yield Problem("", expected="the resource", actual=schemas.type_name(body))


@check(
    "read.unknown-404",
    "An id that does not exist is answered with 404",
    level="MUST",
    cites=("RFC7644-3.4.1", "RFC7644-3.12"),
    on=("read",),
    scim=BOTH,
    # A deleted resource has a rule of its own: delete.gone-by-id.
    when=lambda seen: seen.intent.expect == "refusal" and not seen.intent.gone and not _spoken_for(seen),
    why="404 tells the client that the account is not there and may be created. Any other status is a fault to it.",
    fix="Answer 404 for an id that is not found, whatever its form.",
)
def unknown_404(seen: Seen) -> Iterator[Problem]:
    _not_redirected(seen)
    if seen.response.status != 404 and not named(seen):
        yield Problem("status", expected=404, actual=seen.response.status)


# --- the list itself ----------------------------------------------------------------------------


@check(
    "list.shape",
    "The answer to a query is a ListResponse",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=LISTS,
    when=lambda seen: (
        seen.response.ok and expects_list(seen) and (seen.response.json is not MISSING or not seen.response.body)
    ),
    why="The client looks for Resources and totalResults. A bare array, or a resource without a list around "
    "it, is nothing found to it, or a fault.",
    fix='Wrap the result: {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], '
    '"totalResults": n, "Resources": [ … ]}, also for one hit and for none.',
)
def list_shape(seen: Seen) -> Iterator[Problem]:
    body = seen.response.json
    if not isinstance(body, Mapping):
        actual = "an empty body" if body is MISSING else schemas.type_name(body)
        yield Problem("", expected="a ListResponse object", actual=actual)
        return
    if not reading.looks_like_list(body) and reading.looks_like_resource(body):
        yield Problem("", expected="a ListResponse object", actual="a resource without a list around it")
        return
    for error in schemas.errors("ListResponse", body, quote=False):
        if error.keyword == "required" or error.pointer.strip("/") not in _COUNTS:
            yield Problem(error.pointer, error.expected, error.actual, error.message)


@check(
    "list.integers",
    "totalResults, startIndex and itemsPerPage are integers",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4", "RFC7643-2.3.4"),
    on=LISTS,
    scim=BOTH,
    when=_is_list,
    why="Typed clients cannot read a list whose counts are texts.",
    fix="Write the counts as JSON numbers without quotes or fractions.",
)
def integers(seen: Seen) -> Iterator[Problem]:
    for name in _COUNTS:
        found = _body(seen).get(name)
        if found is None or (isinstance(found, float) and found.is_integer()):
            continue  # 5.0 is the integer 5 to JSON; null is list.shape's
        if isinstance(found, bool) or not isinstance(found, int):
            yield Problem(f"/{name}", expected="an integer", actual=schemas.type_name(found))
        elif found < 0:
            yield Problem(f"/{name}", expected="0 or more", actual=found)


@check(
    "list.total",
    "totalResults is the number of hits",
    level="MUST",
    cites=("RFC7644-3.4.2",),
    on=LISTS,
    scim=BOTH,
    when=lambda seen: (
        _is_list(seen) and (_integer(seen, "totalResults") or 0) >= 0 and _integer(seen, "totalResults") is not None
    ),
    why="Clients page until they have totalResults resources, and take 0 for “not found”. Too few, and "
    "accounts are created twice; too many, and they page forever.",
    fix="Count all hits of the query, not those of the page, and return every hit of the page in Resources.",
)
def total(seen: Seen) -> Iterator[Problem]:
    stated, returned = _integer(seen, "totalResults") or 0, len(_entries(seen))
    paged = (
        _asked(seen, "count") is not None
        or _asked(seen, "startIndex") is not None
        or _cursor(seen)
        or any(_body(seen).get(name) is not None for name in ("startIndex", "itemsPerPage"))
    )
    if stated < returned:
        yield Problem("/totalResults", expected=f"at least {returned}", actual=stated, message=_returned(returned))
    elif stated > returned and not paged:
        yield Problem("/totalResults", expected=returned, actual=stated, message=_returned(returned))
    elif stated and not returned and _asked(seen, "count") != 0 and (_asked(seen, "startIndex") or 1) <= 1:
        yield Problem(
            "/Resources",
            expected="the first page of the hits",
            actual="none",
            message=f"totalResults is {stated}.",
        )


def _returned(number: int) -> str:
    return f"Resources holds {number}."


@check(
    "list.items-per-page",
    "itemsPerPage is the number of resources in the page",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4"),
    on=LISTS,
    scim=BOTH,
    when=lambda seen: _is_list(seen) and _integer(seen, "itemsPerPage") is not None,
    why="Clients add itemsPerPage to startIndex for the next page: if it is the limit and not the number "
    "returned, they skip accounts.",
    fix="Set itemsPerPage to the length of Resources.",
)
def items_per_page(seen: Seen) -> Iterator[Problem]:
    stated, returned = _integer(seen, "itemsPerPage"), len(_entries(seen))
    if stated != returned:
        yield Problem("/itemsPerPage", expected=returned, actual=stated)


@check(
    "list.start-index",
    "startIndex says where the page begins",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7644-3.4.2.4"),
    on=LISTS,
    scim=BOTH,
    when=lambda seen: _is_list(seen) and not _cursor(seen),
    why="A client that pages checks by startIndex that it got the page it asked for; counting starts at 1.",
    fix="Return startIndex as asked for (1 if it was less, or not given) with every page.",
)
def start_index(seen: Seen) -> Iterator[Problem]:
    stated, wanted = _integer(seen, "startIndex"), max(_asked(seen, "startIndex") or 1, 1)
    if stated is not None:
        beyond = wanted > (_integer(seen, "totalResults") or 0)
        if stated != wanted and not beyond:
            yield Problem("/startIndex", expected=wanted, actual=stated)
    elif _body(seen).get("startIndex") is None and 0 < len(_entries(seen)) < (_integer(seen, "totalResults") or 0):
        yield Problem(
            "/startIndex",
            expected=wanted,
            message="Required where only a part is returned.",
        )


@check(
    "list.count",
    "A page holds no more than was asked for",
    level="MUST",
    cites=("RFC7644-3.4.2.4",),
    on=LISTS,
    scim=BOTH,
    when=lambda seen: _is_list(seen) and _asked(seen, "count") is not None,
    why="A server that ignores count sends everything at once; the client that pages gets each account "
    "again and again.",
    fix="Cut the result at count; a negative count is 0.",
)
def count(seen: Seen) -> Iterator[Problem]:
    most, returned = max(_asked(seen, "count") or 0, 0), len(_entries(seen))
    if returned > most:
        yield Problem("/Resources", expected=f"at most {most}", actual=returned)


@check(
    "list.no-duplicates",
    "No resource is in one list twice",
    level="MUST",
    cites=("RFC7644-3.4.2", "RFC7643-3.1"),
    on=LISTS,
    scim=BOTH,
    when=_is_list,
    why="Two hits for one account look like two accounts; the client stops because the match is not unique.",
    fix="Select each resource once; a join over e-mails or members multiplies the rows.",
)
@few
def no_duplicates(seen: Seen) -> Iterator[Problem]:
    known: dict[str, int] = {}
    for index, entry in enumerate(_entries(seen)):
        identifier = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(identifier, str):
            continue
        if identifier in known:
            message = f"It is at /Resources/{known[identifier]} already."
            yield Problem(
                f"/Resources/{index}",
                expected="each resource once",
                actual=shown_id(seen, identifier),
                message=message,
            )
        known.setdefault(identifier, index)


@check(
    "list.excluded-attributes",
    "Attributes that the request excludes are left out",
    level="MUST",
    cites=("RFC7644-3.4.2.5", "RFC7644-3.9"),
    on=(*LISTS, "read"),
    when=lambda seen: bool(seen.intent.excluded) and any_held(seen),
    why="Clients exclude members because a group may have a hundred thousand. Sent all the same, they make "
    "every read slow, and in the end too large.",
    fix="Honour excludedAttributes, before the members are loaded.",
)
@few
def excluded_attributes(seen: Seen) -> Iterator[Problem]:
    for path in seen.intent.excluded:
        urn, names = reading.split_path(path.strip())
        if not names or names in {("id",), ("schemas",)} or _always_returned(seen, names[0]):
            continue
        for held in resources(seen):
            if any(value not in (None, [], {}) for value in reading.find_values(held.value, path.strip())):
                where = "/".join((urn, *names)) if urn else "/".join(names)
                yield Problem(f"{held.pointer}/{where}", expected="absent", actual="present")
                break


def _always_returned(seen: Seen, name: str) -> bool:
    """Whether the target's own schema says so: then excluding the attribute has no effect, lawfully."""
    schema = seen.world.capabilities.schema(reading.CORE_URNS[kind_of(seen) or "User"])
    found = schema.get("attributes") if schema else None
    for attribute in found if isinstance(found, list) else ():
        if isinstance(attribute, Mapping) and str(attribute.get("name", "")).lower() == name.lower():
            return attribute.get("returned") == "always"
    return False


# --- filters ------------------------------------------------------------------------------------


def _filtered(seen: Seen) -> bool:
    """A list that answers a filter, for a resource that is not gone (delete.gone-by-filter)."""
    return (
        _is_list(seen)
        and seen.intent.finds is not None
        and seen.intent.filter_path is not None
        and not seen.intent.gone
    )


def _missing(seen: Seen) -> Iterator[Problem]:
    if seen.intent.disabled:
        return
    found = set(_ids(seen))
    for wanted in seen.intent.finds or ():
        if wanted not in found:
            hits = f"{len(_entries(seen))} other hits" if _entries(seen) else "no hit"
            yield Problem("/Resources", expected=f"the resource {wanted}", actual=hits)


def _values(entry: Mapping[str, Json], path: str) -> list[str]:
    return [str(value).lower() for value in reading.find_values(entry, path) if isinstance(value, str | int)]


def _others(seen: Seen) -> Iterator[Problem]:
    """Hits that do not match: whoever they are, only their place is shown."""
    intent = seen.intent
    for index, entry in enumerate(_entries(seen)):
        if not isinstance(entry, Mapping):
            continue
        identifier = entry.get("id")
        if isinstance(identifier, str) and identifier in (intent.finds or ()):
            continue
        values = _values(entry, intent.filter_path or "")
        if intent.filter_value is not None and intent.filter_value.lower() in values:
            why = "It has the value that was asked for, yet is not the resource this run gave it to."
        elif values:
            why = f"Its {intent.filter_path} is another one."
        else:
            why = f"It shows no {intent.filter_path}."
        whose = "another resource of this run" if is_own(seen, identifier) else "a resource this run did not create"
        yield Problem(f"/Resources/{index}", expected="hits of the filter only", actual=whose, message=why)


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
def finds(seen: Seen) -> Iterator[Problem]:
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
@few
def only_matches(seen: Seen) -> Iterator[Problem]:
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
@few
def empty(seen: Seen) -> Iterator[Problem]:
    yield from _others(seen)
    if not _entries(seen) and (stated := _integer(seen, "totalResults")):
        yield Problem("/totalResults", expected=0, actual=stated)


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
def ignores_case(seen: Seen) -> Iterator[Problem]:
    if _case_exact(seen):
        raise NotJudged(f"the target's own schema says that {seen.intent.filter_path} is caseExact")
    yield from _missing(seen)


def _case_exact(seen: Seen) -> bool:
    """Whether case counts: externalId and id by the RFC, others if the target says so; never for userName."""
    urn, names = reading.split_path(seen.intent.filter_path or "")
    lowered = tuple(name.lower() for name in names)
    if lowered in {("externalid",), ("id",)}:
        return True
    if lowered == ("username",):
        return False
    schema = seen.world.capabilities.schema(urn or reading.CORE_URNS[kind_of(seen) or "User"])
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
        and _is_query(seen)
        and (not seen.response.ok or _filtered(seen))
    ),
    why="People are called O'Brien and Müller. A filter that breaks on them breaks their provisioning; one "
    "that is pasted into SQL opens the database.",
    fix="Read the filter value as a JSON string, after decoding the URL once, and bind it as a parameter.",
)
@few
def hostile_value(seen: Seen) -> Iterator[Problem]:
    _not_redirected(seen)
    if not seen.response.ok:
        if not named(seen):
            yield Problem("status", expected=200, actual=seen.response.status)
        return
    yield from _missing(seen)
    yield from _others(seen)
