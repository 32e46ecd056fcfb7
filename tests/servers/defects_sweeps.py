"""Defects that depend on what a user has already: first values, the same value again, the way back, gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .defects_base import Op, Wrapper, also, breaks, defect, fail, read, refuses, refuses_body
from .good import GoodServer
from .protocol import CORE_USER, ENTERPRISE, Answer, Data, Request
from .schema import USER, Kind
from .store import Record, copy_json


def _paths(op: Op) -> Iterator[str]:
    yield from [op.path] if op.path else op.keys


def _holder(path: str) -> str:
    """The attribute or extension that a path begins in."""
    if path.lower().startswith(ENTERPRISE.lower()):
        return ENTERPRISE
    return path.removeprefix(f"{CORE_USER}:").partition("[")[0].partition(".")[0]


# ---- the first value


def _first(subject: str, name: str, description: str, source: str, holder: str, status: int = 0) -> None:
    """Register a defect of the first value in a holder: it is refused with the status; ignored where that is 0."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        mine = {path for path in _paths(op) if _holder(path) == holder}
        if op.kind != "User" or op.name == "remove" or not mine or holder in data:
            inner(kind, data, operation)
            return
        if status:
            fail("Cannot set an attribute of undefined.", status=status, scim_type="noTarget")
        if op.keys and mine != set(op.keys):
            inner(kind, data, {"op": op.raw, "value": {k: v for k, v in op.value.items() if k not in mine}})

    defect(subject, name, description, source, apply_one=apply_one)


_first("patch-extension", "first-extension-attribute-500", "the first attribute of an extension ends in 500",
       "FusionAuth/fusionauth-issues#2667", ENTERPRISE, 500)  # fmt: skip
_first("patch-extension", "first-extension-attribute-ignored", "the first attribute of an extension is not stored",
       "RFC7644-3.5.2.1", ENTERPRISE)  # fmt: skip
_first(
    "patch-simple", "first-part-of-a-name-500", "the first part of a name ends in 500", "RFC7644-3.5.2.1", "name", 500
)
_first("patch-simple", "first-part-of-a-name-ignored", "the first part of a name is not stored", "RFC7644-3.5.2.1",
       "name")  # fmt: skip
_first("patch-valuepath", "first-address-400", "a postal address must be there before a part of it changes",
       "thomaspoignant/scim-patch#176", "addresses", 400)  # fmt: skip
_first("patch-valuepath", "first-phone-number-ignored", "the first phone number is not stored", "RFC7644-3.5.2.1",
       "phoneNumbers")  # fmt: skip
_first("patch-valuepath", "first-email-500", "the first e-mail address ends in 500", "RFC7644-3.5.2.1", "emails", 500)
_first("patch-simple", "first-title-500", "a title ends in 500 where there was none", "RFC7644-3.5.2.1", "title", 500)
_first("patch-simple", "first-external-id-ignored", "the externalId of an account that had none is not stored",
       "RFC7644-3.5.2.1", "externalId")  # fmt: skip


def _at_put(name: str, description: str, source: str, keep: Callable[[Data, Data], Data]) -> None:
    """Register a defect of PUT: what is stored comes from the attributes before it and those that were sent."""

    @breaks("replace", "patch-extension", name, description, source)
    def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        server.memory["put"] = True
        try:
            return inner(request, kind, id_)
        finally:
            del server.memory["put"]

    @also("save", name)
    def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        inner(record, keep(record.data, data) if "put" in server.memory and record.kind is USER else data)


def _with_extension(data: Data, extension: Data | None) -> Data:
    rest = {key: value for key, value in data.items() if key != ENTERPRISE}
    return rest | ({ENTERPRISE: extension} if extension else {})


_at_put("put-extension-kept", "PUT changes core attributes and keeps the old extension",
        "limosa-io/laravel-scim-server#36",
        lambda before, after: _with_extension(after, before.get(ENTERPRISE)))  # fmt: skip
_at_put("put-first-extension-ignored", "PUT stores no extension that was not there", "RFC7644-3.5.1",
        lambda before, after: after if ENTERPRISE in before else _with_extension(after, None))  # fmt: skip
_at_put("put-first-values-ignored", "PUT changes what is there and adds nothing", "RFC7644-3.5.1",
        lambda before, after: {key: value for key, value in after.items() if key in before})  # fmt: skip
_at_put("put-external-id-kept", "PUT keeps the externalId that is there", "kirodotdev/Kiro#10711",
        lambda before, after: after | {key: before[key] for key in ("externalId",) if key in before})  # fmt: skip


# ---- the same value, another one, and back


