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
NO_FINDING: Final = "–"
VERSIONS: Final = ("2.0", "1.1")

TITLES: Final[Mapping[str, str]] = {
    "auth": "Credentials",
    "disable": "Disabling and enabling users",
    "delete": "Deleting",
    "groups": "Groups and members",
    "patch-members": "Groups and members",
    "consistency": "State and side effects",
    "overlap": "Requests at the same time",
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
"""Subject → heading, in the order of the page: mistakes that leave access open or lose data come first."""

_HEAD: Final = """\
# Findings of each profile

Every profile runs against servers that make one mistake each. There are {count} such mistakes; real servers make most of
them, and the others break a sentence of the RFC. A cell shows the worst finding of a whole run:

| word | meaning |
|---|---|
| breach | access stays open, or data of others is lost |
| blocker | the client cannot go on |
| degraded | the client goes on, and data is lost, wrong, or sent again in every cycle |
| cosmetic | the answer breaks the text of a rule; this client is not known to depend on it |
| {no_finding} | some answer in the run shows the mistake, and this client does not depend on it |
| (empty) | no answer in the run shows the mistake: this client sends no such request |

An empty cell is no gap in itself. A server that cannot page through lists does not hurt a client that never does; the profile
`rfc7644` tests what the RFC says about pages.

`python tests/tools/matrix.py --docs` makes this page from `tests/matrix/defect_matrix.json`, which also names the checks that
find each mistake and a scenario for each. `python tests/tools/matrix.py --check` runs everything again.
"""


def render(matrix: Mapping[str, Any], profiles: Mapping[str, Profile]) -> str:
    """The page. ``matrix``: as ``tools.matrix.read`` gives it; ``profiles``: by id."""
    count = sum(len(rows) for rows in matrix["defects"].values())
    parts = [_HEAD.format(count=count, no_finding=NO_FINDING)]
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
        yield f"### Mistakes that count for no profile of SCIM {version}\n"
        yield "Every profile passes these, or reports them as cosmetic, for the reason given.\n"
        yield from _table(["the server's mistake", "why"], [[_plain(defects[n]), _escaped(reasons[n])] for n in left])


def _totals(rows: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    counts = {column: Counter(cell(row.get(column)) for row in rows.values()) for column in columns}
    words = [*reversed(Severity), NO_FINDING]
    yield from _table(
        ["mistakes found as", *columns],
        [[word, *(str(counts[column][word]) for column in columns)] for word in words],
    )


def cell(found: Mapping[str, Sequence[str]] | None) -> str:
    """The text of a cell: the worst severity, ``–`` or nothing."""
    if found is None:
        return ""
    return worst(Severity(severity) for severity, _ in found.values()) or NO_FINDING


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [head, ["---"] * len(head), *rows]
    yield "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |").replace("|  |", "| |") for line in lines)


def _plain(defect: Defect) -> str:
    return f"{_escaped(defect.description)} (`{defect.name}`)"


def _escaped(text: str) -> str:
    for mark in "\\|*_<[":
        text = text.replace(mark, f"\\{mark}")
    return text
