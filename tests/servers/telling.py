"""Which lawful variants a server shows, seen from outside: a variant that nobody could see would prove nothing."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from .employees import PEAKON
from .probes_overlap import at_once
from .probing import Client
from .protocol import CORE_USER, ENTERPRISE, PATCH_OP
from .variants_resources import ACCOUNT

_MAIL: Final = [{"value": "z@fjord.example"}]


def seen(c: Client) -> set[str]:
    """The names of ``variants.VARIANTS`` that show in the answers of a new server, of SCIM 2.0 or 1.1."""
    modern = c.send("GET", "/ServiceProviderConfig").status_code == 200
    made = [
        _created(c, "/Users", userName=f"{chr(120 - n)}@fjord.example", emails=[
            {"value": f"x{n}@fjord.example", "type": "work"}, {"value": "y@fjord.example", "type": "home"}])
        for n in range(24)
    ]  # fmt: skip
    ids = [one["id"] for one in made]
    crew = _created(c, "/Groups", displayName="Crew", members=[{"value": one} for one in ids[:2]])["id"]
    empty = _created(c, "/Groups", displayName="Nobody")["id"]
    user = f"/Users/{ids[0].replace('+', '%2B')}"

    answer = c.send("GET", user)
    whole, etag = json.loads(answer.text), answer.headers.get("etag", "")
    media_type, _, parameter = answer.headers["content-type"].partition(";")
    meta = whole["meta"]
    shown = {
        "charset": parameter == "charset=utf-8",
        "media-type-capitals": media_type != media_type.lower(),
        "ids-integer": whole["id"].isdigit(),
        "ids-opaque": ":" in whole["id"],
        "no-etag": not etag and "version" not in meta,
        "strong-etags": etag.startswith('"') and meta["version"] == etag,
        "no-dates": not {"created", "lastModified"} & meta.keys(),
        "offset-dates": meta.get("created", "").endswith("+02:00"),
        "nulls": "nickName" in whole,
        "server-extension": ACCOUNT.urn in whole,
    }
    again = _read(c, user)
    shown["shuffled-keys"] = list(again) != list(whole) and again.keys() == whole.keys()
    shown["shuffled-values"] = again["emails"] == whole["emails"][::-1]
    shown["no-user-groups"] = "groups" not in _read(c, f"{user}?attributes=groups")

    group, asked = _read(c, f"/Groups/{crew}"), _read(c, f"/Groups/{crew}?attributes=members")
    entries = asked["members"]
    shown["members-on-request"] = "members" not in group
    shown["members-value-only"] = all(one.keys() == {"value"} for one in entries)
    shown["relative-refs"] = all(one.get("$ref", "").startswith("../Users/") for one in entries)
    shown["empty-members-array"] = _read(c, f"/Groups/{empty}").get("members") == []

    if modern:
        change: Any = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "externalId", "value": "e-1"}]}
    else:
        change = {"externalId": "e-1"}
    shown["patch-204"] = c.send("PATCH", user, change).status_code == 204
    shown["patch-200"] = c.send("PATCH", f"/Groups/{crew}", change).status_code == 200

    error = c.send("GET", "/Users/none").headers["content-type"].lower()
    shown["json-errors"] = not error.startswith(media_type.lower())
    shown["open-discovery"] = c.send("GET", "/Schemas", headers={"Authorization": ""}).status_code == 200
    config = _read(c, "/ServiceProviderConfig" if modern else "/ServiceProviderConfigs")

    nobody, page, more = (_read(c, f"/Users?{query}") for query in ("filter=title%20pr&startIndex=1", "", "count=100"))
    order = [one["id"] for one in _read(c, "/Users?sortBy=userName").get("Resources", ())]
    few = _read(c, "/Users?filter=userName%20eq%20%22nobody%22")
    shown["eq-only"] = "totalResults" not in nobody
    shown["no-resources-when-empty"] = "Resources" not in few and few["totalResults"] == 0
    shown["page-20"] = (len(page["Resources"]), len(more["Resources"])) == (20, 24)
    shown["most-20"] = (len(more["Resources"]), config["filter"]["maxResults"]) == (20, 20)
    shown["list-order"] = [one["id"] for one in more["Resources"]] != ids[: len(more["Resources"])]
    shown["no-sort"] = order != ids[::-1][: len(order)] and config["sort"]["supported"] is False
    shown.update(_in_its_own_words(c, user))
    shown["no-filter-advertised"] = config["filter"]["supported"] is False
    shown |= _labels(c) | _gaps(c) | _texts(c) | _at_once(c, user) | _beside(c, ids, crew) if modern else {}
    shown["no-change-password"] = config["changePassword"]["supported"] is False
    shown |= _guards(c)
    return {name for name, there in shown.items() if there}


def _guards(c: Client) -> dict[str, bool]:
    """The variants of ``variants_access``. They count wrong credentials, so they are looked at last."""
    nobody, pair = {"Authorization": ""}, {"Authorization": "Basic b3BzOmdvb2QtdG9rZW4="}
    shown = {
        "doors-before-locks": c.send("POST", "/Bulk", {}, nobody).status_code == 501,
        "unknown-403": c.send("GET", "/Nothing").status_code == 403,
        "basic-too": c.send("GET", "/Groups", headers=pair).status_code == 200,
    }
    guess = {"Authorization": "Bearer other"}
    is_refused = any(c.send("GET", "/Groups", headers=guess).status_code == 429 for _ in range(10))
    good = c.send("GET", "/Groups").status_code
    return shown | {"wrong-429": is_refused and good == 200, "lock-out": is_refused and good == 429}


def _texts(c: Client) -> dict[str, bool]:
    """The variants of ``variants_texts``."""

    def create(name: str, **attributes: Any) -> int:
        body = {"schemas": [CORE_USER], "userName": name, "emails": _MAIL} | attributes
        return c.send("POST", "/Users", body).status_code

    composed = _created(c, "/Users", userName="ring@fjord.example", displayName="A\u030a", emails=_MAIL)
    return {
        "composed-texts": composed["displayName"] == "\u00c5",
        "width-mapped-names": [create("wide"), create("\uff57ide")] == [201, 409],
        "no-symbols-in-names": create("\U0001f6a2@fjord.example") == 400,
        "long-texts-refused": create("long@fjord.example", displayName="x" * 255) == 400,
    }


def _at_once(c: Client, user: str) -> dict[str, bool]:
    """The variants of ``variants_overlap``."""
    c.server.pause = 0.04
    changes = [{"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title", "value": text}]} for text in "ab"]
    declined = {answer.status_code for answer in at_once(*[partial(c.send, "PATCH", user, one) for one in changes])}
    twins = {"schemas": [CORE_USER], "userName": "twins@fjord.example", "emails": _MAIL}
    refused = {answer.status_code for answer in at_once(*[partial(c.send, "POST", "/Users", twins)] * 2)}
    c.server.pause = 0.0
    return {f"busy-{status}": status in declined for status in (409, 412, 503)} | {"busy-create-429": 429 in refused}


def _labels(c: Client) -> dict[str, bool]:
    """How the server treats an extension that a client brings along."""
    answers = [
        c.send(
            "POST",
            "/Users",
            {"schemas": [CORE_USER], "userName": f"{label}@fjord.example", PEAKON: {label: "Quay"}, "emails": _MAIL},
        )
        for label in ("Business Unit", "Department", "Start Date")
    ]
    refused = [answer.status_code == 400 for answer in answers]
    kept = [not bad and PEAKON in json.loads(answer.text) for bad, answer in zip(refused, answers, strict=True)]
    return {
        "keeps-labels": kept == [True, True, True],
        "keeps-one-label": kept == [True, False, False],
        "lists-labels": (kept, refused) == ([False, True, False], [True, False, True]),
        "refuses-labels": refused == [True, True, True],
    }


def _in_its_own_words(c: Client, user: str) -> dict[str, bool]:
    """The variants of ``variants_rfc``."""
    denied = c.send("GET", user, headers={"Authorization": ""}).text
    wrong = c.send("DELETE", "/Users")
    plain = {"op": "replace", "path": 'emails[value sw "x"].type', "value": "work"}
    known = c.send("PATCH", user, {"schemas": [PATCH_OP], "Operations": [plain]})
    return {
        "own-scim-types": "invalidToken" in denied,
        "me-served": c.send("GET", "/Me").status_code == 200,
        "no-orders": c.send("GET", "/Users?filter=userName%20pr%20and%20userName%20ne%20%22x%22").status_code == 400
        and c.send("GET", "/Users?filter=userName%20pr").status_code == 200,
        "allow-empty": wrong.status_code == 405 and wrong.headers.get("allow") == "",
        "paths-by-eq-only": "Paths may use" in known.text,
    }


def _gaps(c: Client) -> dict[str, bool]:
    """The server's ways with what a user lacks, and with what it has not itself."""
    bare = _created(c, "/Users", userName="bare@fjord.example", emails=_MAIL)
    led = _created(
        c, "/Users", userName="led@fjord.example", emails=_MAIL, **{ENTERPRISE: {"manager": {"value": "nobody"}}}
    )
    listed = next(one for one in _read(c, "/Schemas")["Resources"] if one["id"] == CORE_USER)["attributes"]
    user = f"/Users/{bare['id']}".replace("+", "%2B")
    change = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "nickName", "value": "Bare"}]}
    is_refused = c.send("PATCH", user, change).status_code == 400
    has_nick_name = "nickName" in {one["name"] for one in listed}
    return {
        "display-name-derived": "displayName" in bare and bare["displayName"] is not None,
        "locale-by-default": bool(bare.get("locale")),
        "emails-required": any(one["name"] == "emails" and one["required"] for one in listed),
        "type-by-default": bare["emails"][0].get("type") == "other",
        "unknown-manager-dropped": "manager" not in led.get(ENTERPRISE, {}),
        "no-nick-name-refused": not has_nick_name and is_refused,
        "no-nick-name-ignored": not has_nick_name and not is_refused,
    }


