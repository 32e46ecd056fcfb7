"""The claims table: what the vendor claims, what the endpoint advertises, and what the run saw, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.report.text import one_line
from scim_compat.report.words import Mark
from scim_compat.results.document import Document
from scim_compat.values import plural

_MOST_NAMES: Final = 12
"""Attributes that one cell lists."""
_ENDINGS: Final = {
    "accepted": "accepted",
    "declined": "declined (allowed)",
    "refused": "refused",
    "unsupported": "not offered (405, 501)",
    "failed": "server error",
    "wrong": "in another order",
}
_SUPPORT: Final = {True: "supported", False: "not supported", None: ""}
_KINDS: Final = ("User", "Group")
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One row. An empty text: nothing was claimed, advertised or tried."""

    title: str
    claimed: str
    advertised: str
    found: str
    remarks: tuple[Mark, ...] = ()
    """Contradictions between the three (tone warn) and differences without harm (tone info), in words."""


def claim_rows(document: Document) -> tuple[ClaimRow, ...]:
    """Return the rows that say anything, in the order of the page."""
    every = (row for rows in _ROWS for row in rows(document))
    return tuple(row for row in every if row.claimed or row.advertised or row.found)


def contradictions(rows: Iterable[ClaimRow]) -> int:
    """Count the remarks that report a contradiction."""
    return sum(remark.tone == "warn" for row in rows for remark in row.remarks)


def _contradiction(text: str) -> Mark:
    return Mark("contradiction", "warn", "half", one_line(text, 400), "")


def _note(text: str) -> Mark:
    return Mark("note", "info", "info", one_line(text, 400), "")


def _endings(counts: Counts) -> str:
    return ", ".join(f"{counts[key]:,} {word}" for key, word in _ENDINGS.items() if counts.get(key))


