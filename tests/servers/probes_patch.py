"""Probes of PATCH of users."""

from __future__ import annotations

from typing import Any

from .probing import Client, entry, sees, shown
from .protocol import CORE_USER, ENTERPRISE, FJORD, PATCH_OP, Data


def _op(op: str, path: str, value: Any = None) -> Data:
    return {"op": op, "path": path} | ({} if value is None else {"value": value})


def _changes(c: Client, *operations: Data) -> tuple[Data, Data]:
    """A full user before and after a PATCH."""
    id_ = c.full()
    return shown(c.read(f"/Users/{id_}")), shown(c.patch(f"/Users/{id_}", *operations))


# ---- patch-simple


@sees("patch-op-case-sensitive", "patch-title-case-ignored", "patch-accepted-but-ignored", "rename-ignored",
      "rename-refused", "patch-replaces-whole-resource", "extension-dropped-on-patch", "several-operations-400",
      "only-first-operation-applied", "only-last-operation-applied")  # fmt: skip
def _(c: Client) -> None:
    before, after = _changes(
        c, _op("Replace", "userName", "Liv@fjord.example"), _op("Replace", "displayName", "Liv"),
        _op("Replace", "title", "Boss"),
    )  # fmt: skip
    assert after == before | {"userName": "Liv@fjord.example", "displayName": "Liv", "title": "Boss"}


@sees("patch-op-title-case-only")
def _(c: Client) -> None:
    assert _changes(c, _op("replace", "title", "Boss"))[1]["title"] == "Boss"


@sees("patch-add-refused", "patch-add-ignored")
def _(c: Client) -> None:
    before, after = _changes(c, _op("add", "nickName", "Addy"), _op("add", "title", "Boss"))
    assert after == before | {"nickName": "Addy", "title": "Boss"}


@sees("patch-replace-of-absent-400")
def _(c: Client) -> None:
    assert _changes(c, _op("replace", "nickName", "Addy"))[1]["nickName"] == "Addy"


@sees("patch-remove-refused", "patch-remove-ignored")
def _(c: Client) -> None:
    assert "title" not in _changes(c, _op("remove", "title"))[1]


@sees("patch-empty-string-400", "patch-empty-string-ignored")
def _(c: Client) -> None:
    assert not _changes(c, _op("replace", "title", ""))[1].get("title")


@sees("patch-external-id-refused")
def _(c: Client) -> None:
    assert _changes(c, _op("replace", "externalId", "New-1"))[1]["externalId"] == "New-1"


@sees("patch-sub-attribute-path-400", "patch-path-literal", "patch-drops-other-sub-attributes")
def _(c: Client) -> None:
    before, after = _changes(c, _op("replace", "name.familyName", "Berg"))
    assert after == before | {"name": before["name"] | {"familyName": "Berg"}}


@sees("patch-core-urn-501")
def _(c: Client) -> None:
    assert _changes(c, _op("add", f"{CORE_USER}:nickName", "Addy"))[1]["nickName"] == "Addy"


@sees("operations-applied-backwards")
def _(c: Client) -> None:
    assert _changes(c, _op("replace", "title", "one"), _op("replace", "title", "two"))[1]["title"] == "two"


@sees("patch-not-atomic", "patch-errors-swallowed", "patch-unknown-path-accepted")
def _(c: Client) -> None:
    id_ = c.full()
    before = c.read(f"/Users/{id_}")
    response = c.raw_patch(f"/Users/{id_}", _op("replace", "title", "Boss"), _op("add", "noSuchAttribute", "x"))
    c.error(response, 400, "invalidPath")
    assert c.read(f"/Users/{id_}") == before


@sees("patch-unknown-op-accepted")
def _(c: Client) -> None:
    c.error(c.raw_patch(f"/Users/{c.user()}", _op("upsert", "title", "x")), 400, "invalidSyntax")


@sees("patch-schemas-must-be-first")
def _(c: Client) -> None:
    body = {"Operations": [_op("add", "title", "x")], "schemas": [PATCH_OP]}
    assert c.json(c.send("PATCH", f"/Users/{c.user()}", body))["title"] == "x"


# ---- patch-pathless


@sees("pathless-500", "pathless-400", "pathless-ignored", "pathless-dotted-keys-ignored", "pathless-urn-keys-ignored",
      "pathless-urn-keys-400", "pathless-dotted-keys-400", "pathless-several-keys-400",
      "pathless-dotted-keys-literal", "pathless-urn-keys-literal", "pathless-only-first-key",
      "pathless-replaces-whole-resource")  # fmt: skip
def _(c: Client) -> None:
    before, after = _changes(c, {"op": "replace", "value": {
        "displayName": "Liv", "name.familyName": "Berg", f"{ENTERPRISE}:department": "Survey",
        "urn:ietf:params:scim:schemas:extension:Fjord:2.0:User:berth": "B8",
    }})  # fmt: skip
    assert after == before | {
        "displayName": "Liv",
        "name": before["name"] | {"familyName": "Berg"},
        ENTERPRISE: before[ENTERPRISE] | {"department": "Survey"},
        FJORD: before[FJORD] | {"berth": "B8"},
    }


