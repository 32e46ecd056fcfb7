"""Answers, ids, versions and dates that differ lawfully."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha512
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from .protocol import Answer, Data, Request, ScimError
from .schema import Kind
from .store import Record
from .variants_base import around, configures, variant

if TYPE_CHECKING:
    from .good import GoodServer


@variant("patch-204", "every PATCH answers 204 without a body (RFC 7644 §3.5.2)")
def _(server: GoodServer) -> None:
    def patch(inner: Any, request: Request, kind: Kind, id_: str) -> Answer:
        answer: Answer = inner(request, kind, id_)
        if answer.payload is None or "attributes" in request.parameters:  # §3.5.2: attributes asks for a body
            return answer
        del answer.headers["Content-Type"]
        return Answer(204, headers=answer.headers)

    around(server, patch)


@variant("patch-200", "every PATCH answers 200 with the resource (RFC 7644 §3.5.2)")
def _(server: GoodServer) -> None:
    def patch(inner: Any, request: Request, kind: Kind, id_: str) -> Answer:
        answer: Answer = inner(request, kind, id_)
        return server.show(request, server.find(kind, id_)) if answer.status == 204 else answer

    around(server, patch)


@variant("charset", "Content-Type carries ;charset=utf-8 (RFC 8259 §11: it means nothing)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        answer: Answer = inner(request)
        if "Content-Type" in answer.headers:
            answer.headers["Content-Type"] += ";charset=utf-8"
        return answer

    around(server, handle)


@variant("media-type-capitals", "the media type is written Application/Scim+Json (RFC 9110 §8.3.1: in any case)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        answer: Answer = inner(request)
        media_type, semicolon, rest = answer.headers.get("Content-Type", "").partition(";")
        if media_type:
            answer.headers["Content-Type"] = media_type.title() + semicolon + rest
        return answer

    around(server, handle)


@variant("json-errors", "errors are application/json (RFC 7644 §3.12 names no media type)")
def _(server: GoodServer) -> None:
    def refuse(inner: Any, request: Request, error: ScimError) -> Answer:
        answer: Answer = inner(request, error)
        answer.headers["Content-Type"] = "application/json"
        return answer

    around(server, refuse)


@variant("open-discovery", "discovery needs no credential (RFC 7644 §4 asks for none)")
def _(server: GoodServer) -> None:
    def authenticate(inner: Any, request: Request) -> None:
        if not request.path[1:].startswith(("ServiceProviderConfig", "ResourceTypes", "Schemas")):
            inner(request)

    around(server, authenticate)


@variant("shuffled-keys", "the members of each object come in another order each time (RFC 8259 §4, RFC 7643 §2.3.8)")
def _(server: GoodServer) -> None:
    rng = random.Random(1)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shuffled(value[name]) for name in rng.sample(sorted(value), len(value))}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    def handle(inner: Any, request: Request) -> Answer:
        answer: Answer = inner(request)
        answer.payload = shuffled(answer.payload)
        return answer

    around(server, handle)


# ---- ids, versions, dates


@variant("ids-integer", "ids are numbers, as strings (RFC 7643 §3.1 leaves the form to the server)")
def _(server: GoodServer) -> None:
    numbers = count(1)
    server.store.new_id = lambda _: str(next(numbers))


@variant("ids-opaque", "ids are long, and some of their characters are encoded in URLs (RFC 7643 §3.1)")
def _(server: GoodServer) -> None:
    numbers = count(1)

    def new_id(kind: Kind) -> str:
        digest = sha512(f"{kind.name} {next(numbers)}".encode()).digest() * 2
        return f"{kind.name}:{b64encode(digest).decode().replace('/', '~')}"  # has + and =

    server.store.new_id = new_id


@variant("no-etag", "no ETag and no meta.version, and etag.supported is false (RFC 7644 §3.14: optional)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        answer: Answer = inner(request)
        answer.headers.pop("ETag", None)
        return answer

    around(server, handle)
    _without_meta(server, "version")
    configures(server, "etag", supported=False)


@variant("strong-etags", "ETags are strong ones (RFC 7644 §3.14: weak or strong)")
def _(server: GoodServer) -> None:
    def handle(inner: Any, request: Request) -> Answer:
        conditions = {
            name: f"W/{text}" for name, text in request.headers.items() if name in _CONDITIONS and text != "*"
        }
        answer: Answer = inner(replace(request, headers={**request.headers, **conditions}))
        if "ETag" in answer.headers:
            answer.headers["ETag"] = answer.headers["ETag"].removeprefix("W/")
        return answer

    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        version = resource["meta"]["version"].removeprefix("W/")
        return inner({**resource, "meta": {**resource["meta"], "version": version}}, given)  # type: ignore[no-any-return]

    around(server, handle)
    around(server, project)


_CONDITIONS: Final = frozenset({"if-match", "if-none-match"})


@variant("no-dates", "meta has neither created nor lastModified (RFC 7643 §3.1 requires none)")
def _(server: GoodServer) -> None:
    _without_meta(server, "created", "lastModified")


@variant("offset-dates", "dates have an offset in place of Z, and whole seconds (RFC 7643 §2.3.5: xsd:dateTime)")
def _(server: GoodServer) -> None:
    zone = timezone(timedelta(hours=2))

    def project(inner: Any, resource: Data, given: Mapping[str, str]) -> Data:
        meta = dict(resource["meta"])
        for name in {"created", "lastModified"} & meta.keys():
            meta[name] = datetime.fromisoformat(meta[name]).astimezone(zone).isoformat(timespec="seconds")
        return inner({**resource, "meta": meta}, given)  # type: ignore[no-any-return]

    around(server, project)


def _without_meta(server: GoodServer, *names: str) -> None:
    def render(inner: Any, request: Request, record: Record) -> Data:
        resource: Data = inner(request, record)
        for name in names:
            resource["meta"].pop(name, None)
        return resource

    around(server, render)
