"""Defects of the SCIM 1.1 server in what the protocol promises: deletions, partial resources, filters that are none."""

from __future__ import annotations

from typing import Any

from .defects11_base import also, become, breaks, spoils_answer, without
from .defects_base import Wrapper
from .good11 import GoodServer11
from .protocol import Answer, Data, Request, ScimError
from .schema import Kind
from .schema11 import ENTERPRISE, GROUP, USER
from .store import Record

# ---- delete


def _ignoring(name: str, description: str, *kinds: Kind) -> None:
    @breaks("delete", "delete", name, description, "SCIM11-API-3.4")
    def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
        if kind not in kinds:
            return inner(request, kind, id_)
        server.find(kind, id_)
        return Answer(200)


_ignoring("delete-answers-200-ignored", "DELETE answers 200 and does nothing", USER, GROUP)
_ignoring("delete-user-ignored", "DELETE of a user answers 200 and does nothing", USER)


@breaks(
    "delete", "delete", "delete-user-deactivates", "DELETE of a user deactivates it, and it is shown", "SCIM11-API-3.4"
)
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is GROUP:
        return inner(request, kind, id_)
    record = server.find(kind, id_)
    server.store._replace(record, record.data | {"active": False})
    return Answer(204)


_HIDDEN = "hidden"
"""Ids that the server takes for deleted, in its memory."""


@breaks("delete", "delete", "deleted-still-listed", "a deleted user is gone by id, and found by filter and list",
        "SCIM11-API-3.4")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is GROUP:
        return inner(request, kind, id_)
    server.find(kind, id_)
    server.memory.setdefault(_HIDDEN, []).append(id_)
    return Answer(204)


@also("find", "deleted-still-listed")
def _(server: GoodServer11, inner: Wrapper, kind: Kind, id_: str) -> Any:
    if id_ in server.memory.get(_HIDDEN, ()):
        raise ScimError(404, "There is no such resource.")
    return inner(kind, id_)


@breaks("delete", "delete", "deleted-user-stays-member", "a deleted user stays a member of its groups", "SCIM11-CORE")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    groups = [(one, one.data["members"]) for one in server.store.memberships.get(id_, {}).values()]
    answer = inner(request, kind, id_)
    for group, members in groups:
        server.store._replace(group, group.data | {"members": members})
    return answer


@breaks("delete", "delete", "recreated-user-inherits-groups", "who is created under a deleted user's name gets its groups",
        "SCIM11-CORE")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    record = server.find(kind, id_)
    groups = [one.id for one in server.store.memberships.get(id_, {}).values()]
    answer = inner(request, kind, id_)
    if kind is USER:
        server.memory.setdefault("groups of", {})[record.data["userName"].lower()] = groups
    return answer


@also("create", "recreated-user-inherits-groups")
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind) -> Any:
    answer: Answer = inner(request, kind)
    name = str((answer.payload or {}).get("userName", "")).lower()
    for id_ in server.memory.get("groups of", {}).get(name, ()):
        group = server.store.get(GROUP, id_)
        if group and answer.status == 201:
            members = [*group.data.get("members", ()), {"value": answer.payload["id"], "type": "User"}]
            server.store.change(group, group.data | {"members": members})
    return answer


# ---- filters

_ANYBODY = "userName pr"


