"""A correct SCIM 1.1 service provider as a WSGI application, standard library only, in memory.

It keeps the SCIM 1.1 core schema and protocol, and takes what real clients send beside them. What does not depend on
the version is ``GoodServer``'s. Every method without an underscore is a hook: a defect (see ``defects11``) wraps one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any, Final

from . import incoming, patching11, variants, variants11
from .good import GoodServer
from .projection import project
from .protocol import (
    MAX_RESULTS,
    SCIM_JSON,
    Answer,
    Data,
    Request,
    ScimError,
    allow_only,
    date,
    integer,
    parse_body,
)
from .schema import Kind
from .schema11 import ENTERPRISE, GROUP, KINDS, USER, list_response, provider_config, schemas
from .store import Record, copy_json

MOUNT: Final = "/scim/v1"
OPERATOR: Final = "ops@example.com"
"""The user name of HTTP Basic; its password is the token."""

_SHARED: Final = (
    "patch-204", "charset", "media-type-capitals", "open-discovery", "shuffled-keys", "ids-integer", "ids-opaque",
    "no-etag", "strong-etags", "no-dates", "offset-dates", "empty-members-array", "members-value-only",
    "no-user-groups", "shuffled-values", "list-order", "page-20", "most-20", "no-sort", "eq-only",
    "lock-out", "wrong-429", "unknown-403", "doors-before-locks",
)  # fmt: skip
VARIANTS: Final = (
    {
        "delete-200": "DELETE answers 200 without a body",
        "code-number": "the code of an error is a number",
        "errors-only": "errors have no detail beside Errors",
    }
    | {name: variants.VARIANTS[name] for name in _SHARED}
    | variants11.OWN
)
"""Lawful ways to differ, and those that Okta documents; no check may fail a server for one of them. What SCIM 1.1 has
in common with 2.0 is ``variants``'; the sections named there are those of 2.0."""

_DISCOVERY: Final = frozenset({"ServiceProviderConfigs", "Schemas"})


