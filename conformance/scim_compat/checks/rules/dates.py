"""``meta.created`` and ``meta.lastModified`` after a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scim_compat.checks.answers import resource_of
from scim_compat.checks.display import quotation
from scim_compat.checks.effects import effects, is_applied, is_change, state_before
from scim_compat.checks.registry import BOTH, NotJudged, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim import paths
from scim_compat.values import Fault, Json


@check(
    "patch.last-modified-moves",
    "meta.lastModified moves with a change",
    failure="meta.lastModified does not advance with a change",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: is_change(observation) and state_before(observation) is not None,
    why="Clients that import by date miss a change whose date stands still.",
    fix="Set meta.lastModified on every write that changes the resource.",
    fault=Fault.WRITE,
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
    yield Violation("meta.lastModified", expected=f"later than {was.isoformat()}", actual=quotation(now.isoformat()))


@check(
    "patch.created-stays",
    "meta.created stands still",
    failure="meta.created moves with a change",
    level="MUST",
    cites=("RFC7643-3.1",),
    on=("read-back",),
    scim=BOTH,
    when=lambda observation: is_change(observation) and state_before(observation) is not None,
    why="Clients and auditors tell new accounts from old ones by this date; with each change the account looks new.",
    fix="Set meta.created once, when the resource is added, and return it as it is.",
    fault=Fault.DAMAGE,
)
def created_stays(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation) or {}, resource_of(observation)
    was, now = _date(paths.get(before, "meta.created")), _date(paths.get(after, "meta.created"))
    if was is None or now is None:
        raise NotJudged("meta.created is not there before and after the change")
    # One of the two answers may be more precise than the other.
    if abs((now - was).total_seconds()) >= 1:
        yield Violation("meta.created", expected=quotation(was.isoformat()), actual=quotation(now.isoformat()))


def _is_without_change(observation: Observation) -> bool:
    """True when every value that the client has set since the last full answer was there already, and is now."""
    before = state_before(observation) if is_change(observation) else None
    if before is None:
        return False
    changes = [effect for _, effect in effects(observation, "set", "clear", "add-member", "remove-member")]
    after = resource_of(observation)
    return bool(changes) and all(is_applied(effect, before) and is_applied(effect, after) for effect in changes)


@check(
    "patch.no-new-date",
    "meta.lastModified stands still where nothing changes",
    failure="meta.lastModified moves although nothing changes",
    # Section 3.5.2.1 has SHALL NOT for an add of a value that is there, and no sentence about other operations.
    level="CLIENT",
    cites=("RFC7644-3.5.2.1",),
    on=("read-back",),
    when=_is_without_change,
    why="Clients that import by date take an account for changed that is not.",
    fix="Compare the resource before and after the operations, and store nothing where they are the same.",
    fault=Fault.WRITE,
)
def no_new_date(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation) or {}, resource_of(observation)
    was, now = _date(paths.get(before, "meta.lastModified")), _date(paths.get(after, "meta.lastModified"))
    if was is None or now is None:
        raise NotJudged("meta.lastModified is not there before and after the request")
    if now.replace(microsecond=0) != was.replace(microsecond=0) or (_is_fine(was) and _is_fine(now) and now != was):
        yield Violation("meta.lastModified", expected=quotation(was.isoformat()), actual=quotation(now.isoformat()))


def _is_fine(date: datetime) -> bool:
    """True when the date is no whole second: one of two answers may be more precise than the other."""
    return bool(date.microsecond)


@check(
    "patch.no-new-version",
    "meta.version stands still where nothing changes",
    failure="meta.version changes although no value does",
    level="CLIENT",
    cites=("RFC7644-3.5.2.1", "RFC7644-3.14"),
    on=("read-back",),
    when=_is_without_change,
    why="A client that kept the version reads again what it knows, and one that writes with If-Match is refused.",
    fix="Compare the resource before and after the operations, and store nothing where they are the same.",
    fault=Fault.WRITE,
)
def no_new_version(observation: Observation) -> Iterator[Violation]:
    before, after = state_before(observation) or {}, resource_of(observation)
    was, now = paths.get(before, "meta.version"), paths.get(after, "meta.version")
    if not isinstance(was, str) or not isinstance(now, str):
        raise NotJudged("meta.version is not there before and after the request")
    if was != now:
        yield Violation("meta.version", expected=quotation(was[:80]), actual=quotation(now[:80]))


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
