"""What the vendor claims, what the endpoint advertises, and what the run found, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scim_compat.report.text import one_line
from scim_compat.report.words import Mark

_NAMES: Final = 12
"""Attributes that one cell names."""
_TRIED: Final = {
    "accepted": "accepted",
    "declined": "declined (allowed)",
    "refused": "refused",
    "unsupported": "not offered (405, 501)",
    "failed": "server error",
    "wrong": "in another order",
}
_SAID: Final = {True: "supported", False: "not supported", None: ""}
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Side:
    """One row. An empty text: nothing was claimed, advertised or tried."""

    title: str
    claimed: str
    advertised: str
    found: str
    remarks: tuple[Mark, ...] = ()
    """Where the three are at odds (tone warn), or differ without harm (tone info), in words."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The three columns as results.json has them."""

    claims: Mapping[str, Any]
    bases: Mapping[str, str]
    config: Mapping[str, Any] | None
    types: tuple[str, ...] | None
    schemas: tuple[str, ...] | None
    fixed: Mapping[str, list[str]]
    found: Mapping[str, Any]
    untested: int
    """Scenarios of features that are claimed to be missing."""


def claim_rows(results: Mapping[str, Any]) -> tuple[Side, ...]:
    """The rows, in the order in which they are shown."""
    target = results["target"]
    told = target["capabilities"]
    types = told["resource_types"]
    left_out = set(target["claims"].get("without-features", ()))
    given = Sources(
        claims=target["claims"],
        bases=target.get("bases", {}),
        config=told["provider_config"],
        types=None if types is None else tuple(t if isinstance(t, str) else str(t.get("name")) for t in types),
        schemas=None if told["schemas"] is None else tuple(told["schemas"]),
        fixed=told.get("fixed", {}),
        found=target["found"],
        untested=sum(
            s["feature"] in left_out and not s["applicable"] for p in results["profiles"] for s in p["scenarios"]
        ),
    )
    every = (side for row in _ROWS for side in row(given))
    return tuple(side for side in every if side.claimed or side.advertised or side.found)


def contradictions(rows: Iterable[Side]) -> int:
    """Remarks that say the three are at odds."""
    return sum(remark.tone == "warn" for side in rows for remark in side.remarks)


def _odd(text: str) -> Mark:
    return Mark("contradiction", "warn", "half", one_line(text, 400), "")


def _note(text: str) -> Mark:
    return Mark("note", "info", "info", one_line(text, 400), "")


def _tried(counts: Counts) -> str:
    return ", ".join(f"{counts[key]:,} {word}" for key, word in _TRIED.items() if counts.get(key))


