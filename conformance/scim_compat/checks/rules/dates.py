"""``meta.created`` and ``meta.lastModified`` after a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scim_compat.checks.answers import resource_of
from scim_compat.checks.effects import effects, is_applied, is_change, state_before
from scim_compat.checks.registry import BOTH, NotJudged, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import paths
from scim_compat.values import Json


@check(
    "patch.last-modified-moves",
    "meta.lastModified moves with a change",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: is_change(observation) and state_before(observation) is not None,
    why="Clients that import by date miss a change whose date stands still.",
    fix="Set meta.lastModified on every write that changes the resource.",
)
def last_modified_moves(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation) or {}, resource_of(observation)
    was, now = _date(paths.get(before, "meta.lastModified")), _date(paths.get(after, "meta.lastModified"))
    if was is None or now is None:
        raise NotJudged("meta.lastModified is not there before and after the change")
    changes = [effect for _, effect in effects(observation, "set", "clear")]
    if not any(is_applied(effect, after) and not is_applied(effect, before) for effect in changes):
        raise NotJudged("nothing changed")
    if now > was:
        return
    # A clock of whole seconds may show the same second; then only a clear gap proves that it stood still.
    date = _http_date(observation.response.header("date"))
    if now == was and not now.microsecond and (date is None or (date - now).total_seconds() < 2):
        raise NotJudged("the server keeps whole seconds and the change came within one")
    yield Violation("meta.lastModified", expected=f"later than {was.isoformat()}", actual=now.isoformat())


@check(
    "patch.created-stays",
    "meta.created stands still",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: is_change(observation) and state_before(observation) is not None,
    why="Clients and auditors tell new accounts from old ones by this date; with each change the account looks new.",
    fix="Set meta.created once, when the resource is added, and return it as it is.",
)
def created_stays(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation) or {}, resource_of(observation)
    was, now = _date(paths.get(before, "meta.created")), _date(paths.get(after, "meta.created"))
    if was is None or now is None:
        raise NotJudged("meta.created is not there before and after the change")
    # One of the two answers may be more precise than the other.
    if abs((now - was).total_seconds()) >= 1:
        yield Violation("meta.created", expected=was.isoformat(), actual=now.isoformat())


def _date(value: Json) -> datetime | None:
    try:
        date = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _http_date(value: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
