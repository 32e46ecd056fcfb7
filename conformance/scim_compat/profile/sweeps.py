"""Sweeps: one template of a scenario, unfolded over the rows of the mapping.

A profile that extends another with a mapping of its own gets the scenarios of its own attributes. ``${rows}`` stands
for the rows: as an entry of a list, and as a key of ``set`` or ``has`` with one of ``VALUES`` behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.profile.grammar import ROWS, WHOLE
from scim_compat.profile.model import ResourceKind
from scim_compat.profile.rows import KINDS, rows_of
from scim_compat.scim.filters import Path
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.source.complaints import ComplaintBook, nearest, quoted
from scim_compat.source.yaml import Node

_OTHERS: Final[Mapping[str, object]] = {
    "userPrincipalName": "moor.${WHO.userPrincipalName}", "mail": "moor.${WHO.mail}",
    "otherMail": "moor.${WHO.otherMail}", "mailNickname": "moor.${WHO.mailNickname}",
    "objectId": "moor-${WHO.objectId}", "oktaId": "${WHO.oktaId}moor",
    "givenName": "Livia", "surname": "Falk-Moor", "displayName": "Livia Falk-Moor ${run.tag}",
    "fullName": "Livia Falk-Moor", "nickName": "Livvi", "jobTitle": "Harbour Pilot", "department": "Survey",
    "division": "Fleet", "costCenter": "N-9017", "organization": "Moor Ferries", "employeeId": "N-904317",
    "employeeType": "Contractor", "telephoneNumber": "+47 555 01 902", "mobile": "+47 555 01 903",
    "facsimileTelephoneNumber": "+47 555 01 904", "preferredLanguage": "nn-NO", "locale": "en-GB",
    "timezone": "Europe/London", "streetAddress": "Kaien 4", "city": "Bergen", "state": "Vestland",
    "postalCode": "N-5003", "country": "SE", "physicalDeliveryOfficeName": "Pier 7", "role": "Admin",
    "description": "Changed by a scim-compat run",
}  # fmt: skip
"""Source attribute → a value that differs from everybody's own. ``WHO`` stands for the actor of the step.

Access, references and secrets are not among them: they have scenarios of their own, and a secret is never read back.
"""

VALUES: Final[Mapping[str, Callable[[str], object]]] = {
    "mapped": lambda source: f"${{WHO.source.{source}}}",
    "other": lambda source: _OTHERS[source],
    "empty": lambda _source: "",
}
"""The words behind ``${rows}`` in ``set`` and ``has``: the value that the mapping gives, another one, no text."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the mapping that is swept."""

    to: str
    source: str
    at: Path

    @property
    def holder(self) -> str:
        """The extension or the complex attribute that the value stands in; empty for a simple core attribute."""
        if self.at.urn:
            return self.at.urn
        return self.at.attribute if self.at.sub or self.at.condition is not None else ""


@dataclass(frozen=True, slots=True)
class _Pack:
    """Rows that one scenario takes together."""

    name: str
    """Part of the scenario's id; empty where there is one pack only."""
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Unfolded:
    """One scenario of a sweep."""

    node: Node
    name: str
    """The part of its id behind the template's."""
    kind: ResourceKind
    paths: tuple[str, ...]
    """The attributes that it is about."""


def unfold(template: Node, mapping: Node, *, thorough: bool, book: ComplaintBook) -> Iterator[Unfolded]:
    """The scenarios of a sweep, in the order of the mapping; none where the mapping has no row for it.

    ``thorough``: one attribute a scenario.
    """
    parts = template.value
    sweep = parts["sweep"].value
    kind = next(kind for kind, key in KINDS if key == sweep["over"].value)
    mapped = [row for node in rows_of(mapping, sweep["over"].value) if (row := _row(node)) is not None]
    _check_paths(sweep, mapped, mapping, book)
    chosen = [row for row in mapped if _is_chosen(row, sweep)]
    for pack in _packs(chosen, sweep, thorough=thorough):
        own = {key: child for key, child in parts.items() if key != "sweep"}
        if pack.name:
            own["id"] = replace(parts["id"], value=f"{parts['id'].value}.{pack.name}")
            own["title"] = replace(parts["title"], value=f"{parts['title'].value}: {pack.label}")
        if "steps" in parts:
            filling = _Filling(pack, mapped, book)
            own["steps"] = replace(parts["steps"], value=[filling.step(each) for each in parts["steps"].value])
        yield Unfolded(replace(template, value=own), pack.name, kind, tuple(row.to for row in pack.rows))


def _row(node: Node) -> Row | None:
    """The row, if it can be swept: it comes from a source and is written again after the creation."""
    parts = node.value
    source = parts["from"].value if "from" in parts else ""
    is_reference = "reference" in parts and parts["reference"].value
    if source not in _OTHERS or "when" in parts or is_reference:
        return None
    try:
        return Row(parts["to"].value, source, parse_path(parts["to"].value))
    except PathError:  # the rules of the mapping report it
        return None


def _is_chosen(row: Row, sweep: Mapping[str, Node]) -> bool:
    only = {node.value.lower() for node in sweep["only"].value} if "only" in sweep else None
    skipped = {node.value.lower() for node in sweep["skip"].value} if "skip" in sweep else set()
    names = {row.to.lower(), row.holder.lower()} - {""}
    return not names & skipped and (only is None or bool(names & only))


