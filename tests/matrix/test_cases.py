"""Known cases: what the profile of the client that meets a broken server must find there, and what it must not.

A case stands in ``cases/*.yaml``::

    - case: The first attribute of an extension on a user that has none
      source: FusionAuth/fusionauth-issues#2667      # where it was seen; may be left out
      server: patch-first-extension-attribute        # a broken server of tests/servers, by name
      profile: entra-v2
      finds: {patch.status: blocker}                 # these checks fail, with this severity
      never: [patch.every-operation]                 # these do not
      alone: true                                    # no other check fails above cosmetic

They are held against the matrix, which other tests hold against the servers. ``python tests/tools/matrix.py --defect
NAME`` renews the row of a server.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from scim_compat.checks.registry import all_checks
from scim_compat.values import Severity, is_at_least
from tools import matrix

FOLDER = Path(__file__).parent / "cases"
KEYS = {"case", "source", "server", "profile", "finds", "never", "alone"}
CASES = [case for file in sorted(FOLDER.glob("*.yaml")) for case in yaml.safe_load(file.read_text()) or []]
MATRIX = matrix.read()


def test_cases_are_written_in_their_format():
    for case in CASES:
        assert {"case", "server", "profile"} <= case.keys() <= KEYS, case
        assert case.get("finds") or case.get("never"), case
        assert {*case.get("finds", {}), *case.get("never", ())} <= all_checks().keys(), case
        assert {*case.get("finds", {}).values()} <= {str(each) for each in Severity}, case


def test_no_case_is_there_twice():
    keys = [(case["server"], case["profile"], case["case"]) for case in CASES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['server']} × {case['profile']}")
def test_the_profile_finds_the_cause_and_nothing_that_is_none(case):
    version = MATRIX["profiles"][case["profile"]]["scim"]
    row = MATRIX["defects"][version][case["server"]].get(case["profile"], {})
    found = {check: severity for check, (severity, _) in row.items()}
    wanted = case.get("finds", {})
    assert {check: found.get(check) for check in wanted} == wanted, case["case"]
    assert not found.keys() & set(case.get("never", ())), case["case"]
    if case.get("alone"):
        others = {c for c, s in found.items() if is_at_least(Severity(s), Severity.DEGRADED)} - wanted.keys()
        assert not others, case["case"]