@breaks("save", "patch-simple", "change-without-difference-400", "a change that changes nothing is refused",
        "better-auth/better-auth#8549")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    if record.kind is USER and data == record.data:
        fail("Nothing to update.")
    inner(record, data)


@breaks("apply_one", "patch-simple", "same-value-400", "an attribute cannot be set to the value that it has",
        "better-auth/better-auth#8549")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    before = copy_json(data)
    inner(kind, data, operation)
    if kind is USER and before == data:
        fail("The value is the same.")


@breaks("apply_one", "patch-simple", "same-user-name-409", "a userName that stays meets a conflict with itself",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if kind is USER and op.sets("userName") and op.given("userName") == data["userName"]:
        fail("userName is taken.", status=409)
    inner(kind, data, operation)


def _keeps_old(name: str, description: str, source: str, when: Callable[[str], bool]) -> None:
    """Register a defect: attributes never return to a value that they had before."""

    @breaks("save", "patch-simple", name, description, source)
    def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        former = server.memory.setdefault(record.id, {})
        kept = {
            key: record.data[key]
            for key, value in data.items()
            if when(key) and key in record.data and value != record.data[key] and value in former.get(key, ())
        }
        for key, value in record.data.items():
            former.setdefault(key, []).append(copy_json(value))
        inner(record, data | kept)


_keeps_old("change-back-ignored", "an attribute never returns to a former value", "RFC7644-3.5.2",
           lambda key: key in {"displayName", "title", "preferredLanguage", "name", "locale"})  # fmt: skip
_keeps_old("change-back-of-entries-ignored", "entries never return to former values", "RFC7644-3.5.2",
           lambda key: key in {"emails", "phoneNumbers", "addresses"})  # fmt: skip
_keeps_old("change-back-of-extension-ignored", "an extension never returns to former values", "RFC7644-3.5.2",
           lambda key: key == ENTERPRISE)  # fmt: skip


@breaks("apply_one", "patch-simple", "clear-of-absent-404", "an attribute that is not there cannot be removed: 404",
        "RFC7644-3.5.2.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if kind is USER and op.name == "remove" and _holder(op.path) not in data:
        fail("There is no such attribute.", status=404)
    inner(kind, data, operation)


# ---- accounts that were there before


@breaks("apply_one", "patch-valuepath", "typeless-email-lost", "an e-mail address with a type drives out one without",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    inner(kind, data, operation)
    if kind is USER and any(_holder(path) == "emails" for path in _paths(read(kind, operation))):
        data["emails"] = [one for one in data.get("emails", []) if "type" in one] or data.get("emails", [])


@breaks("apply_one", "patch-valuepath", "typeless-email-twice", "an e-mail address without a type is there twice after a change",
        "RFC7643-2.4")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    inner(kind, data, operation)
    if kind is USER and any(_holder(path) == "emails" for path in _paths(read(kind, operation))):
        bare = [copy_json(one) for one in data.get("emails", []) if "type" not in one]
        data["emails"] = data.get("emails", []) + bare


@breaks("apply_one", "patch-valuepath", "typeless-email-taken-for-work", "a filter on type hits the address without one",
        "RFC7644-3.5.2.3")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    if read(kind, operation).path.startswith("emails[") and kind is USER:
        bare = next((one for one in data.get("emails", []) if "type" not in one), None)
        if bare is not None and not any(one.get("type") == "work" for one in data["emails"]):
            bare["type"] = "work"
    inner(kind, data, operation)


@breaks("apply_one", "patch-simple", "external-id-set-once", "an externalId that is there cannot change",
        "kirodotdev/Kiro#10711")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
    op = read(kind, operation)
    if kind is USER and op.sets("externalId") and data.get("externalId") not in {None, op.given("externalId")}:
        fail("externalId is immutable.", scim_type="mutability")
    inner(kind, data, operation)


refuses("patch-simple", "external-id-only-at-creation", "externalId cannot be written after the creation",
        "kirodotdev/Kiro#10711", lambda op: op.kind == "User" and op.sets("externalId"),
        scim_type="mutability")  # fmt: skip


@breaks("apply", "patch-simple", "external-id-lost-at-next-change", "a change that does not name the externalId clears it",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and not any(read(kind, one).sets("externalId") for one in operations):
        changed.pop("externalId", None)
    return changed


@breaks("apply", "patch-simple", "own-entries-lost-when-linked", "the first externalId drops the entries of the account",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and "externalId" in changed and "externalId" not in data:
        kept = [one for one in changed.get("emails", []) if one not in data.get("emails", [])]
        changed.pop("emails", None)
        changed |= {"emails": kept} if kept else {}
    return changed


@breaks("apply", "patch-simple", "enabling-resets-entries", "an account that is enabled loses e-mail addresses of its own",
        "RFC7644-3.5.2")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    if kind is USER and changed.get("active") and data.get("active") is False and len(changed.get("emails", ())) > 1:
        changed["emails"] = [one for one in changed["emails"] if one.get("type") == "work"]
    return changed


# ---- creations with gaps


def _needs(name: str, what: str, source: str, is_there: Callable[[Data], object], status: int = 400) -> None:
    """Register a defect: a client's creation without an optional attribute fails.

    ``status`` 500 stands for code that never thought of it.
    """

    def has_gap(kind: str, body: Data) -> bool:
        return kind == "User" and not is_there(body)

    refuses_body("create", name, f"a user without {what} is refused", source, has_gap, status=status)


def _has_no_gap(holder: str, part: str) -> Callable[[Data], object]:
    """The holder, where it is there, has this part."""
    return lambda body: not isinstance(body.get(holder), dict) or body[holder].get(part)


def _of_client(name: str) -> Callable[[Data], object]:
    """Only of bodies that list the enterprise extension, as Entra's do."""
    return lambda body: name in body or ENTERPRISE not in body.get("schemas", ())


_needs("create-needs-display-name", "displayName", "RFC7643-4.1.1", lambda body: body.get("displayName"))
_needs("create-needs-external-id", "externalId", "RFC7643-3.1", lambda body: body.get("externalId"))
_needs("create-needs-email", "e-mail address", "RFC7643-4.1.2", lambda body: body.get("emails"))
_needs("create-needs-name", "given and family name", "Budibase/budibase#10265", lambda body: body.get("name"))
_needs("create-needs-given-name", "given name", "Budibase/budibase#10265",
       _has_no_gap("name", "givenName"), 500)  # fmt: skip
_needs("create-needs-family-name", "family name", "PostHog/posthog#42205",
       _has_no_gap("name", "familyName"), 500)  # fmt: skip
_needs("create-needs-title", "title", "RFC7643-4.1.1", _of_client("title"), 500)
_needs("create-needs-phone-number", "phone number", "RFC7643-4.1.2", _of_client("phoneNumbers"))
_needs(
    "create-needs-department",
    "department beside an employee number",
    "RFC7643-4.3",
    _has_no_gap(ENTERPRISE, "department"),
)
_needs("create-needs-extension", "the extension that schemas lists", "RFC7643-3.3",
       lambda body: ENTERPRISE in body or ENTERPRISE not in body.get("schemas", ()), 500)  # fmt: skip


@breaks("check", "manager", "create-with-unknown-manager-400", "a user whose manager is unknown is not created",
        "apache/directory-scimple#1242")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
    boss = data.get(ENTERPRISE, {}).get("manager", {}).get("value")
    if record is None and boss and server.store.get(USER, boss) is None:
        fail("There is no such manager.")
    inner(kind, data, record)


def _is_json(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and str(one.get("value", "")).startswith("{") for one in entries)


refuses("patch-valuepath", "role-of-json-text-400", "a role that is JSON in a text is refused",
        "MicrosoftDocs/azure-docs#50772", lambda op: op.path == "roles" and _is_json(op.value))  # fmt: skip


# ---- attributes that the server does not offer


def _lacks(name: str, attribute: str) -> None:
    """Register a server without an attribute. To a client that maps it /Schemas is the finding, and nothing else."""

    @breaks("discover", "discovery", name, f"the server has no {attribute}, and its /Schemas say so", "RFC7643-7")
    def _(_: GoodServer, inner: Wrapper, request: Request, *parts: str) -> Answer:
        answer: Answer = inner(request, *parts)
        payload = copy_json(answer.payload)
        for schema in payload.get("Resources", [payload]) if parts[0] == "Schemas" else ():
            if schema["id"] == CORE_USER:
                schema["attributes"] = [one for one in schema["attributes"] if one["name"] != attribute]
        answer.payload = payload
        return answer

    @also("accept", name)
    def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
        own = {key: value for key, value in body.items() if key.lower() != attribute.lower()}
        return inner(kind, own if kind is USER else body)

    @also("apply_one", name)
    def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        if kind is USER and any(_holder(path) == attribute for path in _paths(read(kind, operation))):
            fail(f"There is no {attribute}.", scim_type="invalidPath")
        inner(kind, data, operation)


_lacks("no-display-name", "displayName")
_lacks("no-emails", "emails")
_lacks("no-title", "title")
