"""Defects against single sentences of the RFCs: PATCH, meta, status and header, and the client's own resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .defects_base import Wrapper, breaks, defect, read, resources_in, spoils_answer, spoils_resource
from .filters import matches, parse_path
from .good import GoodServer
from .patching import apply_operation
from .protocol import CORE_USER, ENTERPRISE, Answer, Data, Request, ScimError
from .schema import USER, Kind
from .store import Record, copy_json

# ---- PATCH


def _first_match_only(data: Data, operation: Data, kind: Kind) -> None:
    """Apply a value path to the first entry that meets its filter."""
    path = parse_path(operation["path"], kind)
    assert path.attribute is not None
    assert path.where is not None
    entries = data.get(path.attribute.name, [])
    chosen = next((one for one in entries if matches(path.where, one)), None)
    others = [one for one in entries if one is not chosen]
    data[path.attribute.name] = [chosen] if chosen is not None else []
    apply_operation(kind, data, operation)
    data[path.attribute.name] = [*others, *data.get(path.attribute.name, [])]


def _touches_first(name: str, description: str, source: str, operator: str) -> None:
    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        if op.name == operator and op.path.lower().startswith("emails["):
            _first_match_only(data, operation, kind)
        else:
            inner(kind, data, operation)

    defect("patch-valuepath", name, description, source, apply_one=apply_one)


_touches_first("valuepath-replace-first-only", "replace with a value filter changes the first matching entry only",
               "RFC7644-3.5.2.3", "replace")  # fmt: skip
_touches_first("valuepath-remove-first-only", "remove with a value filter removes the first matching entry only",
               "RFC7644-3.5.2.2", "remove")  # fmt: skip


@breaks("save", "patch-simple", "no-op-moves-date", "every PATCH moves meta.lastModified, also one that changes nothing",
        "RFC7644-3.5.2.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    record.modified = server.store.now()


@breaks("render", "consistency", "version-of-every-read", "meta.version is another one with every read",
        "RFC7644-3.14")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, record: Record) -> Data:
    resource: Data = inner(request, record)
    resource["meta"]["version"] = f'W/"{server.store.now().timestamp()}"'
    return resource


@breaks("apply_one", "patch-simple", "patch-unknown-path-as-key", "an unknown path is stored as the name of an attribute",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    try:
        inner(kind, data, operation)
    except ScimError as error:
        if error.scim_type != "invalidPath" or not op.path or op.name == "remove":
            raise
        data[op.path] = op.value


@breaks("apply_one", "patch-simple", "patch-id-accepted", "a PATCH of the id is answered with success and does nothing",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if read(kind, operation).path.lower() != "id":
        inner(kind, data, operation)


@breaks("apply_one", "patch-pathless", "pathless-complex-replaced",
        "a complex value in an operation without path replaces the whole attribute", "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    for key in read(kind, operation).keys:
        if key.lower() == "name" and isinstance(operation["value"][key], dict):
            data.pop("name", None)
    inner(kind, data, operation)


@breaks("apply_one", "patch-valuepath", "no-target-accepted", "a replace whose filter no entry meets does nothing, with 200",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    try:
        inner(kind, data, operation)
    except ScimError as error:
        if error.scim_type != "noTarget" or read(kind, operation).name != "replace":
            raise


# ---- POST and PUT


@breaks("accept", "create", "create-boolean-as-text", "active True as a text is stored as it is", "RFC7643-2.3.2")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    data: Data = inner(kind, body)
    if isinstance(body.get("active"), str):
        data["active"] = body["active"]
    return data


@breaks("accept", "create", "null-user-name-500", "a userName of null crashes", "RFC7644-3.12")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    if kind is USER and "userName" in body and body["userName"] is None:
        raise ScimError(500, "'NoneType' object has no attribute 'lower'")
    return inner(kind, body)


@breaks("replace", "shape", "put-attributes-ignored", "the answer to PUT holds everything, whatever attributes asks for",
        "RFC7644-3.9")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Answer:
    answer: Answer = inner(replace(request, parameters={}), kind, id_)
    return answer


@breaks("check_unique", "duplicates", "rename-never", "every change of a userName is refused as taken", "RFC7643-4.1.1")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
    if record is not None and record.kind is USER and data["userName"] != record.data["userName"]:
        raise ScimError(409, "userName is taken.", scim_type="uniqueness")
    inner(kind, data, record)


# ---- meta


def _meta_without_zone(resource: Data) -> None:
    for name in ("created", "lastModified"):
        resource["meta"][name] = resource["meta"][name].removesuffix("Z")


def _meta_without_dates(resource: Data) -> None:
    del resource["meta"]["created"], resource["meta"]["lastModified"]


spoils_resource("shape", "meta-dates-without-zone", "dates have no zone", "RFC7643-2.3.5", _meta_without_zone)
spoils_resource("shape", "meta-dates-absent", "meta has no dates", "RFC7643-3.1", _meta_without_dates)


def _manager_in_array(resource: Data) -> None:
    manager = resource.get(ENTERPRISE, {}).get("manager")
    if manager is not None:
        resource[ENTERPRISE]["manager"] = [manager]


spoils_resource(
    "manager", "manager-as-array", "the manager is shown as an array of one", "RFC7643-4.3", _manager_in_array
)


def _elsewhere(answer: Answer) -> None:
    """Name another host in Location and in every meta.location."""
    for resource in resources_in(answer.payload):
        if "location" in resource.get("meta", {}):
            resource["meta"]["location"] = resource["meta"]["location"].replace("://", "://internal.", 1)
    if "Location" in answer.headers:
        answer.headers["Location"] = answer.headers["Location"].replace("://", "://internal.", 1)


spoils_answer(
    "shape", "locations-of-other-host", "Location and meta.location name another host", "RFC7643-3.1", _elsewhere
)

# ---- status and header


spoils_answer("http", "405-without-allow", "405 has no Allow header", "RFC9110-15.5.6",
              lambda answer: answer.headers.pop("Allow", None), when=lambda _, answer: answer.status == 405)  # fmt: skip
spoils_answer("http", "405-allows-what-it-refuses", "Allow of a 405 lists every method", "RFC9110-15.5.6",
              lambda answer: answer.headers.update(Allow="GET, POST, PUT, PATCH, DELETE"),
              when=lambda _, answer: answer.status == 405)  # fmt: skip


# ---- /Me


def _me(name: str, description: str, headers: Mapping[str, str], *, status: int = 200) -> None:
    def handle(server: GoodServer, inner: Wrapper, request: Request) -> Answer:
        if request.path != "/Me":
            answer: Answer = inner(request)
            return answer
        try:
            server.authenticate(request)
        except ScimError as error:
            return server.refuse(request, error)
        if status != 200:
            return Answer(status, headers=dict(headers))
        me = {"schemas": [CORE_USER], "id": "6f1c9c52", "userName": "robot@fjord.example"}
        return Answer(200, copy_json(me), {"Content-Type": "application/scim+json", **headers})

    defect("http", name, description, "RFC7644-3.11", handle=handle)


_me("me-without-location", "/Me is answered without Location", {})
_me("me-location-is-me", "Location of /Me is /Me", {"Location": "/scim/v2/Me"})
_me("me-redirect-without-location", "/Me is answered with 308 and no Location", {}, status=308)
