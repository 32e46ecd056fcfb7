"""Ids that are paths, queries, header lines, or somebody else's."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

from servers.schema import USER

from .base import MOUNT, TOKEN, Answer, Asked, Reply, Scene, by, case, changed, everything


def _renamed(
    name: str,
    make: str,
    *,
    profile: str = "entra-v2",
    only: tuple[str, ...] = ("users.disable", "members.remove", "users.delete"),
) -> None:
    """A server that is right in everything, but whose ids look like ``make`` with the real id in it."""

    def script(asked: Asked) -> Answer:
        """Ids that need care in a URL. They are encoded as one segment of the path, and nothing else is touched."""
        return _translated(asked, make)

    def only_ours(scene: Scene) -> None:
        for request in scene.requests:
            line = request.partition(b"\r\n")[0].decode()
            method, target, _ = line.split(" ")
            path = target.partition("?")[0].removeprefix(MOUNT)
            assert path.count("/") <= 2, f"an id was taken for a path: {line}"
            assert not request.lower().count(b"\r\nx-injected"), "an id became a header"
            assert method == "GET" or path.split("/")[1] in {"Users", "Groups"}, line
            assert path.split("/")[2:] not in ([".."], ["."]), f"an id that is a step in the path: {line}"

    case(
        "ids", name=name, on=everything, profile=profile, only=only, status=0, says='"outcome": "pass"', after=only_ours,
    )(script)  # fmt: skip


def _translated(asked: Asked, make: str) -> Reply:
    """The good server's answer with other ids, both ways."""
    known: dict[str, str] = asked.scene.memory.setdefault("ids", {})
    head, _, last = asked.target.partition("?")[0].removeprefix(MOUNT).rpartition("/")
    path = f"{head}/{known.get(unquote(last), unquote(last))}"

    def inwards(_: str, value: Any) -> Any:
        return known.get(value, value) if isinstance(value, str) else value

    def filtered(_: str, value: Any) -> Any:
        for theirs, real in known.items() if isinstance(value, str) and value.startswith("members[") else ():
            value = value.replace(json.dumps(theirs, ensure_ascii=False), f'"{real}"')
        return value

    body = asked.body and json.dumps(changed(changed(asked.payload, inwards), filtered)).encode()
    for theirs, real in known.items():
        between_quotes = quote(json.dumps(theirs, ensure_ascii=False)[1:-1], safe="")
        asked.target = asked.target.replace(f"%22{between_quotes}%22", f"%22{real}%22")
    good = asked.good(body=body, path=path)
    if asked.method == "POST" and good.status == 201:
        real = good.json["id"]
        known[make.replace("ID", real)] = real
    outwards = {real: theirs for theirs, real in known.items()}

    def leaf(name: str, value: Any) -> Any:
        if value in outwards:
            return outwards[value]
        if isinstance(value, str) and name in {"location", "$ref"}:
            before, _, real = value.rpartition("/")
            return f"{before}/{quote(outwards.get(real, real), safe='')}"
        return value

    headers = tuple((n, leaf("location", v) if n == "Location" else v) for n, v in good.headers)
    good = Reply(good.status, headers, good.body, good.reason)
    return good.saying(changed(good.json, leaf)) if good.body else good


_renamed("id-with-slashes", "a/b/ID/c")
_renamed("id-that-climbs", "../../admin/ID")
_renamed("id-that-climbs-encoded", "%2e%2e%2fGroups%2fID")
_renamed("id-with-backslashes", "..\\..\\ID")
_renamed("id-with-a-query", "ID?force=true&all=1")
_renamed("id-with-a-fragment", "ID#top")
_renamed("id-with-blanks", " ID ")
_renamed("id-with-line-breaks", "ID\r\nX-Injected: 1\r\n\r\nDELETE /scim/v2/Users HTTP/1.1")
_renamed("id-with-nul", "ID\x00.json")
_renamed("id-with-quotes", "ID\"'`;--")
_renamed("id-with-script", "ID<script>owned()</script>")
_renamed("id-with-escape-sequences", "ID\x1b[2J\x1b]0;owned\x07")
_renamed("id-with-direction-marks", "\u202eID\u2066\U0001f600")
_renamed("id-with-an-address", "http://127.0.0.1:1/ID@other.example")
_renamed("id-like-a-command", "ID/.search")
_renamed("id-of-8-kilobytes", "x" * 8000 + "ID")
# Literal requests put the id into a path or a filter by themselves.
_LITERAL = ("attributes.by-id", "filter.operators", "modify.no-target", "replace.user")
_renamed("id-that-climbs-out-of-a-literal-request", "../../admin/ID?x=1#y", profile="rfc7644", only=_LITERAL)
_renamed("id-that-ends-a-filter", 'ID" or id pr \\', profile="rfc7644", only=_LITERAL)
_renamed("id-with-line-breaks-in-a-literal-request", "ID\r\nX-Injected: 1", profile="rfc7644", only=_LITERAL)


