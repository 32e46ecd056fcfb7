"""A correct SCIM 2.0 service provider as a WSGI application, standard library only, in memory.

It keeps RFC 7643 and RFC 7644, and takes what real clients send beside them. Every method without an
underscore is a hook: a defect (see ``defects``) wraps one of them and makes the server wrong in one way.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import quote

from . import discovery, incoming, patching, variants
from .filters import Compare, Filter, matches, parse_filter, parse_path, sort_key
from .projection import project
from .protocol import (
    CORE_USER,
    MAX_RESULTS,
    Answer,
    Data,
    Request,
    ScimError,
    allow_only,
    date,
    error_answer,
    integer,
    parse_body,
    read_request,
    tags,
)
from .schema import GROUP, KINDS, SCHEMAS, USER, Kind
from .store import Record, Store, copy_json

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
_REASONS: Final = {200: "OK", 201: "Created", 202: "Accepted", 302: "Found", 406: "Not Acceptable", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
                   401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
                   409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
                   415: "Unsupported Media Type", 500: "Internal Server Error",
                   501: "Not Implemented"}  # fmt: skip
_DISCOVERY: Final = frozenset({"ServiceProviderConfig", "ResourceTypes", "Schemas"})


class GoodServer:
    """The server. Mount it below a path with ``running.mounted`` or serve it with ``running.serve``.

    ``defects``: names out of ``defects.DEFECTS``; ``variant``: names out of ``variants.VARIANTS``. An
    unknown name is a ValueError.
    """

    def __init__(
        self,
        defects: frozenset[str] = frozenset(),
        variant: frozenset[str] = frozenset(),
        token: str = "good-token",
    ) -> None:
        self.defects = defects
        self.token = token
        self.store = Store()
        self.memory: dict[str, Any] = {}
        """Where defects that depend on earlier requests keep what they saw."""
        self.pause = 0.0
        """Seconds that a request stays between reading and writing, for ``variants_overlap``."""
        self.declined = 0
        """Requests that met another one."""
        self._lock = threading.RLock()
        variants.install(self, variant)
        if defects:
            from .defects import install  # noqa: PLC0415 - the defects import this module

            install(self, defects)

    # ---- HTTP

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        with self._lock:
            answer = self.handle(request)
        body = answer.body()
        headers = [*answer.headers.items()]
        if answer.status not in {204, 304}:
            headers.append(("Content-Length", str(len(body))))
        start_response(f"{answer.status} {_REASONS.get(answer.status, 'Status')}", headers)
        return [body] if body else []

    def handle(self, request: Request) -> Answer:
        """Any request to its answer; a ScimError becomes an error answer."""
        try:
            self.authenticate(request)
            answer = self.dispatch(request)
        except ScimError as error:
            answer = self.refuse(request, error)
        return answer

    def refuse(self, request: Request, error: ScimError) -> Answer:
        answer = error_answer(error)
        if error.status == 401:
            given = ', error="invalid_token"' if "authorization" in request.headers else ""
            answer.headers["WWW-Authenticate"] = f'Bearer realm="scim"{given}'
        return answer

    def authenticate(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").strip().rpartition(" ")
        # Some clients send the bare token as the header's value.
        if scheme.strip().lower() not in {"", "bearer"} or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise ScimError(401, "A valid bearer token is required.")

    def dispatch(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        kind = next((kind for kind in KINDS if kind.name + "s" == parts[0]), None)
        if parts[-1] == ".search" and (kind or len(parts) == 1) and len(parts) <= 2:
            allow_only(request, "POST")
            return self.search(request, (kind,) if kind else KINDS)
        if parts[0] in _DISCOVERY:
            allow_only(request, "GET")
            return self.discover(request, *parts)
        if kind and len(parts) == 1:
            allow_only(request, "GET", "POST")
            return self.query(request, (kind,)) if request.method == "GET" else self.create(request, kind)
        if kind and len(parts) == 2:
            allow_only(request, "GET", "PUT", "PATCH", "DELETE")
            actions = {"GET": self.read, "PUT": self.replace, "PATCH": self.patch, "DELETE": self.delete}
            return actions[request.method](request, kind, parts[1])
        if parts[0] in {"Me", "Bulk"}:
            raise ScimError(501, f"/{parts[0]} is not offered.")
        raise ScimError(404, "There is no such endpoint.")

    # ---- resources

    def create(self, request: Request, kind: Kind) -> Answer:
        data = self.accept(kind, parse_body(request))
        if kind is USER:
            data.setdefault("active", True)
        self.check(kind, data, None)
        record = self.store.create(kind, data)
        answer = self.show(request, record, status=201)
        answer.headers["Location"] = self.location(request, record)
        return answer

    def read(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        if record.version in tags(request, "if-none-match"):
            return Answer(304, headers={"ETag": record.version})
        return self.show(request, record)

    def replace(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        self.precondition(request, record)
        data = self.accept(kind, parse_body(request))
        if kind is USER and "active" not in data and "active" in record.data:
            # An absent attribute may be given its default or kept (RFC 7644 §3.5.1); a client that
            # says nothing of "active" must not enable a disabled user.
            data["active"] = record.data["active"]
        self.save(record, data)
        return self.show(request, record)

    def patch(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        self.precondition(request, record)
        operations = patching.operations_of(parse_body(request))
        self.save(record, self.apply(kind, record.data, operations))
        if kind is GROUP and "attributes" not in request.parameters:  # RFC 7644 §3.5.2: then 200
            return Answer(204, headers={"ETag": record.version})
        return self.show(request, record)

    def delete(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        self.precondition(request, record)
        self.store.delete(record)
        return Answer(204)

    def find(self, kind: Kind, id_: str) -> Record:
        record = self.store.get(kind, id_)
        if record is None:
            raise ScimError(404, f"There is no {kind.name} with the id {id_!r}.")
        return record

    def accept(self, kind: Kind, body: Data) -> Data:
        """The body of a POST or PUT as it would be stored."""
        return incoming.clean(kind, body)

    def apply(self, kind: Kind, data: Data, operations: list[Data]) -> Data:
        """The attributes after all operations; ``data`` itself stays as it is."""
        changed: Data = copy_json(data)
        for operation in operations:
            self.apply_one(kind, changed, operation)
        incoming.require(kind, changed)
        return changed

    def apply_one(self, kind: Kind, data: Data, operation: Data) -> None:
        patching.apply_operation(kind, data, operation)

    def save(self, record: Record, data: Data) -> None:
        self.check(record.kind, data, record)
        self.store.change(record, data)

    def check(self, kind: Kind, data: Data, record: Record | None) -> None:
        """Uniqueness and members: what one resource cannot know by itself."""
        self.check_unique(kind, data, record)
        if "members" in data:
            self.check_members(data, {one["value"] for one in record.data.get("members", ())} if record else set())

    def check_unique(self, kind: Kind, data: Data, record: Record | None) -> None:
        if any(other is not record for other in self.store.named(kind, data[kind.unique])):
            raise ScimError(409, f"{kind.unique} {data[kind.unique]!r} is taken.", scim_type="uniqueness")

    def check_members(self, data: Data, known: set[str]) -> None:
        """Members must exist; each is kept once, with its type."""
        kept: dict[str, Data] = {}
        for entry in data["members"]:
            id_ = entry["value"]
            member = self.store.any(id_)
            if member is None and id_ not in known:
                raise ScimError(400, f"There is no user or group with the id {id_!r}.", scim_type="invalidValue")
            kept.setdefault(id_, entry | ({"type": member.kind.name} if member else {}))
        data["members"] = list(kept.values())

    def precondition(self, request: Request, record: Record) -> None:
        wanted = tags(request, "if-match")
        if wanted and record.version not in wanted and "*" not in wanted:
            raise ScimError(412, "The resource has changed since that version.")

    # ---- queries

    def query(self, request: Request, kinds: tuple[Kind, ...]) -> Answer:
        given = dict(request.parameters)
        return self.page(request, kinds, given)

    def search(self, request: Request, kinds: tuple[Kind, ...]) -> Answer:
        """POST …/.search (RFC 7644 §3.4.3): the parameters are in the body."""
        body = parse_body(request)
        given = {
            key: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for key, value in body.items()
            if value is not None
        }
        return self.page(request, kinds, given)

    def page(self, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        found: list[Data] = []
        for kind in kinds:
            resources = self.select(request, kind, given.get("filter"))
            if given.get("sortBy"):
                resources = self.sort(kind, resources, given["sortBy"], given.get("sortOrder", "ascending"))
            found += resources
        start = max(1, integer(given, "startIndex", 1))
        count = min(MAX_RESULTS, max(0, integer(given, "count", MAX_RESULTS)))
        shown = [self.project(resource, given) for resource in found[start - 1 : start - 1 + count]]
        return Answer(200, discovery.list_response(shown, total=len(found), start=start))

    def select(self, request: Request, kind: Kind, text: str | None) -> list[Data]:
        """The resources of a kind that meet a filter, all of them without one."""
        if text is None:
            return [self.render(request, record) for record in self.store.all(kind)]
        wanted = self.parse_filter(text, kind)
        resources = (self.render(request, record) for record in self.candidates(kind, wanted))
        return [resource for resource in resources if self.matches(wanted, resource)]

    def candidates(self, kind: Kind, wanted: Filter) -> Iterable[Record]:
        """The resources that may meet a filter: by index for ``userName eq "x"``, else all."""
        if not self.defects and isinstance(wanted, Compare) and isinstance(wanted.value, str):
            attribute = wanted.path.attribute
            if wanted.operator == "eq" and not wanted.path.urn and attribute and attribute.name == kind.unique:
                return self.store.named(kind, wanted.value)
        return self.store.all(kind)

    def parse_filter(self, text: str, kind: Kind) -> Filter:
        return parse_filter(text, kind)

    def matches(self, wanted: Filter, resource: Data) -> bool:
        return matches(wanted, resource)

    def sort(self, kind: Kind, resources: list[Data], by: str, order: str) -> list[Data]:
        """RFC 7644 §3.4.2.3: resources without the attribute come last when ascending."""
        try:
            path = parse_path(by, kind)
        except ScimError:
            return resources
        if path.attribute is None:
            return resources
        return sorted(resources, key=lambda one: sort_key(path, one), reverse=order == "descending")

    # ---- what goes out

    def show(self, request: Request, record: Record, *, status: int = 200) -> Answer:
        resource = self.project(self.render(request, record), request.parameters)
        return Answer(status, resource, {"ETag": record.version})

    def project(self, resource: Data, given: Any) -> Data:
        return project(
            self.kind_of(resource),
            resource,
            attributes=given.get("attributes", ""),
            excluded=given.get("excludedAttributes", ""),
        )

    def kind_of(self, resource: Data) -> Kind:
        return USER if CORE_USER in resource["schemas"] else GROUP

    def location(self, request: Request, record: Record) -> str:
        return f"{request.base}{record.kind.endpoint}/{quote(record.id, safe=':=+')}"

    def render(self, request: Request, record: Record) -> Data:
        """The whole resource as a client sees it."""
        kind, data = record.kind, copy_json(record.data)
        meta: Data = {
            "resourceType": kind.name,
            "created": date(record.created),
            "lastModified": date(record.modified),
            "location": self.location(request, record),
            "version": record.version,
        }
        urns = [schema.urn for schema in kind.schemas if schema is kind.core or schema.urn in data]
        if kind is USER:
            self.derive_user(request, record, data)
        else:
            self.derive_group(request, data)
        return {"schemas": urns, "id": record.id, **data, "meta": meta}

    def derive_user(self, request: Request, record: Record, data: Data) -> None:
        """``groups``, and the reference behind ``manager``."""
        groups = [
            {
                "value": group.id,
                "$ref": self.location(request, group),
                "display": group.data["displayName"],
                "type": "direct",
            }
            for group in self.store.memberships.get(record.id, {}).values()
        ]
        if groups:
            data["groups"] = groups
        for schema in USER.extensions:
            manager = data.get(schema.urn, {}).get("manager")
            boss = self.store.get(USER, manager["value"]) if manager else None
            if boss:
                manager["$ref"] = self.location(request, boss)
                if "displayName" in boss.data:
                    manager["displayName"] = boss.data["displayName"]

    def derive_group(self, request: Request, data: Data) -> None:
        for entry in data.get("members", ()):
            member = self.store.any(entry["value"])
            if member:
                entry["$ref"] = self.location(request, member)
                entry.setdefault("display", member.data.get("displayName") or member.data[member.kind.unique])

    # ---- discovery

    def discover(self, request: Request, name: str, *rest: str) -> Answer:
        if "filter" in request.parameters:  # RFC 7644 §4
            raise ScimError(403, "Discovery endpoints take no filter.")
        if name == "ServiceProviderConfig" and not rest:
            return Answer(200, discovery.provider_config(request.base))
        listed = {"ResourceTypes": discovery.resource_types, "Schemas": discovery.schemas}.get(name)
        if listed is None or len(rest) > 1:
            raise ScimError(404, "There is no such endpoint.")
        resources = listed(request.base)
        if not rest:
            return Answer(200, discovery.list_response(resources))
        for resource in resources:
            if resource["id"].lower() == rest[0].lower():
                return Answer(200, resource)
        raise ScimError(404, f"/{name} has no {rest[0]!r}; it has {len(SCHEMAS)} schemas, {len(KINDS)} types.")
