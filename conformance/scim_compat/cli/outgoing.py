"""Every request of a scenario as it would go out, with its purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scim_compat.cli.expectations import expectation
from scim_compat.engine.intent import Action
from scim_compat.engine.rehearsal import rehearse
from scim_compat.errors import UsageError
from scim_compat.profile.model import Profile, Scenario
from scim_compat.run.selection import matching
from scim_compat.source.complaints import nearest, quoted
from scim_compat.values import Party
from scim_compat.wire.credentials import Bearer
from scim_compat.wire.preview import request_head

_CREDENTIAL: Final = Bearer("$SCIM_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingRequest:
    """One request, as ``--json`` prints it."""

    profile: str
    scenario: str
    step: str
    """``3.2``: second request of the third step."""
    where: str
    """File and line of the step."""
    by: Party
    """``client``: the provider sends it; ``harness``: we do, to set up or to read back."""
    action: Action
    title: str
    expects: str
    method: str
    target: str
    """Path and query below the base URL."""
    path: str
    """The request target as it stands in the request line."""
    headers: tuple[tuple[str, str], ...]
    """In the order in which they are sent."""
    body: str | None


def select_scenarios(profile: Profile, pattern: str) -> list[Scenario]:
    """The scenarios that the pattern names, as ``--only`` of a run does. Raises UsageError if there is none."""
    scenarios = matching(profile.scenarios, [pattern])
    if not scenarios:
        hint = nearest(pattern, (s.id for s in profile.scenarios))
        raise UsageError(
            f"no scenario of {profile.id} matches {quoted(pattern)}",
            hint=hint or f"`scim-compat show {profile.id} --summary` lists them",
        )
    return scenarios


def requests(profile: Profile, scenario: Scenario, *, seed: int = 1, large: bool = False) -> Iterator[OutgoingRequest]:
    """The requests in their order, without clean-up. Nothing is sent anywhere: an imaginary server answers."""
    for played in rehearse(profile, scenario, seed=seed, large=large):
        request, intent = played.observation.exchange.request, played.observation.intent
        head = request_head(request, base_url=played.observation.context.base_url, credential=_CREDENTIAL)
        yield OutgoingRequest(
            profile=profile.id,
            scenario=scenario.id,
            step=played.number,
            where=str(played.step.where if played.step else scenario.where),
            by=intent.by,
            action=intent.action,
            title=played.title,
            expects=expectation(intent),
            method=request.method,
            target=request.target,
            path=head.target,
            headers=tuple(head.headers),
            body=None if request.body is None else request.body.decode("utf-8", "replace"),
        )
