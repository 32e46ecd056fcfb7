"""Runs of profiles okta and okta-wizard: correct servers, and the bugs that Okta met."""

from __future__ import annotations

import json

import pytest
from scim_compat.checks.judge import judge
from scim_compat.engine.actor import Actor
from scim_compat.engine.context import RunContext
from scim_compat.engine.knowledge import Knowledge
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import RawHeader
from servers.good import GoodServer
from servers.running import serve
from servers.variants import TOGETHER
from support.commands import TOKEN, play
from support.directory import populated, snapshot
from support.profiles import SEED, loaded, scenario


@pytest.fixture(scope="module")
def okta():
    return loaded("okta")


@pytest.mark.parametrize("value", [TOKEN, f"Bearer {TOKEN}"])
def test_the_token_with_and_without_bearer(okta, value):
    """Header authentication puts in the header what the administrator typed."""
    played = []
    with serve(GoodServer()) as url:
        wire = Wire(WireSettings(base_url=url), RawHeader("Authorization", value))
        stage = RunContext(sender=wire, base_url=url, seed=SEED, ledger=Ledger(None), observe=played.append)
        ended = run_scenario(okta, scenario(okta, "connection.test-credentials"), stage)
        wire.close()
    assert (ended.stopped, [p.observation.exchange.response.status for p in played]) == ("", [200])


# --- against servers ------------------------------------------------------------------------------


def findings(results):
    """(scenario, check, severity) of all that failed."""
    return {
        (s["id"], check["id"], check["severity"])
        for s in results["profiles"][0]["scenarios"]
        for step in s["steps"]
        for check in step["checks"]
        if check["outcome"] in {"fail", "error"}
    }


def results_of(out):
    return json.loads((out / "results.json").read_text())


# The one lawful habit that Okta does not bear: an empty list without Resources (RFC 7644 section 3.4.2; S14b).
FATAL = "no-resources-when-empty"


@pytest.mark.parametrize(("name", "variant"), [("okta", ()), ("okta-wizard", TOGETHER[1] - {FATAL})])
def test_nothing_is_found_on_a_correct_server(name, variant, tmp_path):
    """One as the RFC describes, one that differs from it lawfully."""
    server, before = populated(variant=frozenset(variant))
    with serve(server) as url:
        ended = play(url, name, out=tmp_path)
    results = results_of(tmp_path)
    assert findings(results) == set()
    assert (ended.status, results["verdict"]) == (0, "compatible")
    counts = results["profiles"][0]["counts"]
    # Entitlements, which this target does not have, and the large import; the other one does not change passwords.
    left_out = 5 if "no-change-password" in variant else 4
    assert (counts["not_applicable"], counts["errored"], counts["skipped"]) == (left_out, 0, 0)
    assert counts["passed"] == len(loaded(name).scenarios) - left_out
    assert counts["requests"] < 700
    assert snapshot(server) == before


def test_an_empty_list_without_resources_stops_okta(tmp_path):
    server, _ = populated(variant=frozenset({FATAL}))
    with serve(server) as url:
        play(url, "okta", out=tmp_path, only=["match.*"])
    assert findings(results_of(tmp_path)) == {("match.empty-answer", "expect.answer", "blocker")}


SHOWN = Actor(key="crew", kind="Group", sources={}, id="g", members={"u"}, knowledge=Knowledge(members=frozenset("u")))
"""A group of the crowd: reads show its member, so a list without members is an empty one."""
CAUGHT = [
    # defect, profile, scenario, check, severity
    ("pathless-500", "okta", "users.deactivate", "user.disabled", "breach"),
    ("disable-pathless-ignored", "okta", "users.deactivate", "user.disabled", "breach"),
    ("user-patch-405", "okta", "users.deactivate", "patch.status", "blocker"),
    ("disable-deletes-user", "okta", "users.deactivate", "user.disabled-found-by-id", "blocker"),
    ("disabled-404-by-id", "okta", "users.deactivate", "user.disabled-found-by-id", "blocker"),
    ("disabled-hidden-from-filter", "okta", "users.deactivate", "user.disabled-found-by-filter", "blocker"),
    ("reactivate-ignored", "okta", "users.reactivate", "user.enabled", "degraded"),
    ("put-cannot-disable", "okta-wizard", "users.deactivate", "user.disabled", "breach"),
    ("member-without-type-ignored", "okta", "members.add", "group.member-added", "blocker"),
    ("members-immutable-on-put", "okta-wizard", "members.add", "group.change-accepted", "blocker"),
    ("put-null-display-loses-rename", "okta-wizard", "members.add.null-display", "patch.applied", "blocker"),
    ("members-replace-empty-400", "okta", "members.push-now", "group.member-removed", "breach"),
    ("rename-with-id-400", "okta", "groups.rename", "patch.status", "blocker"),
    ("member-remove-removes-all", "okta", "members.remove-and-add", "group.members-kept", "breach"),
    ("member-add-replaces-list", "okta", "groups.link", "group.members-kept", "breach"),
    ("member-remove-filter-ignored", "okta", "members.remove-and-add", "group.member-removed", "breach"),
    ("put-stores-no-members", "okta-wizard", "members.add", "group.member-added", "blocker"),
    ("unknown-member-500", "okta", "members.stale-id", "http.no-server-error", "blocker"),
    ("members-replace-adds", "okta", "members.push-now", "group.member-removed", "breach"),
    ("filter-case-sensitive", "okta", "match.by-user-name", "filter.ignores-case", "degraded"),
    ("lower-cases-user-name", "okta", "users.create-mixed-case", "create.case-kept", "degraded"),
    ("duplicate-200-existing", "okta", "users.create-duplicate", "create.duplicate-refused", "blocker"),
    ("list-capped-at-2", "okta", "import.users-in-pages", "list.total", "blocker"),
    ("start-index-string", "okta", "match.empty-answer", "expect.answer", "blocker"),
    ("empty-list-null", "okta", "match.empty-answer", "expect.answer", "blocker"),
    ("family-name-not-returned", "okta", "match.complete-answer", "expect.answer", "degraded"),
    ("auth-403-instead-of-401", "okta", "connection.refuse-wrong-token", "auth.status", "degraded"),
    ("items-per-page-constant", "okta", "import.beyond-end", "expect.answer", "degraded"),
    ("stale-index-after-rename", "okta", "users.rename", "expect.finds", "blocker"),
]


@pytest.mark.parametrize(("defect", "profile", "name", "check", "severity"), CAUGHT, ids=[c[0] for c in CAUGHT])
def test_bugs_that_okta_met_are_found(defect, profile, name, check, severity):
    """The bug stands alone in the server; the scenario that names it says so, as grave as it is to Okta."""
    read = loaded(profile)
    server = GoodServer(defects=frozenset({defect}))
    found = set()
    with serve(server) as url:
        wire = Wire(WireSettings(base_url=url), RawHeader("Authorization", f"Bearer {TOKEN}"))
        for one in (s for s in read.scenarios if s.id == name or s.id.startswith(f"{name}.")):
            stage = RunContext(
                sender=wire, base_url=url, seed=SEED, ledger=Ledger(None), crowd=(SHOWN,),
                observe=lambda p, one=one: found.update(
                    (r.id, r.severity) for r in judge(p.observation, read, one) if r.outcome == "fail"),
            )  # fmt: skip
            run_scenario(read, one, stage)
        wire.close()
    assert (check, severity) in found
