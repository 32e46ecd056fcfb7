"""Rules for ``/Schemas``, ``/ResourceTypes`` and ``/ServiceProviderConfig``.

Findings may quote the values: they are the vendor's, not a customer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat import schemas
from scim_compat.checks.answers import is_html
from scim_compat.checks.registry import BOTH, NotJudged, Violation, at_most_five, check
from scim_compat.engine.intent import Observation
from scim_compat.engine.offering import find_attribute
from scim_compat.engine.versions import VERSIONS
from scim_compat.scim import messages, urls
from scim_compat.scim.filters import operands
from scim_compat.scim.grammar import parse_path
from scim_compat.scim.names import CORE_URNS, PROVIDER_CONFIG, RESOURCE_TYPES, SCHEMAS, Scim
from scim_compat.values import MISSING, Json, Level, escape

_LISTED: Final = frozenset({SCHEMAS, RESOURCE_TYPES})
_COMMON: Final = frozenset({"schemas", "id", "externalid", "meta"})
_MAX_DEPTH: Final = 8


def _is_whole(observation: Observation) -> bool:
    """True when the request is for the endpoint itself, not for one entry below it."""
    path = urls.segments(observation.exchange.request.target)
    return bool(path) and path[-1].lower() == observation.intent.endpoint.lower()


def _is_answer(observation: Observation, *endpoints: str) -> bool:
    return (
        observation.response.ok
        and observation.response.json is not MISSING
        and observation.intent.endpoint in endpoints
    )


def _entries(observation: Observation) -> list[tuple[str, Mapping[str, Json]]]:
    """The entries with their pointers: those of the list, or the one that was asked for."""
    body = observation.response.json
    if not _is_whole(observation):
        return [("", body)] if isinstance(body, Mapping) else []
    # A bare array is wrong (discovery.schemas-list), yet its entries can be judged all the same.
    entries = enumerate(body if isinstance(body, list) else messages.entries(body))
    prefix = "" if isinstance(body, list) else "/Resources"
    return [(f"{prefix}/{index}", entry) for index, entry in entries if isinstance(entry, Mapping)]


def _shape(name: str, pointer: str, value: Json, *, scim: Scim = "2.0") -> Iterator[Violation]:
    for error in schemas.errors(name, value, scim=scim):
        more = f" ({error.more} more entries have the same fault)" if error.more else ""
        actual = MISSING if error.keyword == "required" else error.actual
        # Names of attributes are not case-sensitive (RFC 7643 section 2.1).
        level: Level | None = "CLIENT" if error.misspelled or _is_same_word(error) else None
        yield Violation(f"{pointer}{error.pointer}", error.expected, actual, f"{error.message}{more}", level)


def _is_same_word(error: schemas.ShapeError) -> bool:
    """True for a type of an attribute that differs in case only: it is not caseExact (RFC 7643 section 8.7.2)."""
    if error.keyword != "enum" or not error.pointer.endswith("/type"):
        return False
    return str(error.actual).lower() in error.expected.lower().removeprefix("one of ").split(", ")


@check(
    "discovery.status",
    "The discovery endpoint answers",
    failure="A discovery endpoint answers with an unexpected status",
    level="CLIENT",
    cites=("RFC7644-4",),
    on=("discover",),
    scim=BOTH,
    when=lambda observation: not 300 <= observation.response.status < 400 and observation.response.status < 500,
    why="A client that configures itself asks here first, when the administrator saves the connection.",
    fix="Serve /Schemas, /ResourceTypes and /ServiceProviderConfig below the base URL.",
    fix_1_1="Serve /ServiceProviderConfigs below the base URL.",
)
def status(observation: Observation) -> Iterator[Violation]:
    accepted = observation.intent.statuses or frozenset({200})
    if observation.response.status not in accepted and observation.intent.expect == "success":
        yield Violation("status", expected=min(accepted), actual=observation.response.status)


@check(
    "discovery.endpoints-exist",
    "The endpoints that /ResourceTypes names exist",
    failure="/ResourceTypes names an endpoint that is not served",
    level="MUST",
    cites=("RFC7643-6", "RFC7644-4"),
    on=("follow",),
    why="A client that configures itself takes the address of each type from here, and finds nothing there.",
    fix="Name in endpoint the path below the base URL at which the type is served, or leave the type out.",
)
def endpoints_exist(observation: Observation) -> Iterator[Violation]:
    if observation.response.status in {404, 410, 501}:
        path = urls.path_of(observation.exchange.request.target)
        yield Violation(
            "status", expected=200, actual=observation.response.status, message=f"A type names the endpoint {path}."
        )


@check(
    "discovery.schemas-list",
    "/Schemas and /ResourceTypes answer with a list",
    failure="/Schemas or /ResourceTypes is no ListResponse with entries",
    level="MUST",
    cites=("RFC7644-4", "RFC7644-3.4.2"),
    on=("discover",),
    when=lambda observation: _is_answer(observation, *_LISTED) and _is_whole(observation) and not is_html(observation),
    why="Clients read Resources. From a bare array or a single object they learn nothing.",
    fix="Wrap the entries in a ListResponse with schemas, totalResults and Resources.",
)
def schemas_list(observation: Observation) -> Iterator[Violation]:
    body = observation.response.json
    if not isinstance(body, Mapping):
        yield Violation("", expected="a ListResponse object", actual=schemas.type_name(body))
        return
    yield from _shape("ListResponse", "", body)
    if not messages.entries(body) and "totalResults" in body:
        yield Violation("/Resources", expected="at least one entry", actual="none")


@check(
    "discovery.schema-shape",
    "Each schema has the RFC's shape",
    failure="A schema in /Schemas is malformed or incomplete",
    level="MUST",
    cites=("RFC7643-7", "RFC7643-8.7.2"),
    on=("discover",),
    when=lambda observation: _is_answer(observation, SCHEMAS) and bool(_entries(observation)),
    why="One attribute without a type, or with a type that does not exist, makes clients drop the whole schema.",
    fix="Give each schema id and attributes, each attribute name, type and multiValued, all in the RFC's spelling.",
)
@at_most_five
def schema_shape(observation: Observation) -> Iterator[Violation]:
    for pointer, entry in _entries(observation):
        yield from _shape("Schema", pointer, entry)


@check(
    "discovery.resource-types-shape",
    "Each resource type has the RFC's shape",
    failure="A resource type is malformed or incomplete",
    level="MUST",
    cites=("RFC7643-6",),
    on=("discover",),
    when=lambda observation: _is_answer(observation, RESOURCE_TYPES) and bool(_entries(observation)),
    why="From here a client learns where users and groups are and which extensions they have.",
    fix="Give each resource type schemas, name, endpoint and schema; schemaExtensions with schema and required.",
)
@at_most_five
def resource_types_shape(observation: Observation) -> Iterator[Violation]:
    for pointer, entry in _entries(observation):
        yield from _shape("ResourceType", pointer, entry)


@check(
    "discovery.provider-config-shape",
    "/ServiceProviderConfig has the RFC's shape",
    failure="/ServiceProviderConfig is malformed or incomplete",
    level="MUST",
    cites=("RFC7643-5", "RFC7644-4"),
    on=("discover",),
    scim=BOTH,
    when=lambda observation: _is_answer(observation, VERSIONS[observation.context.scim].provider_config),
    why="Clients read here whether they may PATCH, filter and sort; what is missing counts as “no”, or as a fault.",
    fix="Return one object with patch, bulk, filter, changePassword, sort, etag and authenticationSchemes.",
)
@at_most_five
def provider_config_shape(observation: Observation) -> Iterator[Violation]:
    body = observation.response.json
    if messages.is_list(body):
        yield Violation("", expected="one object", actual="a list")
    else:
        yield from _shape("ServiceProviderConfig", "", body, scim=observation.context.scim)


@check(
    "discovery.no-null",
    "Discovery answers leave out what has no value",
    failure="A discovery answer holds null",
    level="CLIENT",
    cites=("RFC7643-2.5",),
    on=("discover",),
    when=lambda observation: _is_answer(observation, *_LISTED),
    why="null is conformant, but clients that read discovery into typed objects stumble over it where a list or "
    "an object stands otherwise.",
    fix="Leave out members that have no value.",
)
@at_most_five
def no_null(observation: Observation) -> Iterator[Violation]:
    for pointer in _nulls(observation.response.json, "", _MAX_DEPTH):
        yield Violation(pointer, expected="absent", actual="null")


def _nulls(value: Json, pointer: str, depth: int) -> Iterator[str]:
    if value is None:
        yield pointer
    elif depth and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _nulls(inner, f"{pointer}/{escape(name[:100])}", depth - 1)
    elif depth and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nulls(inner, f"{pointer}/{index}", depth - 1)


# --- parts that must agree -----------------------------------------------------------


@check(
    "discovery.mapped-attributes",
    "Every attribute that the client maps is in /Schemas",
    failure="/Schemas lacks attributes that the client maps",
    level="CLIENT",
    cites=("RFC7643-7", "RFC7644-4"),
    on=("discover",),
    when=lambda observation: (
        _is_answer(observation, SCHEMAS) and _is_whole(observation) and bool(_entries(observation))
    ),
    why="The mapping page offers what /Schemas lists. An attribute that is not there cannot be mapped, or is refused.",
    fix="List every attribute the server stores, with its sub-attributes; or take it out of the recommended mapping.",
)
def mapped_attributes(observation: Observation) -> Iterator[Violation]:
    by_urn = {str(entry.get("id", "")).lower(): entry for _, entry in _entries(observation)}
    has_type = False
    for kind, mapping in observation.context.mapped_paths.items():
        if kind not in CORE_URNS:
            continue
        if CORE_URNS[kind].lower() not in by_urn:
            if kind == "Group" and observation.context.capabilities.has_resource_type(kind) is False:
                continue
            has_type = True
            yield Violation("/Resources", expected=f"the schema {CORE_URNS[kind]}")
            continue
        has_type = True
        for path in dict.fromkeys(mapping):
            yield from _missing(kind, path, by_urn)
    if not has_type:
        raise NotJudged("the client maps no attribute of a resource type that the target has")


def _missing(kind: str, path: str, by_urn: Mapping[str, Mapping[str, Json]]) -> Iterator[Violation]:
    at = parse_path(path)
    if not at.names or (not at.urn and at.attribute.lower() in _COMMON):
        return
    schema = by_urn.get((at.urn or CORE_URNS[kind]).lower())
    if schema is None:
        yield Violation("/Resources", expected=f"the schema {at.urn}", message=f"{path} is mapped.")
        return
    # The client also sends the attributes of the selection: ``emails[type eq "work"].value`` sends a type.
    selectors = [(at.attribute, *one.names) for one in operands(at.condition)]
    for chain in [at.names, *selectors]:
        level = schema.get("attributes")
        for name in chain:
            attribute = find_attribute(level, name)
            if attribute is None:
                expected = f"{'.'.join(chain)} in {schema.get('id')}"
                yield Violation("/Resources", expected=expected, message=f"{path} is mapped; {name} is not listed.")
                return
            level = attribute.get("subAttributes")


@check(
    "discovery.patch-advertised",
    "/ServiceProviderConfig says that PATCH is supported",
    failure="/ServiceProviderConfig denies that PATCH is supported",
    level="CLIENT",
    cites=("RFC7643-5",),
    on=("discover",),
    when=lambda observation: (
        _is_answer(observation, PROVIDER_CONFIG["2.0"]) and isinstance(observation.response.json, Mapping)
    ),
    why="This client updates with PATCH. One that reads the configuration first will not try.",
    fix="Implement PATCH and set patch.supported to true.",
)
def patch_advertised(observation: Observation) -> Iterator[Violation]:
    patch = observation.response.json.get("patch")
    supported = patch.get("supported") if isinstance(patch, Mapping) else None
    if supported is False:  # discovery.provider-config-shape reports one that is missing or no boolean
        yield Violation("/patch/supported", expected=True, actual=False)


@check(
    "discovery.agree",
    "Every schema that a resource type names is in /Schemas",
    failure="A resource type names a schema that /Schemas does not list",
    level="MUST",
    cites=("RFC7643-6", "RFC7644-4"),
    on=("discover",),
    when=lambda observation: (
        _is_answer(observation, *_LISTED) and _is_whole(observation) and bool(_entries(observation))
    ),
    why="A client that follows /ResourceTypes to a schema that is not there drops the resource type or its extension.",
    fix="Use in schema and schemaExtensions the exact id of an entry of /Schemas, and list every extension there.",
)
@at_most_five
def agree(observation: Observation) -> Iterator[Violation]:
    entries = [entry for _, entry in _entries(observation)]
    on_types = observation.intent.endpoint == RESOURCE_TYPES
    types = entries if on_types else observation.context.capabilities.resource_types
    schemas = observation.context.capabilities.schemas if on_types else entries
    if types is None or schemas is None:
        raise NotJudged("the target does not answer on both /Schemas and /ResourceTypes")
    ids = {str(entry.get("id", "")).lower() for entry in schemas}
    for index, entry in enumerate(types):
        name = str(entry.get("name", ""))[:80]
        for where, urn in _named_schemas(entry):
            if urn.lower() not in ids:
                pointer = f"/Resources/{index}{where}" if on_types else "/Resources"
                yield Violation(
                    pointer,
                    expected=f"{urn[:150]} in /Schemas",
                    message=f"The resource type {name} names it.",
                )


def _named_schemas(entry: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    if isinstance(entry.get("schema"), str):
        yield "/schema", entry["schema"]
    extensions = entry.get("schemaExtensions")
    for index, one in enumerate(extensions if isinstance(extensions, list) else ()):
        if isinstance(one, Mapping) and isinstance(one.get("schema"), str):
            yield f"/schemaExtensions/{index}/schema", one["schema"]
