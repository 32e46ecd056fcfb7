"""Probes of what depends on the values that a user of a SCIM 1.1 server has already."""

from __future__ import annotations

from .probing import shown
from .probing11 import Client11, sees
from .schema11 import ENTERPRISE


@sees("put-first-values-ignored-11")
def _(c: Client11) -> None:
    id_ = c.user()
    assert c.put(f"/Users/{id_}", c.read(f"/Users/{id_}") | {"locale": "en_US"}).get("locale") == "en_US"


@sees("put-extension-kept-11", "put-external-id-kept-11")
def _(c: Client11) -> None:
    id_ = c.full()
    body = c.read(f"/Users/{id_}") | {"externalId": "00u-2", ENTERPRISE: {"department": "Survey"}}
    after = c.put(f"/Users/{id_}", body)
    assert (after["externalId"], after[ENTERPRISE]) == ("00u-2", {"department": "Survey"})


@sees("put-own-entries-lost-11")
def _(c: Client11) -> None:
    emails = [
        {"value": "a@fjord.example", "type": "work", "primary": True},
        {"value": "b@fjord.example", "type": "home"},
    ]
    id_ = c.user(emails=emails)
    assert len(c.put(f"/Users/{id_}", c.read(f"/Users/{id_}") | {"locale": "en_US"})["emails"]) == 2


@sees("change-without-difference-400-11", "change-back-ignored-11")
def _(c: Client11) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    c.put(f"/Users/{id_}", before)
    c.put(f"/Users/{id_}", before | {"displayName": "Ada Moor"})
    assert shown(c.put(f"/Users/{id_}", before)) == shown(before)