class GoodServer11(GoodServer):
    """The server. Mount it with ``running.mounted(app, prefix="/scim/v1")``.

    ``defects``: names out of ``defects11.DEFECTS11``; ``variant``: names out of ``VARIANTS``. An unknown
    name is a ValueError. Bearer and Basic are both accepted: ``token``, or ``OPERATOR`` with it.
    """

    def __init__(
        self,
        defects: frozenset[str] = frozenset(),
        variant: frozenset[str] = frozenset(),
        token: str = "good-token",
    ) -> None:
        super().__init__(token=token)
        if variant - VARIANTS.keys():
            raise ValueError(f"unknown variants: {sorted(variant - VARIANTS.keys())}")
        self.defects = defects
        self.variant = variant
        variants.install(self, variant & variants.VARIANTS.keys())
        variants11.install(self, variant)
        if defects:
            from .defects11 import install  # noqa: PLC0415 - the defects import this module

            install(self, defects)

    # ---- HTTP

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        media_type = answer.headers.get("Content-Type", "")
        if media_type.startswith(SCIM_JSON):  # SCIM 1.1 knows application/json only
            answer.headers["Content-Type"] = media_type.replace(SCIM_JSON, "application/json")
        return answer

    def refuse(self, request: Request, error: ScimError) -> Answer:
        code = error.status if "code-number" in self.variant else str(error.status)
        payload: Data = {"Errors": [{"description": error.detail, "code": code}]}
        if "errors-only" not in self.variant:
            payload["detail"] = error.detail  # Okta's suite for 1.1 looks for it on a 404
        answer = Answer(error.status, payload, {"Allow": error.allow} if error.allow else {})
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="scim", Basic realm="scim"'
        return answer

    def authenticate(self, request: Request) -> None:
        scheme, _, credential = request.headers.get("authorization", "").strip().rpartition(" ")
        scheme = scheme.strip().lower()
        wanted = f"{OPERATOR}:{self.token}" if scheme == "basic" else self.token
        given = _decoded(credential) if scheme == "basic" else credential.encode()
        # Some clients send the bare token as the header's value.
        if scheme not in {"", "bearer", "basic"} or not hmac.compare_digest(given, wanted.encode()):
            raise ScimError(401, "A valid bearer token, or user name and password, is required.")

    def dispatch(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if parts[0] in _DISCOVERY:
            allow_only(request, "GET")
            return self.discover(request, *parts)
        kind = next((kind for kind in KINDS if kind.endpoint[1:] == parts[0]), None)
        if kind and len(parts) == 1:
            allow_only(request, "GET", "POST")
            return self.query(request, (kind,)) if request.method == "GET" else self.create(request, kind)
        if kind and len(parts) == 2:
            allow_only(request, "GET", "PUT", "PATCH", "DELETE")
            actions = {"GET": self.read, "PUT": self.replace, "PATCH": self.patch, "DELETE": self.delete}
            return actions[request.method](request, kind, parts[1])
        raise ScimError(501 if parts[0] == "Bulk" else 404, "There is no such endpoint.")

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

    def replace(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        self.precondition(request, record)
        data = self.accept(kind, parse_body(request))
        if "active" not in data and "active" in record.data:
            data["active"] = record.data["active"]  # silence must not enable a disabled user
        self.save(record, data)
        return self.show(request, record)

    def patch(self, request: Request, kind: Kind, id_: str) -> Answer:
        record = self.find(kind, id_)
        self.precondition(request, record)
        self.save(record, self.merge(kind, record.data, parse_body(request)))
        return self.show(request, record)

    def delete(self, request: Request, kind: Kind, id_: str) -> Answer:
        answer = super().delete(request, kind, id_)
        if "delete-200" in self.variant:
            answer.status = 200
        return answer

    def merge(self, kind: Kind, data: Data, body: Data) -> Data:
        """The attributes after a PATCH; ``data`` itself stays as it is."""
        changed: Data = copy_json(data)
        cleared = self.clear(kind, changed, patching11.names_to_clear(body))
        patching11.merge(kind, changed, body, cleared)
        incoming.require(kind, changed)
        return changed

    def clear(self, kind: Kind, data: Data, names: list[str]) -> set[str]:
        return patching11.clear(kind, data, names)

    # ---- queries

    def page(self, request: Request, kinds: tuple[Kind, ...], given: dict[str, str]) -> Answer:
        (kind,) = kinds
        found = self.select(request, kind, given.get("filter"))
        if given.get("sortBy"):
            found = self.sort(kind, found, given["sortBy"], given.get("sortOrder", "ascending"))
        start = max(1, integer(given, "startIndex", 1))
        count = min(MAX_RESULTS, max(0, integer(given, "count", MAX_RESULTS)))
        shown = [self.project(resource, given) for resource in found[start - 1 : start - 1 + count]]
        return Answer(200, list_response(shown, total=len(found), start=start))

    # ---- what goes out

    def project(self, resource: Data, given: Any) -> Data:
        return project(self.kind_of(resource), resource, attributes=given.get("attributes", ""), excluded="")

    def kind_of(self, resource: Data) -> Kind:
        return USER if "userName" in resource else GROUP

    def render(self, request: Request, record: Record) -> Data:
        kind, data = record.kind, copy_json(record.data)
        meta: Data = {
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
        """``groups``, and the name behind ``manager``."""
        groups = [
            {"value": group.id, "display": group.data["displayName"], "type": "direct"}
            for group in self.store.memberships.get(record.id, {}).values()
        ]
        if groups:
            data["groups"] = groups
        manager = data.get(ENTERPRISE, {}).get("manager", {})
        boss = self.store.get(USER, manager.get("managerId", ""))
        if boss and "displayName" in boss.data:
            manager["displayName"] = boss.data["displayName"]

    def derive_group(self, request: Request, data: Data) -> None:
        for entry in data.get("members", ()):
            member = self.store.any(entry["value"])
            if member:
                entry.setdefault("display", member.data.get("displayName") or member.data[member.kind.unique])

    # ---- discovery

    def discover(self, request: Request, name: str, *rest: str) -> Answer:
        if name == "ServiceProviderConfigs" and not rest:
            return Answer(200, provider_config(request.base))
        known = schemas(request.base)
        if name == "Schemas" and not rest:
            return Answer(200, list_response(known, total=len(known), start=1))
        if name == "Schemas" and len(rest) == 1:
            for schema in known:
                if rest[0].lower() in {schema["id"].lower(), schema["endpoint"][1:].lower()}:
                    return Answer(200, schema)
        raise ScimError(404, "There is no such endpoint.")


def _decoded(credential: str) -> bytes:
    try:
        return base64.b64decode(credential, validate=True)
    except (binascii.Error, ValueError):
        return b""
