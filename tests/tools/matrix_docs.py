"""``profiles/MATRIX.md``: the matrix as a page for readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scim_compat.profile.model import Profile
from scim_compat.values import Severity, worst
from servers.defects_base import Defect
from servers.uncaught import UNCAUGHT, UNCAUGHT11

from tools.cells import defects_for

PAGE: Final = Path(__file__).resolve().parents[2] / "profiles" / "MATRIX.md"
UNMINDED: Final = "–"
VERSIONS: Final = ("2.0", "1.1")

TITLES: Final[Mapping[str, str]] = {
    "auth": "Credentials",
    "disable": "Disabling and enabling users",
    "delete": "Deleting",
    "groups": "Groups and members",
    "patch-members": "Groups and members",
    "consistency": "State and side effects",
    "create": "Creating",
    "duplicates": "Creating what is there already",
    "put": "Replacing",
    "rename": "Renaming",
    "patch-simple": "Changing simple attributes",
    "patch-pathless": "Changing without a path",
    "patch-valuepath": "Changing one entry of several",
    "patch-extension": "Changing extension attributes",
    "patch-user": "Changing users",
    "patch-clear": "Clearing attributes",
    "manager": "The manager",
    "booleans": "Booleans",
    "case": "Upper and lower case",
    "encoding": "Characters and encodings",
    "filter": "Filters",
    "list": "Lists and pages",
    "ids": "Ids",
    "shape": "Form of resources",
    "errors": "Errors",
    "discovery": "Discovery",
    "http": "HTTP",
}
"""Subject → heading, in the order of the page: what leaves access open or loses data comes first."""

_HEAD: Final = """\
# What each profile finds

The profiles are tried on servers that are right but for one mistake. There are {count} such mistakes, most of them seen
in real servers, others against a sentence of the RFC. These tables show what each profile makes of each, the worst finding
of a whole run:

| word | meaning |
|---|---|
| breach | access stays open, or data of others is lost |
| blocker | the client cannot go on |
| degraded | the client goes on, and something is lost or wrong |
| cosmetic | against the text of a rule; this client is not known to mind |
| {unminded} | some answer in the run shows the mistake, and this client does not mind |
| (empty) | no answer in the run shows it: this client does not ask for such a thing |

An empty cell is no gap as such. A client that never pages through lists is not hurt by a server that cannot; what the RFC
says of pages is then the business of the profile `rfc7644`.

This page is made by `python tests/tools/matrix.py --docs` from `tests/matrix/defect_matrix.json`, which also names the checks that
find each mistake and a scenario for each. `python tests/tools/matrix.py --check` runs everything again.
"""


def render(matrix: Mapping[str, Any], profiles: Mapping[str, Profile]) -> str:
    """The page. ``matrix``: as ``tools.matrix.read`` gives it; ``profiles``: by id."""
    count = sum(len(rows) for rows in matrix["defects"].values())
    parts = [_HEAD.format(count=count, unminded=UNMINDED)]
    for version in VERSIONS:
        columns = [name for name in sorted(profiles) if profiles[name].scim == version]
        if columns:
            parts += _version(version, matrix["defects"][version], columns)
    return "\n".join(parts)


def _version(version: str, rows: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    defects = defects_for(version)
    yield f"## SCIM {version}\n"
    yield from _totals(rows, columns)
    for subject, title in TITLES.items():
        chosen = [name for name, defect in defects.items() if defect.subject == subject and name in rows]
        if chosen:
            yield f"### {title}{', SCIM 1.1' if version == '1.1' else ''}\n"
            yield from _table(
                ["the server's mistake", *columns],
                [[_plain(defects[name]), *(cell(rows[name].get(column)) for column in columns)] for name in chosen],
            )
    reasons = UNCAUGHT11 if version == "1.1" else UNCAUGHT
    left = [name for name in defects if name in reasons and name in rows]
    if left:
        yield f"### What no profile of SCIM {version} minds\n"
        yield "These are found by no profile, or as cosmetic only, for the reason given.\n"
        yield from _table(["the server's mistake", "why"], [[_plain(defects[n]), _escaped(reasons[n])] for n in left])


def _totals(rows: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    counts = {column: Counter(cell(row.get(column)) for row in rows.values()) for column in columns}
    words = [*reversed(Severity), UNMINDED]
    yield from _table(
        ["mistakes found as", *columns],
        [[word, *(str(counts[column][word]) for column in columns)] for word in words],
    )


def cell(found: Mapping[str, Sequence[str]] | None) -> str:
    """What a cell shows: the worst severity, ``–`` or nothing."""
    if found is None:
        return ""
    return worst(Severity(severity) for severity, _ in found.values()) or UNMINDED


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [head, ["---"] * len(head), *rows]
    yield "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |").replace("|  |", "| |") for line in lines)


def _plain(defect: Defect) -> str:
    return f"{_escaped(defect.description)} (`{defect.name}`)"


def _escaped(text: str) -> str:
    for mark in "\\|*_<[":
        text = text.replace(mark, f"\\{mark}")
    return text
