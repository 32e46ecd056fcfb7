"""The exit status that results ask for."""

from __future__ import annotations

from scim_compat.errors import ExitStatus
from scim_compat.results.summary import RunSummary
from scim_compat.values import Severity, is_at_least


def status(summary: RunSummary, fail_on: Severity) -> ExitStatus:
    """Findings come first: a gate must see them in any case."""
    if any(is_at_least(f.severity, fail_on) for f in summary.findings):
        return ExitStatus.FINDINGS
    if summary.has_internal_error:
        return ExitStatus.INTERNAL
    if summary.errored or summary.document.run.interrupted or not summary.played:
        return ExitStatus.NOT_TESTABLE
    return ExitStatus.OK
