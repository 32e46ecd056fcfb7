"""The second time: the same change once more, and another change of a user who was disabled before."""

from __future__ import annotations

from collections.abc import Iterator

from scim_compat.checks.answers import has_resource, resource_of, server_message
from scim_compat.checks.display import display
from scim_compat.checks.effects import is_applied, is_known_inactive, last_effects, subject, writes
from scim_compat.checks.registry import BOTH, NotJudged, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import paths
from scim_compat.values import Fault


@check(
    "user.stays-disabled",
    "A disabled user stays disabled when something else changes",
    failure="A disabled user is active again although nobody enabled it",
    level="MUST",
    cites=("RFC7644-3.5.2", "RFC7643-4.1.1"),
    on=("read-back", "read", "evaluate"),
    scim=BOTH,
    when=lambda observation: (
        has_resource(observation) and observation.intent.subject is not None and is_known_inactive(observation)
    ),
    why="A title that changes after somebody has left gives the access back, and no log shows it.",
    fix="Change `active` only when a request names it.",
    fault=Fault.DAMAGE,
)
def stays_disabled(observation: Observation) -> Iterator[Violation]:
    actual = paths.member(resource_of(observation), "active")
    if str(actual).lower() == "true":
        names = dict.fromkeys(effect.path for write in writes(observation) for effect in write.effects)
        message = f"Since the user was read as inactive, requests changed {', '.join(names)} and not active."
        yield Violation("active", expected=False, actual=display(actual), message=message if names else "")


@check(
    "patch.repeat-accepted",
    "A change that is sent again is answered like the first time",
    failure="A change that is sent again is not accepted",
    level="MUST",
    cites=("RFC7644-3.5.2",),
    on=("patch", "replace"),
    scim=BOTH,
    when=lambda observation: (
        observation.intent.twice
        and observation.intent.expect == "success"
        and any(effect.path != "members" for effect in last_effects(observation))
    ),
    why="Clients send a change again after a time-out, a restart or a full cycle. An error counts as a failure, and is "
    "tried again for weeks.",
    fix="Answer 200 or 204 and leave the resource as it is.",
)
def repeat_accepted(observation: Observation) -> Iterator[Violation]:
    before = subject(observation).knowledge.answer or {}
    if not all(is_applied(effect, before) for effect in last_effects(observation) if effect.path != "members"):
        raise NotJudged("the server does not show that the first change took effect")
    if not observation.response.ok and observation.response.status < 500:
        yield Violation(
            "status", expected="200 or 204", actual=observation.response.status, message=server_message(observation)
        )
