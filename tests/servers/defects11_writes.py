"""Defects of the SCIM 1.1 server that harm data: creating, replacing, partial updates of users, deleting."""

from __future__ import annotations

from typing import Any

from .defects11_base import become, breaks, changes_body, refuses, spoils_answer, without
from .defects_base import Wrapper
from .good11 import GoodServer11
from .protocol import Answer, Data, Request, ScimError
from .schema import Kind
from .schema11 import CORE, GROUP, USER
from .store import Record


def _created(_: Request, answer: Answer) -> bool:
    return answer.status == 201


def _is_user_write(request: Request, answer: Answer, method: str) -> bool:
    return request.method == method and answer.status == 200 and request.path.startswith("/Users/")


def _keep(server: GoodServer11, record: Record, data: Data) -> None:
    """Store attributes without asking whether they may be stored."""
    server.store._replace(record, data)


# ---- create

spoils_answer("create", "create-200", "a create answers 200", "SCIM11-API-3.1",
              lambda answer: setattr(answer, "status", 200), when=_created)  # fmt: skip
spoils_answer("create", "create-empty-body", "a create answers 201 without a body", "okta-scim-11",
              lambda answer: become(answer, 201), when=_created)  # fmt: skip
spoils_answer("create", "create-without-id", "the answer to a create has no id", "SCIM11-API-3.1",
              lambda answer: answer.payload.pop("id"), when=_created)  # fmt: skip
spoils_answer("create", "create-without-location", "a create has no Location header", "SCIM11-API-3.1",
              lambda answer: answer.headers.pop("Location"), when=_created)  # fmt: skip
refuses("create", "create-rejects-groups", "groups: [] is refused", "okta-scim-11", lambda _, body: "groups" in body)
refuses("create", "create-rejects-password", "password is refused", "okta-scim-11", lambda _, body: "password" in body)
refuses("create", "create-rejects-external-id", "externalId is refused", "okta-scim-11",
        lambda _, body: "externalId" in body)  # fmt: skip
refuses("create", "create-rejects-unknown-schema", "an unknown URN in schemas is refused", "okta-scim-11",
        lambda _, body: any(not urn.startswith("urn:scim:") for urn in body.get("schemas", ())))  # fmt: skip
refuses("create", "create-needs-scim-2", "schemas must hold the URN of SCIM 2.0", "SCIM11-CORE",
        lambda _, body: CORE in body.get("schemas", ()))  # fmt: skip
refuses("create", "group-needs-members", "a group without members is refused", "okta-scim-11",
        lambda kind, body: kind == "Group" and "members" not in body)  # fmt: skip


def _stores(name: str, description: str, source: str, spoil: Any) -> None:
    """What is created or replaced is stored otherwise than it was sent."""

    @breaks("accept", "create", name, description, source)
    def _(_: GoodServer11, inner: Wrapper, kind: Kind, body: Data) -> Any:
        data = inner(kind, body)
        spoil(data)
        return data


_stores("create-lowers-user-name", "userName is stored in lower case", "PostHog/posthog#42253",
        lambda data: data.update(userName=data["userName"].lower()) if "userName" in data else None)  # fmt: skip
_stores("create-drops-name", "name is not stored", "PostHog/posthog#42205", lambda data: data.pop("name", None))
_stores("create-drops-external-id", "externalId is not stored", "SCIM11-CORE",
        lambda data: data.pop("externalId", None))  # fmt: skip
_stores("create-drops-locale", "locale is not stored", "okta-scim-11", lambda data: data.pop("locale", None))
_stores("create-always-active", "users are stored as active", "okta-scim-11",
        lambda data: data.update(active=True) if "userName" in data else None)  # fmt: skip
_stores("create-rebuilds-formatted", "givenName and familyName come from name.formatted", "okta-scim-11",
        lambda data: data["name"].update(zip(("givenName", "familyName"),
                                             data["name"]["formatted"].rsplit(" ", 1), strict=False))
        if "formatted" in data.get("name", {}) else None)  # fmt: skip

# ---- duplicates


@breaks("check_unique", "duplicates", "duplicate-creates-second", "a userName may be used twice", "okta-spec-11-14")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
    if kind is GROUP:
        inner(kind, data, record)


@breaks("check_unique", "duplicates", "duplicate-case-sensitive", "the same userName in another case is a new user",
        "open-webui/open-webui#18039")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
    if any(one.data[kind.unique] == data[kind.unique] for one in server.store.named(kind, data[kind.unique])):
        inner(kind, data, record)


@breaks("check_unique", "duplicates", "duplicate-of-disabled-creates-second", "a disabled user does not count",
        "better-auth/better-auth#11111")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
    if any(one.data.get("active") is not False for one in server.store.named(kind, data[kind.unique])):
        inner(kind, data, record)


def _answered(name: str, status: int) -> None:
    spoils_answer("duplicates", name, f"a duplicate is answered with {status}", "PostHog/posthog#42253",
                  lambda answer: setattr(answer, "status", status), when=lambda _, answer: answer.status == 409)  # fmt: skip


