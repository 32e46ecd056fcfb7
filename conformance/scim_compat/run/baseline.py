"""The baseline file: findings that are known and accepted, and the features that were tested."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jsonschema

from scim_compat.checks.registry import all_checks
from scim_compat.errors import Complaint, SourceFileError
from scim_compat.results.document.baseline import Acceptance, Baseline, PlacedName, TestedFeatures
from scim_compat.source.complaints import nearest, quoted
from scim_compat.source.formats import FileFormat
from scim_compat.source.shape import shape_complaints
from scim_compat.source.yaml import Node, read
from scim_compat.values import Severity

_DRAFT: Final = "`scim-compat baseline DIR` writes one from the results of a run"
BASELINE_FILE: Final = FileFormat(
    noun="baseline",
    hint_missing=_DRAFT,
    hint_empty=_DRAFT,
    hint_alias="write each value out",
    hint_anchor="write each value out",
)
_TO_FILL: Final[Mapping[str, str]] = {
    "reason": "say why this may stay",
    "ticket": "name the ticket under which it is repaired",
}


def load(path: Path, *, today: str = "", may_be_unfilled: bool = False) -> Baseline:
    """Reads a baseline. ``today``: the day that ``until`` is compared with, by default that of the clock in UTC.

    ``may_be_unfilled``: reasons and tickets may be empty, as a draft leaves them.
    Raises SourceFileError with file and line of everything that is wrong with it.
    """
    _, root = read(path, name=str(path), file_format=BASELINE_FILE)
    text = importlib.resources.files("scim_compat.run").joinpath("baseline.schema.json").read_text("utf-8")
    validator = jsonschema.Draft202012Validator(json.loads(text))
    from_schema = shape_complaints(validator, root.plain(), root, file_format=BASELINE_FILE)
    wrong = [pair for pair in from_schema if not (may_be_unfilled and _is_unfilled(pair[1]))]
    complaints = [_with_hint(where, each) for where, each in wrong]
    complaints = complaints or list(_unknown(root, all_checks()))
    if complaints:
        raise SourceFileError(sorted(complaints, key=lambda each: each.where.line))
    return Baseline(
        file=str(path),
        day=today or f"{datetime.now(UTC):%Y-%m-%d}",
        entries=tuple(_entry(node) for node in root.value["accepted"].value),
        features=tuple(_features(root.value["features"])) if "features" in root.value else (),
    )


def _is_unfilled(complaint: Complaint) -> bool:
    return complaint.what in {f"{key} is empty" for key in _TO_FILL}


def _with_hint(path: tuple[str | int, ...], complaint: Complaint) -> Complaint:
    """A draft leaves reason and ticket empty."""
    hint = complaint.hint or _TO_FILL.get(str(path[-1]) if path else "", "")
    return Complaint(complaint.where, complaint.what, hint)


def _unknown(root: Node, checks: Collection[str]) -> Iterator[Complaint]:
    for node in root.value["accepted"].value:
        check = node.value["check"]
        if check.value not in checks:
            yield Complaint(check.where, f"there is no check {quoted(check.value)}", nearest(check.value, checks))


def _entry(node: Node) -> Acceptance:
    plain: dict[str, Any] = node.plain()
    severity = plain.get("severity")
    return Acceptance(
        check=plain["check"],
        profile=plain["profile"],
        scenarios=_placed(node.value["scenarios"]),
        reason=plain["reason"],
        ticket=plain["ticket"],
        line=node.where.line,
        until=plain.get("until"),
        severity=Severity(severity) if severity else None,
        accept_breach=plain.get("accept-breach", False),
    )


def _features(node: Node) -> Iterator[TestedFeatures]:
    for profile, features in node.value.items():
        yield TestedFeatures(profile, _placed(features))


def _placed(node: Node) -> tuple[PlacedName, ...]:
    return tuple(PlacedName(one.value, one.where.line) for one in node.value)