def _named(names: Iterable[str], *, most: int = _NAMES) -> str:
    every = [one_line(name, 120) for name in names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _offered(counts: Counts, *, said: bool | None, word: str) -> tuple[Mark, ...]:
    """Whether what is said of an operation agrees with how its requests ended. ``word``: claimed, advertised."""
    works = counts.get("accepted", 0) > 0
    if said and not works and (counts.get("unsupported") or counts.get("refused")):
        return (_odd(f"{word}, but refused"),)
    if said is False and works:
        return (_note(f"Works, though {word[0].lower()}{word[1:]} as missing"),)
    return ()


# --- rows --------------------------------------------------------------------------------------------


def _kinds(given: Sources) -> Iterable[Side]:
    for kind in ("User", "Group"):
        counts = given.found["operations"].get(f"create {kind}", {})
        listed = None if given.types is None else kind.lower() in {t.lower() for t in given.types}
        claimed = given.claims.get("groups") if kind == "Group" else None
        verb = "create: " if counts else ""
        yield Side(
            f"{kind}s",
            {True: "offered", False: "not offered", None: ""}[claimed],
            {True: "in /ResourceTypes", False: "not in /ResourceTypes", None: ""}[listed],
            verb + _tried(counts),
            (*_offered(counts, said=claimed, word="Claimed"), *_offered(counts, said=listed, word="Advertised")),
        )


_OPERATIONS: Final = (
    ("PATCH", "patch", "patch"),
    ("Filters", "filter", "filter"),
    ("Sorting", "sort", "sort"),
    ("Bulk", "bulk", "bulk"),
    ("Password change", "changePassword", "changePassword"),
)


def _operations(given: Sources) -> Iterable[Side]:
    for title, name, key in _OPERATIONS:
        counts = given.found["operations"].get(key, {})
        said = _supported(given, name)
        remarks = _offered(counts, said=said, word="Advertised")
        if said and counts.get("wrong") and not counts.get("accepted"):
            remarks = (_odd("Advertised, but without effect"),)
        yield Side(title, "", _SAID[said], _tried(counts), remarks)


def _supported(given: Sources, name: str) -> bool | None:
    entry = (given.config or {}).get(name)
    said = entry.get("supported") if isinstance(entry, Mapping) else None
    return said if isinstance(said, bool) else None


def _etag(given: Sources) -> Iterable[Side]:
    counts, said = given.found["etag"], _supported(given, "etag")
    having, lacking = counts.get("with", 0), counts.get("without", 0)
    parts = [f"a version on {having:,} of {having + lacking:,} resources"] if having + lacking else []
    parts += [f"{counts[k]:,} conditional requests {k}" for k in ("honoured", "ignored") if counts.get(k)]
    remarks = []
    if said and lacking and not having:
        remarks.append(_odd("Advertised, but no resource has a version"))
    if said and counts.get("ignored"):
        remarks.append(_odd("Advertised, but If-Match is ignored"))
    if said is False and having:
        remarks.append(_note("Versions are sent, though advertised as missing"))
    yield Side("ETags", "", _SAID[said], "; ".join(parts), tuple(remarks))


def _login(given: Sources) -> Iterable[Side]:
    listed = (given.config or {}).get("authenticationSchemes")
    schemes = [
        str(s.get("type") or s.get("name") or "?") for s in (listed if isinstance(listed, list) else ())
        if isinstance(s, Mapping)
    ]  # fmt: skip
    parts = []
    for way, counts in given.found["credentials"].items():
        name = {"none": "no credential in a header", "wrong": "a wrong credential"}.get(way, way)
        parts.append(f"{name}: " + ", ".join(f"{number:,} {word}" for word, number in counts.items()))
    let_in = given.found["credentials"].get("wrong", {}).get("accepted")
    yield Side(
        "Credentials", "", _named(schemes), one_line("; ".join(parts), 600),
        (_odd("A wrong credential was accepted"),) if let_in else (),
    )  # fmt: skip


def _filterable(given: Sources) -> Iterable[Side]:
    for kind in ("User", "Group"):
        claimed = (given.claims.get("filterable") or {}).get(kind.lower())
        found = given.found["filters"].get(kind, {})
        if claimed is None and not found:
            continue
        right = [p for p, c in found.items() if c.get("right") and not c.get("wrong") and not c.get("refused")]
        wrong = [p for p, c in found.items() if c.get("wrong")]
        refused = [p for p, c in found.items() if c.get("refused") and not c.get("wrong")]
        parts = [
            f"{word}: {_named(paths)}"
            for word, paths in (("right", right), ("wrong hits", wrong), ("refused", refused))
            if paths
        ]
        remarks = []
        if claimed is not None:
            if broken := [p for p in (*wrong, *refused) if _listed(p, claimed)]:
                remarks.append(_odd(f"Claimed, but wrong or refused: {_named(broken)}"))
            if more := [p for p in right if not _listed(p, claimed)]:
                remarks.append(_note(f"Works, though not claimed: {_named(more)}"))
        yield Side(f"Attributes that filters may name ({kind})", _stated(claimed), "", "; ".join(parts), tuple(remarks))


def _mutable(given: Sources) -> Iterable[Side]:
    for kind in ("User", "Group"):
        claimed = (given.claims.get("mutable") or {}).get(kind.lower())
        found, fixed = given.found["changes"].get(kind, {}), given.fixed.get(kind, [])
        if claimed is None and not found:
            continue
        lost = [p for p, c in found.items() if c.get("lost")]
        refused = [p for p, c in found.items() if c.get("refused") and not c.get("accepted")]
        taken = [p for p, c in found.items() if c.get("accepted") and not c.get("lost")]
        parts = [
            f"{word}: {_named(paths)}"
            for word, paths in (("accepted", taken), ("accepted, but not kept", lost), ("refused", refused))
            if paths
        ]
        remarks = []
        if broken := [p for p in (*lost, *refused) if claimed is not None and _listed(p, claimed)]:
            remarks.append(_odd(f"Claimed, but not kept or refused: {_named(broken)}"))
        if more := [p for p in taken if claimed is not None and not _listed(p, claimed)]:
            remarks.append(_note(f"Accepted, though not claimed: {_named(more)}"))
        # No contradiction: what is immutable may still be given its first value (RFC 7643 section 7).
        if moved := [p for p in taken if _listed(p, fixed)]:
            remarks.append(_note(f"Advertised as readOnly or immutable, yet accepted: {_named(moved)}"))
        advertised = f"readOnly or immutable: {_named(fixed)}" if fixed else ""
        yield Side(
            f"Attributes that can change ({kind})", _stated(claimed), advertised, "; ".join(parts), tuple(remarks)
        )


def _stated(claimed: list[str] | None) -> str:
    return "" if claimed is None else _named(claimed) or "none"


def _listed(path: str, names: Iterable[str]) -> bool:
    """Whether the list names the attribute, or the whole that it is a part of."""
    lowered = path.lower()
    return any(lowered == n.lower() or lowered.startswith((f"{n.lower()}.", f"{n.lower()}[")) for n in names)


_HABITS: Final[tuple[tuple[str, str, Mapping[str, str], Mapping[str, str]], ...]] = (
    (
        "Setting active to false", "disable", {"keep": "kept", "delete": "removed"},
        {"kept": "kept, inactive", "removed": "removed", "active": "still active"},
    ),
    (
        "DELETE of a user", "delete", {"gone": "gone", "disabled": "disabled"},
        {"gone": "gone", "disabled": "still shown, inactive", "kept": "still shown"},
    ),
    (
        "Create for an existing user", "existing", {"conflict": "conflict", "adopt": "adopted"},
        {"conflict": "refused with 409", "adopted": "took over the one there is", "doubled": "made a second one",
         "other": "refused otherwise"},
    ),
)  # fmt: skip


def _habits(given: Sources) -> Iterable[Side]:
    for title, key, as_claimed, words in _HABITS:
        claimed, counts = given.claims.get(key), given.found[key]
        expected = as_claimed.get(str(claimed), "")
        others = [words[w] for w in words if counts.get(w) and w != expected]
        remarks = (_odd(f"Claimed: {words[expected]}; found: {' and '.join(others)}"),) if expected and others else ()
        found = ", ".join(f"{words[w]} ({counts[w]:,})" for w in words if counts.get(w))
        stated = words[expected] if expected else one_line(claimed or "", 80)
        yield Side(title, stated, "", found, remarks)


def _pages(given: Sources) -> Iterable[Side]:
    claimed, pages = given.claims.get("page-size") or {}, given.found["pages"]
    default, most = claimed.get("default"), claimed.get("max")
    entry = (given.config or {}).get("filter")
    limit = entry.get("maxResults") if isinstance(entry, Mapping) else None
    limit = limit if isinstance(limit, int) and not isinstance(limit, bool) else None
    largest, unasked = pages["largest"], pages["largest_unasked"]
    parts = [] if largest is None else [f"{largest:,} in the largest list"]
    parts += [f"{_count(cut['asked'])}, {cut['returned']:,} came of more" for cut in pages["cut"]]
    remarks = []
    if most is not None and largest is not None and largest > most:
        remarks.append(_odd(f"{largest:,} in one list, though at most {most:,} are claimed"))
    if default is not None and unasked is not None and unasked > default:
        remarks.append(_odd(f"{unasked:,} came without a count, though {default:,} are claimed"))
    if limit is not None and largest is not None and largest > limit:
        remarks.append(_odd(f"{largest:,} in one list, though maxResults is {limit:,}"))
    for cut in pages["cut"]:
        wanted = cut["asked"] if cut["asked"] is not None else default
        promised = most if most is not None else limit
        if wanted is not None and promised is not None and cut["returned"] < min(wanted, promised):
            word = "claimed" if most is not None else "advertised"
            remarks.append(_odd(f"Cut to {cut['returned']:,}, though {min(wanted, promised):,} are {word}"))
    stated = [f"{key} {claimed[key]:,}" for key in ("default", "max") if key in claimed]
    yield Side(
        "Resources in one list", ", ".join(stated), one_line(f"maxResults {limit:,}", 40) if limit is not None else "",
        "; ".join(parts), tuple(remarks),
    )  # fmt: skip


def _count(asked: int | None) -> str:
    return "no count asked for" if asked is None else f"{asked:,} asked for"


def _media_types(given: Sources) -> Iterable[Side]:
    claimed = given.claims.get("media-types") or []
    found, errors = given.found["media_types"], given.found["error_media_types"]
    parts = [f"{one_line(name, 80)} ({number:,})" for name, number in found.items()]
    if errors:
        parts.append("of errors " + ", ".join(f"{one_line(name, 80)} ({number:,})" for name, number in errors.items()))
    strange = [name for name in found if claimed and name not in claimed]
    remarks = (_odd(f"Not claimed, but sent: {_named(strange)}"),) if strange else ()
    yield Side("Media type of answers", _named(claimed), "", one_line("; ".join(parts), 600), remarks)


def _extensions(given: Sources) -> Iterable[Side]:
    found = given.found["extensions"]
    listed = [s for s in given.schemas or () if ":extension:" in s.lower()]
    remarks: tuple[Mark, ...] = ()
    if given.schemas is not None:
        known = {s.lower() for s in given.schemas}
        strange = [urn for urn in found if urn.lower() not in known and urn != "(more)"]
        remarks = (_odd(f"In answers, but not in /Schemas: {_named(strange)}"),) if strange else ()
    yield Side("Extensions", "", _named(listed), _named(found), remarks)


def _versions(given: Sources) -> Iterable[Side]:
    found = given.found["versions"]
    parts = [f"{version} in {number:,} answers" for version, number in found.items()]
    claimed = "; ".join(f"{version} at {one_line(url, 200)}" for version, url in given.bases.items())
    strange = [version for version in found if given.bases and version not in given.bases]
    remarks = (_odd(f"Not claimed, but spoken: {_named(strange)}"),) if strange else ()
    yield Side("SCIM versions", claimed, "", ", ".join(parts), remarks)


def _left_out(given: Sources) -> Iterable[Side]:
    if names := given.claims.get("without-features"):
        number = f"{given.untested:,} scenario{'' if given.untested == 1 else 's'} not tested" if given.untested else ""
        yield Side("Features left out", _named(names), "", number)


_ROWS: Final[tuple[Callable[[Sources], Iterable[Side]], ...]] = (
    _kinds, _left_out, _operations, _etag, _filterable, _mutable, _habits, _pages, _media_types, _extensions,
    _versions, _login,
)  # fmt: skip