_answered("duplicate-500", 500)
_answered("duplicate-400", 400)
_answered("duplicate-200", 200)

# ---- PUT


@breaks("replace", "put", "put-keeps-absent", "PUT keeps what the body leaves out", "SCIM11-API-3.3.1")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.find(kind, id_).data
    inner(request, kind, id_)
    record = server.find(kind, id_)
    _keep(server, record, before | record.data)
    return server.show(request, record)


@breaks("save", "put", "write-not-stored", "an update is answered, and not stored", "gravitational/teleport#67372")
def _(server: GoodServer11, _: Wrapper, record: Record, data: Data) -> None:
    server.check(record.kind, data, record)


@breaks("replace", "put", "put-answers-old-state", "PUT answers what was there before", "SCIM11-API-3.3.1")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.show(request, server.find(kind, id_))
    inner(request, kind, id_)
    return before


@breaks("replace", "put", "put-changes-id", "PUT gives the resource a new id", "SCIM11-CORE")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    inner(request, kind, id_)
    record = server.find(kind, id_)
    data = record.data
    server.store.delete(record)
    return server.show(request, server.store.create(kind, data))


spoils_answer("put", "put-204", "PUT answers 204 without a body", "SCIM11-API-3.3.1",
              lambda answer: become(answer, 204), when=lambda request, answer:
              request.method == "PUT" and answer.status == 200)  # fmt: skip
refuses("put", "put-rejects-meta", "a body with meta is refused", "okta-scim-11", lambda _, body: "meta" in body)
refuses("put", "put-rejects-id", "a body with an id is refused", "okta-scim-11", lambda _, body: "id" in body)


@breaks("replace", "put", "put-group-members-refused", "PUT of a group refuses other members",
        "simpleidserver/SimpleIdServer#247")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.find(kind, id_).data
    answer = inner(request, kind, id_)
    if kind is GROUP and before.get("members") != server.find(kind, id_).data.get("members"):
        _keep(server, server.find(kind, id_), before)
        raise ScimError(400, "members is immutable.")
    return answer


@breaks("replace", "put", "put-group-name-ignored", "PUT of a group ignores a new displayName",
        "jelhub/scimgateway#95")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    name = server.find(kind, id_).data.get("displayName", "")
    inner(request, kind, id_)
    record = server.find(kind, id_)
    if kind is GROUP:
        _keep(server, record, record.data | {"displayName": name})
    return server.show(request, record)


# ---- disable and enable


def _disabling(body: Data, *, to: bool = False) -> bool:
    return body.get("active") is to


@breaks("accept", "disable", "put-cannot-disable", "PUT with active: false changes nothing", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, without(body, "active") if _disabling(body) else body)


@breaks("replace", "disable", "put-without-active-disables", "PUT without active disables the user", "okta-scim-11")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    inner(request, kind, id_)
    record = server.find(kind, id_)
    if kind is USER and b'"active"' not in (request.body or b""):
        _keep(server, record, record.data | {"active": False})
    return server.show(request, record)


changes_body("disable", "patch-disable-ignored", "PATCH with active: false is accepted and ignored",
             "unitycatalog/unitycatalog#423",
             lambda _, body: without(body, "active") if _disabling(body) else body)  # fmt: skip
changes_body("disable", "patch-enable-ignored", "PATCH with active: true is accepted and ignored",
             "PostHog/posthog#42603",
             lambda _, body: without(body, "active") if _disabling(body, to=True) else body)  # fmt: skip
changes_body("disable", "disable-clears-emails", "a user who is disabled loses the emails", "okta-scim-11",
             lambda _, body: body | {"meta": {"attributes": ["emails"]}} if _disabling(body) else body)  # fmt: skip


@breaks("find", "disable", "disabled-404", "a disabled user cannot be read", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, id_: str) -> Any:
    record = inner(kind, id_)
    if record.data.get("active") is False:
        raise ScimError(404, "There is no such user.")
    return record


@breaks("patch", "disable", "disable-answers-404", "the user is disabled, and the answer is 404",
        "langfuse/langfuse#13245")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    answer = inner(request, kind, id_)
    if server.find(kind, id_).data.get("active") is False:
        raise ScimError(404, "User not found.")
    return answer


