"""Warnings about a profile that loads: likely mistakes, and texts that are hard to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat.errors import Complaint
from scim_compat.profile.literal import expects_refusal
from scim_compat.profile.model import Profile, Scenario, Step
from scim_compat.source.complaints import quoted
from scim_compat.values import Severity, Where

_LONGEST_TITLE: Final = 100
_LONGEST_FAILURE: Final = 70
_WRITING_VERBS: Final = frozenset(
    {"create", "change", "assign-manager", "patch", "add-members", "remove-members", "delete"}
)
_WISHES: Final = re.compile(r"\b(should|shall|must|ought)\b", re.IGNORECASE)


def lint(profile: Profile) -> list[Complaint]:
    """Warnings about a profile that loads, in file order."""
    warnings = [*_titles(profile), *_features(profile), *_requirements(profile)]
    for scenario in profile.scenarios:
        warnings += _read_backs(scenario)
        warnings += _meanings(scenario)
        warnings += _rules(scenario)
    return sorted(dict.fromkeys(warnings), key=lambda each: (each.where.file, each.where.line))


def _titles(profile: Profile) -> Iterator[Complaint]:
    first: dict[str, Where] = {}
    for scenario in profile.scenarios:
        title, where = scenario.title, scenario.where
        if wish := _WISHES.search(title):
            yield Complaint(
                where,
                f"the title of {scenario.id} says {quoted(wish.group())}",
                "say what happens: indicative",
            )
        if len(title) > _LONGEST_TITLE:
            what = f"the title of {scenario.id} has {len(title)} characters"
            yield Complaint(where, what, f"at most {_LONGEST_TITLE}, the variant's part included")
        earlier = first.setdefault(title.casefold(), where)
        if earlier is not where:
            yield Complaint(
                where,
                f"the title {quoted(title)} stands twice, first on line {earlier.line}",
                "tell them apart",
            )


def _features(profile: Profile) -> Iterator[Complaint]:
    used = {scenario.feature for scenario in profile.scenarios}
    for feature in profile.features:
        if feature.id not in used:
            what = f"no scenario proves the feature {feature.id}"
            yield Complaint(Where(profile.path, 1), what, "add one, or remove the feature")


def _requirements(profile: Profile) -> Iterator[Complaint]:
    holders = [profile.requires, *(scenario.requires for scenario in profile.scenarios)]
    for requirement in (each for holder in holders for each in holder.values()):
        if (
            requirement.severity in {Severity.BREACH, Severity.BLOCKER}
            and not requirement.consequence
            and requirement.where
        ):
            what = f"{requirement.check} is a {requirement.severity} without a consequence"
            yield Complaint(requirement.where, what, "say what the administrator or the user sees")


def _read_backs(scenario: Scenario) -> Iterator[Complaint]:
    """A write that nobody reads back is judged by its status alone, which proves nothing."""
    for number, step in enumerate(scenario.steps):
        for name in written_names(step):
            later = scenario.steps[number + 1 :]
            if not any(each.kind == "verify" and each.args["verify"] == name for each in later):
                what = f"nothing reads {quoted(name)} back after this write"
                yield Complaint(step.where, what, f"add {{verify: {name}}}")


def _meanings(scenario: Scenario) -> Iterator[Complaint]:
    for step in scenario.steps:
        if step.verb == "patch" and "means" not in step.args and step.args.get("expect") != "refusal":
            yield Complaint(step.where, "operations without means: nothing states their effects", "add means:")


def _rules(scenario: Scenario) -> Iterator[Complaint]:
    """The failure of a rule heads the findings, so it is short, says what is broken, and differs from the rule."""
    for step in scenario.steps:
        expect = step.args.get("expect")
        rule = expect.get("rule", {}) if isinstance(expect, Mapping) else {}
        failure = rule.get("failure", "")
        if wish := _WISHES.search(failure):
            yield Complaint(step.where, f"the failure of a rule says {quoted(wish.group())}", "say what is broken")
        if len(failure) > _LONGEST_FAILURE:
            what = f"the failure of a rule has {len(failure)} characters"
            yield Complaint(step.where, what, f"at most {_LONGEST_FAILURE}")
        if failure and failure.casefold() == rule.get("title", "").casefold():
            yield Complaint(step.where, "the failure of a rule is its title", "say what is broken")


def written_names(step: Step) -> Iterator[str]:
    """Names of the actors whose state the step changes."""
    args = step.args
    if step.kind == "do" and step.verb in _WRITING_VERBS:
        if args.get("expect") not in {"conflict", "gone"}:
            yield args.get("user") or args["group"]
    elif step.kind == "do" and step.verb == "bulk":
        for each in args["operations"]:
            if each.get("expect", "success") == "success":
                yield each.get("create") or each.get("patch") or each.get("put") or each["delete"]
    elif step.kind == "send" and "about" in args and args["send"]["method"] != "GET" and not expects_refusal(args):
        yield args["about"]
