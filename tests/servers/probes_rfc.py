"""Probes of filters with several terms, of single operators, of sorting, and of single sentences of the RFCs."""

from __future__ import annotations

from urllib.parse import quote_plus

from .evaluators import WRONG
from .probing import Client, full_user, sees
from .protocol import CORE_USER, ENTERPRISE


def _crew(c: Client) -> dict[str, str]:
    """Four users: ann and ben are of the crew, cid and dot of the deck."""
    return {name: c.user(name, title=title) for name, title in
            (("ann", "Crew"), ("ben", "Crew"), ("cid", "Deck"), ("dot", "Deck"))}  # fmt: skip


_LOGIC = {
    "ann or Deck and cid": {"ann", "cid"},
    "cid and Deck or ann": {"ann", "cid"},
    "ann or ben and cid or dot": {"ann", "dot"},
    "( ann or cid ) and Deck": {"cid"},
    "Deck and ( cid or ann )": {"cid"},
    "( ann or cid ) and ( ben or Deck )": {"cid"},
    "not ( ann or cid ) and Deck": {"dot"},
    "not ( Deck and cid ) and Deck": {"dot"},
    "Deck and not ( ann or cid )": {"dot"},
    "not ( ann ) and not ( cid ) and Crew": {"ben"},
    "ann or not ( ben ) and cid": {"ann", "cid"},
    "not ( ann ) and cid or Crew": {"ann", "ben", "cid"},
    "cid and ( not ( dot ) or Crew )": {"cid"},
    "ann or Crew": {"ann", "ben"},
    "ann and cid": set(),
}


def _written(short: str) -> str:
    words = {"Crew": 'title eq "Crew"', "Deck": 'title eq "Deck"'}
    names = {name: f'userName eq "{name}"' for name in ("ann", "ben", "cid", "dot")}
    return " ".join((words | names).get(word, word) for word in short.split())


@sees(*WRONG)
def _(c: Client) -> None:
    ids = _crew(c)
    for short, names in _LOGIC.items():
        assert c.find(_written(short)) == [ids[name] for name in ids if name in names], short


@sees("operator-co-is-sw", "operator-sw-is-co", "operator-ew-is-co", "operator-gt-is-ge", "operator-ge-is-gt",
      "operator-lt-is-gt", "operator-le-is-lt", "operator-ne-is-eq", "operator-co-heeds-case", "operator-ne-heeds-case", "operator-sw-heeds-case", "operator-ew-heeds-case",
      "operator-pr-is-true", "operators-500", "operators-declined", "operators-ignored")  # fmt: skip
def _(c: Client) -> None:
    ann, ben, cid = (c.user(name, **more) for name, more in
                     (("a-1", {"title": "Chief"}), ("b-1", {}), ("c-a", {"title": "Mate"})))  # fmt: skip
    for text, found in {
        'userName co "-1"': [ann, ben],
        'userName co "A"': [ann, cid],
        'userName sw "a"': [ann],
        'userName sw "A"': [ann],
        'userName ew "A"': [cid],
        'userName ew "a"': [cid],
        'userName ne "A-1"': [ben, cid],
        'userName gt "b-1"': [cid],
        'userName ge "b-1"': [ben, cid],
        'userName lt "b-1"': [ann],
        'userName le "b-1"': [ann, ben],
        "title pr": [ann, cid],
    }.items():
        assert c.find(text) == found, text


@sees("boolean-order-accepted", "boolean-order-invalid-value", "boolean-false-is-absent")
def _(c: Client) -> None:
    c.user("ann")
    ben = c.user("ben", active=False)
    assert c.find("active eq false") == [ben]
    c.error(c.send("GET", f"/Users?filter={quote_plus('active gt false')}"), 400, "invalidFilter")


@sees("value-path-first-term", "value-path-or-is-and", "value-path-not-ignored", "value-path-across-entries")
def _(c: Client) -> None:
    ann = c.user("ann", emails=[{"type": "work", "value": "a@x.example"}, {"type": "home", "value": "h@x.example"}])
    c.user("ben", emails=[{"type": "work", "value": "b@x.example"}])
    assert c.find('emails[type eq "work" and value eq "a@x.example"]') == [ann]
    assert c.find('emails[type eq "work" and value eq "h@x.example"]') == []
    assert c.find('emails[value eq "h@x.example" or value eq "q@x.example"]') == [ann]
    assert c.find('emails[not (type eq "work")]') == [ann]


@sees("filter-escapes-kept", "group-operators-are-eq", "total-of-page-with-filter", "search-sort-ignored")
def _(c: Client) -> None:
    ids = [c.user("ann"), c.user("ben")]
    assert c.find('userName eq "\\u0061nn"') == ids[:1]
    crew = c.group("Crew")
    assert c.find('displayName sw "Cr"', "/Groups") == [crew]
    assert c.page("/Users?filter=userName%20pr&count=1")["totalResults"] == 2
    found = c.json(c.send("POST", "/Users/.search", {"sortBy": "userName", "sortOrder": "descending"}))
    assert [one["id"] for one in found["Resources"]] == ids[::-1]


@sees("names-not-normalized")
def _(c: Client) -> None:
    ann = c.user("rene\u0301e")
    assert c.find('userName eq "ren\u00e9e"') == [ann]


