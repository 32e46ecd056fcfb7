"""Loads profiles: finds the files, follows ``extends``, merges, validates, builds.

A profile may come from a stranger. Nothing in it is executed; no file is read beyond the one that is
named, those of the same folder it extends, and the built-in ones.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from scim_compat.errors import SourceFileError
from scim_compat.profile.build import Builder, merged
from scim_compat.profile.find import builtin, builtin_dir
from scim_compat.profile.model import Profile
from scim_compat.profile.validate import schema_complaints
from scim_compat.source.complaints import ENOUGH, Complaint, nearest, quoted, source_error
from scim_compat.source.places import Where
from scim_compat.source.yaml import Node, read

_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.ya?ml")
_LONGEST_CHAIN: Final = 10
_OWN_KEYS: Final = ("format", "id", "title", "version")
"""What a file says for itself, even if it extends another."""


def load(ref: str | Path, *, check_ids: Container[str] | None = None) -> Profile:
    """The profile of that name: the id of a built-in one, or the path of a file.

    ``check_ids``: the checks that ``requires`` may name; None leaves the names unchecked.
    Raises ``SourceFileError`` with everything that is wrong with it.
    """
    chain = _chain(_locate(ref))
    complaints: list[Complaint] = []
    for document in chain:
        complaints += _own_complaints(document, extends="extends" in document.root.value)
    root = reduce(lambda base, over: _extended(base, over, complaints), [each.root for each in reversed(chain)])
    broken: set[int] = set()
    found = schema_complaints(root)
    for path, complaint in found:
        complaints.append(complaint)
        broken.add(path[1] if len(path) > 1 and path[0] == "scenarios" and isinstance(path[1], int) else -1)
    top = chain[0]
    if -1 in broken or len(found) >= ENOUGH:  # without a sound head nothing below it can be judged
        raise SourceFileError(_sorted(complaints, chain))
    builder = Builder(root, top.shown, check_ids)
    digest = hashlib.sha256(b"".join(each.data for each in chain)).hexdigest()
    profile = builder.profile(digest=digest, path=str(top.path), broken=broken)
    complaints += builder.complaints
    if complaints:
        raise SourceFileError(_sorted(complaints, chain))
    return profile


def load_all(*, check_ids: Container[str] | None = None) -> tuple[Profile, ...]:
    """Every built-in profile, by id. Raises ``SourceFileError`` with the complaints about all of them."""
    found: list[Profile] = []
    complaints: list[Complaint] = []
    for path in builtin().values():
        try:
            found.append(load(path, check_ids=check_ids))
        except SourceFileError as error:
            complaints += error.complaints
    if complaints:
        raise SourceFileError(complaints)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Document:
    path: Path
    shown: str
    data: bytes
    root: Node


def _locate(ref: str | Path) -> Path:
    known = builtin()
    if isinstance(ref, str):
        if ref in known:
            return known[ref]
        if not ref.endswith((".yaml", ".yml")) and "/" not in ref and os.sep not in ref:
            hint = nearest(ref, known, plural="built in") or "give a built-in profile's id or the path of a .yaml file"
            raise source_error(Where(ref, 1), f"there is no profile {quoted(ref)}", hint)
    return Path(ref)


def _shown(path: Path) -> str:
    """The file's name in messages: below the current folder relative to it, else in full."""
    full = path.absolute()
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)


def _chain(path: Path) -> list[_Document]:
    """The file and those it extends, in this order."""
    chain: list[_Document] = []
    visited: list[Path] = []
    while True:
        data, root = read(path, shown=_shown(path))
        chain.append(_Document(path, _shown(path), data, root))
        visited.append(path.resolve())
        extends = root.value.get("extends")
        if extends is None:
            return chain
        path = _extended_file(extends, path)
        if path.resolve() in visited:
            circle = [*(each.stem for each in visited[visited.index(path.resolve()) :]), path.stem]
            raise source_error(
                extends.where, f"extends goes in a circle: {' → '.join(circle)}", "let one of them stand alone"
            )
        if len(chain) == _LONGEST_CHAIN:
            raise source_error(extends.where, f"extends goes on over more than {_LONGEST_CHAIN} files")


