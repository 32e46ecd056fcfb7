"""The exit status of a run."""

from __future__ import annotations

from scim_compat.results.collate import Collated
from scim_compat.values import Severity, is_at_least

OK, FINDINGS, USAGE, NOT_TESTABLE, FAULT = 0, 1, 2, 3, 4


def status(collated: Collated, fail_on: Severity) -> int:
    """The exit status that the results ask for. Findings come first: a gate must see them in any case."""
    if any(is_at_least(f.severity, fail_on) for f in collated.found):
        return FINDINGS
    if any("in scim-compat, please report it" in note for note in collated.head["errors"]):
        return FAULT
    if collated.errored or collated.head["run"]["interrupted"] or not collated.ran:
        return NOT_TESTABLE
    return OK