@sees("pathless-add-refused")
def _(c: Client) -> None:
    before, after = _changes(c, {"op": "add", "value": {"nickName": "Addy", "name.middleName": "M"}})
    assert after == before | {"nickName": "Addy", "name": before["name"] | {"middleName": "M"}}


@sees("pathless-extension-object-ignored")
def _(c: Client) -> None:
    before, after = _changes(c, {"op": "replace", "value": {ENTERPRISE: {"costCenter": "7"}}})
    assert after == before | {ENTERPRISE: before[ENTERPRISE] | {"costCenter": "7"}}


@sees("pathless-name-object-ignored")
def _(c: Client) -> None:
    before, after = _changes(c, {"op": "replace", "value": {"name": {"givenName": "Liv"}}})
    assert after == before | {"name": before["name"] | {"givenName": "Liv"}}


@sees("pathless-emails-ignored")
def _(c: Client) -> None:
    emails = [{"type": "work", "value": "liv@fjord.example"}]
    before, after = _changes(c, {"op": "replace", "value": {"emails": emails}})
    assert after == before | {"emails": emails}


# ---- patch-valuepath


@sees("valuepath-400", "valuepath-replace-not-implemented", "valuepath-ignored", "valuepath-changes-all",
      "valuepath-appends-duplicate", "valuepath-drops-others", "valuepath-literal-key")  # fmt: skip
def _(c: Client) -> None:
    before, after = _changes(c, _op("Replace", 'emails[type eq "work"].value', "new@fjord.example"))
    assert after == before | {"emails": [before["emails"][0] | {"value": "new@fjord.example"}, before["emails"][1]]}


@sees("valuepath-wrong-element")
def _(c: Client) -> None:
    before, after = _changes(c, _op("replace", 'phoneNumbers[type eq "mobile"].value', "1"))
    assert after["phoneNumbers"] == [before["phoneNumbers"][0], {"type": "mobile", "value": "1"}]


@sees("valuepath-add-refused", "valuepath-missing-element-400", "valuepath-missing-element-ignored",
      "valuepath-drops-type")  # fmt: skip
def _(c: Client) -> None:
    before, after = _changes(c, _op("add", 'emails[type eq "other"].value', "o@fjord.example"))
    assert entry(after, "emails", "other") == {"type": "other", "value": "o@fjord.example"}
    assert after["emails"][:2] == before["emails"]


@sees("valuepath-missing-replace-400")
def _(c: Client) -> None:
    _, after = _changes(c, _op("replace", 'phoneNumbers[type eq "fax"].value', "9"))
    assert entry(after, "phoneNumbers", "fax") == {"type": "fax", "value": "9"}


@sees("valuepath-primary-ignored")
def _(c: Client) -> None:
    _, after = _changes(c, _op("replace", 'emails[type eq "home"].primary', value=True))
    assert [one.get("primary", False) for one in after["emails"]] == [False, True]


@sees("valuepath-string-boolean-400")
def _(c: Client) -> None:
    _, after = _changes(c, _op("Add", 'roles[primary eq "True"].value', "Admin"))
    assert after["roles"] == [{"primary": True, "value": "Admin"}]


@sees("valuepath-replaces-entry", "valuepath-second-operation-lost")
def _(c: Client) -> None:
    path = 'addresses[type eq "work"]'
    before, after = _changes(c, _op("Add", f"{path}.region", "V"), _op("Replace", f"{path}.postalCode", "5004"))
    assert after["addresses"] == [before["addresses"][0] | {"region": "V", "postalCode": "5004"}]


@sees("valuepath-remove-removes-all")
def _(c: Client) -> None:
    before, after = _changes(c, _op("remove", 'emails[type eq "home"]'))
    assert after.get("emails") == before["emails"][:1]


# ---- patch-extension


@sees("extension-path-400", "extension-path-500", "extension-path-ignored", "extension-replaced-whole",
      "extension-path-stored-at-top")  # fmt: skip
def _(c: Client) -> None:
    before, after = _changes(c, _op("Replace", f"{ENTERPRISE}:department", "Survey"))
    assert after == before | {ENTERPRISE: before[ENTERPRISE] | {"department": "Survey"}}


@sees("custom-extension-path-ignored", "custom-extension-path-400", "extension-urn-case-sensitive")
def _(c: Client) -> None:
    before, after = _changes(c, _op("Add", f"{FJORD.replace('fjord', 'Fjord')}:berth", "B9"))
    assert after == before | {FJORD: before[FJORD] | {"berth": "B9"}}


@sees("extension-remove-ignored")
def _(c: Client) -> None:
    _, after = _changes(c, _op("remove", f"{ENTERPRISE}:department"))
    assert after[ENTERPRISE] == {"employeeNumber": "9042"}
