"""Conformant variety: what the RFC leaves to the server is no finding, and a profile still proves what it proves elsewhere.

Every profile is replayed against the plain server and against the two of ``TOGETHER``, which differ in all that can
differ at once. The clients of THREE meet each variant once more with a few others that have nothing to do with it
(``GROUPS``), and each one alone meets one of SHORT, the shortest profiles of Entra and Okta, in turn. All of it against
all of it would take minutes. Drawn are each profile against one of the two, and each few against one of THREE.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scim_compat.checks.registry import all_checks
from scim_compat.engine.applies import not_applicable
from scim_compat.engine.context import RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from scim_compat.profile.model import Profile, Scenario
from scim_compat.results.stream import EventWriter
from scim_compat.run.header import header
from scim_compat.run.preflight import preflight
from scim_compat.run.selection import Selection
from scim_compat.run.session import Session, finish
from scim_compat.run.settings import Login, Settings
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Bearer
from servers.good import GoodServer
from servers.good11 import VARIANTS as VARIANTS11
from servers.good11 import GoodServer11
from servers.probing import Client
from servers.probing11 import Client11
from servers.running import WsgiApp, mounted
from servers.schema import GROUP, USER
from servers.telling import seen
from servers.variants import CONTRADICTIONS, GROUPS, TOGETHER, VARIANTS
from support.commands import SMALL_CROWD, TOKEN
from support.draw import pairs

URL = "http://good.example/scim/v2"
THREE = ("entra-v2", "okta", "rfc7644")
SHORT = ("thousandeyes-entra", "thousandeyes-okta")
HALVES = dict(zip(("one-half", "other-half"), TOGETHER, strict=True))
FEW = {"+".join(sorted(names)): names for names in GROUPS}
OTHERS = 25
"""People of somebody else's: more than a page of 20."""

# Okta's support article on a failed connection test says that Resources must be there when nothing is found, and its
# reference shows it so (the profile's S14b and S1). RFC 7644 §3.4.2 requires it only for a totalResults other than 0:
# the server is lawful, and Okta stops all the same. To say so is what the profile is for.
# Microsoft's gallery kit wants every attribute of its mapping in the published schema, nickName among them (its S19).
KIT = {("entra-validator", "kit-15.schema-discoverability", "discovery.mapped-attributes", "blocker")}
REVIEWED = {
    "no-nick-name-refused": KIT,
    "no-nick-name-ignored": KIT,
    "no-resources-when-empty": {
        (client, "match.empty-answer", "expect.answer", "blocker")
        for client in ("okta", "okta-wizard", "thousandeyes-okta")
    },
}
"""Variant → (profile, scenario, check, severity): lawful, and by the client's own word it does not work with it."""

DECLINED = {
    "emails-required": {
        "create.smallest",
        "users.add-missing",
        "users.add-missing.compliant",
        "users.add-missing.older",
        "users.add-or-replace",
        "users.create-without-optionals.no-mail",
        "users.create.without-emails",
        "earlier.patch-add-attributes",
    },
    "unique-emails": {"users.same-address"},
    "refuses-labels": {"attributes.create.unlisted", "attributes.create.listed"},
    "lists-labels": {"attributes.create.unlisted", "attributes.create.listed"},
    "long-texts-refused": {"users.create-long-text", "groups.match-special-characters.long", "filter.long-value"},
}
"""Variant → the scenarios that do not apply, because the server refuses what they are about, as it may."""

UNOFFERED = {
    "no-sort": "sort",
    "no-etag": "etag",
    "no-filter-advertised": "filter",
    "no-change-password": "changePassword",
}
"""Variant → what its /ServiceProviderConfig denies; scenarios that need it are left out."""


@cache
def profile(name: str) -> Profile:
    return load(name, check_ids=all_checks())


def profiles() -> list[str]:
    """The built-in profiles of SCIM 2.0."""
    return sorted(name for name in builtin() if profile(name).scim == "2.0")