def _check_paths(sweep: Mapping[str, Node], mapped: list[Row], mapping: Node, book: ComplaintBook) -> None:
    """Complains about paths that no row has; an inherited sweep may meet a mapping that lacks some."""
    known = {name for row in mapped for name in (row.to, row.holder) if name}
    lowered = {name.lower() for name in known}
    for node in (each for key in ("only", "skip") if key in sweep for each in sweep[key].value):
        if node.value.lower() not in lowered and node.where.file == mapping.where.file:
            what = f"the mapping has no row {quoted(node.value)} that a sweep could take"
            book.add(node.where, what, nearest(node.value, known))


# --- packs ----------------------------------------------------------------------------------------


def _packs(rows: list[Row], sweep: Mapping[str, Node], *, thorough: bool) -> list[_Pack]:
    if not rows:
        return []
    together = sweep["together"].value if "together" in sweep else "holder"
    if thorough:
        names = _distinct([_slug(row.to) for row in rows])
        return [_Pack(name, _short(row.to), (row,)) for name, row in zip(names, rows, strict=True)]
    if together == "all":
        return [_Pack("", "", tuple(rows))]
    if together == "holder":
        holders = list(dict.fromkeys(row.holder.lower() for row in rows))
        groups = [tuple(row for row in rows if row.holder.lower() == holder) for holder in holders]
        labels = [_label(group[0].holder) for group in groups]
        names = _distinct([_slug(label) for label in labels])
        packs = [_Pack(*parts) for parts in zip(names, labels, groups, strict=True)]
        return packs if len(packs) > 1 else [replace(packs[0], name="", label="")]
    count = -(-len(rows) // int(together))
    # Dealt round, so that neighbours, which often stand in one complex attribute, part.
    dealt = [tuple(rows[number::count]) for number in range(count)]
    if count == 1:
        return [_Pack("", "", dealt[0])]
    return [_Pack(str(n), f"part {n} of {count}", group) for n, group in enumerate(dealt, 1)]


def _label(holder: str) -> str:
    """A holder in a title: the name of the attribute, or that of the extension without its URN."""
    return _short(holder) if holder else "simple attributes"


def _short(path: str) -> str:
    """The path with the one telling part of its URN: ``enterprise department``."""
    if not path.lower().startswith("urn:"):
        return path
    at = parse_path(path)
    urn = at.urn or path
    words = [word for word in urn.split(":") if not re.fullmatch(r"[0-9.]+|User|Group", word)]
    return f"{words[-1]} {str(at)[len(at.urn) + 1 :]}".strip() if at.urn and at.attribute else words[-1]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _short(text).lower()).strip("-")[:40] or "x"


def _distinct(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name}-{number}" for number, name in enumerate(names, 1)]


# --- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts the rows of one pack into steps."""

    pack: _Pack
    mapped: list[Row]
    book: ComplaintBook

    def step(self, node: Node) -> Node:
        """The step with the rows in place of ``${rows}``."""
        parts = node.value
        who = next((parts[key].value for key in ("user", "group", "given", "verify", "about") if key in parts), "")
        return self._filled(node, str(who))

    def _filled(self, node: Node, who: str) -> Node:
        if isinstance(node.value, list):
            entries = [one for each in node.value for one in self._entries(each, who)]
            return replace(node, value=entries)
        if isinstance(node.value, dict):
            members: dict[str, Node] = {}
            for key, child in node.value.items():
                members |= self._members(child, who) if key == ROWS else {key: self._filled(child, who)}
            return replace(node, value=members)
        return node

    def _entries(self, node: Node, who: str) -> Iterator[Node]:
        if node.value == ROWS:
            yield from (replace(node, value=row.to) for row in self.pack.rows)
        elif node.value == WHOLE:
            yield from (replace(node, value=path) for path in _wholes(self.pack.rows, self.mapped))
        else:
            yield self._filled(node, who)

    def _members(self, node: Node, who: str) -> dict[str, Node]:
        word = node.value
        if not isinstance(word, str) or word not in VALUES:
            what = f"behind {ROWS} stands the kind of value, not {quoted(str(node.text or word))}"
            self.book.add(node.where, what, nearest(str(word), VALUES, plural="it is one of"))
            return {}
        values = {row.to: VALUES[word](row.source) for row in self.pack.rows}
        return {to: replace(node, value=_of(value, who), text="") for to, value in values.items()}


def _of(value: object, who: str) -> object:
    return value.replace("${WHO.", f"${{{who}.") if isinstance(value, str) else value


def _wholes(rows: tuple[Row, ...], mapped: list[Row]) -> list[str]:
    """The paths to leave out, so that nothing of the rows is left: no empty complex attribute and no bare type."""
    kept = {name for row in mapped if row not in rows for name in _containers(row.at)}
    return list(dict.fromkeys(next((name for name in _containers(row.at) if name not in kept), row.to) for row in rows))


def _containers(at: Path) -> Iterator[str]:
    """The extension, the attribute and the entry that the value stands in, the largest first."""
    if at.urn:
        yield at.urn
    yield str(replace(at, sub="", condition=None))
    if at.condition is not None:
        yield str(replace(at, sub=""))
