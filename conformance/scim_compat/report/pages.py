"""The pages about the checks, in the report's look: one for each check, a list, and the order in which to fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from scim_compat.report import words
from scim_compat.report.exchanges import Message
from scim_compat.report.html import sheet, template
from scim_compat.report.text import Excerpt, Link
from scim_compat.report.words import Mark
from scim_compat.values import Level, Party


@dataclass(frozen=True, slots=True)
class ClientRow:
    """The severity and the consequence of a failure to one client, in general or in one scenario."""

    profile: str
    scenario: str | None
    mark: Mark
    by: Literal["profile", "level"]
    """The profile gives the severity; where it does not mention the check, its level does."""
    lowered: str
    """The severity that the profile states and why it does not count; empty where it counts."""
    consequence: str
    evidence: str
    source: Link | None


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One exchange on which the check fails."""

    server: str
    """The defect of the server, in words; empty for a case of the tests."""
    step: str
    by: Party
    before: Message | None
    request: Message
    response: Message | None
    """None where ``failure`` says why no answer came."""
    failure: str
    where: str
    expected: Excerpt | None
    actual: Excerpt | None
    message: str


@dataclass(frozen=True, slots=True)
class CheckView:
    id: str
    title: str
    failure: str
    """The phrase that stands wherever a failure of it is listed."""
    level: Level
    cites: tuple[Link, ...]
    scim: tuple[str, ...]
    conditions: str
    """The versions and actions that it applies to, in words."""
    why: str
    fix: str
    clients: tuple[ClientRow, ...]
    """The worst first."""
    example: ExampleView | None

    @property
    def file(self) -> str:
        """Name of its page."""
        return f"{self.id}.html"


@dataclass(frozen=True, slots=True)
class RankedCheck:
    """A check in its place in the order to fix."""

    check: CheckView
    place: int
    """From 1."""
    mark: Mark
    """The worst severity that any client gives it."""
    scenarios: int
    profiles: int


@dataclass(frozen=True, slots=True)
class PartView:
    key: str
    title: str
    text: str
    rows: tuple[RankedCheck, ...]


def pages(parts: Sequence[PartView]) -> Iterator[tuple[str, str]]:
    """Yield file name and HTML of every page.

    ``parts`` hold every check once, in the order to fix. The pages hold no script and request nothing from anywhere;
    they link to each other by file name.
    """
    rows = sorted((row for part in parts for row in part.rows), key=lambda row: row.check.id)
    areas = [(area, list(group)) for area, group in groupby(rows, key=lambda row: row.check.id.partition(".")[0])]
    yield "index.html", _rendered("index.html.j2", title="Checks", areas=areas, count=len(rows))
    yield "order.html", _rendered("order.html.j2", title="Fix in this order", parts=parts)
    for row in rows:
        yield (
            row.check.file,
            _rendered("check.html.j2", title=row.check.title, check=row.check, place=row.place, count=len(rows)),
        )


def _rendered(file: str, *, title: str, **view: Any) -> str:
    css, policy = sheet("report.css", "pages.css")
    return template(file).render(title=title, css=css, policy=policy, words=words, **view)
