"""Rules for Users and Groups wherever they are returned, alone or in a list.

Resources this run did not create may belong to real people: of those only id and shape are judged,
and nothing they hold gets into a problem.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from conformance import schemas
from conformance.checks.registry import CheckFunction, NotJudged, Problem, check
from conformance.engine.exchange import MISSING, Json, Seen
from conformance.schemas import reading
from conformance.schemas.reading import CORE_URNS, ENTERPRISE, escape

ANSWERS: Final = (
    *("match", "list", "read", "create", "patch", "replace", "raw", "evaluate"),
    *("read-back", "look-up", "resolve", "set-up"),
)
BOTH: Final = ("2.0", "1.1")

_PLURALS: Final = (
    *(
        "emails",
        "phoneNumbers",
        "ims",
        "photos",
        "addresses",
        "groups",
        "entitlements",
        "roles",
        "x509Certificates",
    ),
    "members",
)
_MAX_LISTED: Final = 100
_MAX_PROBLEMS: Final = 5
# Places with rules of their own; the shape check leaves them to those.
_JUDGED_ELSEWHERE: Final = (
    *("/id", "/schemas", "/password", "/active", "/meta/resourceType", "/meta/location"),
    *("/meta/created", "/meta/lastModified", f"/{ENTERPRISE}/manager"),
)


# --- what an answer holds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One resource in an answer."""

    pointer: str
    value: Mapping[str, Json]
    own: bool
    """This run created it: its values may be shown."""
    listed: bool


def kind_of(seen: Seen) -> str | None:
    """``User`` or ``Group``: by the intent, else by the path; None for anything else."""
    if seen.intent.resource:
        return seen.intent.resource
    parts = {part.lower() for part in reading.segments(seen.exchange.request.target)}
    return next((kind for kind in CORE_URNS if f"{kind.lower()}s" in parts), None)


def is_own(seen: Seen, identifier: object) -> bool:
    """Whether this run created the resource with that id."""
    subject = seen.intent.subject
    return isinstance(identifier, str) and (
        identifier in seen.world.ours or (subject is not None and subject.id == identifier)
    )


def expects_list(seen: Seen) -> bool:
    """Whether the request addressed a list."""
    request = seen.exchange.request
    if not reading.is_collection(request.target):
        return False
    return request.method == "GET" or request.target.split("?", 1)[0].lower().endswith("/.search")


def resources(seen: Seen) -> Iterator[Held]:
    """Every resource in a 2xx answer; of a list a hundred of ours, a hundred others, and the subject."""
    body = seen.response.json
    if not seen.response.ok or not isinstance(body, Mapping) or kind_of(seen) is None:
        return
    if reading.looks_like_list(body):
        subject = seen.intent.subject
        count = {True: 0, False: 0}
        for index, entry in enumerate(reading.entries(body)):
            if not isinstance(entry, Mapping):
                continue
            own = is_own(seen, entry.get("id"))
            count[own] += 1
            if count[own] <= _MAX_LISTED or (subject is not None and subject.id == entry.get("id")):
                yield Held(f"/Resources/{index}", entry, own, listed=True)
    elif not expects_list(seen) and not reading.looks_like_error(body) and body:
        own = seen.intent.action in {"create", "set-up"} or is_own(seen, body.get("id"))
        # An answer about our own resource that lost its id is still about our own.
        subject = seen.intent.subject
        own = own or ("id" not in body and subject is not None and subject.id is not None)
        yield Held("", body, own, listed=False)


def projected(seen: Seen) -> bool:
    """Whether only a part of the attributes was asked for."""
    return bool(seen.intent.excluded) or reading.is_projected(seen.exchange.request.target)


def shown_id(seen: Seen, identifier: object) -> str:
    """An id as it may be shown: other people's only as a hash."""
    if not isinstance(identifier, str):
        return schemas.type_name(identifier)
    if is_own(seen, identifier) or seen.intent.action in {"create", "set-up"}:
        return identifier[:100]
    return f"an id this run did not create (sha256 {hashlib.sha256(identifier.encode()).hexdigest()[:12]})"


