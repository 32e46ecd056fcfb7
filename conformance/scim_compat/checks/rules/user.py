"""Access of a user: disabling, enabling, and the manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from scim_compat.checks.answers import has_resource, ids_as_text, is_last_page, require_control, resource_of
from scim_compat.checks.display import display, quotation
from scim_compat.checks.effects import effects, has_asked_value, is_applied, is_manager, subject
from scim_compat.checks.published import is_published
from scim_compat.checks.registry import BOTH, NotJudged, Trait, Violation, check
from scim_compat.engine.intent import Effect, Observation
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import messages, paths
from scim_compat.scim.grammar import parse_path
from scim_compat.values import Fault, Json


def _is_switched(observation: Observation, value: object) -> bool:
    return any(e.path.lower() == "active" and e.value is value for _, e in effects(observation, "set", accepted=False))


@check(
    "user.disabled",
    "A disabled user is inactive when read back",
    failure="A disabled user does not read back as inactive",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.1.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: has_resource(observation) and _is_switched(observation, value=False),
    traits=Trait.FORM,
    why="This is how a dismissed employee's access ends. If it does not take effect, the account stays open.",
    fix="Set `active` to false for every form the client sends it in, end the user's sessions, and return "
    "`active: false`.",
    fault=Fault.LOSS,
)
def disabled(observation: Observation) -> Iterator[Violation]:
    resource = resource_of(observation)
    for write, effect in effects(observation, "set", accepted=False):
        if effect.path.lower() == "active" and effect.value is False and not is_applied(effect, resource):
            actual = display(paths.get(resource, "active"))
            refusal = f"the request was refused with {write.status}, so the account stays open"
            if others := sorted(write.attributes - {"active"}):
                refusal += f"; it also changes {', '.join(others[:3])}, and that part may be the reason"
            yield Violation(
                "active",
                expected=False,
                actual=actual,
                message="" if write.accepted else refusal,
                failure="Disabled users stay active" if actual is True else "",
            )


@check(
    "user.enabled",
    "A re-enabled user is active when read back",
    failure="A re-enabled user does not read back as active",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.1.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: has_resource(observation) and _is_switched(observation, value=True),
    why="A returning employee is assigned again and still cannot sign in.",
    fix="Set `active` to true for every form the client sends it in, and return `active: true`.",
    fault=Fault.LOSS,
)
def enabled(observation: Observation) -> Iterator[Violation]:
    for write, effect in effects(observation, "set"):
        is_asked = write.action in {"patch", "replace"} and effect.path.lower() == "active" and effect.value is True
        if is_asked and not is_applied(effect, resource_of(observation)):
            actual = display(paths.get(resource_of(observation), "active"))
            failure = "Re-enabled users stay inactive" if actual is False else ""
            yield Violation("active", expected=True, actual=actual, failure=failure)


@check(
    "user.manager",
    "The manager is set, changed and cleared as asked",
    failure="The manager is not set, changed or cleared as asked",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.3"),
    on=("read-back",),
    when=lambda observation: (
        has_resource(observation) and any(is_manager(e) for _, e in effects(observation, "set", "clear"))
    ),
    why="Approvals and reports go to the wrong person, or the client sends the manager again in every cycle.",
    fix="Take the manager as a bare id as well as in `{value}`, and return `manager: {value: id}`.",
    fault=Fault.LOSS,
)
def manager(observation: Observation) -> Iterator[Violation]:
    for write, effect in effects(observation, "set", "clear"):
        if not is_manager(effect) or write.action == "create":
            continue
        if is_published(observation.context, subject(observation).kind, effect.path) is False or is_applied(
            effect, resource_of(observation)
        ):
            continue
        actual = paths.get(resource_of(observation), effect.path)
        if _is_in_another_form(effect, resource_of(observation)):
            continue  # resource.manager-shape reports it
        expected = (
            "no manager" if effect.kind == "clear" or paths.is_unassigned(effect.value) else quotation(effect.value)
        )
        yield Violation(effect.path, expected=expected, actual=display(actual))


def _is_in_another_form(effect: Effect, resource: Mapping[str, Json]) -> bool:
    """True when the right manager is shown in an array of one."""
    wanted = effect.value.get("value") if isinstance(effect.value, Mapping) else effect.value
    whole = paths.get(resource, replace(parse_path(effect.path), sub=""))
    if not isinstance(whole, list) or len(whole) != 1 or not wanted:
        return False
    shown = whole[0].get("value") if isinstance(whole[0], Mapping) else whole[0]
    return bool(shown == wanted)


@check(
    "user.disabled-found-by-id",
    "A disabled user is still returned by its id",
    failure="A disabled user is not returned by its id",
    level="CLIENT",
    on=("read-back", "read"),
    scim=BOTH,
    when=lambda observation: observation.intent.disabled and not observation.intent.gone,
    why="The client takes a vanished user for deleted and cannot enable it again.",
    fix="Keep inactive users readable; only DELETE hides a user.",
    fault=Fault.DAMAGE,
)
def found_by_id(observation: Observation) -> Iterator[Violation]:
    if observation.response.status in {404, 410}:
        yield Violation("status", expected=200, actual=observation.response.status)


@check(
    "user.disabled-found-by-filter",
    "A disabled user is still found by filter",
    failure="A disabled user is not found by filter",
    level="CLIENT",
    on=("match", "look-up"),
    scim=BOTH,
    when=lambda observation: (
        observation.intent.disabled
        and bool(observation.intent.query.finds)
        and observation.response.ok
        and messages.is_list(observation.response.json)
    ),
    topic=ClaimTopic.FILTER,
    why="On re-assignment the client looks the user up; not found, it creates a second one and meets a conflict.",
    fix="Do not leave inactive users out of filter results.",
    fault=Fault.DAMAGE,
)
def found_by_filter(observation: Observation) -> Iterator[Violation]:
    if not has_asked_value(observation):
        raise NotJudged("the server does not show the user with the value that the filter asks for")
    require_control(observation)
    if subject(observation).id not in (ids_as_text(observation) or ()):
        yield Violation("/Resources", expected="the inactive user", actual="not among the results")


@check(
    "user.disabled-found-in-list",
    "A disabled user is still in the list of users",
    failure="A disabled user is missing from the list",
    level="CLIENT",
    on=("list",),
    scim=BOTH,
    when=lambda observation: observation.intent.disabled and not observation.intent.gone and observation.response.ok,
    why="Imports and account discovery read the list; a user missing there counts as deleted.",
    fix="Do not leave inactive users out of lists.",
    fault=Fault.DAMAGE,
)
def found_in_list(observation: Observation) -> Iterator[Violation]:
    if is_last_page(observation) and subject(observation).id not in (ids_as_text(observation) or ()):
        yield Violation("/Resources", expected="the inactive user on one of the pages", actual="on none")