SERVED: dict[str, WsgiApp] = {}


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What ``run`` tests, by name, as with ``--scim-app``."""
    return SERVED["app"](environ, start_response)


@dataclass
class Ran:
    results: dict[str, Any]
    found: set[tuple[str, str, str]] = field(default_factory=set)
    """Scenario, check, severity of each finding."""
    left_out: set[str] = field(default_factory=set)
    """Scenarios that did not apply."""
    places: list[str] = field(default_factory=list)
    """The findings, to be read in a failure's output."""


def run(name: str, variant: frozenset[str], out: Path) -> Ran:
    """A whole run of one profile in this process."""
    server, one = populated(variant), profile(name)
    before = sum(map(len, server.store.records.values()))
    SERVED["app"] = mounted(server)
    settings = Settings(
        url=URL,
        app=f"{__name__}:app",
        login=Login(kind="bearer", token=TOKEN),
        seed=7,
        crowd=SMALL_CROWD,
        out=str(out),
    )
    events = EventWriter(out / "events.jsonl")
    events(header(settings.with_id(), Selection((one,), {one.id: one.scenarios})))
    running = Session(settings, report=events)
    running.open()
    for scenario in one.scenarios:
        running.run(one, scenario)
    running.close()
    finish(events, out, shards=[])
    assert sum(map(len, server.store.records.values())) == before
    return read(json.loads((out / "results.json").read_text(encoding="utf-8")))


def populated(variant: frozenset[str]) -> GoodServer:
    server = GoodServer(variant=variant)
    for number in range(OTHERS):
        name = f"other.{number}@example.org"
        other = {
            "userName": name,
            "name": {"givenName": "Ota", "familyName": f"Her {number}"},
            "active": number % 3 > 0,
        }
        server.store.create(USER, other | {"emails": [{"value": name, "type": "work", "primary": True}]})
    server.store.create(GROUP, {"displayName": "Others"})
    return server


def read(results: dict[str, Any]) -> Ran:
    ran = Ran(results)
    for scenario in results["profiles"][0]["scenarios"]:
        if not scenario["applicable"]:
            ran.left_out.add(scenario["id"])
        for step in scenario["steps"]:
            for check in step["checks"]:
                if check["outcome"] == "fail":
                    ran.found.add((scenario["id"], check["id"], check["severity"]))
                    place = {k: check.get(k) for k in ("where", "expected", "actual", "message")}
                    ran.places.append(f"{scenario['id']} {check['id']} {check['severity']}: {place}")
    return ran


def judge(ran: Ran, name: str, variant: frozenset[str]) -> None:
    """Nothing above cosmetic but what was reviewed, nothing in error, and nothing left out but what is not offered."""
    reviewed = {one[1:] for known in variant for one in REVIEWED.get(known, ()) if one[0] == name}
    grave = {one for one in ran.found if one[2] != "cosmetic"}
    assert grave == reviewed, "\n".join(ran.places)
    counts = ran.results["profiles"][0]["counts"]
    assert (counts["errored"], counts["skipped"]) == (0, 0)
    assert ran.results["errors"] == []
    bystanders = ran.results["bystanders"]
    assert (bystanders["checked"], bystanders["changed"]) == (SMALL_CROWD + 3, [])
    assert ran.results["cleanup"]["left"] == []
    assert ran.results["verdict"] == ("incompatible" if grave else "compatible")
    denied = {UNOFFERED[one] for one in variant if one in UNOFFERED}
    declined = frozenset().union(*(DECLINED.get(one, set()) for one in variant))
    more = ran.left_out - not_for_the_plain_one(name) - declined
    assert {s.id for s in profile(name).scenarios if s.id in more and not denied & needed(s)} == set()


def needed(scenario: Scenario) -> set[str]:
    """What the scenario wants /ServiceProviderConfig to offer."""
    said = scenario.when.get("supports", ())
    return {said} if isinstance(said, str) else set(said)