def _id(name: str, value: Any, *, finds: str, says: str, status: int = 1, left: bool = False) -> None:
    def script(asked: Asked) -> Answer:
        """The client's new user has an id that is none, or that leads to something else."""
        good = asked.good()
        return good.saying(good.json | {"id": value})

    def nothing_but_ours(scene: Scene) -> None:
        for request in scene.requests:
            method, target, _ = request.partition(b"\r\n")[0].decode().split(" ")
            path = target.partition("?")[0].removeprefix(MOUNT).rstrip("/")
            last = unquote(path.rpartition("/")[2])
            assert method not in {"DELETE", "PUT", "PATCH"} or last not in {"", ".", "..", "Users"}, (
                f"{method} {target}"
            )

    case("ids", name=name, on=by("POST"), only=("users.disable", "users.delete"), status=status, finds=finds, says=says, after=nothing_but_ours, left=left)(script)  # fmt: skip


_id("id-of-one-dot", ".", status=0, finds="", says="the answer held no id that a request could name")
_id("id-of-two-dots", "..", status=0, finds="", says="the answer held no id that a request could name")
_id("id-of-a-number", 7, finds="resource.id", says="the answer held no id")
_id("id-of-null", None, finds="resource.id", says="the answer held no id")
_id("id-of-true", True, finds="resource.id", says="the answer held no id")
_id("id-of-a-list", ["a"], finds="resource.id", says="the answer held no id")
_id("id-of-an-object", {"a": "b"}, finds="resource.id", says="the answer held no id")
_id("id-that-is-empty", "", finds="resource.id", says="the answer held no id")
_id("id-that-is-the-token", TOKEN, finds="user.disabled-found-by-id", says="[redacted]")


def _victim(scene: Scene) -> None:
    """A person who was there before the run."""
    good = scene.good
    record = good.store.create(USER, {"schemas": [USER.core.urn], "userName": "vera@customer.example", "active": True})
    scene.memory["vera"] = record


def _untouched(scene: Scene) -> None:
    vera = scene.memory["vera"]
    assert scene.good.store.records["User"].get(vera.id) is vera, "a foreign account was deleted"
    assert vera.data["userName"] == "vera@customer.example", "a foreign account was changed"
    assert vera.data["active"] is True, "a foreign account was disabled"
    scene.good.store.delete(vera)


@case(
    "ids",
    on=by("POST"),
    only=("users.create", "users.disable", "users.delete"),
    finds="create.stored",
    says="who is not of this run and is left alone",
    before=_victim,
    after=_untouched,
)
def somebody_else_is_returned(asked: Asked) -> Answer:
    """The creation makes nobody, and shows an account that was there before. It is neither changed nor deleted."""
    vera = asked.scene.memory["vera"]
    shown = {"schemas": vera.data["schemas"], "id": vera.id, "userName": "vera@customer.example", "active": True}
    return Reply(201, ()).saying(shown)


def _remember(asked: Asked) -> Reply:
    good = asked.good()
    if not asked.by_client and good.status == 201:
        asked.scene.memory.setdefault("bystander", good.json["id"])
    return good


@case(
    "ids",
    on=by("POST", "/Users", client_only=False),
    only=("users.create", "users.disable", "users.delete"),
    finds="resource.id-unique",
    says="resource.id-unique",
)
def the_bystander_s_id(asked: Asked) -> Answer:
    """Each new user gets the bystander's id in the answer. A breach; clean-up deletes what it made, and only that."""
    good = _remember(asked)
    return good.saying(good.json | {"id": asked.scene.memory["bystander"]}) if good.status == 201 else good


@case(
    "ids",
    on=by("POST", "/Users", client_only=False),
    only="members.remove",
    finds="resource.id-unique",
    says="resource.id-unique",
)
def one_id_for_all(asked: Asked) -> Answer:
    """Every user that is made gets the first one's id, who is the bystander."""
    good = asked.good()
    asked.scene.memory.setdefault("first", good.json.get("id"))
    return good.saying(good.json | {"id": asked.scene.memory["first"]}) if good.status == 201 else good


@case("ids", on=by("GET", "/Users/", client_only=False), finds="resource.id-stable", says="resource.id-stable")
def another_id_at_each_read(asked: Asked) -> Answer:
    """Each read shows another id."""
    good = asked.good()
    return good.saying(good.json | {"id": f"id-{len(asked.scene.requests)}"}) if good.status == 200 else good
