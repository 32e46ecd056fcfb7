"""Loads profiles: finds the files, follows ``extends``, merges, validates, builds.

A profile may come from a stranger. Nothing in it is executed. Beyond the file itself, only the built-in files and
those of the same folder that it extends are read.
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

from scim_compat.errors import Complaint, SourceFileError
from scim_compat.profile.build import Origin, build_profile
from scim_compat.profile.find import builtin, builtin_dir
from scim_compat.profile.merging import merge_profiles
from scim_compat.profile.model import Profile
from scim_compat.profile.validate import PROFILE, schema_complaints
from scim_compat.source.complaints import ENOUGH, ComplaintBook, nearest, quoted, source_error
from scim_compat.source.yaml import Node, read
from scim_compat.values import Where

_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.ya?ml")
_LONGEST_CHAIN: Final = 10
_OWN_KEYS: Final = ("format", "id", "title", "version")
"""Keys that a file states itself, even if it extends another."""


def load(ref: str | Path, *, check_ids: Container[str] | None = None, thorough: bool = False) -> Profile:
    """The profile of that name: the id of a built-in one, or the path of a file.

    ``check_ids``: the checks that ``requires`` may name; None leaves the names unchecked.
    ``thorough``: sweeps take one attribute a scenario.
    Raises ``SourceFileError`` with every complaint.
    """
    chain = _chain(_locate(ref))
    book = ComplaintBook()
    for document in chain:
        _check_own(document, book, extends="extends" in document.root.value)
    root = reduce(lambda base, over: merge_profiles(base, over, book), [each.root for each in reversed(chain)])
    broken: set[int] = set()
    from_schema = schema_complaints(root)
    for path, _ in from_schema:
        broken.add(path[1] if len(path) > 1 and path[0] == "scenarios" and isinstance(path[1], int) else -1)
    complaints = [*book.complaints, *(complaint for _, complaint in from_schema)]
    if -1 in broken or len(from_schema) >= ENOUGH:  # without a sound head nothing below it can be judged
        raise SourceFileError(_sorted(complaints, chain))
    top, book = chain[0], ComplaintBook()
    digest = hashlib.sha256(b"".join(each.data for each in chain)).hexdigest()
    origin = Origin(path=str(top.path), digest=digest, file=top.name)
    profile = build_profile(root, origin=origin, check_ids=check_ids, book=book, broken=broken, thorough=thorough)
    complaints += book.complaints
    if complaints:
        raise SourceFileError(_sorted(complaints, chain))
    return profile


def load_all(*, check_ids: Container[str] | None = None) -> tuple[Profile, ...]:
    """Every built-in profile, by id. Raises ``SourceFileError`` with the complaints about all of them."""
    profiles: list[Profile] = []
    complaints: list[Complaint] = []
    for path in builtin().values():
        try:
            profiles.append(load(path, check_ids=check_ids))
        except SourceFileError as error:
            complaints += error.complaints
    if complaints:
        raise SourceFileError(complaints)
    return tuple(profiles)


@dataclass(frozen=True, slots=True)
class _Document:
    path: Path
    name: str
    """The file's name in messages."""
    data: bytes
    root: Node


def _locate(ref: str | Path) -> Path:
    builtins = builtin()
    if isinstance(ref, str):
        if ref in builtins:
            return builtins[ref]
        if not ref.endswith((".yaml", ".yml")) and "/" not in ref and os.sep not in ref:
            hint = "the name of a profile's file ends in .yaml" if Path(ref).is_file() else ""
            hint = hint or nearest(ref, builtins, plural="built in") or "give the path of a .yaml file"
            raise source_error(Where(ref, 1), f"there is no profile {quoted(ref)}", hint)
    return Path(ref)


def _name(path: Path) -> str:
    """The file's name in messages: below the current folder relative to it, else in full."""
    full = path.absolute()
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)


def _chain(path: Path) -> list[_Document]:
    """The file and those it extends, in this order."""
    chain: list[_Document] = []
    visited: list[Path] = []
    while True:
        data, root = read(path, name=_name(path), file_format=PROFILE)
        chain.append(_Document(path, _name(path), data, root))
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
    builtins = builtin()
    if not isinstance(name, str):
        raise source_error(extends.where, "extends must be a text", "an id, or a file of the same folder")
    if name in builtins:
        return builtins[name]
    if not name.endswith((".yaml", ".yml")) and "/" not in name and "\\" not in name:
        hint = nearest(name, builtins, plural="built in")
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


def _check_own(document: _Document, book: ComplaintBook, *, extends: bool) -> None:
    """Complains about keys that each file must have for itself."""
    parts = document.root.value
    for key in _OWN_KEYS if extends else ():
        if key not in parts:
            book.add(document.root.where, f"this profile has no {key} of its own", f"add {key}:")
    if document.path.resolve().parent == builtin_dir().resolve() and "id" in parts:
        identifier = parts["id"]
        if identifier.value != document.path.stem:
            what = f"the built-in profile {document.path.name} calls itself {quoted(identifier.value)}"
            book.add(identifier.where, what, "file and id have one name")


def _sorted(complaints: list[Complaint], chain: list[_Document]) -> list[Complaint]:
    """By file, the loaded one first, and line."""
    order = {document.name: number for number, document in enumerate(chain)}
    return sorted(complaints, key=lambda each: (order.get(each.where.file, 0), each.where.line))
