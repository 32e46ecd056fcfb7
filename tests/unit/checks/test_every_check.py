"""No check is dead: each one passes a case of the tables and fails another, when it really runs on them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from scim_compat.checks.registry import all_checks
from unit.checks import (
    test_bulk,
    test_checks_stateless,
    test_expect_checks,
    test_neighbour_checks,
    test_state_checks,
)
from unit.checks.test_expect_checks import outcome


def cases():
    """Every answer of the five tables: check → what it is run on. What the tables say should come out is not asked."""
    found = defaultdict(list)
    for case in test_checks_stateless.CASES:
        found[case.check] += [case.good, case.bad]
    for table in (
        test_state_checks.CASES,
        test_neighbour_checks.CASES,
        test_expect_checks.CASES,
        test_bulk.CASES,
    ):
        for name, rows in table.items():
            found[name] += [seen for _, seen, _ in rows]
    return found


def never(rules, table):
    """(ids of the checks that fail no case, ids of those that pass none)."""
    outcomes = {name: [outcome(rule, seen) for seen in table.get(name, ())] for name, rule in rules.items()}
    fail = [name for name, found in outcomes.items() if not any(o not in (None, "skip", []) for o in found)]
    passed = [name for name, found in outcomes.items() if [] not in found]
    return fail, passed


def test_every_check_fails_somewhere_and_passes_somewhere():
    dead, cruel = never(all_checks(), cases())
    assert not dead, f"no case of the tables trips {', '.join(dead)}; add one that must fail"
    assert not cruel, f"no case of the tables passes {', '.join(cruel)}; add one that must pass"


def test_every_case_is_of_a_check_that_exists():
    assert sorted(cases().keys() - all_checks().keys()) == []


def test_a_dead_check_would_be_named():
    """Taken one by one: a check that never speaks, one that always does, one that looks at nothing, one without a case."""
    rules = all_checks()
    silent = {name: replace(rule, run=lambda _seen: iter(())) for name, rule in rules.items()}
    assert never(silent, cases()) == (list(rules), [])
    blind = {name: replace(rule, when=lambda _seen: False) for name, rule in rules.items()}
    assert never(blind, cases()) == (list(rules), list(rules))
    for name in ("delete.status", "expect.order", "list.count"):
        assert never({name: rules[name]}, {}) == ([name], [name])
        good = [seen for seen in cases()[name] if outcome(rules[name], seen) == []]
        bad = [seen for seen in cases()[name] if outcome(rules[name], seen) not in (None, "skip", [])]
        assert never({name: rules[name]}, {name: good}) == ([name], [])
        assert never({name: rules[name]}, {name: bad}) == ([], [name])