def _reads(name: str, description: str, source: str, change: Any) -> None:
    """The filter is read otherwise than it was sent."""

    @breaks("select", "filter", name, description, source)
    def _(_: GoodServer11, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
        return inner(request, kind, change(text) if text and kind is USER else text)


def _cut(text: str) -> str:
    return _ANYBODY if len(text.split()) == 2 and text.split()[1].lower() == "eq" else text


def _known(text: str) -> str:
    words = text.split()
    return (
        _ANYBODY
        if len(words) > 1 and words[1].lower() not in {"eq", "co", "sw", "pr", "gt", "ge", "lt", "le"}
        else text
    )


def _by_name(text: str) -> str:
    name, _, rest = text.partition(" ")
    return f"userName {rest}" if rest and "." not in name else text


_reads("filter-without-value-200", "a filter without a value is answered with every user", "SCIM11-API-3.2.2.1", _cut)
_reads("filter-unknown-operator-200", "a filter with an unknown operator is answered with every user",
       "SCIM11-API-3.2.2.1", _known)  # fmt: skip
_reads("filter-attribute-ignored", "a filter looks at userName, whatever attribute it names", "SCIM11-API-3.2.2.1",
       _by_name)  # fmt: skip

# ---- configuration


def _of_config(request: Request, _: Answer) -> bool:
    return request.method == "GET" and request.path.startswith("/ServiceProviderConfigs")


spoils_answer("discovery", "config-html", "the configuration is a web page", "okta-scim-11",
              lambda answer: become(answer, 200, html="<html>Sign in</html>"), when=_of_config)  # fmt: skip

# ---- the enterprise extension


@breaks("accept", "create", "enterprise-dropped", "the enterprise extension is accepted and not stored", "SCIM11-CORE")
def _(_: GoodServer11, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, without(body, ENTERPRISE))


@breaks("accept", "create", "enterprise-dropped-unlisted", "the enterprise extension is not stored, and no schema is listed",
        "SCIM11-CORE")  # fmt: skip
def _(_: GoodServer11, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, without(body, ENTERPRISE))


@also("discover", "enterprise-dropped-unlisted")
def _(_: GoodServer11, inner: Wrapper, request: Request, name: str, *rest: str) -> Any:
    if name == "Schemas":
        raise ScimError(404, "There is no such endpoint.")
    return inner(request, name, *rest)


@breaks(
    "replace",
    "put",
    "put-drops-enterprise",
    "PUT drops the enterprise extension that POST has stored",
    "SCIM11-API-3.3.1",
)
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    inner(request, kind, id_)
    record = server.find(kind, id_)
    server.store._replace(record, without(record.data, ENTERPRISE))
    return server.show(request, record)


@breaks("replace", "put", "put-adds-nothing-new", "PUT changes what is there and adds nothing that was not",
        "SCIM11-API-3.3.1")  # fmt: skip
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.find(kind, id_).data
    inner(request, kind, id_)
    record = server.find(kind, id_)
    if kind is USER:
        server.store._replace(record, {key: value for key, value in record.data.items() if key in before})
    return server.show(request, record)


# ---- the second time


def _second(name: str, description: str, *, active: bool) -> None:
    @breaks("merge", "disable", name, description, "okta-scim-11")
    def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
        if kind is USER and body.get("active") is active and data.get("active") is active:
            raise ScimError(400, f"The user is {'active' if active else 'inactive'} already.")
        return inner(kind, data, body)


_second("disable-twice-400", "a user who is inactive cannot be deactivated again", active=False)
_second("enable-twice-400", "a user who is active cannot be activated again", active=True)


@breaks(
    "merge", "disable", "patch-of-disabled-enables", "any PATCH of an inactive user makes it active", "okta-scim-11"
)
def _(_: GoodServer11, inner: Wrapper, kind: Kind, data: Data, body: Data) -> Any:
    changed: Data = inner(kind, data, body)
    return changed | {"active": True} if kind is USER and "active" not in body else changed


@breaks(
    "replace",
    "disable",
    "put-of-disabled-enables",
    "PUT makes an inactive user active, whatever it says",
    "okta-scim-11",
)
def _(server: GoodServer11, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.find(kind, id_).data.get("active")
    inner(request, kind, id_)
    record = server.find(kind, id_)
    if kind is USER and before is False:
        server.store._replace(record, record.data | {"active": True})
    return server.show(request, record)


@breaks("render", "consistency", "list-shows-active", "lists and filters show every user as active", "okta-scim-11")
def _(server: GoodServer11, inner: Wrapper, request: Request, record: Record) -> Data:
    resource: Data = inner(request, record)
    if record.kind is USER and request.path.rstrip("/") == "/Users":
        resource["active"] = True
    return resource