def _extended_file(extends: Node, path: Path) -> Path:
    """The file that ``extends`` means in the file ``path``."""
    name = extends.value
    known = builtin()
    if not isinstance(name, str):
        raise source_error(extends.where, "extends must be a text", "an id, or a file of the same folder")
    if name in known:
        return known[name]
    if not name.endswith((".yaml", ".yml")) and "/" not in name and "\\" not in name:
        hint = nearest(name, known, plural="built in")
        raise source_error(extends.where, f"there is no built-in profile {quoted(name)}", hint)
    if not _FILE.fullmatch(name):
        what = f"extends may not name {quoted(name)}"
        raise source_error(extends.where, what, "only a .yaml file of the same folder, by its name")
    beside = path.parent / name
    # A link may not lead out of the folder either.
    if not beside.is_file() or beside.resolve().parent != path.parent.resolve():
        files = [each.name for each in path.parent.iterdir() if each.suffix in {".yaml", ".yml"}]
        what = f"there is no file {quoted(name)} in the folder of {path.name}"
        raise source_error(extends.where, what, nearest(name, files, plural="there are"))
    return beside


def _own_complaints(document: _Document, *, extends: bool) -> list[Complaint]:
    parts = document.root.value
    found = []
    if extends:
        found = [
            Complaint(document.root.where, f"this profile has no {key} of its own", f"add {key}:")
            for key in _OWN_KEYS
            if key not in parts
        ]
    if document.path.resolve().parent == builtin_dir().resolve() and "id" in parts:
        identifier = parts["id"]
        if identifier.value != document.path.stem:
            what = f"the built-in profile {document.path.name} calls itself {quoted(identifier.value)}"
            found.append(Complaint(identifier.where, what, "file and id have one name"))
    return found


def _extended(base: Node, over: Node, complaints: list[Complaint]) -> Node:
    """``over`` laid upon ``base``, scenarios by their id."""
    full = merged(base, over)
    if "scenarios" in base.value and "scenarios" in over.value:
        full.value["scenarios"] = _scenarios(base.value["scenarios"], over.value["scenarios"], complaints)
    return full


def _scenarios(base: Node, over: Node, complaints: list[Complaint]) -> Node:
    if not isinstance(base.value, list) or not isinstance(over.value, list):
        return over  # the schema says what is wrong with it
    entries: dict[object, Node] = {_id(each) or index: each for index, each in enumerate(base.value)}
    own: set[str] = set()
    for index, each in enumerate(over.value):
        name = _id(each)
        if name is None or name in own:
            entries[(index, name)] = each
            continue
        own.add(name)
        if "drop" not in each.value:
            entries[name] = merged(entries[name], each) if name in entries else each
        elif name in entries and set(each.value) == {"id", "drop"} and each.value["drop"].value is True:
            del entries[name]
        else:
            known = [key for key in entries if isinstance(key, str)]
            what, hint = f"there is no scenario {quoted(name)} to drop", nearest(name, known)
            if name in entries:
                what, hint = "drop stands alone beside the id", f"write {{id: {name}, drop: true}}"
            complaints.append(Complaint(each.where, what, hint))
    return Node(list(entries.values()), over.where, over.column)


def _id(node: Node) -> str | None:
    if not isinstance(node.value, dict) or "id" not in node.value:
        return None
    value = node.value["id"].value
    return value if isinstance(value, str) else None


def _sorted(complaints: list[Complaint], chain: list[_Document]) -> list[Complaint]:
    """By file, the loaded one first, and line."""
    order = {document.shown: number for number, document in enumerate(chain)}
    return sorted(complaints, key=lambda each: (order.get(each.where.file, 0), each.where.line))
