"""Who may get in: disabling, enabling, and the manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scim_compat.checks.effects import (
    advertised,
    answered,
    body,
    display,
    effects,
    has_asked_value,
    holds,
    is_manager,
    subject,
)
from scim_compat.checks.registry import (
    BOTH,
    NotJudged,
    Violation,
    check,
)
from scim_compat.engine.intent import Observation
from scim_compat.scim import paths
from scim_compat.scim.messages import looks_like_list
from scim_compat.values import Json


def _active(seen: Observation, value: object) -> bool:
    return any(e.path.lower() == "active" and e.value is value for _, e in effects(seen, "set", accepted=False))


@check(
    "user.disabled",
    "A disabled user is inactive when read back",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.1.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda seen: answered(seen) and _active(seen, value=False),
    why="This is how a dismissed employee's access ends. If it does not take effect, the account stays open.",
    fix="Set `active` to false for every form the client sends it in, end the user's sessions, and return "
    "`active: false`.",
)
def disabled(seen: Observation) -> Iterator[Violation]:
    for write, effect in effects(seen, "set", accepted=False):
        if effect.path.lower() == "active" and effect.value is False and not holds(effect, body(seen)):
            refused = (
                "" if write.accepted else f"the request was refused with {write.status}, so the account stays open"
            )
            yield Violation("active", expected=False, actual=display(paths.get(body(seen), "active")), message=refused)


@check(
    "user.enabled",
    "A re-enabled user is active when read back",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.1.1"),
    on=("read-back",),
    scim=BOTH,
    when=lambda seen: answered(seen) and _active(seen, value=True),
    why="A returning employee is assigned again and still cannot sign in.",
    fix="Set `active` to true for every form the client sends it in, and return `active: true`.",
)
def enabled(seen: Observation) -> Iterator[Violation]:
    for write, effect in effects(seen, "set"):
        asked = write.action in {"patch", "replace"} and effect.path.lower() == "active" and effect.value is True
        if asked and not holds(effect, body(seen)):
            yield Violation("active", expected=True, actual=display(paths.get(body(seen), "active")))


@check(
    "user.manager",
    "The manager is set, changed and cleared as asked",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.3"),
    on=("read-back",),
    when=lambda seen: answered(seen) and any(is_manager(e) for _, e in effects(seen, "set", "clear")),
    why="Approvals and reports go to the wrong person, or the client sends the manager again in every cycle.",
    fix="Take the manager as a bare id as well as in `{value}`, and return `manager: {value: id}`.",
)
def manager(seen: Observation) -> Iterator[Violation]:
    for write, effect in effects(seen, "set", "clear"):
        if not is_manager(effect) or write.action == "create":
            continue
        if advertised(seen.context, subject(seen).kind, effect.path) is False or holds(effect, body(seen)):
            continue
        found = paths.get(body(seen), effect.path)
        wanted = "no manager" if effect.kind == "clear" or paths.is_unassigned(effect.value) else effect.value
        yield Violation(effect.path, expected=wanted, actual=display(found))


@check(
    "user.disabled-found-by-id",
    "A disabled user is still returned by its id",
    level="CLIENT",
    on=("read-back", "read"),
    scim=BOTH,
    when=lambda seen: seen.intent.disabled and not seen.intent.gone,
    why="The client takes a vanished user for deleted and cannot enable it again.",
    fix="Keep inactive users readable; only DELETE hides a user.",
)
def found_by_id(seen: Observation) -> Iterator[Violation]:
    if seen.response.status in {404, 410}:
        yield Violation("status", expected=200, actual=seen.response.status)


@check(
    "user.disabled-found-by-filter",
    "A disabled user is still found by filter",
    level="CLIENT",
    on=("match", "look-up"),
    scim=BOTH,
    when=lambda seen: (
        seen.intent.disabled and bool(seen.intent.finds) and seen.response.ok and looks_like_list(seen.response.json)
    ),
    why="On re-assignment the client looks the user up; not found, it creates a second one and meets a conflict.",
    fix="Do not leave inactive users out of filter results.",
)
def found_by_filter(seen: Observation) -> Iterator[Violation]:
    if not has_asked_value(seen):
        raise NotJudged("the server does not show the user with the value that the filter asks for")
    if subject(seen).id not in _ids(seen.response.json):
        yield Violation("/Resources", expected="the inactive user", actual="not among the results")


@check(
    "user.disabled-found-in-list",
    "A disabled user is still in the list of users",
    level="CLIENT",
    on=("list",),
    scim=BOTH,
    when=lambda seen: seen.intent.disabled and not seen.intent.gone and seen.response.ok,
    why="Imports and account discovery read the list; a user missing there counts as deleted.",
    fix="Do not leave inactive users out of lists.",
)
def found_in_list(seen: Observation) -> Iterator[Violation]:
    if is_last_page(seen.response.json) and subject(seen).id not in _ids(seen.response.json):
        yield Violation("/Resources", expected="the inactive user on one of the pages", actual="on none")


def is_last_page(answer: Json) -> bool:
    """Whether the page reaches the end that ``totalResults`` tells."""
    if not isinstance(answer, Mapping):
        return False
    total, start, found = answer.get("totalResults"), answer.get("startIndex", 1), answer.get("Resources", [])
    if not isinstance(total, int) or not isinstance(start, int) or not isinstance(found, list):
        return False
    return start + len(found) > total


def _ids(answer: Json) -> set[str]:
    found = answer.get("Resources") if isinstance(answer, Mapping) else None
    return {str(r.get("id")) for r in found if isinstance(r, Mapping)} if isinstance(found, list) else set()
