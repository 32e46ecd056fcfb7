"""Every check has a phrase for its failures: short, in the indicative, its own, and another sentence than the rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from scim_compat.checks import rules
from scim_compat.checks.registry import all_checks
from scim_compat.profile.find import builtin
from scim_compat.profile.load import load
from unit.checks.test_every_check import cases
from unit.checks.test_expect_checks import outcome

LONGEST = 70
WISHES = re.compile(r"\b(should|shall|must|ought|not met|is wrong|are wrong|violat\w*|incorrect\w*)\b", re.IGNORECASE)


def phrases():
    """Every phrase in the source: of the checks, and of single cases."""
    for module in sorted(Path(rules.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for argument in node.keywords:
                    if argument.arg == "failure":
                        yield from strings(argument.value)
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "failure" for one in node.targets):
                yield from strings(node.value)
            if isinstance(node, ast.FunctionDef) and node.name == "_failure":
                yield from (text for line in ast.walk(node) if isinstance(line, ast.Return) for text in strings(line))


def strings(node):
    constants = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return (text for text in constants if isinstance(text, str) and " " in text)


def faults(text):
    if WISHES.search(text):
        yield "says what should be"
    if len(text) > LONGEST:
        yield f"has {len(text)} characters"
    if text.endswith(".") or text != text.strip():
        yield "ends in a full stop or a space"
    # The name of an attribute keeps its case: userName, startIndex, meta.location.
    if not (text[0].isupper() or text[0] == "/" or re.match(r"[a-z]+([A-Z.]\w+)?\b", text)):
        yield "does not begin like a sentence"


@pytest.mark.parametrize("text", sorted(set(phrases())))
def test_a_phrase_is_a_short_sentence_in_the_indicative(text):
    assert list(faults(text)) == []


def test_every_check_has_a_phrase_of_its_own():
    checks = all_checks().values()
    assert [rule.id for rule in checks if not rule.failure] == []
    texts = [rule.failure.casefold() for rule in checks]
    assert [text for text in texts if texts.count(text) > 1] == []
    # The walk through the source has found them all, and those of single cases beside them.
    found = list(phrases())
    assert {rule.failure for rule in checks} < set(found)
    assert len(found) == len(set(found))


def test_no_phrase_is_the_rule_itself():
    titles = {rule.title.casefold() for rule in all_checks().values()}
    assert [text for text in phrases() if text.casefold() in titles] == []


def test_the_faults_are_found():
    assert list(faults("A create should be refused.")) == ["says what should be", "ends in a full stop or a space"]
    assert list(faults("A" * 71)) == ["has 71 characters"]


HOLDS = {
    "A create is refused": lambda seen, _: seen.response.status >= 400,
    "A second create of the same resource is accepted": lambda seen, _: seen.response.ok,
    "A create for a known account does not take it over, as claimed": lambda seen, _: (
        seen.context.claims.existing == "adopt"
    ),
    "A change is refused": lambda seen, _: seen.response.status >= 400,
    "A change of the manager is refused": lambda seen, _: seen.response.status >= 400,
    "A change of a group's members is refused": lambda seen, _: seen.response.status >= 400,
    "A delete is refused": lambda seen, _: seen.response.status >= 400 and seen.response.status != 404,
    "A request to be accepted is refused": lambda seen, _: seen.response.status >= 400 and min(seen.intent.statuses or {200}) < 300,
    "A request to be refused is accepted": lambda seen, _: seen.response.ok and 200 not in seen.intent.statuses,
    "Disabled users stay active": lambda _, one: one.actual is True,
    "Re-enabled users stay inactive": lambda _, one: one.actual is False,
}  # fmt: skip
"""Each phrase of a single case, and when it is true."""


def test_the_phrase_of_a_case_is_true_there_and_used_somewhere():
    used = set()
    for name, rows in cases().items():
        rule = all_checks()[name]
        for seen in rows:
            if outcome(rule, seen) in (None, "skip", []):
                continue
            for one in rule.run(seen):
                if one.failure:
                    used.add(one.failure)
                    assert HOLDS[one.failure](seen, one), (name, one)
    assert used == HOLDS.keys() == set(phrases()) - {rule.failure for rule in all_checks().values()}


def test_every_rule_that_a_built_in_profile_states_has_a_phrase():
    """One for each title: a rule that is stated twice fails in the same words."""
    known: dict[str, set[str]] = {}
    for name in builtin():
        for scenario in load(name).scenarios:
            for step in scenario.steps:
                expect = step.args.get("expect")
                if isinstance(expect, dict) and (rule := expect.get("rule")):
                    known.setdefault(rule.get("title", ""), set()).add(rule.get("failure", ""))
    assert len(known) > 200
    assert {title: texts for title, texts in known.items() if len(texts) != 1 or "" in texts or title in texts} == {}
    texts = [text for group in known.values() for text in group]
    assert [text for text in texts if list(faults(text)) or texts.count(text) > 1] == []
