"""Probes of texts: in filters, beside others that look alike, and on their way to the store."""

from __future__ import annotations

import json

from .probing import Client, full_user, sees
from .protocol import ENTERPRISE

# ---- values in filters


@sees("filter-splits-at-words", "filter-counts-brackets-in-quotes", "filter-long-value-500", "filter-sql-guard-403",
      "filter-cut-at-semicolon", "filter-cut-at-hash", "filter-astral-lost", "filter-bidi-stripped")  # fmt: skip
def _(c: Client) -> None:
    for name in ("Salt and pepper or not pr", "(1 [a", "x" * 200, "O'Brien; -- #1", "Ann 🚢", "חוף"):
        id_ = c.user(displayName=name)
        assert c.find(f"displayName eq {json.dumps(name)}") == [id_]
        assert c.send("DELETE", f"/Users/{id_}").status_code == 204


@sees("filter-collapses-spaces", "filter-ignores-spaces", "filter-ignores-accents", "filter-compares-numbers")
def _(c: Client) -> None:
    names = ("Ann  Berg", "Ann Berg", " Ann Berg", "Ånn Berg", "0042", "42")
    ids = [c.user(f"u{number}@fjord.example", displayName=name) for number, name in enumerate(names)]
    for id_, name in zip(ids, names, strict=True):
        assert c.find(f'displayName eq "{name}"') == [id_]


@sees("filter-ignores-dots", "filter-ignores-plus-tag", "duplicate-ignores-plus-tag")
def _(c: Client) -> None:
    names = ("liv.dahl@fjord.example", "livdahl@fjord.example", "liv.dahl+x@fjord.example")
    ids = [c.user(name) for name in names]
    for id_, name in zip(ids, names, strict=True):
        assert c.find(f'userName eq "{name}"') == [id_]


# ---- bodies that are refused for a value


@sees("external-id-dot-400", "phone-plus-500")
def _(c: Client) -> None:
    phones = [{"type": "work", "value": "+4755502"}]
    assert c.read(f"/Users/{c.user(externalId='liv.dahl', phoneNumbers=phones)}")["phoneNumbers"] == phones


# ---- texts on their way to the store

TEXTS = ("Bjørn å 🚢 港", " both ends ", "x" * 200, "R&D <b>Co</b> O'Brien \\ 100%41", "B\u030arn", "חוף عمان")


@sees("decomposes-letters", "cuts-at-emoji", "cuts-at-64", "trims-ends", "strips-tags", "doubles-apostrophes",
      "drops-backslashes", "decodes-percent", "drops-combining-marks", "drops-right-to-left")  # fmt: skip
def _(c: Client) -> None:
    for text in TEXTS:
        id_ = c.user(displayName=text)
        assert c.read(f"/Users/{id_}")["displayName"] == text
        assert c.send("DELETE", f"/Users/{id_}").status_code == 204


@sees("patch-reads-latin-1", "patch-html-escapes", "patch-trims-zeros", "patch-lower-cases")
def _(c: Client) -> None:
    id_ = str(c.create("/Users", full_user())["id"])
    for text in ("Bjørn", "R&D", "007", "Chief"):
        assert c.patch(f"/Users/{id_}", {"op": "replace", "path": "title", "value": text})["title"] == text


@sees("digits-shown-as-numbers")
def _(c: Client) -> None:
    assert c.read(f"/Users/{c.user(title='007')}")["title"] == "007"
    assert c.read(f"/Users/{c.full()}")[ENTERPRISE]["employeeNumber"] == "9042"


@sees("group-names-escaped")
def _(c: Client) -> None:
    assert c.read(f"/Groups/{c.group('R&D')}")["displayName"] == "R&D"
