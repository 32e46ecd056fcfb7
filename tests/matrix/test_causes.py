"""One defect is one cause: what a report names at broken servers, run with the profiles that find anything there.

``python tests/tools/causes.py`` prints the numbers over all of them.
"""

from __future__ import annotations

from statistics import median

import pytest
from scim_compat.values import Severity
from tools import causes as tool
from tools import matrix

EVERY = 60
"""Each so manieth server, beside those that have a test of their own."""


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        matrix.remember(patch.setattr)
        yield


def causes_at(defect: str, version: str = "2.0"):
    return tool.causes_at((version, (defect,)))


def test_lower_case_operations_that_are_refused_are_one_cause():
    (cause,) = causes_at("patch-op-title-case-only")
    assert cause.title == "PATCH with op in lower case is refused (400: The operation is not supported.)"
    assert cause.severity is Severity.BREACH
    assert {"patch.status", "user.disabled", "group.member-removed"} <= set(cause.checks), (
        "the former rules are below it"
    )
    assert cause.trait
    assert cause.trait.text == "with op in lower case"


def test_a_path_less_change_that_wipes_the_user_is_charged_to_the_change():
    (cause,) = causes_at("pathless-replaces-whole-resource")
    assert cause.checks[0] == "patch.untouched"
    assert "create.stored" not in cause.checks
    assert {found.check.id for found in cause.consequences}.isdisjoint({"create.stored"})
    (okta,) = [hit for hit, client in zip(cause.hits, cause.clients, strict=True) if client == "okta"]
    assert okta.severity.rank >= Severity.BLOCKER.rank, "okta is incompatible"
    before = cause.example.scenario.steps[cause.before[2]]
    assert before.exchange.response.status < 300


def test_the_median_is_one_cause_and_hardly_any_server_has_more_than_two():
    """A sample; the whole is too long for a test."""
    servers = list(tool.servers([]))[::EVERY]
    numbers = [len(found) for server in servers if (found := tool.causes_at(server))]
    assert len(numbers) > 8
    assert median(numbers) == 1
    assert sum(number > 2 for number in numbers) <= len(numbers) * 0.1, dict(zip(servers, numbers, strict=False))


def test_two_defects_are_two_causes():
    for pair in [("password-returned", "group-rename-ignored"), ("user-patch-405", "html-escapes")]:
        found = tool.causes_at(("2.0", pair))
        assert len(found) >= 2, pair


def test_no_cause_is_titled_after_a_request_that_was_answered_well():
    """A refusal in a title is one of the request that the card shows."""
    for defect in ("user-patch-405", "charset-parameter-415", "filter-external-id-400", "put-405"):
        for cause in causes_at(defect):
            place = cause.request
            step = cause.example.scenario.steps[place[2]]
            if "is refused" in cause.title:
                assert step.exchange.response.status >= 400, cause.title
                assert str(step.exchange.response.status) in cause.title