def few(function: CheckFunction) -> CheckFunction:
    """Stops a check after five problems: the same fault in a hundred entries is one fault."""

    @functools.wraps(function)
    def limited(seen: Seen) -> Iterator[Problem]:
        return islice(function(seen), _MAX_PROBLEMS)

    return limited


def any_held(seen: Seen) -> bool:
    return next(resources(seen), None) is not None


def own_held(seen: Seen) -> bool:
    return next(_own(seen), None) is not None


def _own(seen: Seen) -> Iterator[Held]:
    return (held for held in resources(seen) if held.own)


def _meta(held: Held) -> Mapping[str, Json]:
    meta = held.value.get("meta")
    return meta if isinstance(meta, Mapping) else {}


def _plural_entries(held: Held) -> Iterator[tuple[str, list[tuple[int, Mapping[str, Json]]]]]:
    for name in _PLURALS:
        entries = held.value.get(name)
        if isinstance(entries, list):
            yield name, [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)]


# --- identity -----------------------------------------------------------------------------------


@check(
    "resource.id",
    "Every resource has an id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    scim=BOTH,
    when=any_held,
    why="The id is what the client stores and uses in every later request; a number or an empty text cannot be used.",
    fix="Return id as a non-empty JSON string in every representation, also in lists and in partial ones.",
)
@few
def has_id(seen: Seen) -> Iterator[Problem]:
    for held in resources(seen):
        value = held.value.get("id", MISSING)
        where = f"{held.pointer}/id"
        if value is MISSING:
            yield Problem(where, expected="a non-empty string")
        elif not isinstance(value, str):
            yield Problem(where, expected="a non-empty string", actual=schemas.type_name(value))
        elif not value.strip():
            yield Problem(where, expected="a non-empty string", actual="an empty string")
        elif "bulkId" in value:
            yield Problem(where, expected="an id without the reserved word bulkId", actual="an id with it")


@check(
    "resource.id-stable",
    "A resource keeps its id",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read", "patch", "replace", "evaluate", "read-back"),
    scim=BOTH,
    when=lambda seen: (
        any_held(seen)
        and not expects_list(seen)
        and not reading.looks_like_list(seen.response.json)
        and seen.intent.subject is not None
        and seen.intent.subject.id is not None
        and isinstance(next(resources(seen)).value.get("id"), str)
    ),
    why="If the id changes, or another resource is returned, the client writes to the wrong account or "
    "creates a second.",
    fix="Look the resource up by the id in the path, and never assign a new one.",
)
def id_stable(seen: Seen) -> Iterator[Problem]:
    subject, found = seen.intent.subject, next(resources(seen)).value["id"]
    if subject is not None and found != subject.id:
        yield Problem("/id", expected=subject.id, actual=shown_id(seen, found))


@check(
    "resource.id-unique",
    "A new resource gets an id of its own",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("create", "set-up"),
    scim=BOTH,
    when=lambda seen: any_held(seen) and not seen.intent.duplicate,
    why="Two accounts with one id cannot be told apart: a change to one hits the other.",
    fix="Assign ids that are never used twice, across users, groups and time.",
)
def id_unique(seen: Seen) -> Iterator[Problem]:
    found = next(resources(seen)).value.get("id")
    subject = seen.intent.subject
    if isinstance(found, str) and found in seen.world.ours and not (subject and subject.id == found):
        yield Problem("/id", expected="a new id", actual=found, message="Another resource of this run has that id.")


# --- schemas and meta ---------------------------------------------------------------------------


@check(
    "resource.schemas",
    "schemas names what the resource is",
    level="MUST",
    cites=("RFC7643-3",),
    on=ANSWERS,
    when=any_held,
    why="Strict clients choose by schemas how to read a resource, and refuse one that does not say.",
    fix="Return schemas as an array with the core URN of the resource and each extension URN, each once.",
)
@few
def has_schemas(seen: Seen) -> Iterator[Problem]:
    accepted = _core_urns(seen)
    for held in resources(seen):
        where, found = f"{held.pointer}/schemas", held.value.get("schemas", MISSING)
        if found is MISSING:
            if not projected(seen):
                yield Problem(where, expected=f"an array that holds {CORE_URNS[kind_of(seen) or 'User']}")
            continue
        urns = [urn.lower() for urn in reading.strings(found)]
        if not isinstance(found, list) or not accepted & set(urns):
            actual = _urns_shown(urns, held) if isinstance(found, list) else schemas.type_name(found)
            yield Problem(where, expected=f"an array that holds {CORE_URNS[kind_of(seen) or 'User']}", actual=actual)
        elif len(set(urns)) != len(urns):
            yield Problem(where, expected="each URN once", actual=_urns_shown(urns, held))


