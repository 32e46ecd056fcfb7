"""Defects of disabling and deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .defects_base import (
    Op,
    Wrapper,
    also,
    become,
    breaks,
    defect,
    drops_keys,
    fail,
    ignores,
    read,
    refuses,
    spoils_answer,
    spoils_resource,
)
from .good import GoodServer
from .protocol import Answer, Data, Request
from .schema import GROUP, USER, Kind
from .store import Record

# ---- disable


def _active(op: Op) -> Any:
    """True or False if the operation sets ``active``, None otherwise; text counts like JSON."""
    if op.kind != "User" or not op.sets("active") or op.name == "remove":
        return None
    return {"true": True, "false": False}.get(str(op.given("active")).lower())


def _disables(op: Op) -> bool:
    return _active(op) is False


def _enables(op: Op) -> bool:
    return _active(op) is True


def _hides(record: Record) -> bool:
    return record.kind is USER and record.data.get("active") is False


ignores("disable", "disable-accepted-but-ignored", "disabling answers 200 and changes nothing",
        "OneUptime/oneuptime#3852", _disables)  # fmt: skip
drops_keys("disable", "disable-pathless-ignored", "active in a path-less value is ignored", "getsentry/sentry#27199",
           lambda key, _: key.lower() == "active")  # fmt: skip
refuses("disable", "disable-with-path-refused", "active can be set without a path only", "getsentry/sentry#27199",
        lambda op: _active(op) is not None and bool(op.path))  # fmt: skip
refuses("disable", "disable-with-add-refused", "active can be replaced, not added", "rancher/rancher#54025",
        lambda op: _active(op) is not None and op.name == "add")  # fmt: skip
ignores("disable", "reactivate-ignored", "enabling a disabled user answers 200 and changes nothing",
        "PostHog/posthog#42603", _enables)  # fmt: skip
refuses("disable", "reactivate-400", "enabling a disabled user is refused", "FusionAuth/fusionauth-issues#3311",
        _enables, detail="invalid patch")  # fmt: skip
spoils_resource("disable", "active-not-returned", "active is never shown", "getsentry/sentry-docs#16258",
                lambda resource: resource.pop("active", None))  # fmt: skip
spoils_resource("disable", "active-always-true", "active is shown as true, whatever is stored",
                "ssoready/ssoready#155", lambda r: r.update(active=True) if "active" in r else None)  # fmt: skip


@breaks("select", "disable", "disabled-hidden-from-filter", "filters do not find disabled users",
        "better-auth/better-auth#11111")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return [one for one in inner(request, kind, text) if text is None or one.get("active", True)]


@breaks("select", "disable", "disabled-hidden-from-list", "lists leave out disabled users", "RFC7644-3.4.2")
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    return [one for one in inner(request, kind, text) if text is not None or one.get("active", True)]


@breaks("read", "disable", "disabled-404-by-id", "reading a disabled user by id: 404", "devforum.okta.com/t/24187")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if _hides(server.find(kind, id_)):
        fail("User not found", status=404)
    return inner(request, kind, id_)


def _after_disabling(name: str, description: str, source: str, then: Callable[..., object]) -> None:
    """Something else happens when a user becomes inactive."""

    def save(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        disabled = record.data.get("active") is True and data.get("active") is False
        inner(record, data)
        if disabled:
            then(server, record)

    defect("disable", name, description, source, save=save)


def _without(record: Record, *names: str) -> Data:
    return {key: value for key, value in record.data.items() if key not in names}


def _leave_groups(server: GoodServer, record: Record) -> None:
    for group in list(server.store.memberships.get(record.id, {}).values()):
        left = [one for one in group.data["members"] if one["value"] != record.id]
        server.store.change(group, _without(group, "members") | ({"members": left} if left else {}))


def _answer_404(server: GoodServer, record: Record) -> None:
    server.memory["stored"] = record.id
    fail("User not found", status=404)


_after_disabling("disable-deletes-user", "disabling deletes the user", "langfuse/langfuse#13245",
                 lambda server, record: server.store.delete(record))  # fmt: skip
_after_disabling("disable-answers-404", "disabling works, but answers 404", "harness/harness-core#48591", _answer_404)
_after_disabling("disable-loses-emails", "disabling deletes the e-mail addresses", "RFC7644-3.5.2",
                 lambda server, record: server.store.change(record, _without(record, "emails")))  # fmt: skip
_after_disabling("disable-changes-user-name", "disabling renames the user, to free the name", "RFC7644-3.5.2",
                 lambda server, record: server.store.change(
                     record, record.data | {"userName": f"deleted-{record.data['userName']}"}))  # fmt: skip
_after_disabling("disable-drops-memberships", "disabling removes the user from groups",
                 "Entra: memberships are not sent again on re-enabling", _leave_groups)  # fmt: skip


@breaks("replace", "disable", "put-cannot-disable", "PUT with active false answers 200 and the user stays active",
        "RFC7644-3.5.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    before = server.find(kind, id_).data.get("active")
    inner(request, kind, id_)
    record = server.find(kind, id_)
    server.store.change(record, record.data | ({"active": True} if before else {}))
    return server.show(request, record)


@breaks("apply", "disable", "patch-without-active-disables", "a PATCH that does not mention active disables the user",
        "Captain-P-Goldfish/SCIM-SDK#181")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operations: list[Data]) -> Any:
    changed = inner(kind, data, operations)
    mentioned = any(_active(read(kind, operation)) is not None for operation in operations)
    return changed if kind is GROUP or mentioned else changed | {"active": False}


# ---- delete


@breaks("delete", "delete", "delete-accepted-but-ignored", "DELETE answers 204 and deletes nothing", "RFC7644-3.6")
def _(server: GoodServer, _inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    server.precondition(request, server.find(kind, id_))
    return Answer(204)


@breaks("delete", "delete", "delete-soft-only", "DELETE only disables the user", "RFC7644-3.6")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if kind is GROUP:
        return inner(request, kind, id_)
    record = server.find(kind, id_)
    server.store.change(record, record.data | {"active": False})
    return Answer(204)


@breaks(
    "delete",
    "delete",
    "delete-leaves-membership",
    "a deleted user stays a member of its groups",
    "RFC7643-4.2",
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    groups = [(group, group.data) for group in server.store.memberships.get(id_, {}).values()]
    answer = inner(request, kind, id_)
    for group, data in groups:
        group.data = data
    return answer


@breaks("delete", "delete", "delete-of-active-refused", "only a disabled user can be deleted", "RFC7644-3.6")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    if server.find(kind, id_).data.get("active"):
        fail("Disable the user first.")
    return inner(request, kind, id_)


@breaks("delete", "delete", "delete-of-user-deletes-group", "the groups of a deleted user are deleted too",
        "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    groups = list(server.store.memberships.get(id_, {}).values())
    answer = inner(request, kind, id_)
    for group in groups:
        server.store.delete(group)
    return answer


@breaks("delete", "delete", "deleted-still-found", "a deleted resource is still found by filters and lists",
        "RFC7644-3.6")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    shown = server.render(request, server.find(kind, id_))
    server.memory.setdefault(kind.name, []).append(shown)
    return inner(request, kind, id_)


@also("select", "deleted-still-found")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    wanted = server.parse_filter(text, kind) if text is not None else None
    gone = server.memory.get(kind.name, [])
    return found + [one for one in gone if wanted is None or server.matches(wanted, one)]


@breaks(
    "delete",
    "delete",
    "deleted-still-readable",
    "a deleted resource can still be read by its id",
    "RFC7644-3.6",
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    server.memory[id_] = server.render(request, server.find(kind, id_))
    return inner(request, kind, id_)


@also("read", "deleted-still-readable")
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    return Answer(200, server.memory[id_]) if id_ in server.memory else inner(request, kind, id_)


@breaks(
    "delete",
    "delete",
    "deleted-name-blocked",
    "the userName of a deleted user cannot be used again",
    "RFC7644-3.6",
)
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    server.memory.setdefault("blocked", set()).add(server.find(kind, id_).data[kind.unique].lower())
    return inner(request, kind, id_)


@also("check_unique", "deleted-name-blocked")
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
    if data[kind.unique].lower() in server.memory.get("blocked", ()):
        fail("That name was used before.", status=409)
    inner(kind, data, record)


spoils_answer("delete", "delete-200-with-body", "DELETE answers 200 with a body", "RFC7644-3.6",
              lambda answer: become(answer, 200, payload={"message": "deleted"}),
              when=lambda request, answer: request.method == "DELETE" and answer.status == 204)  # fmt: skip
spoils_answer("delete", "delete-unknown-204", "DELETE of an unknown id: 204", "RFC7644-3.6",
              lambda answer: become(answer, 204),
              when=lambda request, answer: request.method == "DELETE" and answer.status == 404)  # fmt: skip
spoils_answer("delete", "delete-unknown-500", "DELETE of an unknown id: 500", "RFC7644-3.6",
              lambda answer: become(answer, 500, payload=answer.payload),
              when=lambda request, answer: request.method == "DELETE" and answer.status == 404)  # fmt: skip
