"""Findings → causes."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from scim_compat.results.causes.model import Cause, Hit
from scim_compat.results.document import Document, LocatedCheck
from scim_compat.values import Severity, worst


def causes(document: Document) -> tuple[Cause, ...]:
    """Return what is to be fixed: the worst first, then what most clients and scenarios run into."""
    groups: dict[tuple[str, str], list[LocatedCheck]] = defaultdict(list)
    for failure in document.failed_checks():
        groups[failure.check.id, failure.check.title].append(failure)
    found = [_cause(failures) for failures in groups.values()]
    return tuple(sorted(found, key=_order))


def _order(cause: Cause) -> tuple[int, int, int, str]:
    scenarios = sum(len(hit.scenarios) for hit in cause.hits)
    return -cause.severity.rank, -scenarios, -len(cause.hits), cause.title


def _severity(failures: list[LocatedCheck]) -> Severity:
    return worst(f.check.severity for f in failures if f.check.severity) or Severity.COSMETIC


def _cause(failures: list[LocatedCheck]) -> Cause:
    failures = sorted(failures, key=lambda one: -(one.check.severity or Severity.COSMETIC).rank)
    example = failures[0]
    digest = hashlib.sha256(f"{example.check.id}\0{example.check.title}".encode("utf-8", "surrogatepass")).hexdigest()[
        :8
    ]
    return Cause(
        anchor=f"cause-{digest}",
        title=example.check.failure or example.check.title,
        severity=_severity(failures),
        checks=(example.check.id,),
        failures=tuple(failures),
        consequences=(),
        request=example.place,
        shown=example.place,
        before=None,
        trait=None,
        hits=_hits(failures),
    )


def _hits(failures: list[LocatedCheck]) -> tuple[Hit, ...]:
    by_profile: dict[int, list[LocatedCheck]] = defaultdict(list)
    for failure in failures:
        by_profile[failure.place[0]].append(failure)
    hits = [
        Hit(
            profile=profile,
            severity=_severity(own),
            scenarios=tuple(sorted({one.place[1] for one in own})),
            consequence=own[0].check.consequence,
            source=own[0].check.source,
        )
        for profile, own in by_profile.items()
    ]
    return tuple(sorted(hits, key=lambda hit: (-hit.severity.rank, -len(hit.scenarios))))
