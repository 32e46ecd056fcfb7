"""Defects beside the resource that was written: its lists, its groups, its other entries, its namesakes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .defects_base import Wrapper, also, breaks, defect, read, spoils_lists
from .good import GoodServer
from .protocol import ENTERPRISE, Answer, Data, Request
from .schema import GROUP, USER, Kind
from .store import Record

# ---- lists and filters show something else than a read by id


def _as_created(name: str, description: str, *attributes: str, kind: Kind = USER, with_filter: bool = True) -> None:
    """Lists show some attributes as they were at creation."""

    def select(server: GoodServer, inner: Wrapper, request: Request, of: Kind, text: str | None) -> Any:
        found = inner(request, of, text)
        former = server.memory.get("as created", {})
        if of is kind and (with_filter or text is None):
            for one in found:
                one.update({k: v for k, v in former.get(one["id"], {}).items() if k in attributes})
        return found

    def create(server: GoodServer, inner: Wrapper, request: Request, of: Kind) -> Answer:
        answer: Answer = inner(request, of)
        server.memory.setdefault("as created", {})[answer.payload["id"]] = copy.deepcopy(answer.payload)
        return answer

    defect("consistency", name, description, "RFC7644-3.4.2", select=select, create=create)


_as_created("lists-show-former-active", "lists and filters show active as it was at creation", "active")
_as_created(
    "list-shows-former-active", "lists, but not filters, show active as it was at creation", "active", with_filter=False
)
_as_created("lists-show-former-name", "lists and filters show the names of a user as they were at creation",
            "displayName", "name")  # fmt: skip
_as_created(
    "lists-show-former-emails", "lists and filters show the e-mail addresses as they were at creation", "emails"
)


def _drop(*names: str) -> Callable[[Answer], object]:
    def spoil(answer: Answer) -> None:
        for one in answer.payload["Resources"]:
            for name in names:
                one.pop(name, None)

    return spoil


spoils_lists("consistency", "lists-without-members", "lists leave out the members of groups", "graphql-hive/console#8352",
             _drop("members"))  # fmt: skip
spoils_lists("consistency", "lists-without-extension", "lists leave out the enterprise extension", "RFC7644-3.4.2",
             _drop(ENTERPRISE))  # fmt: skip
spoils_lists("consistency", "lists-without-active", "lists leave out active", "RFC7644-3.4.2", _drop("active"))
spoils_lists("consistency", "lists-show-first-member", "lists show the first member of a group alone", "RFC7644-3.4.2",
             lambda answer: [one.update(members=one["members"][:1]) for one in answer.payload["Resources"] if "members" in one])  # fmt: skip

# ---- the groups of a user, the members of a group


def _remembers_groups(name: str, description: str, source: str, *, deleted: bool) -> None:
    """A user goes on showing groups that are over: those that were deleted, or those that the user left."""

    def derive_user(server: GoodServer, inner: Wrapper, request: Request, record: Record, data: Data) -> None:
        inner(request, record, data)
        known = server.memory.setdefault("groups", {}).setdefault(record.id, {})
        shown = {one["value"] for one in data.get("groups", ())}
        for id_, entry in known.items():
            if id_ not in shown and (server.store.get(GROUP, id_) is None) is deleted:
                data.setdefault("groups", []).append(entry)
        known.update({one["value"]: dict(one) for one in data.get("groups", ())})

    def save(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        _remember(server, record)
        inner(record, data)

    def delete(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        _remember(server, server.find(kind, id_))
        return inner(request, kind, id_)

    defect("groups", name, description, source, derive_user=derive_user, save=save, delete=delete)


def _remember(server: GoodServer, record: Record) -> None:
    """Notes the group with each of its members."""
    for member in record.data.get("members", ()):
        groups = server.memory.setdefault("groups", {}).setdefault(member["value"], {})
        groups[record.id] = {"value": record.id, "display": record.data["displayName"], "type": "direct"}


_remembers_groups("user-shows-left-group", "groups of a user still shows a group that the user has left",
                  "simpleidserver/SimpleIdServer#272", deleted=False)  # fmt: skip
_remembers_groups("user-shows-deleted-group", "groups of a user still shows a group that was deleted",
                  "simpleidserver/SimpleIdServer#272", deleted=True)  # fmt: skip

# ---- the other entries of an attribute


def _hits_all(name: str, description: str, attribute: str) -> None:
    """A value path changes every entry of the attribute."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        inner(kind, data, operation)
        if op.path.lower().startswith(f"{attribute.lower()}[") and op.name != "remove" and "." in op.path:
            sub = op.path.rpartition(".")[2]
            for entry in data.get(attribute, ()):
                entry[sub] = op.value

    defect("patch-valuepath", name, description, "RFC7644-3.5.2", apply_one=apply_one)


