"""One scale: client, rule and effect decide how much a finding hurts, in the words of the README."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scim_compat.checks.registry import Harm, all_checks
from scim_compat.checks.severity import SCALE, severity_of
from scim_compat.values import Severity
from support.profiles import loaded

README = Path(__file__).parents[3] / "README.md"


def test_the_scale_has_the_words_of_the_readme():
    rows = dict(
        re.findall(
            r"^\| (breach|blocker|degraded|cosmetic) \| ([^|:]+?)(?::[^|]*)? \|$", README.read_text(), re.MULTILINE
        )
    )
    assert {str(SCALE[harm]): harm.value.partition(":")[0] for harm in Harm} == {
        severity: words.partition(":")[0] for severity, words in rows.items()
    }


TABLE = [
    # client, rule, effect of the violation, evidence of the form → severity
    ("entra-v2", "user.disabled", None, "documented", "breach"),
    ("entra-v2", "user.disabled", None, "inferred", "degraded"),  # may come from a form that nobody proved
    ("entra-v2", "user.disabled", None, "disputed", "degraded"),
    ("okta", "group.member-removed", None, "observed", "breach"),
    ("okta", "group.member-removed", None, "disputed", "degraded"),
    ("entra-v2", "group.members-kept", None, "inferred", "breach"),  # whatever the form was, others lost their access
    ("entra-v2", "auth.required", None, "inferred", "breach"),
    ("entra-v2", "create.status", None, "documented", "blocker"),
    ("entra-v2", "create.status", None, "disputed", "degraded"),
    ("entra-v2", "delete.gone-by-id", None, "documented", "breach"),
    ("entra-v2", "delete.gone-by-id", Harm.LOSS, "documented", "degraded"),  # soft deletion: an inactive account
    ("rfc7644", "delete.gone-by-id", Harm.LOSS, "documented", "degraded"),
    ("entra-v2", "delete.status", None, "documented", "blocker"),
    ("entra-v2", "delete.status", Harm.LOSS, "documented", "degraded"),  # 200 with a body: it is gone
    ("okta", "resource.meta-location", None, "documented", "degraded"),
    ("okta", "resource.meta-location", Harm.TEXT, "documented", "cosmetic"),  # a relative reference
    ("entra-v2", "resource.meta-location", Harm.TEXT, "documented", None),  # never read, so nothing is lost
    ("entra-v2", "patch.untouched", None, "documented", "degraded"),
    ("entra-v2", "patch.untouched", Harm.ACCESS, "documented", "breach"),
    ("entra-v2", "patch.untouched", Harm.ACCESS, "inferred", "breach"),
    ("rfc7644", "patch.untouched", Harm.ACCESS, "documented", "breach"),
    ("rfc7644", "patch.status", None, "documented", "degraded"),  # a MUST that no client names
    ("rfc7644", "http.no-redirect", None, "documented", "cosmetic"),  # a SHOULD
    ("rfc7644", "sync.converges", None, "documented", None),  # no client, no demand
]


@pytest.mark.parametrize(("client", "rule", "harm", "evidence", "severity"), TABLE)
def test_client_rule_and_effect_decide(client, rule, harm, evidence, severity):
    profile = loaded(client)
    scenario = replace(profile.scenarios[0], evidence=evidence, requires={})
    found, _ = severity_of(all_checks()[rule], profile, scenario, harm=harm)
    assert found == (None if severity is None else Severity(severity))