def _urns_shown(urns: list[str], held: Held) -> str:
    if not held.own:
        return f"{len(urns)} URNs"
    return ", ".join(urn[:80] for urn in urns[:5]) or "no URN"


def _core_urns(seen: Seen) -> set[str]:
    """The URNs that may stand for the resource's kind: the RFC's, or the target's own resource type's."""
    kind = kind_of(seen) or "User"
    own = {str(entry.get("schema", "")).lower() for entry in _types_at(seen, kind)}
    return {CORE_URNS[kind].lower(), *own} - {""}


def _types_at(seen: Seen, kind: str) -> Iterator[Mapping[str, Json]]:
    for entry in seen.world.capabilities.resource_types or ():
        parts = reading.segments(urlsplit(str(entry.get("endpoint", ""))).path)
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
    when=lambda seen: any(
        "schemas" in held.value and any(isinstance(v, Mapping) for _, v in _extensions(held)) for held in _own(seen)
    ),
    why="A client that goes by schemas overlooks an extension that is not listed: department and manager "
    "come out empty.",
    fix="Add the extension's URN to schemas whenever its object is returned.",
)
@few
def schemas_extensions(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        listed = {urn.lower() for urn in reading.strings(held.value.get("schemas"))}
        for name, value in _extensions(held):
            if "schemas" in held.value and isinstance(value, Mapping) and name.lower() not in listed:
                yield Problem(
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
    when=lambda seen: any(next(_extensions(held), None) for held in _own(seen)),
    why="The client looks into the one object under the extension's URN. What stands under a longer key, or "
    "under the URN in other letters, is not found and is sent again in every cycle.",
    fix="Return one object per extension, under its exact URN; “urn:…:User:department” is a path for "
    "requests, not a key.",
)
@few
def no_duplicate_extension(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        known: dict[str, str] = {}
        for name, value in _extensions(held):
            where = f"{held.pointer}/{escape(name[:100])}"
            if name.lower() in known:
                yield Problem(where, expected=f"one object, {known[name.lower()][:100]}", actual="a second one")
            elif not isinstance(value, Mapping):
                yield Problem(where, expected="an extension object", actual=schemas.type_name(value))
            known.setdefault(name.lower(), name)


@check(
    "resource.resource-type",
    "meta.resourceType says what the resource is",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    when=lambda seen: any(_meta(held) for held in _own(seen)),
    why="Generic clients sort what they get by meta.resourceType.",
    fix='Set meta.resourceType to the name of the resource type, "User" or "Group".',
)
@few
def resource_type(seen: Seen) -> Iterator[Problem]:
    kind = kind_of(seen) or "User"
    accepted = {kind, *(str(entry.get("name")) for entry in _types_at(seen, kind))}
    for held in _own(seen):
        found = _meta(held).get("resourceType", MISSING)
        if not _meta(held) or (isinstance(found, str) and found in accepted) or (found is MISSING and projected(seen)):
            continue
        actual = found[:80] if isinstance(found, str) else found if found is MISSING else schemas.type_name(found)
        yield Problem(f"{held.pointer}/meta/resourceType", expected=kind, actual=actual)


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
@few
def meta_location(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        where, found = f"{held.pointer}/meta/location", _meta(held).get("location")
        if found is None:
            if not projected(seen):
                yield Problem(where, expected="an absolute URL")
            continue
        if not isinstance(found, str) or reading.origin(found) is None:
            shown = found[:200] if isinstance(found, str) else schemas.type_name(found)
            yield Problem(where, expected="an absolute URL", actual=shown)
            continue
        identifier = held.value.get("id")
        path = urlsplit(found).path.rstrip("/")
        # The id may hold an encoded slash: both readings of the path count.
        if (
            isinstance(identifier, str)
            and identifier
            and not any(one.endswith(f"/{identifier}") for one in (path, unquote(path)))
        ):
            yield Problem(where, expected=f"a URL that ends in /{identifier[:100]}", actual=found[:200])


@check(
    "resource.location-origin",
    "meta.location points at the configured endpoint",
    level="CLIENT",
    cites=("RFC7643-3.1",),
    on=ANSWERS,
    when=lambda seen: own_held(seen) and reading.origin(seen.world.base_url) is not None,
    why="A location with http, an internal host name or another port comes from a server that does not know "
    "it is behind a proxy. A client will not send its credential there.",
    fix="Build locations from the public base URL, or honour Forwarded / X-Forwarded-* of your own proxy.",
)
@few
def location_origin(seen: Seen) -> Iterator[Problem]:
    wanted = reading.origin(seen.world.base_url)
    for held in _own(seen):
        found = _meta(held).get("location")
        origin = reading.origin(found) if isinstance(found, str) else None
        if origin is not None and wanted is not None and origin != wanted:
            yield Problem(f"{held.pointer}/meta/location", expected=_origin_shown(wanted), actual=_origin_shown(origin))


def _origin_shown(origin: tuple[str, str, int]) -> str:
    return f"{origin[0]}://{origin[1][:100]}:{origin[2]}"


@check(
    "resource.location-header",
    "The answer to a create names the new resource in Location",
    level="MUST",
    cites=("RFC7644-3.3", "RFC7643-3.1"),
    on=("create", "set-up"),
    when=lambda seen: seen.response.status == 201,
    why="The new resource's URL is in Location and, the same, in meta.location; clients use either.",
    fix="Send Location with every 201, equal to meta.location.",
)
def location_header(seen: Seen) -> Iterator[Problem]:
    header = seen.response.header("location")
    body = seen.response.json
    meta = body.get("meta") if isinstance(body, Mapping) else None
    inside = meta.get("location") if isinstance(meta, Mapping) else None
    if not header:
        yield Problem("header Location", expected="the URL of the new resource")
    elif isinstance(inside, str) and inside and not reading.same_url(header, inside, base=seen.exchange.url):
        yield Problem("header Location", expected=inside[:200], actual=header[:200], message="meta.location differs.")


@check(
    "resource.location-resolves",
    "meta.location leads to the resource",
    level="MUST",
    cites=("RFC7643-3.1", "RFC7644-3.4.1"),
    on=("resolve",),
    when=lambda seen: seen.response.status < 300 or 400 <= seen.response.status < 500,
    why="A location that leads nowhere is worse than none: clients that keep it lose the resource.",
    fix="Build the location from the same route that serves the resource.",
)
def location_resolves(seen: Seen) -> Iterator[Problem]:
    subject, body = seen.intent.subject, seen.response.json
    if seen.response.status != 200:
        yield Problem("status", expected=200, actual=seen.response.status)
    elif not isinstance(body, Mapping):
        yield Problem("", expected="the resource", actual="no JSON object")
    elif subject is not None and subject.id is not None and body.get("id") != subject.id:
        yield Problem("/id", expected=subject.id, actual=shown_id(seen, body.get("id")))


@check(
    "resource.meta-dates",
    "meta.created and meta.lastModified are dates",
    level="MUST",
    cites=("RFC7643-2.3.5", "RFC7643-3.1"),
    on=ANSWERS,
    when=lambda seen: any({"created", "lastModified"} & _meta(held).keys() for held in _own(seen)),
    why="A typed client cannot read a resource whose date is a number or has another form.",
    fix="Write dates as 2026-01-31T09:30:00Z.",
)
@few
def meta_dates(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        for name in ("created", "lastModified"):
            found = _meta(held).get(name)
            if found is not None and not (isinstance(found, str) and reading.is_date_time(found)):
                shown = found[:60] if isinstance(found, str) else schemas.type_name(found)
                yield Problem(
                    f"{held.pointer}/meta/{name}",
                    expected="a date such as 2026-01-31T09:30:00Z",
                    actual=shown,
                )


# --- shape --------------------------------------------------------------------------------------


@check(
    "resource.shape",
    "Resources have the RFC's shape",
    level="MUST",
    cites=("RFC7643-4.1", "RFC7643-4.2", "RFC7643-4.3", "RFC7643-8.7.1"),
    on=ANSWERS,
    when=any_held,
    why="Clients read into typed objects: one value of the wrong type makes the whole resource unreadable.",
    fix="Return each attribute with the type that RFC 7643 gives it; leave out what has no value.",
)
@few
def shape(seen: Seen) -> Iterator[Problem]:
    for held in resources(seen):
        for error in _rfc_errors(seen, held):
            yield _problem(held, error)


def _rfc_errors(seen: Seen, held: Held) -> Iterator[schemas.ShapeError]:
    for error in schemas.errors(kind_of(seen) or "User", held.value, quote=held.own):
        if not _elsewhere(error.pointer) and not (projected(seen) and error.keyword == "required"):
            yield error


def _elsewhere(pointer: str) -> bool:
    return pointer.endswith("/primary") or any(
        pointer == place or pointer.startswith(f"{place}/") for place in _JUDGED_ELSEWHERE
    )


def _problem(held: Held, error: schemas.ShapeError) -> Problem:
    more = f" ({error.more} more entries have the same fault)" if error.more else ""
    actual = MISSING if error.keyword == "required" else error.actual
    return Problem(f"{held.pointer}{error.pointer}", error.expected, actual, f"{error.message}{more}")


@check(
    "resource.own-schema",
    "Resources are as the target's own /Schemas describes them",
    level="MUST",
    cites=("RFC7643-7", "RFC7644-4"),
    on=ANSWERS,
    when=own_held,
    why="A client that configures itself from /Schemas believes what stands there and reads the resources by it.",
    fix="Make /Schemas and the answers agree: the same types, the same multiValued, nothing that is never returned.",
)
@few
def own_schema(seen: Seen) -> Iterator[Problem]:
    published = seen.world.capabilities.schemas
    if not published:
        raise NotJudged("the target publishes no /Schemas")
    kind = kind_of(seen) or "User"
    for held in _own(seen):
        try:
            found = schemas.own_errors(kind, published, held.value, projected=projected(seen))
        except LookupError:
            raise NotJudged(f"the target's /Schemas has no schema for {kind}") from None
        if not found:
            continue
        # What contradicts the RFC as well is one fault, reported once, by resource.shape.
        known = {error.pointer for error in _rfc_errors(seen, held)}
        for error in found:
            if error.pointer not in known and not _elsewhere(error.pointer):
                yield _problem(held, error)


# --- values -------------------------------------------------------------------------------------


@check(
    "resource.password-absent",
    "A password is never returned",
    level="MUST",
    cites=("RFC7643-4.1.1", "RFC7643-9.2"),
    on=ANSWERS,
    scim=BOTH,
    when=any_held,
    why="Whoever may read a user, and every log in between, gets the password or its hash.",
    fix="Never serialise password, not even as a hash or as stars.",
)
@few
def password_absent(seen: Seen) -> Iterator[Problem]:
    for held in resources(seen):
        found = reading.member(held.value, "password")
        if found is not None and found[1] is not None:
            yield Problem(f"{held.pointer}/{escape(found[0])}", expected="absent", actual="present")


def _booleans(held: Held) -> Iterator[tuple[str, Json]]:
    if "active" in held.value:
        yield "/active", held.value["active"]
    for name, entries in _plural_entries(held):
        for index, entry in entries:
            if "primary" in entry:
                yield f"/{name}/{index}/primary", entry["primary"]


@check(
    "resource.booleans",
    "active and primary are JSON booleans",
    level="MUST",
    cites=("RFC7643-2.3.2",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda seen: any(next(_booleans(held), None) for held in _own(seen)),
    why='The text "False" is true in many languages: a client takes a disabled account for an active one.',
    fix="Return true and false without quotes; take the client's text apart on the way in.",
)
@few
def booleans(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        for where, value in _booleans(held):
            if value is not None and not isinstance(value, bool):
                shown = f'"{value[:20]}"' if isinstance(value, str) else schemas.type_name(value)
                yield Problem(f"{held.pointer}{where}", expected="true or false", actual=shown)


def _manager(held: Held) -> Any:
    found = reading.member(held.value, ENTERPRISE)
    inside = reading.member(found[1], "manager") if found and isinstance(found[1], Mapping) else None
    return MISSING if inside is None else inside[1]


@check(
    "resource.manager-shape",
    "manager is an object",
    level="MUST",
    cites=("RFC7643-4.3",),
    on=ANSWERS,
    when=lambda seen: any(_manager(held) is not MISSING for held in _own(seen)),
    why="Clients send the manager in several forms, but all read it as an object with value; anything else "
    "is taken for a difference and sent again in every cycle.",
    fix='Return "manager": {"value": "<id>"}, whatever form it came in; leave it out if there is none.',
)
@few
def manager_shape(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        found = _manager(held)
        if found is not MISSING and found is not None and not isinstance(found, Mapping):
            where = f"{held.pointer}/{escape(ENTERPRISE)}/manager"
            yield Problem(where, expected="an object", actual=schemas.type_name(found))


@check(
    "resource.no-empty-entries",
    "Multi-valued attributes hold no entry without a value",
    level="CLIENT",
    cites=("RFC7643-2.5",),
    on=ANSWERS,
    when=lambda seen: any(entries for held in _own(seen) for _, entries in _plural_entries(held)),
    why="An entry with a type and no value is compared with nothing at the client's side, differs, and is "
    "sent again in every cycle.",
    fix="Drop an entry when its value is cleared.",
)
@few
def no_empty_entries(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        for name, entries in _plural_entries(held):
            for index, entry in entries:
                if _is_empty(entry):
                    yield Problem(f"{held.pointer}/{name}/{index}", expected="an entry with a value", actual="none")


def _is_empty(entry: Mapping[str, Json]) -> bool:
    if "value" in entry:
        return entry["value"] in (None, "")
    return all(value in (None, "") for name, value in entry.items() if name.lower() not in {"type", "primary"})


@check(
    "resource.type-unique",
    "What was sent once is there once",
    level="CLIENT",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    when=lambda seen: _subject_held(seen) is not None,
    why='The client addresses an entry by its type (emails[type eq "work"]). With two of one type its '
    "update hits the wrong one, or both.",
    fix="Replace the entry of that type instead of adding another.",
)
@few
def type_unique(seen: Seen) -> Iterator[Problem]:
    held, subject = _subject_held(seen), seen.intent.subject
    if held is None or subject is None:
        return
    for name, entries in _plural_entries(held):
        sent = subject.wanted.get(name)
        for kind in dict.fromkeys(_type(entry) for _, entry in entries):
            wanted = [e for e in sent if isinstance(e, Mapping) and _type(e) == kind] if isinstance(sent, list) else []
            found = [index for index, entry in entries if _type(entry) == kind]
            if kind and len(wanted) == 1 and len(found) > 1:
                yield Problem(
                    f"{held.pointer}/{name}",
                    expected=f"one entry of type {kind[:40]}",
                    actual=f"{len(found)} entries",
                )


def _type(entry: Mapping[str, Json]) -> str:
    found = entry.get("type")
    return found.lower() if isinstance(found, str) else ""


def _subject_held(seen: Seen) -> Held | None:
    subject = seen.intent.subject
    if subject is None:
        return None
    created = seen.intent.action in {"create", "set-up"} and not seen.intent.duplicate
    return next((held for held in _own(seen) if created or held.value.get("id") == subject.id), None)


@check(
    "resource.one-primary",
    "At most one entry is primary",
    level="MUST",
    cites=("RFC7643-2.4",),
    on=ANSWERS,
    scim=BOTH,
    when=lambda seen: any(entries for held in _own(seen) for _, entries in _plural_entries(held)),
    why="With two primary addresses it is chance which one gets the customer's mail.",
    fix="When an entry becomes primary, set the others to false.",
)
@few
def one_primary(seen: Seen) -> Iterator[Problem]:
    for held in _own(seen):
        for name, entries in _plural_entries(held):
            primary = sum(entry.get("primary") is True for _, entry in entries)
            if primary > 1:
                yield Problem(
                    f"{held.pointer}/{name}",
                    expected="at most one primary entry",
                    actual=f"{primary} entries",
                )
