"""``meta``: the type of a resource, its address and its dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from scim_compat.checks.display import display_id, display_text, quotation
from scim_compat.checks.published import resource_types
from scim_compat.checks.registry import BOTH, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    Resource,
    has_own_resources,
    is_projected,
    kind_of,
    own_resources,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, urls
from scim_compat.values import MISSING, Json

_NOT_IN_A_URL: Final = frozenset(' "<>\\^`{|}')
"""Neither reserved nor unreserved (RFC 3986 §2): in a URL they are percent-encoded."""
_ZONE: Final = re.compile(r"(?:Z|[+-]\d{2}:\d{2})$")


@check(
    "resource.resource-type",
    "meta.resourceType says what the resource is",
    failure="meta.resourceType is missing or names another type",
    level="MUST",
    cites=("RFC7643-3.1", "RFC7644-3.3.1"),
    on=ANSWERS,
    when=lambda observation: any(resource.meta for resource in own_resources(observation)),
    why="Generic clients sort what they get by meta.resourceType.",
    fix='Set meta.resourceType to the name of the resource type, "User" or "Group".',
)
@at_most_five
def resource_type(observation: Observation) -> Iterator[Violation]:
    kind = kind_of(observation) or "User"
    accepted = {kind, *(str(entry.get("name")) for entry in resource_types(observation.context, kind))}
    for resource in own_resources(observation):
        name = resource.meta.get("resourceType", MISSING)
        is_accepted = (isinstance(name, str) and name in accepted) or (name is MISSING and is_projected(observation))
        if not resource.meta or is_accepted:
            continue
        actual = MISSING if name is MISSING else display_text(name, 80)
        yield Violation(f"{resource.pointer}/meta/resourceType", expected=quotation(kind), actual=actual)


@check(
    "resource.meta-location",
    "meta.location is the resource's own URL",
    failure="meta.location is missing, or no URL that ends in the id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    when=has_own_resources,
    why="Clients that follow the location land nowhere if it is missing, relative, or that of something else.",
    fix="Return meta with location, the absolute URL that ends in the resource's id.",
)
@at_most_five
def meta_location(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        where, location = f"{resource.pointer}/meta/location", resource.meta.get("location")
        if location is None:
            if not is_projected(observation):
                yield Violation(where, expected="an absolute URL")
        elif _is_relative(location):
            continue  # resource.location-absolute reports it
        elif not isinstance(location, str) or urls.origin(location) is None:
            yield Violation(where, expected="an absolute URL", actual=display_text(location, 200))
        elif any(c in _NOT_IN_A_URL for c in location):
            message = "It holds a raw space or the like."
            yield Violation(where, expected="an absolute URL", actual=quotation(location[:200]), message=message)
        else:
            identifier = resource.value.get("id")
            if isinstance(identifier, str) and identifier and not _ends_in_name(location, resource):
                expected = f"a URL that ends in /{identifier[:100]}"
                yield Violation(where, expected=expected, actual=quotation(location[:200]), level="CLIENT")


def _is_relative(location: Json) -> bool:
    return isinstance(location, str) and bool(location) and not urlsplit(location).scheme


@check(
    "resource.location-absolute",
    "meta.location is an absolute URL",
    failure="meta.location is a relative URL",
    # Section 3.1 asks for the URI of the resource; a value of the type reference may be relative (section 2.3.7), and
    # the examples of section 8.7 are.
    level="SHOULD",
    cites=("RFC7643-3.1", "RFC7643-2.3.7"),
    on=ANSWERS,
    when=has_own_resources,
    why="Few clients that follow a location resolve a relative one.",
    fix="Write the whole URL, with scheme and host, into meta.location.",
)
@at_most_five
def location_absolute(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        location = resource.meta.get("location")
        if _is_relative(location):
            where = f"{resource.pointer}/meta/location"
            yield Violation(where, expected="an absolute URL", actual=display_text(location, 200))


def _ends_in_name(location: str, resource: Resource) -> bool:
    """True when the URL ends in the id of the resource, or in its userName.

    RFC 7643 asks for the URI of the resource and no more (RFC 7644 section 3.4.1: the id, for example), and some
    servers know a user by the userName as well; resource.location-resolves tests that it leads there. The id may hold
    an encoded slash, so both readings of the path count.
    """
    path = urlsplit(location).path.rstrip("/")
    names = [n for n in (resource.value.get("id"), resource.value.get("userName")) if isinstance(n, str) and n]
    return any(one.endswith(f"/{name}") for name in names for one in (path, unquote(path)))


@check(
    "resource.location-origin",
    "Location and meta.location point at the configured endpoint",
    failure="A location points at another scheme, host or port",
    level="CLIENT",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: (
        urls.origin(observation.context.base_url) is not None
        and (has_own_resources(observation) or observation.response.status == 201)
    ),
    why="A location with http, an internal host name or another port comes from a server that does not know "
    "it is behind a proxy. A client will not send its credential there.",
    fix="Build locations from the public base URL, or honour Forwarded / X-Forwarded-* of your own proxy.",
)
@at_most_five
def location_origin(observation: Observation) -> Iterator[Violation]:
    base = urls.origin(observation.context.base_url)
    for resource in own_resources(observation):
        location = resource.meta.get("location")
        origin = urls.origin(location) if isinstance(location, str) else None
        if origin is not None and base is not None and origin != base:
            yield Violation(
                f"{resource.pointer}/meta/location",
                expected=quotation(_display_origin(base)),
                actual=quotation(_display_origin(origin)),
            )
    header = observation.response.header("location")
    origin = urls.origin(header) if header and observation.response.status == 201 else None
    if origin is not None and base is not None and origin != base:
        yield Violation(
            "header Location", expected=quotation(_display_origin(base)), actual=quotation(_display_origin(origin))
        )


def _display_origin(origin: tuple[str, str, int]) -> str:
    return f"{origin[0]}://{origin[1][:100]}:{origin[2]}"


@check(
    "resource.location-header",
    "The answer to a create names the new resource in Location",
    failure="A 201 has no Location, or another than meta.location",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7643-3.1"),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda observation: observation.response.status == 201,
    why="The new resource's URL is in Location and, the same, in meta.location; clients use either.",
    fix="Send Location with every 201, equal to meta.location.",
)
def location_header(observation: Observation) -> Iterator[Violation]:
    header = observation.response.header("location")
    body = observation.response.json
    meta = body.get("meta") if isinstance(body, Mapping) else None
    inside = meta.get("location") if isinstance(meta, Mapping) else None
    if not header:
        yield Violation("header Location", expected="the URL of the new resource")
    elif isinstance(inside, str) and inside and not urls.is_same_url(header, inside, base=observation.exchange.url):
        yield Violation(
            "header Location",
            expected=quotation(inside[:200]),
            actual=quotation(header[:200]),
            message="meta.location differs.",
        )


@check(
    "resource.location-resolves",
    "meta.location leads to the resource",
    failure="meta.location does not lead to the resource",
    level="MUST",
    cites=("RFC7643-3.1", "RFC7644-3.4.1"),
    on=("resolve",),
    scim=BOTH,
    when=lambda observation: observation.response.status < 300 or 400 <= observation.response.status < 500,
    why="A location that leads nowhere is worse than none: clients that keep it lose the resource.",
    fix="Build the location from the same route that serves the resource.",
)
def location_resolves(observation: Observation) -> Iterator[Violation]:
    subject, body = observation.intent.subject, observation.response.json
    if observation.response.status != 200:
        yield Violation("status", expected=200, actual=observation.response.status)
    elif not isinstance(body, Mapping):
        yield Violation("", expected="the resource", actual="no JSON object")
    elif subject is not None and subject.id is not None and body.get("id") != subject.id:
        yield Violation("/id", expected=quotation(subject.id), actual=display_id(observation, body.get("id")))


@check(
    "resource.meta-dates",
    "meta.created and meta.lastModified are dates",
    failure="A date in meta is no valid date-time",
    level="MUST",
    cites=("RFC7643-2.3.5", "RFC7643-3.1"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(
        {"created", "lastModified"} & resource.meta.keys() for resource in own_resources(observation)
    ),
    why="A typed client cannot read a resource whose date is a number or has another form.",
    fix="Write dates as 2026-01-31T09:30:00Z.",
)
@at_most_five
def meta_dates(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for name in ("created", "lastModified"):
            date = resource.meta.get(name)
            if date is not None and not (isinstance(date, str) and messages.is_date_time(date)):
                yield Violation(
                    f"{resource.pointer}/meta/{name}",
                    expected="a date such as 2026-01-31T09:30:00Z",
                    actual=display_text(date, 60),
                )


@check(
    "resource.dates-have-zone",
    "meta.created and meta.lastModified name their time zone",
    failure="A date in meta has no time zone",
    # The zone of an xsd:dateTime is optional (XML Schema part 2 section 3.2.7), and RFC 7643 asks for no more.
    level="CLIENT",
    cites=("RFC7643-2.3.5", "RFC7643-3.1"),
    on=("read",),
    scim=BOTH,
    when=lambda observation: any(
        {"created", "lastModified"} & resource.meta.keys() for resource in own_resources(observation)
    ),
    why="Two systems read a date without a zone as two moments, hours apart.",
    fix="Write dates in UTC, with the Z: 2026-01-31T09:30:00Z.",
)
@at_most_five
def dates_have_zone(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for name in ("created", "lastModified"):
            date = resource.meta.get(name)
            if isinstance(date, str) and messages.is_date_time(date) and not _ZONE.search(date):
                where = f"{resource.pointer}/meta/{name}"
                yield Violation(
                    where, expected="a date with a zone, such as 2026-01-31T09:30:00Z", actual=quotation(date[:60])
                )


@check(
    "resource.dates-present",
    "meta has created and lastModified",
    failure="meta lacks created or lastModified",
    # Section 3.1 says that the service provider assigns them, without a word about one that keeps no dates.
    level="CLIENT",
    cites=("RFC7643-3.1",),
    on=("read",),
    when=lambda observation: (
        not is_projected(observation) and any(resource.meta for resource in own_resources(observation))
    ),
    why="Clients that import by date, and auditors, cannot tell new accounts from old ones.",
    fix="Set meta.created once and meta.lastModified with every change, and return both.",
)
@at_most_five
def dates_present(observation: Observation) -> Iterator[Violation]:
    for resource in own_resources(observation):
        for name in ("created", "lastModified"):
            if resource.meta and resource.meta.get(name) is None:
                yield Violation(f"{resource.pointer}/meta/{name}", expected="a date such as 2026-01-31T09:30:00Z")
