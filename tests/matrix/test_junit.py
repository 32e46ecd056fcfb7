"""JUnit at broken servers: the failed cases are the failed scenarios of the results, and nothing else fails."""

from __future__ import annotations

import pytest
from scim_compat.report.gate import Gate
from scim_compat.report.junit import ENDPOINT, junit
from scim_compat.results.causes import causes
from scim_compat.results.document import INTEGRITY
from scim_compat.values import FailOn, is_at_least
from support.junit import failed, read
from tools import documents, matrix
from tools.causes import base

PROFILES = {"2.0": "okta", "1.1": "okta-scim11"}
EVERY = 24
"""Of the servers at which the profile finds something, a plain call of pytest takes one in so many."""


def servers(version: str) -> list[str]:
    rows = matrix.read()["defects"][version]
    return sorted(
        defect
        for defect, row in rows.items()
        if row.get(PROFILES[version]) and documents.UNTESTABLE not in row[PROFILES[version]]
    )


@pytest.mark.parametrize("version", PROFILES)
def test_failed_cases_are_failed_scenarios(version: str, thorough: bool) -> None:
    name, bystanders, seen = PROFILES[version], 0, 0
    known = base(name)
    for defect in servers(version)[:: 1 if thorough else EVERY]:
        found = documents.records(known, defect)
        document = documents.document({name: (known.tape.profile, known.records, found)})
        for fail_on in (FailOn.COSMETIC, FailOn.DEGRADED, FailOn.BREACH):
            wanted = {
                (ENDPOINT, f"{name}.{each.id}") if each.feature == INTEGRITY else (name, each.id)
                for each in document.profiles[0].scenarios
                if fail_on.floor and is_at_least(each.severity, fail_on.floor)
            }
            assert failed(read(junit(document, causes(document), Gate(fail_on)))) == wanted, (defect, fail_on)
            bystanders += any(suite == ENDPOINT for suite, _ in wanted)
            seen += len(wanted)
    assert seen > 100, "the sample finds so little that it proves nothing"
    assert bystanders or version == "1.1" or not thorough
