"""schemas and meta: what a resource says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from scim_compat import schemas
from scim_compat.checks.registry import BOTH, Level, Violation, at_most_five, check
from scim_compat.checks.resources import (
    ANSWERS,
    Held,
    any_held,
    kind_of,
    meta_of,
    own_held,
    own_resources,
    projected,
    resources,
    shown_id,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, urls
from scim_compat.scim.messages import escape
from scim_compat.scim.names import CORE_SCHEMA
from scim_compat.values import MISSING, Json


@check(
    "resource.schemas",
    "schemas names what the resource is",
    level="MUST",
    cites=("RFC7643-3",),
    on=ANSWERS,
    scim=BOTH,
    when=any_held,
    why="Strict clients choose by schemas how to read a resource, and refuse one that does not say.",
    fix="Return schemas as an array with the core URN of the resource and each extension URN, each once.",
)
@at_most_five
def has_schemas(observation: Observation) -> Iterator[Violation]:
    accepted = _core_urns(observation)
    for held in resources(observation):
        where, found = f"{held.pointer}/schemas", held.value.get("schemas", MISSING)
        if found is MISSING:
            if not projected(observation):
                # SCIM 1.1 takes its core schema for granted (core schema section 5.1).
                level: Level | None = "CLIENT" if observation.context.scim == "1.1" else None
                yield Violation(where, expected=f"an array that holds {_core(observation)}", level=level)
            continue
        urns = [urn.lower() for urn in messages.strings(found)]
        if not isinstance(found, list) or not accepted & set(urns):
            actual = _urns_shown(urns, held) if isinstance(found, list) else schemas.type_name(found)
            yield Violation(where, expected=f"an array that holds {_core(observation)}", actual=actual)
        elif len(set(urns)) != len(urns):
            yield Violation(where, expected="each URN once", actual=_urns_shown(urns, held))


def _urns_shown(urns: list[str], held: Held) -> str:
    if not held.own:
        return f"{len(urns)} URNs"
    return ", ".join(urn[:80] for urn in urns[:5]) or "no URN"


def _core_urns(observation: Observation) -> set[str]:
    """The URNs that may stand for the resource's kind: the RFC's, or the target's own resource type's."""
    kind = kind_of(observation) or "User"
    own = {str(entry.get("schema", "")).lower() for entry in _types_at(observation, kind)}
    return {_core(observation).lower(), *own} - {""}


def _core(observation: Observation) -> str:
    return CORE_SCHEMA[observation.context.scim][kind_of(observation) or "User"]


def _types_at(observation: Observation, kind: str) -> Iterator[Mapping[str, Json]]:
    for entry in observation.context.capabilities.resource_types or ():
        parts = urls.segments(urlsplit(str(entry.get("endpoint", ""))).path)
        if parts and parts[-1].lower() == f"{kind.lower()}s":
            yield entry


def _extensions(held: Held) -> Iterator[tuple[str, Json]]:
    for name, value in held.value.items():
        if name.lower().startswith("urn:") and value not in (None, [], {}):
            yield name, value


@check(
    "resource.schemas-extensions",
    "schemas lists every extension that is in the body",
    level="MUST",
    cites=("RFC7643-3", "RFC7643-3.3"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(
        "schemas" in held.value and any(isinstance(v, Mapping) for _, v in _extensions(held))
        for held in own_resources(observation)
    ),
    why="A client that goes by schemas overlooks an extension that is not listed: department and manager "
    "come out empty.",
    fix="Add the extension's URN to schemas whenever its object is returned.",
)
@at_most_five
def schemas_extensions(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        listed = {urn.lower() for urn in messages.strings(held.value.get("schemas"))}
        for name, value in _extensions(held):
            # Without any URN, resource.schemas has said it.
            if listed and isinstance(value, Mapping) and name.lower() not in listed:
                yield Violation(
                    f"{held.pointer}/schemas",
                    expected=f"an array that holds {name[:100]}",
                    actual="not listed",
                )


@check(
    "resource.no-duplicate-extension",
    "An extension's attributes stand in one place",
    level="MUST",
    cites=("RFC7643-2.1", "RFC7643-3.3"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(next(_extensions(held), None) for held in own_resources(observation)),
    why="The client looks into the one object under the extension's URN. What stands under a longer key, or "
    "under the URN in other letters, is not found and is sent again in every cycle.",
    fix="Return one object per extension, under its exact URN; “urn:…:User:department” is a path for "
    "requests, not a key.",
)
@at_most_five
def no_duplicate_extension(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        known: dict[str, str] = {}
        for name, value in _extensions(held):
            where = f"{held.pointer}/{escape(name[:100])}"
            if name.lower() in known:
                yield Violation(where, expected=f"one object, {known[name.lower()][:100]}", actual="a second one")
            elif not isinstance(value, Mapping):
                yield Violation(where, expected="an extension object", actual=schemas.type_name(value))
            known.setdefault(name.lower(), name)


@check(
    "resource.resource-type",
    "meta.resourceType says what the resource is",
    level="MUST",
    cites=("RFC7643-3.1", "RFC7644-3.3.1"),
    on=ANSWERS,
    when=lambda observation: any(meta_of(held) for held in own_resources(observation)),
    why="Generic clients sort what they get by meta.resourceType.",
    fix='Set meta.resourceType to the name of the resource type, "User" or "Group".',
)
@at_most_five
def resource_type(observation: Observation) -> Iterator[Violation]:
    kind = kind_of(observation) or "User"
    accepted = {kind, *(str(entry.get("name")) for entry in _types_at(observation, kind))}
    for held in own_resources(observation):
        found = meta_of(held).get("resourceType", MISSING)
        if (
            not meta_of(held)
            or (isinstance(found, str) and found in accepted)
            or (found is MISSING and projected(observation))
        ):
            continue
        actual = found[:80] if isinstance(found, str) else found if found is MISSING else schemas.type_name(found)
        yield Violation(f"{held.pointer}/meta/resourceType", expected=kind, actual=actual)


_NOT_IN_A_URL: Final = frozenset(' "<>\\^`{|}')
"""Neither reserved nor unreserved (RFC 3986 §2): in a URL they are percent-encoded."""


@check(
    "resource.meta-location",
    "meta.location is the resource's own URL",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    when=own_held,
    why="Clients that follow the location land nowhere if it is missing, relative, or that of something else.",
    fix="Return meta with location, the absolute URL that ends in the resource's id.",
)
@at_most_five
def meta_location(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        where, found = f"{held.pointer}/meta/location", meta_of(held).get("location")
        if found is None:
            if not projected(observation):
                yield Violation(where, expected="an absolute URL")
            continue
        if not isinstance(found, str) or urls.origin(found) is None:
            shown = found[:200] if isinstance(found, str) else schemas.type_name(found)
            # A reference may be relative (section 2.3.7, and the examples of section 8.7); few clients resolve it.
            relative = isinstance(found, str) and bool(found) and not urlsplit(found).scheme
            yield Violation(where, expected="an absolute URL", actual=shown, level="CLIENT" if relative else None)
            continue
        if any(c in _NOT_IN_A_URL for c in found):
            yield Violation(
                where, expected="an absolute URL", actual=found[:200], message="It holds a raw space or the like."
            )
            continue
        identifier = held.value.get("id")
        path = urlsplit(found).path.rstrip("/")
        # The id may hold an encoded slash: both readings of the path count. RFC 7643 asks for the URI of the
        # resource and no more (RFC 7644 section 3.4.1: the id, for example), and some servers know a user by the
        # userName as well; that it leads there is checked apart.
        names = [n for n in (identifier, held.value.get("userName")) if isinstance(n, str) and n]
        ends = {one.endswith(f"/{name}") for name in names for one in (path, unquote(path))}
        if isinstance(identifier, str) and identifier and True not in ends:
            yield Violation(
                where, expected=f"a URL that ends in /{identifier[:100]}", actual=found[:200], level="CLIENT"
            )


@check(
    "resource.location-origin",
    "meta.location points at the configured endpoint",
    level="CLIENT",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: own_held(observation) and urls.origin(observation.context.base_url) is not None,
    why="A location with http, an internal host name or another port comes from a server that does not know "
    "it is behind a proxy. A client will not send its credential there.",
    fix="Build locations from the public base URL, or honour Forwarded / X-Forwarded-* of your own proxy.",
)
@at_most_five
def location_origin(observation: Observation) -> Iterator[Violation]:
    wanted = urls.origin(observation.context.base_url)
    for held in own_resources(observation):
        found = meta_of(held).get("location")
        origin = urls.origin(found) if isinstance(found, str) else None
        if origin is not None and wanted is not None and origin != wanted:
            yield Violation(
                f"{held.pointer}/meta/location", expected=_origin_shown(wanted), actual=_origin_shown(origin)
            )


def _origin_shown(origin: tuple[str, str, int]) -> str:
    return f"{origin[0]}://{origin[1][:100]}:{origin[2]}"


@check(
    "resource.location-header",
    "The answer to a create names the new resource in Location",
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
    elif isinstance(inside, str) and inside and not urls.same_url(header, inside, base=observation.exchange.url):
        yield Violation("header Location", expected=inside[:200], actual=header[:200], message="meta.location differs.")


@check(
    "resource.location-resolves",
    "meta.location leads to the resource",
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
        yield Violation("/id", expected=subject.id, actual=shown_id(observation, body.get("id")))


@check(
    "resource.meta-dates",
    "meta.created and meta.lastModified are dates",
    level="MUST",
    cites=("RFC7643-2.3.5", "RFC7643-3.1"),
    on=ANSWERS,
    scim=BOTH,
    when=lambda observation: any(
        {"created", "lastModified"} & meta_of(held).keys() for held in own_resources(observation)
    ),
    why="A typed client cannot read a resource whose date is a number or has another form.",
    fix="Write dates as 2026-01-31T09:30:00Z.",
)
@at_most_five
def meta_dates(observation: Observation) -> Iterator[Violation]:
    for held in own_resources(observation):
        for name in ("created", "lastModified"):
            found = meta_of(held).get(name)
            if found is not None and not (isinstance(found, str) and messages.is_date_time(found)):
                shown = found[:60] if isinstance(found, str) else schemas.type_name(found)
                yield Violation(
                    f"{held.pointer}/meta/{name}",
                    expected="a date such as 2026-01-31T09:30:00Z",
                    actual=shown,
                )