_hits_all("email-filter-hits-every-email", 'emails[type eq "work"].value changes every e-mail address', "emails")
_hits_all("phone-filter-hits-every-phone", 'phoneNumbers[type eq "mobile"].value changes every number', "phoneNumbers")
_hits_all("address-filter-hits-every-address", "a value path on addresses changes every address", "addresses")


@breaks("apply_one", "patch-valuepath", "email-filter-replaces-list", "a change of one e-mail address drops the others",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    inner(kind, data, operation)
    op = read(kind, operation)
    if op.path.startswith("emails[") and op.name != "remove" and op.path.endswith(".value"):
        data["emails"] = [one for one in data.get("emails", ()) if one.get("value") == op.value]


@breaks("apply_one", "patch-valuepath", "remove-with-value-stores-it", "a removal that carries a value stores the value",
        "AzureAD/SCIMReferenceCode#87")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if op.name == "remove" and isinstance(op.value, str) and "[" in op.path:
        operation = {"op": "replace", "path": op.path, "value": op.value}
    inner(kind, data, operation)


# ---- the namesakes


def _also_writes(name: str, description: str, key: Callable[[Data], str]) -> None:
    """A change of one user changes everybody who has the same key."""

    def save(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        if record.kind is USER and key(record.data):
            changed = {
                k: v for k, v in data.items() if record.data.get(k) != v and k in {"active", "title", "displayName"}
            }
            for other in list(server.store.all(USER)):
                if other is not record and key(other.data) == key(record.data):
                    server.store.change(other, other.data | changed)
        inner(record, data)

    defect("consistency", name, description, "RFC7644-3.5.2", save=save)


def _plain(name: str) -> str:
    local, _, domain = name.lower().partition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _mail(data: Data) -> str:
    return next((str(one.get("value", "")).lower() for one in data.get("emails", ()) if one.get("type") == "work"), "")


_also_writes("write-hits-same-email", "a change of a user changes everybody who has the same e-mail address", _mail)
_also_writes("write-hits-plus-tag", "a change of a user changes whoever differs in dots and plus tag only",
             lambda data: _plain(data["userName"]))  # fmt: skip


@breaks("delete", "delete", "delete-hits-same-email", "a deletion deletes everybody who has the same e-mail address",
        "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    mail = _mail(server.find(kind, id_).data) if kind is USER else ""
    answer = inner(request, kind, id_)
    for other in [one for one in server.store.all(USER) if mail and _mail(one.data) == mail]:
        server.store.delete(other)
    return answer


@breaks(
    "select", "filter", "filter-shows-former-title", "filters show the title before the last change", "RFC7644-3.4.2.2"
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    if text is not None:
        for one in found:
            one.update(server.memory.get("titles", {}).get(one["id"], {}))
    return found


@also("save", "filter-shows-former-title")
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    if record.data.get("title") != data.get("title") and "title" in record.data:
        server.memory.setdefault("titles", {})[record.id] = {"title": record.data["title"]}
    inner(record, data)