def _at_most(names: Iterable[str], *, most: int = _MOST_NAMES) -> str:
    every = [one_line(name, 120) for name in names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _by_word(groups: Iterable[tuple[str, Iterable[str]]]) -> str:
    """``right: userName, title; refused: nickName``; groups without names are left out."""
    return "; ".join(f"{word}: {names}" for word, paths in groups if (names := _at_most(paths)))


def _agreement(counts: Counts, *, offered: bool | None, word: str) -> tuple[Mark, ...]:
    """Compare what is said of an operation with how its requests ended. ``word``: Claimed or Advertised."""
    works = counts.get("accepted", 0) > 0
    if offered and not works and (counts.get("unsupported") or counts.get("refused")):
        return (_contradiction(f"{word}, but refused"),)
    if offered is False and works:
        return (_note(f"Works, though {word.lower()} as missing"),)
    return ()


# --- rows --------------------------------------------------------------------------------------------


def _resource_types(document: Document) -> Iterable[ClaimRow]:
    target = document.target
    names = target.capabilities.type_names
    for kind in _KINDS:
        counts = target.sightings.operations.get(f"create {kind}", {})
        listed = None if names is None else kind.lower() in {name.lower() for name in names}
        claimed = target.claims.groups if kind == "Group" else None
        yield ClaimRow(
            f"{kind}s",
            {True: "offered", False: "not offered", None: ""}[claimed],
            {True: "in /ResourceTypes", False: "not in /ResourceTypes", None: ""}[listed],
            f"create: {_endings(counts)}" if counts else "",
            (
                *_agreement(counts, offered=claimed, word="Claimed"),
                *_agreement(counts, offered=listed, word="Advertised"),
            ),
        )


def _left_out(document: Document) -> Iterable[ClaimRow]:
    names = document.target.claims.without_features
    untested = sum(
        scenario.feature in names and not scenario.applicable
        for profile in document.profiles
        for scenario in profile.scenarios
    )
    if names:
        yield ClaimRow(
            "Features left out", _at_most(names), "", f"{plural(untested, 'scenario')} not tested" if untested else ""
        )


_OPERATIONS: Final = {
    "patch": "PATCH",
    "filter": "Filters",
    "sort": "Sorting",
    "bulk": "Bulk",
    "changePassword": "Password change",
}


def _operations(document: Document) -> Iterable[ClaimRow]:
    target = document.target
    for name, title in _OPERATIONS.items():
        counts = target.sightings.operations.get(name, {})
        offered = target.capabilities.is_supported(name)
        remarks = _agreement(counts, offered=offered, word="Advertised")
        if offered and counts.get("wrong") and not counts.get("accepted"):
            remarks = (_contradiction("Advertised, but without effect"),)
        yield ClaimRow(title, "", _SUPPORT[offered], _endings(counts), remarks)


def _etags(document: Document) -> Iterable[ClaimRow]:
    counts = document.target.sightings.etag
    offered = document.target.capabilities.is_supported("etag")
    having, lacking = counts.get("with", 0), counts.get("without", 0)
    parts = [f"a version on {having:,} of {having + lacking:,} resources"] if having + lacking else []
    parts += [f"{counts[word]:,} conditional requests {word}" for word in ("honoured", "ignored") if counts.get(word)]
    remarks = []
    if offered and lacking and not having:
        remarks.append(_contradiction("Advertised, but no resource has a version"))
    if offered and counts.get("ignored"):
        remarks.append(_contradiction("Advertised, but If-Match is ignored"))
    if offered is False and having:
        remarks.append(_note("Versions are sent, though advertised as missing"))
    yield ClaimRow("ETags", "", _SUPPORT[offered], "; ".join(parts), tuple(remarks))


def _filterable(document: Document) -> Iterable[ClaimRow]:
    target = document.target
    for kind in _KINDS:
        claimed = target.claims.filterable.get(kind.lower())
        paths = target.sightings.filters.get(kind, {})
        if claimed is None and not paths:
            continue
        right = [p for p, c in paths.items() if c.get("right") and not c.get("wrong") and not c.get("refused")]
        wrong = [p for p, c in paths.items() if c.get("wrong")]
        refused = [p for p, c in paths.items() if c.get("refused") and not c.get("wrong")]
        remarks = []
        if claimed is not None:
            if broken := [p for p in (*wrong, *refused) if _is_listed(p, claimed)]:
                remarks.append(_contradiction(f"Claimed, but wrong or refused: {_at_most(broken)}"))
            if more := [p for p in right if not _is_listed(p, claimed)]:
                remarks.append(_note(f"Works, though not claimed: {_at_most(more)}"))
        yield ClaimRow(
            f"Attributes that filters may name ({kind})", _claimed(claimed), "",
            _by_word((("right", right), ("wrong hits", wrong), ("refused", refused))), tuple(remarks),
        )  # fmt: skip


def _mutable(document: Document) -> Iterable[ClaimRow]:
    target = document.target
    for kind in _KINDS:
        claimed = target.claims.mutable.get(kind.lower())
        paths, fixed = target.sightings.changes.get(kind, {}), target.capabilities.fixed.get(kind, ())
        if claimed is None and not paths:
            continue
        lost = [p for p, c in paths.items() if c.get("lost")]
        refused = [p for p, c in paths.items() if c.get("refused") and not c.get("accepted")]
        accepted = [p for p, c in paths.items() if c.get("accepted") and not c.get("lost")]
        remarks = []
        if broken := [p for p in (*lost, *refused) if claimed is not None and _is_listed(p, claimed)]:
            remarks.append(_contradiction(f"Claimed, but not kept or refused: {_at_most(broken)}"))
        if more := [p for p in accepted if claimed is not None and not _is_listed(p, claimed)]:
            remarks.append(_note(f"Accepted, though not claimed: {_at_most(more)}"))
        # No contradiction: what is immutable may still be given its first value (RFC 7643 section 7).
        if moved := [p for p in accepted if _is_listed(p, fixed)]:
            remarks.append(_note(f"Advertised as readOnly or immutable, yet accepted: {_at_most(moved)}"))
        yield ClaimRow(
            f"Attributes that can change ({kind})", _claimed(claimed), _by_word([("readOnly or immutable", fixed)]),
            _by_word((("accepted", accepted), ("accepted, but not kept", lost), ("refused", refused))), tuple(remarks),
        )  # fmt: skip


def _claimed(paths: tuple[str, ...] | None) -> str:
    return "" if paths is None else _at_most(paths) or "none"


def _is_listed(path: str, names: Iterable[str]) -> bool:
    """True when the list names the attribute, or the whole that it is a part of."""
    lowered = path.lower()
    return any(lowered == n.lower() or lowered.startswith((f"{n.lower()}.", f"{n.lower()}[")) for n in names)


@dataclass(frozen=True, slots=True)
class _Habit:
    """Something that endpoints do in one of several ways."""

    title: str
    key: str
    """Name of the claim and of the counts."""
    claims: Mapping[str, str]
    """Claim → the count that fits it."""
    words: Mapping[str, str]
    """Count → what it is called."""


_HABITS: Final = (
    _Habit(
        "Setting active to false", "disable", {"keep": "kept", "delete": "removed"},
        {"kept": "kept, inactive", "removed": "removed", "active": "still active"},
    ),
    _Habit(
        "DELETE of a user", "delete", {"gone": "gone", "disabled": "disabled"},
        {"gone": "gone", "disabled": "still shown, inactive", "kept": "still shown"},
    ),
    _Habit(
        "Create for an existing user", "existing", {"conflict": "conflict", "adopt": "adopted"},
        {"conflict": "refused with 409", "adopted": "took over the one there is", "doubled": "made a second one",
         "other": "refused otherwise"},
    ),
)  # fmt: skip


def _habits(document: Document) -> Iterable[ClaimRow]:
    claims, sightings = document.target.claims, document.target.sightings
    for habit in _HABITS:
        claim: str = getattr(claims, habit.key)
        counts: Counts = getattr(sightings, habit.key)
        expected = habit.claims.get(claim, "")
        others = [word for key, word in habit.words.items() if counts.get(key) and key != expected]
        remarks: tuple[Mark, ...] = ()
        if expected and others:
            remarks = (_contradiction(f"Claimed: {habit.words[expected]}; found: {' and '.join(others)}"),)
        ways = ", ".join(f"{word} ({counts[key]:,})" for key, word in habit.words.items() if counts.get(key))
        yield ClaimRow(habit.title, habit.words[expected] if expected else one_line(claim, 80), "", ways, remarks)


def _pages(document: Document) -> Iterable[ClaimRow]:
    claimed, pages = document.target.claims.page_size, document.target.sightings.pages
    default, most, limit = claimed.get("default"), claimed.get("max"), document.target.capabilities.max_results
    largest, unasked = pages.largest, pages.largest_unasked
    parts = [] if largest is None else [f"{largest:,} in the largest list"]
    parts += [f"{_asked(cut.asked)}, {cut.returned:,} came of more" for cut in pages.cut]
    remarks = []
    if most is not None and largest is not None and largest > most:
        remarks.append(_contradiction(f"{largest:,} in one list, though at most {most:,} are claimed"))
    if default is not None and unasked is not None and unasked > default:
        remarks.append(_contradiction(f"{unasked:,} came without a count, though {default:,} are claimed"))
    if limit is not None and largest is not None and largest > limit:
        remarks.append(_contradiction(f"{largest:,} in one list, though maxResults is {limit:,}"))
    promised, word = (most, "claimed") if most is not None else (limit, "advertised")
    for cut in pages.cut:
        wanted = cut.asked if cut.asked is not None else default
        if wanted is not None and promised is not None and cut.returned < min(wanted, promised):
            due = min(wanted, promised)
            remarks.append(_contradiction(f"Cut to {cut.returned:,}, though {due:,} are {word}"))
    sizes = ", ".join(f"{key} {claimed[key]:,}" for key in ("default", "max") if key in claimed)
    advertised = one_line(f"maxResults {limit:,}", 40) if limit is not None else ""
    yield ClaimRow("Resources in one list", sizes, advertised, "; ".join(parts), tuple(remarks))


def _asked(count: int | None) -> str:
    return "no count asked for" if count is None else f"{count:,} asked for"


def _media_types(document: Document) -> Iterable[ClaimRow]:
    claimed, sightings = document.target.claims.media_types, document.target.sightings
    parts = list(_numbers(sightings.media_types))
    if sightings.error_media_types:
        parts.append(f"of errors {', '.join(_numbers(sightings.error_media_types))}")
    strange = [name for name in sightings.media_types if claimed and name not in claimed]
    remarks = (_contradiction(f"Not claimed, but sent: {_at_most(strange)}"),) if strange else ()
    yield ClaimRow("Media type of answers", _at_most(claimed), "", one_line("; ".join(parts), 600), remarks)


def _numbers(counts: Counts) -> Iterable[str]:
    return (f"{one_line(name, 80)} ({number:,})" for name, number in counts.items())


def _extensions(document: Document) -> Iterable[ClaimRow]:
    urns, schemas = document.target.sightings.extensions, document.target.capabilities.schemas
    listed = [schema for schema in schemas or () if ":extension:" in schema.lower()]
    known = {schema.lower() for schema in schemas or ()}
    strange = [urn for urn in urns if urn.lower() not in known and urn != "(more)"] if schemas is not None else []
    remarks = (_contradiction(f"In answers, but not in /Schemas: {_at_most(strange)}"),) if strange else ()
    yield ClaimRow("Extensions", "", _at_most(listed), _at_most(urns), remarks)


def _versions(document: Document) -> Iterable[ClaimRow]:
    versions, bases = document.target.sightings.versions, document.target.bases
    claimed = "; ".join(f"{version} at {one_line(url, 200)}" for version, url in bases.items())
    spoken = ", ".join(f"{version} in {number:,} answers" for version, number in versions.items())
    strange = [version for version in versions if bases and version not in bases]
    remarks = (_contradiction(f"Not claimed, but spoken: {_at_most(strange)}"),) if strange else ()
    yield ClaimRow("SCIM versions", claimed, "", spoken, remarks)


def _credentials(document: Document) -> Iterable[ClaimRow]:
    ways = document.target.sightings.credentials
    parts = []
    for way, counts in ways.items():
        name = {"none": "no credential in a header", "wrong": "a wrong credential"}.get(way, way)
        parts.append(f"{name}: " + ", ".join(f"{number:,} {word}" for word, number in counts.items()))
    is_let_in = ways.get("wrong", {}).get("accepted")
    remarks = (_contradiction("A wrong credential was accepted"),) if is_let_in else ()
    schemes = _at_most(document.target.capabilities.authentication_schemes)
    yield ClaimRow("Credentials", "", schemes, one_line("; ".join(parts), 600), remarks)


_ROWS: Final[tuple[Callable[[Document], Iterable[ClaimRow]], ...]] = (
    _resource_types, _left_out, _operations, _etags, _filterable, _mutable, _habits, _pages, _media_types, _extensions,
    _versions, _credentials,
)  # fmt: skip
