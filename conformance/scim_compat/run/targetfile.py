"""The target file: an endpoint, where its secret is found, and what its vendor claims for it."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import jsonschema

from scim_compat.engine.capabilities import Claims
from scim_compat.errors import Complaint, SourceFileError
from scim_compat.source.formats import FileFormat
from scim_compat.source.shape import shape_complaints
from scim_compat.source.yaml import Node, read
from scim_compat.wire.redact import Redactor

_LONGEST_WORD: Final = 16
"""No key and no kind of a credential is longer."""
_AT_LEAST: Final = "a target file is YAML, such as url: https://host/scim/v2"
TARGET_FILE: Final = FileFormat(
    noun="target file",
    hint_missing=_AT_LEAST,
    hint_empty=_AT_LEAST,
    hint_alias="write each value out",
    hint_anchor="write each value out",
)


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    """Base URL for SCIM 2.0, or for the one that runs if ``bases`` is empty; empty if the command line names it."""
    auth: Mapping[str, str] = field(default_factory=dict)
    """As in the file: kind, secret-env, secret-file, user …; never a secret itself."""
    ca: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """As in the file, for the record; ``claims_of`` makes them usable."""
    require: tuple[str, ...] = ()
    """Features that every run must test."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """SCIM version → base URL, ``url`` among them as 2.0; empty if the file does not tell versions apart."""


def load(path: Path) -> Target:
    """Reads a target file. Raises SourceFileError with file and line of everything that is wrong with it."""
    _, root = read(path, name=str(path), file_format=TARGET_FILE)
    text = importlib.resources.files("scim_compat.run").joinpath("target.schema.json").read_text("utf-8")
    validator = jsonschema.Draft202012Validator(json.loads(text))
    plain = root.plain()
    from_schema = shape_complaints(validator, plain, root, file_format=TARGET_FILE)
    complaints = [complaint for _, complaint in from_schema] or list(_at_odds(plain, root))
    if complaints:
        clean = Redactor.of(_misplaced(plain)).quoted
        redacted = (replace(c, what=clean(c.what), hint=clean(c.hint)) for c in complaints)
        raise SourceFileError(sorted(redacted, key=lambda c: c.where.line))
    bases = plain.get("bases", {})
    return Target(
        url=plain.get("url", ""),
        auth=plain.get("auth", {}),
        ca=plain.get("ca", ""),
        claims=plain.get("claims", {}),
        require=tuple(plain.get("require", ())),
        bases={"2.0": plain["url"], **bases} if bases else {},
    )


def _at_odds(plain: Mapping[str, Any], root: Node) -> Iterator[Complaint]:
    """One complaint for each value that contradicts another part of the file."""
    url = plain.get("url", "")
    other = plain.get("bases", {}).get("2.0", url)
    if url and other.rstrip("/") != url.rstrip("/"):
        where = root.at(("bases", "2.0")).where
        yield Complaint(where, "the base of SCIM 2.0 is another than url", "url is that base: leave 2.0 out of bases")
    size = plain.get("claims", {}).get("page-size", {})
    if size.get("default", 1) > size.get("max", size.get("default", 1)):
        where = root.at(("claims", "page-size", "default")).where
        what = f"default {size['default']} is more than max {size['max']}"
        yield Complaint(where, what, "max is the most that one list ever holds")


def _misplaced(plain: Mapping[str, Any]) -> Iterator[str]:
    """Words that may be a secret, written where only its place belongs. No message repeats them."""
    auth = plain.get("auth")
    if isinstance(auth, str):
        yield auth
    elif isinstance(auth, Mapping):
        yield from (str(word) for word in (auth.get("kind"), *auth) if len(str(word)) > _LONGEST_WORD)


def claims_of(plain: Mapping[str, Any]) -> Claims:
    """The claims of a target file as the engine asks for them.

    ``delete`` is not among them: RFC 7644 §3.6 leaves no choice, so a claim of anything else excuses nothing.
    The report compares it with what was found.
    """
    return Claims(
        without_features=frozenset(plain.get("without-features", ())),
        groups=plain.get("groups"),
        filterable=_by_kind(plain.get("filterable")),
        mutable=_by_kind(plain.get("mutable")),
        disable=plain.get("disable"),
        existing=plain.get("existing"),
        page_default=plain.get("page-size", {}).get("default"),
        page_max=plain.get("page-size", {}).get("max"),
        media_types=frozenset(plain.get("media-types", ())),
        product=str(plain.get("product", "")).lower(),
    )


def _by_kind(listed: Mapping[str, list[str]] | None) -> dict[str, frozenset[str]] | None:
    if listed is None:
        return None
    return {kind.capitalize(): frozenset(path.lower() for path in paths) for kind, paths in listed.items()}
