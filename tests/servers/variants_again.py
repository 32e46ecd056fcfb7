"""Conformant ways to take a change the second time, and to treat what stands beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .protocol import Answer, Data, Request, ScimError
from .schema import GROUP, USER, Kind
from .store import Record, copy_json
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer

# ---- the second time


@variant("absent-member-400", "the removal of somebody who is no member gets 400 noTarget (RFC 7644 §3.12)")
def _(server: GoodServer) -> None:
    def apply_one(inner: Any, kind: Kind, data: Data, operation: Data) -> None:
        before = copy_json(data.get("members"))
        inner(kind, data, operation)
        is_removal = str(operation.get("op", "")).lower() == "remove"
        if kind is GROUP and is_removal and data.get("members") == before:
            raise ScimError(400, "No member meets the filter.", scim_type="noTarget")

    around(server, apply_one)


@variant("put-enables-by-default", "a PUT without active gives it its default, which is true (RFC 7644 §3.5.1)")
def _(server: GoodServer) -> None:
    def replace(inner: Any, request: Request, kind: Kind, id_: str) -> Answer:
        inner(request, kind, id_)
        record = server.find(kind, id_)
        names = {str(name).lower() for name in json.loads(request.body or b"{}")}
        if kind is USER and "active" not in names:
            server.store.change(record, record.data | {"active": True})
        return server.show(request, record)

    around(server, replace)


@variant("unknown-members-ignored", "members that do not exist are left out without a word (RFC 7644 §3.3)")
def _(server: GoodServer) -> None:
    def check_members(inner: Any, data: Data, known: set[str]) -> None:
        data["members"] = [one for one in data["members"] if one["value"] in known or server.store.any(one["value"])]
        inner(data, known)
        if not data["members"]:
            del data["members"]

    around(server, check_members)


@variant("unknown-members-kept", "members that do not exist are stored as they come (RFC 7643 §4.2 does not forbid it)")
def _(server: GoodServer) -> None:
    def check_members(_: Any, data: Data, __: set[str]) -> None:
        kept: dict[str, Data] = {}
        for entry in data["members"]:
            member = server.store.any(entry["value"])
            kept.setdefault(entry["value"], entry | ({"type": member.kind.name} if member else {}))
        data["members"] = list(kept.values())

    around(server, check_members)


# ---- the neighbours


@variant("unique-emails", "a second user with the same work address gets 409 (RFC 7643 §7: uniqueness is the server's)")
def _(server: GoodServer) -> None:
    def check(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        inner(kind, data, record)
        mail = _work_address(data)
        others = (one for one in server.store.all(USER) if one is not record)
        if kind is USER and mail and any(_work_address(one.data) == mail for one in others):
            raise ScimError(409, f"The address {mail} is taken.", scim_type="uniqueness")

    around(server, check)


def _work_address(data: Data) -> str:
    return next((str(one.get("value", "")).lower() for one in data.get("emails", ()) if one.get("type") == "work"), "")


@variant("groups-on-request", "groups of a user are shown where they are asked for (RFC 7643 §7: request)")
def _(server: GoodServer) -> None:
    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        shown: Data = inner(resource, given)
        is_asked = "groups" in given.get("attributes", "").lower()
        return shown if is_asked else {name: value for name, value in shown.items() if name != "groups"}

    def discover(inner: Any, request: Request, name: str, *rest: str) -> Answer:
        answer: Answer = inner(request, name, *rest)
        answer.payload = copy_json(answer.payload)
        for schema in answer.payload.get("Resources", [answer.payload]) if name == "Schemas" else ():
            for attribute in schema["attributes"]:
                if attribute["name"] == "groups":
                    attribute["returned"] = "request"
        return answer

    around(server, project)
    around(server, discover)


@variant("formatted-follows", "formatted of an address is made of its parts where nobody gives it (RFC 7643 §4.1.2)")
def _(server: GoodServer) -> None:
    def derive_user(inner: Any, request: Request, record: Record, data: Data) -> None:
        inner(request, record, data)
        for address in data.get("addresses", ()):
            parts = [address[name] for name in ("streetAddress", "postalCode", "locality") if name in address]
            if parts:
                address.setdefault("formatted", ", ".join(parts))

    around(server, derive_user)


@variant("indirect-groups", "groups of a user lists the groups of its groups, as indirect ones (RFC 7643 §4.1.2)")
def _(server: GoodServer) -> None:
    def derive_user(inner: Any, request: Request, record: Record, data: Data) -> None:
        inner(request, record, data)
        known = {one["value"] for one in data.get("groups", ())}
        for id_ in sorted(known):
            for outer in server.store.memberships.get(id_, {}).values():
                if outer.id not in known:
                    known.add(outer.id)
                    data["groups"].append({"value": outer.id, "display": outer.data["displayName"], "type": "indirect"})

    around(server, derive_user)
