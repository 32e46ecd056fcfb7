"""Defects of what is read back after a write, and of what a write touches beside its subject."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from .defects_base import (
    Wrapper,
    also,
    breaks,
    defect,
    resources_in,
    spoils_answer,
)
from .good import GoodServer
from .protocol import Answer, Data, Request
from .schema import GROUP, USER, Kind
from .store import Record

# ---- consistency


@breaks("read", "consistency", "stale-read-after-write", "the first read after a change shows the state before it",
        "sourcegraph/sourcegraph#49325")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    answer: Answer = inner(request, kind, id_)
    seen = server.memory.get(id_)
    server.memory[id_] = copy.deepcopy(answer.payload)
    if seen is not None and seen != answer.payload:
        answer.payload = seen
    return answer


@breaks("select", "consistency", "stale-index-after-create", "the first filter after a create does not find it",
        "RFC7644-3.3")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    known = server.memory.setdefault(f"known-{kind.name}", set())
    found = inner(request, kind, text)
    shown = [one for one in found if one["id"] in known]
    known |= {record.id for record in server.store.all(kind)}
    return shown


@breaks("select", "consistency", "stale-index-after-rename", "filters find a user by its former userName",
        "RFC7644-3.4.2.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, text: str | None) -> Any:
    found = inner(request, kind, text)
    wanted = (text or "").lower()
    for id_, names in server.memory.get("former", {}).items():
        record = server.store.get(kind, id_)
        if record and any(f'"{name}"' in wanted for name in names):
            found.append(server.render(request, record))
    return found


@also("save", "stale-index-after-rename")
def _(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    before = record.data[record.kind.unique].lower()
    inner(record, data)
    if record.data[record.kind.unique].lower() != before:
        server.memory.setdefault("former", {}).setdefault(record.id, []).append(before)


@breaks("save", "consistency", "last-modified-frozen", "meta.lastModified never changes", "RFC7643-3.1")
def _(_: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    record.modified = record.created


@breaks("save", "consistency", "created-changes", "meta.created changes with every write", "RFC7643-3.1")
def _(_: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    record.created -= timedelta(hours=1)


@breaks("save", "consistency", "last-modified-goes-back", "meta.lastModified goes back in time", "RFC7643-3.1")
def _(_: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    inner(record, data)
    record.modified = record.created - timedelta(hours=1)


def _touches(kind: Kind, **changes: Any) -> Wrapper:
    """A write also changes the oldest other resource of a kind."""

    def save(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
        inner(record, data)
        other = next((one for one in server.store.all(kind) if one is not record), None)
        if other:
            server.store.change(other, other.data | changes)

    return save


defect("consistency", "write-touches-bystander", "a change of one user changes another one too", "RFC7644-3.5.2",
       save=_touches(USER, title="changed by somebody else"))  # fmt: skip
defect("consistency", "disable-disables-bystander", "a change of one user disables another one", "RFC7644-3.5.2",
       save=_touches(USER, active=False))  # fmt: skip
defect("consistency", "write-touches-bystander-group", "a change of one user changes a group", "RFC7644-3.5.2",
       save=_touches(GROUP, externalId="changed by somebody else"))  # fmt: skip


@breaks("patch", "consistency", "patch-answer-not-stored", "PATCH answers the new state, but stores nothing",
        "RFC7644-3.5.2")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, request: Request, kind: Kind, id_: str) -> Any:
    record = server.find(kind, id_)
    before, modified = record.data, record.modified
    answer = inner(request, kind, id_)
    server.store._replace(record, before)
    record.modified = modified
    return answer


spoils_answer("consistency", "patch-answers-old-state", "PATCH answers the state before it, though it is stored",
              "RFC7644-3.5.2", lambda answer: [one.update(displayName="before") for one in resources_in(answer.payload)],
              when=lambda request, answer: request.method == "PATCH" and answer.status == 200)  # fmt: skip
spoils_answer("consistency", "post-answers-other-values", "a create answers other values than a read does later",
              "RFC7644-3.3", lambda answer: answer.payload.update(displayName="pending"), when=lambda _, answer: answer.status == 201)  # fmt: skip
spoils_answer("consistency", "list-differs-from-read", "lists show older values than a read does", "RFC7644-3.4.2",
              lambda answer: [one.update(displayName="cached") for one in resources_in(answer.payload)],
              when=lambda _, answer: "totalResults" in (answer.payload or ()))  # fmt: skip
defect("consistency", "if-match-ignored", "a change for an outdated version is accepted", "RFC7644-3.14",
       precondition=lambda *_: None)  # fmt: skip


@breaks("handle", "consistency", "etag-not-sent", "no ETag and no meta.version, though etags are advertised",
        "RFC7644-3.14")  # fmt: skip
def _(_: GoodServer, inner: Wrapper, request: Request) -> Any:
    answer = inner(request)
    answer.headers.pop("ETag", None)
    for resource in resources_in(answer.payload):
        resource.get("meta", {}).pop("version", None)
    return answer