def _beside(c: Client, ids: list[str], crew: str) -> dict[str, bool]:
    """The variants of ``variants_again``."""
    user, group = (f"/{kind}/{id_}".replace("+", "%2B") for kind, id_ in (("Users", ids[1]), ("Groups", crew)))
    address = [{"type": "work", "locality": "Bergen", "postalCode": "5003"}]
    body = {
        "schemas": [CORE_USER],
        "userName": "z@fjord.example",
        "emails": [{"value": "x0@fjord.example", "type": "work"}],
    }
    is_unique = c.send("POST", "/Users", body).status_code == 409
    lone = _created(c, "/Users", userName="lone@fjord.example", active=False, addresses=address, emails=_MAIL)
    body = {"schemas": [CORE_USER], "userName": "lone@fjord.example", "emails": _MAIL}
    put = c.send("PUT", f"/Users/{lone['id']}".replace("+", "%2B"), body)
    absent = {"op": "remove", "path": f'members[value eq "{ids[5]}"]'}
    unknown = {"op": "add", "path": "members", "value": [{"value": "nobody"}]}
    answers = [c.send("PATCH", group, {"schemas": [PATCH_OP], "Operations": [one]}) for one in (absent, unknown)]
    members = {one["value"] for one in _read(c, f"{group}?attributes=members")["members"]}
    _created(c, "/Groups", displayName="All", members=[{"value": crew}])
    groups = _read(c, f"{user}?attributes=groups").get("groups", ())
    return {
        "absent-member-400": answers[0].status_code == 400,
        "put-enables-by-default": json.loads(put.text)["active"] is True,
        "unknown-members-ignored": answers[1].status_code < 300 and "nobody" not in members,
        "unknown-members-kept": "nobody" in members,
        "unique-emails": is_unique,
        "groups-on-request": bool(groups) and "groups" not in _read(c, user),
        "formatted-follows": "formatted" in lone["addresses"][0],
        "indirect-groups": any(one.get("type") == "indirect" for one in groups),
    }


def _created(c: Client, endpoint: str, **attributes: Any) -> Any:
    answer = c.send("POST", endpoint, attributes)
    assert answer.status_code == 201, answer.text[:300]
    return json.loads(answer.text)


def _read(c: Client, target: str) -> Any:
    return json.loads(c.send("GET", target.replace("+", "%2B")).text)
