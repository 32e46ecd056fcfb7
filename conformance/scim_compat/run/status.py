"""The exit status that results ask for."""

from __future__ import annotations

from scim_compat.errors import ExitStatus
from scim_compat.results.collate import Collated
from scim_compat.values import Severity, is_at_least


def status(collated: Collated, fail_on: Severity) -> ExitStatus:
    """Findings come first: a gate must see them in any case."""
    if any(is_at_least(f.severity, fail_on) for f in collated.found):
        return ExitStatus.FINDINGS
    if collated.internal_error:
        return ExitStatus.INTERNAL
    if collated.errored or collated.head["run"]["interrupted"] or not collated.ran:
        return ExitStatus.NOT_TESTABLE
    return ExitStatus.OK