@breaks("save", "disable", "disable-drops-memberships", "a disabled user leaves every group", "okta-scim-11")
def _(server: GoodServer11, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    for group in list(server.store.memberships.get(record.id, {}).values()) if data.get("active") is False else ():
        members = [one for one in group.data["members"] if one["value"] != record.id]
        server.store.change(group, group.data | {"members": members})


# ---- PATCH of users


@breaks("patch", "patch-user", "patch-501", "PATCH is not offered", "okta-scim-11")
def _(_: GoodServer11, __: Wrapper, ___: Request, ____: Kind, _____: str) -> Any:
    raise ScimError(501, "PATCH is not supported.")


refuses("patch-user", "patch-needs-operations", "PATCH understands Operations of SCIM 2.0 only", "SCIM11-API-3.3.2",
        lambda _, body: "Operations" not in body, methods=("PATCH",))  # fmt: skip
refuses("patch-user", "patch-rejects-id", "a PATCH with an id is refused", "okta-scim-11",
        lambda _, body: "id" in body, methods=("PATCH",))  # fmt: skip
refuses("patch-user", "patch-rejects-password", "a PATCH with a password is refused", "okta-scim-11",
        lambda _, body: "password" in body, methods=("PATCH",))  # fmt: skip
refuses("patch-user", "patch-needs-user-name", "a PATCH without the required attributes is refused",
        "SCIM11-API-3.3.2", lambda kind, body: kind == "User" and "userName" not in body,
        methods=("PATCH",))  # fmt: skip


@breaks("merge", "patch-user", "patch-replaces-all", "PATCH of a user drops what the body leaves out",
        "SCIM11-API-3.3.2")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    kept = {"userName": data["userName"]} if kind is USER else data
    return inner(kind, kept, body)


@breaks("merge", "patch-user", "patch-replaces-complex", "PATCH of name.familyName drops name.givenName",
        "SCIM11-API-3.3.2")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    return inner(kind, {k: v for k, v in data.items() if not (isinstance(v, dict) and k in body)}, body)


@breaks("merge", "patch-user", "patch-replaces-multi-valued", "PATCH of a user replaces emails instead of adding",
        "SCIM11-API-3.3.2")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    multi = {key for key, value in body.items() if isinstance(value, list)} if kind is USER else set()
    return inner(kind, without(data, *multi), body)


@breaks("merge", "patch-user", "patch-doubles-values", "PATCH adds an entry that is there already",
        "SCIM11-API-3.3.2")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    changed = inner(kind, data, body)
    if kind is USER and "emails" in body and len(changed["emails"]) == len(data.get("emails", ())):
        changed["emails"] += [dict(body["emails"][0])]
    return changed


changes_body("patch-user", "patch-extension-ignored", "PATCH ignores extensions", "SCIM11-API-3.3.2",
             lambda _, body: {k: v for k, v in body.items() if not k.startswith("urn:")})  # fmt: skip

# ---- delete


@breaks("delete", "delete", "delete-ignored", "DELETE is answered, and the resource stays", "SCIM11-API-3.4")
def _(server: GoodServer11, _: Wrapper, __: Request, kind: Kind, id_: str) -> Any:
    server.find(kind, id_)
    return Answer(204)


@breaks("delete", "delete", "delete-405", "groups cannot be deleted", "okta-scim-11")
def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is GROUP:
        raise ScimError(405, "Groups cannot be deleted.", allow="GET")
    return inner(request, kind, id_)


@breaks("delete", "delete", "delete-group-deletes-members", "a deleted group takes its members with it",
        "SCIM11-API-3.4")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    members = server.find(kind, id_).data.get("members", ())
    answer = inner(request, kind, id_)
    for one in members:
        server.store.delete(server.find(USER, one["value"]))
    return answer


@breaks("delete", "delete", "delete-unknown-204", "DELETE of an unknown id is answered with 204", "SCIM11-API-3.4")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    return inner(request, kind, id_) if server.store.get(kind, id_) else Answer(204)


@breaks("delete", "delete", "deleted-name-blocked", "the name of a deleted resource stays taken", "SCIM11-API-3.4")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    record = server.find(kind, id_)
    answer = inner(request, kind, id_)
    server.store.names[kind.name, record.data[kind.unique].casefold()] = {record.id: record}
    return answer


# ---- consistency


@breaks("save", "consistency", "write-touches-bystander", "a write changes another user too", "fleetdm/fleet#50724")
def _(server: GoodServer11, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    for other in server.store.all(USER):
        if other is not record:
            server.store.change(other, other.data | {"title": "changed"})


@breaks("read", "consistency", "stale-read", "the first read after a write shows the state before it",
        "fleetdm/fleet#50724")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    answer = inner(request, kind, id_)
    last = server.memory.get(id_)
    server.memory[id_] = answer
    stale = last is not None and last.payload["meta"] != answer.payload["meta"]
    return last if stale else answer


spoils_answer("consistency", "last-modified-missing", "meta has no lastModified", "okta-scim-11",
              lambda answer: answer.payload.get("meta", {}).pop("lastModified", None),
              when=lambda _, answer: "meta" in (answer.payload or ()))  # fmt: skip
spoils_answer("consistency", "patch-answers-request", "PATCH answers its own body's attributes only",
              "SCIM11-API-3.3.2",
              lambda answer: setattr(answer, "payload", {k: v for k, v in answer.payload.items()
                                                         if k in {"schemas", "id", "active"}}),
              when=lambda request, answer: _is_user_write(request, answer, "PATCH"))  # fmt: skip