@cache
def not_for_the_plain_one(name: str) -> frozenset[str]:
    """The scenarios that the plain server's own words leave out; nothing is sent but the questions of discovery."""
    settings = WireSettings(base_url=URL)
    with Wire(settings, Bearer(TOKEN), transport=WsgiTransport(mounted(GoodServer()))) as sender:
        stage = RunContext(sender=sender, base_url=URL, seed=7, ledger=Ledger(None), observe=lambda _: None,
                      capabilities=preflight(sender, URL))  # fmt: skip
        return frozenset(s.id for s in profile(name).scenarios if not_applicable(s, stage))


# ---- replayed


@pytest.mark.parametrize("name", profiles())
def test_nothing_at_all_is_found_on_the_plain_server(name, tmp_path):
    ran = run(name, frozenset(), tmp_path)
    judge(ran, name, frozenset())
    assert ran.found == set(), "\n".join(ran.places)
    assert ran.results["verdict"] == "compatible"
    assert ran.left_out == not_for_the_plain_one(name)


@pytest.mark.parametrize(("name", "half"), pairs(profiles(), list(HALVES)))
def test_all_lawful_differences_at_once(name, half, tmp_path):
    variant = HALVES[half]
    judge(run(name, variant, tmp_path), name, variant)


@pytest.mark.parametrize(("few", "name"), pairs(list(FEW), THREE))
def test_a_few_lawful_differences(few, name, tmp_path):
    variant = FEW[few]
    judge(run(name, variant, tmp_path), name, variant)


@pytest.mark.thorough  # each is in one of FEW, and met by one of THREE
@pytest.mark.parametrize(("place", "variant"), list(enumerate(VARIANTS)), ids=list(VARIANTS))
def test_a_lawful_difference_alone(place, variant, tmp_path):
    name = SHORT[place % 2]
    judge(run(name, frozenset({variant}), tmp_path), name, frozenset({variant}))


@pytest.mark.parametrize("variant", ["keeps-labels", "keeps-one-label", "lists-labels", "refuses-labels"])
def test_extensions_are_left_to_the_server(variant, tmp_path):
    judge(run("peakon", frozenset({variant}), tmp_path), "peakon", frozenset({variant}))


# ---- the servers themselves


def test_the_plain_servers_show_no_variant():
    assert seen(Client(GoodServer())) == set()
    assert seen(Client11(GoodServer11())) == {"patch-200"}  # in SCIM 1.1 there is always a body


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_can_be_seen_and_brings_no_other(variant):
    brings = {"empty-members-array"} if variant == "nulls" else set()
    assert seen(Client(GoodServer(variant=frozenset({variant})))) == {variant} | brings


@pytest.mark.parametrize("variant", sorted(VARIANTS11.keys() & VARIANTS.keys()))
def test_a_variant_of_the_older_version_can_be_seen(variant):
    found = seen(Client11(GoodServer11(variant=frozenset({variant}))))
    assert variant in found
    assert found <= {variant, "patch-200"}


@pytest.mark.parametrize("variant", [*TOGETHER, *GROUPS])
def test_none_hides_another(variant):
    found = seen(Client(GoodServer(variant=variant)))
    assert variant <= found
    assert found - variant <= {"empty-members-array"}  # nulls brings it


def test_every_variant_is_in_a_group_once():
    assert sorted(name for group in GROUPS for name in group) == sorted(VARIANTS)
    apart = {"no-filter-advertised", "lists-labels", "refuses-labels", "emails-required", "busy-412"}
    assert VARIANTS.keys() - frozenset().union(*TOGETHER) == apart


def test_unknown_and_contradictory_variants_are_refused():
    with pytest.raises(ValueError, match=r"unknown variants: \['patch-205'\]"):
        GoodServer(variant=frozenset({"patch-205"}))
    for pair in CONTRADICTIONS:
        with pytest.raises(ValueError, match="exclude each other"):
            GoodServer(variant=frozenset(pair))