@sees("sort-by-first-value", "sort-drops-valueless", "sort-valueless-first", "sort-heeds-case", "sort-default-descending",
      "sort-sub-attribute-ignored")  # fmt: skip
def _(c: Client) -> None:
    def emails(home: str, work: str) -> list[dict[str, object]]:
        return [{"type": "home", "value": home}, {"type": "work", "value": work, "primary": True}]

    cid = c.user("C", emails=emails("a@x", "z@x"), name={"familyName": "a"}, title="x")
    ann = c.user("a", emails=emails("c@x", "m@x"), name={"familyName": "C"})
    ben = c.user("B", emails=emails("b@x", "k@x"), name={"familyName": "b"}, title="A")

    def order(query: str) -> list[str]:
        return [one["id"] for one in c.page(f"/Users?{query}")["Resources"]]

    assert order("sortBy=userName") == [ann, ben, cid]
    assert order("sortBy=name.familyName") == [cid, ben, ann]
    assert order("sortBy=emails.value") == [ben, ann, cid]
    assert order("sortBy=title&sortOrder=ascending") == [ben, cid, ann]
    assert order("sortBy=title&sortOrder=descending") == [ann, cid, ben]


# ---- PATCH, POST and PUT


@sees("valuepath-replace-first-only", "valuepath-remove-first-only")
def _(c: Client) -> None:
    emails = [{"type": "work", "value": "w@x"}, {"type": "home", "value": "a@x"}, {"type": "home", "value": "b@x"}]
    id_ = c.user("ann", emails=emails)
    after = c.patch(f"/Users/{id_}", {"op": "replace", "path": 'emails[type eq "home"].type', "value": "other"})
    assert [one["type"] for one in after["emails"]] == ["work", "other", "other"]
    after = c.patch(f"/Users/{id_}", {"op": "remove", "path": 'emails[type eq "other"]'})
    assert [one["value"] for one in after["emails"]] == ["w@x"]


@sees("no-op-moves-date", "version-of-every-read")
def _(c: Client) -> None:
    id_ = c.user("ann", displayName="Ann")
    before = c.read(f"/Users/{id_}")
    assert c.patch(f"/Users/{id_}", {"op": "add", "path": "displayName", "value": "Ann"})["meta"] == before["meta"]


@sees("patch-unknown-path-as-key", "patch-id-accepted", "no-target-accepted")
def _(c: Client) -> None:
    id_ = c.user("ann")
    for path in ("nonsense", 'emails[type eq "work"', "id", 'emails[value sw "nobody"].value'):
        c.error(c.raw_patch(f"/Users/{id_}", {"op": "replace", "path": path, "value": "x"}), 400)


@sees("pathless-complex-replaced")
def _(c: Client) -> None:
    id_ = c.create("/Users", full_user())["id"]
    after = c.patch(f"/Users/{id_}", {"op": "replace", "value": {"name": {"familyName": "Berg"}}})
    assert after["name"].get("givenName") == "Ada"


@sees("manager-as-array")
def _(c: Client) -> None:
    boss = c.user("boss")
    id_ = c.user("ann", schemas=[CORE_USER, ENTERPRISE], **{ENTERPRISE: {"manager": {"value": boss}}})
    manager = c.read(f"/Users/{id_}")[ENTERPRISE]["manager"]
    assert isinstance(manager, dict)
    assert manager["value"] == boss


@sees("create-boolean-as-text")
def _(c: Client) -> None:
    id_ = c.create("/Users", {"schemas": [CORE_USER], "userName": "ann", "active": "True"})["id"]
    assert c.read(f"/Users/{id_}")["active"] is True


@sees("null-user-name-500")
def _(c: Client) -> None:
    id_ = c.user("ann")
    c.error(c.send("PUT", f"/Users/{id_}", {"schemas": [CORE_USER], "userName": None}), 400)


@sees("put-attributes-ignored", "rename-never")
def _(c: Client) -> None:
    id_ = c.user("ann", displayName="Ann")
    body = {"schemas": [CORE_USER], "userName": "ben", "displayName": "Ben"}
    assert "userName" not in c.json(c.send("PUT", f"/Users/{id_}?attributes=displayName", body))


# ---- meta, status, header


@sees("meta-dates-without-zone", "meta-dates-absent", "locations-of-other-host")
def _(c: Client) -> None:
    created = c.send("POST", "/Users", {"schemas": [CORE_USER], "userName": "ann"})
    meta = c.json(created, 201)["meta"]
    assert meta.get("created", "").endswith("Z")
    assert meta.get("lastModified", "").endswith("Z")
    assert meta["location"] == created.headers["location"]
    assert meta["location"].startswith("http://good.example/")


@sees("405-without-allow", "405-allows-what-it-refuses")
def _(c: Client) -> None:
    refused = c.send("DELETE", "/Schemas")
    assert refused.status_code == 405
    assert "DELETE" not in refused.headers.get("allow", "DELETE")


@sees("me-without-location", "me-location-is-me", "me-redirect-without-location")
def _(c: Client) -> None:
    answer = c.send("GET", "/Me")
    assert answer.status_code == 501 or "/Users/" in answer.headers.get("location", "")
