"""Defects of creating, and of creating what is there already."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .defects_base import (
    Wrapper,
    become,
    breaks,
    defect,
    fail,
    refuses_body,
    spoils_answer,
)
from .good import GoodServer
from .protocol import ENTERPRISE, FJORD, Answer, Data, Request, ScimError
from .schema import GROUP, USER, Kind
from .store import Record

# ---- create


def _created(_: Request, answer: Answer) -> bool:
    return answer.status == 201


spoils_answer("create", "location-missing", "a create has no Location header", "RFC7644-3.3",
              lambda answer: answer.headers.pop("Location", None), when=_created)  # fmt: skip
spoils_answer("create", "location-relative", "Location is a path", "RFC7644-3.3",
              lambda answer: answer.headers.update(Location="/" + answer.headers["Location"].split("/", 3)[3]),
              when=_created)  # fmt: skip
spoils_answer("create", "location-other-host", "Location names an internal host", "RFC7644-3.3",
              lambda answer: answer.headers.update(Location="http://backend.internal/scim/v2/Users/1"),
              when=_created)  # fmt: skip
spoils_answer("create", "create-200", "a create answers 200", "RFC7644-3.3",
              lambda answer: setattr(answer, "status", 200), when=_created)  # fmt: skip
spoils_answer("create", "create-empty-body", "a create answers 201 without a body", "RFC7644-3.3",
              lambda answer: become(answer, 201), when=_created)  # fmt: skip
spoils_answer("create", "create-answers-id-only", "a create answers the id and nothing else", "RFC7644-3.3",
              lambda answer: setattr(answer, "payload", {"id": answer.payload["id"]}), when=_created)  # fmt: skip


def _drops(name: str, *attributes: str) -> None:
    """On create, attributes are accepted and not stored."""

    def create(server: GoodServer, inner: Wrapper, request: Request, kind: Kind) -> Answer:
        answer: Answer = inner(request, kind)
        record = server.find(kind, answer.payload["id"])
        server.store._replace(record, {k: v for k, v in record.data.items() if k not in attributes})
        answer.payload = server.show(request, record).payload
        return answer

    defect("create", name, f"a create drops {', '.join(attributes)}", "RFC7644-3.3", create=create)


_drops("create-drops-emails", "emails")
_drops("create-drops-phone-numbers", "phoneNumbers")
_drops("create-drops-addresses", "addresses")
_drops("create-drops-external-id", "externalId")
_drops("create-drops-enterprise-extension", ENTERPRISE)
_drops("create-drops-custom-extension", FJORD)

for _name, _value, _text in (
    ("groups", [], "groups: []"), ("roles", [], "roles: []"), ("title", None, "an attribute that is null"),
):  # fmt: skip
    refuses_body("create", f"create-rejects-{'null' if _value is None else 'empty-' + _name}",
                 f"a create with {_text} is refused", "RFC7643-2.5",
                 lambda _, body, name=_name, value=_value: name in body and body[name] == value)  # type: ignore[misc]  # fmt: skip
refuses_body("create", "create-rejects-meta", "a create with meta is refused", "RFC7644-3.3",
             lambda _, body: "meta" in body)  # fmt: skip
refuses_body("create", "create-rejects-unknown-extension", "a create with an undeclared extension is refused",
             "RFC7644-3.3", lambda _, body: any(k.startswith("urn:example") for k in body))  # fmt: skip
refuses_body("create", "create-requires-password", "a user without a password is refused", "RFC7643-4.1.1",
             lambda kind, body: kind == "User" and "password" not in body)  # fmt: skip


@breaks("accept", "create", "create-inactive", "new users are inactive, whatever was sent", "RFC7644-3.3")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    return inner(kind, body | ({"active": False} if kind is USER else {}))


@breaks("create", "create", "create-slow-commit-answers-500", "a create is done, but answers 500", "RFC7644-3.3")
def _(_: GoodServer, inner: Wrapper, request: Request, kind: Kind) -> Any:
    inner(request, kind)
    raise ScimError(500, "The mail could not be sent.")


# ---- duplicates


def _on_duplicate(name: str, description: str, source: str, answer: Callable[..., Any], kind: Kind = USER) -> None:
    """What happens when a userName or displayName is taken; other kinds are not concerned."""

    def create(server: GoodServer, inner: Wrapper, request: Request, of: Kind) -> Any:
        try:
            return inner(request, of)
        except ScimError as error:
            if error.status != 409 or of is not kind:
                raise
            return answer(server, request, error)

    defect("duplicates", name, description, source, create=create)


def _existing(server: GoodServer, request: Request) -> Record:
    return server.store.named(USER, json.loads(request.body or b"{}")["userName"])[0]


def _overwrite(server: GoodServer, request: Request, _: ScimError) -> Answer:
    record = _existing(server, request)
    server.save(record, server.accept(USER, json.loads(request.body or b"{}")))
    return server.show(request, record, status=201)


_on_duplicate("duplicate-500", "creating a user that exists: 500", "RFC7644-3.3",
              lambda *_: fail("IntegrityError: UNIQUE constraint failed", status=500))  # fmt: skip
_on_duplicate("duplicate-400", "creating a user that exists: 400", "RFC7644-3.3",
              lambda *_: fail("userName must be unique"))  # fmt: skip
_on_duplicate("duplicate-200-existing", "creating a user that exists: 200 and the existing one",
              "PostHog/posthog#42253", lambda server, request, _: server.show(request, _existing(server, request)))  # fmt: skip
_on_duplicate("duplicate-201-existing", "creating a user that exists: 201 and the existing one", "RFC7644-3.3",
              lambda server, request, _: server.show(request, _existing(server, request), status=201))  # fmt: skip
_on_duplicate("duplicate-overwrites", "creating a user that exists overwrites it", "RFC7644-3.3", _overwrite)
_on_duplicate("duplicate-409-without-type", "409 without scimType uniqueness", "RFC7644-3.12",
              lambda server, request, error: server.refuse(request, ScimError(409, error.detail)))  # fmt: skip
_on_duplicate("duplicate-409-leaks-existing", "409 answers the existing user", "RFC7644-3.12",
              lambda server, request, _: server.show(request, _existing(server, request), status=409))  # fmt: skip
_on_duplicate("duplicate-group-500", "creating a group that exists: 500", "RFC7644-3.3",
              lambda *_: fail("IntegrityError", status=500), GROUP)  # fmt: skip


def _unchecked(name: str, description: str, source: str, when: Callable[..., bool]) -> None:
    def check_unique(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Record | None) -> None:
        if not when(server, kind, data, record):
            inner(kind, data, record)

    defect("duplicates", name, description, source, check_unique=check_unique)


_unchecked("duplicate-creates-second", "a second user of the same userName is created", "croffasia/itsaplan#250",
           lambda _, kind, __, record: kind is USER and record is None)  # fmt: skip
_unchecked("duplicate-group-creates-second", "a second group of the same displayName is created", "RFC7643-7",
           lambda _, kind, __, record: kind is GROUP and record is None)  # fmt: skip
_unchecked("duplicate-rename-accepted", "a user may be renamed to a userName that is taken", "RFC7643-4.1.1",
           lambda _, kind, __, record: kind is USER and record is not None)  # fmt: skip
_unchecked("duplicate-case-sensitive", "userNames that differ only in case are two users", "RFC7643-4.1.1",
           lambda server, kind, data, _: kind is USER and not any(
               one.data["userName"] == data["userName"] for one in server.store.named(kind, data["userName"])))  # fmt: skip
_unchecked("duplicate-of-disabled-creates-second", "a second user is created if the first one is disabled",
           "better-auth/better-auth#11111", lambda server, kind, data, _: kind is USER and not all(
               one.data.get("active") for one in server.store.named(kind, data["userName"])))  # fmt: skip
