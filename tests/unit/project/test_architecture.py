"""What imports what: the arrows of the design, and lists that must agree."""

from __future__ import annotations

import ast
import graphlib
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import scim_compat
from scim_compat.checks.registry import Trait, all_checks
from scim_compat.engine.verbs import VERBS
from support.modules import nodes

PACKAGE = Path(scim_compat.__file__).parent
ROOT = PACKAGE.parent.parent


def modules(*parts: str) -> list[Path]:
    base = PACKAGE.joinpath(*parts)
    found = [base.with_suffix(".py")] if base.with_suffix(".py").exists() else sorted(base.rglob("*.py"))
    assert found, base
    return found


@cache
def imports(path: Path) -> set[str]:
    """Every module that the file imports, anywhere in it, as ``a.b.c``; for its types, too."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reached(path: Path, *targets: str) -> set[str]:
    return {name for name in imports(path) for target in targets if name == target or name.startswith(target + ".")}


@dataclass(frozen=True, slots=True)
class Law:
    """Which rooms a room may import, and which libraries of those that belong to one room."""

    may: frozenset[str]
    outside: frozenset[str] = frozenset()


def law(may: str, outside: str = "") -> Law:
    return Law(frozenset(may.split()), frozenset(outside.split()))


LAWS = {
    "scim": law("values errors"),
    "source": law("values errors", "yaml"),
    "wire": law("values errors", "httpx httpcore h11 asgi_lifespan"),
    "profile": law("values errors scim source"),
    "schemas": law("values errors scim", "referencing"),
    "engine": law("values errors scim source wire profile schemas", "faker"),
    "results": law("values errors scim source wire engine"),
    "checks": law("values errors scim source wire profile schemas engine results"),
    "run": law("values errors scim source wire profile schemas engine results checks"),
    "report": law("values errors scim results.document results.causes", "jinja2"),
    "pytest_plugin": law("values errors scim source wire profile engine checks results run report", "pytest"),
    "cli": law(
        "values errors scim source wire profile schemas engine results checks run report pytest_plugin",
        "click rich",
    ),
}
"""One row a room. The rooms stand in the order of the arrows: none imports one that stands below it."""
OWNED = frozenset().union(*(law.outside for law in LAWS.values())) | {"_pytest", "xdist", "pytest_html"}
"""Libraries that belong to one room each. No room imports the insides and plugins of pytest."""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_has_a_row():
    at_root = {"__init__.py", "py.typed", "values.py", "errors.py", "profiles", "__pycache__"}
    assert {path.name for path in PACKAGE.iterdir()} - at_root == set(LAWS)


@pytest.mark.parametrize("room", LAWS)
def test_the_arrows_hold(room):
    for path in modules(room):
        ours = {name.removeprefix("scim_compat.") for name in imports(path) if name.startswith("scim_compat.")} - {
            "__version__"
        }
        allowed = LAWS[room].may | {room}
        strange = {name for name in ours if not any(f"{name}.".startswith(f"{one}.") for one in allowed)}
        assert strange == set(), path
        libraries = {name.partition(".")[0] for name in imports(path)} & OWNED
        assert libraries <= LAWS[room].outside, path


def contributing() -> list[list[str]]:
    """The cells of each row of CONTRIBUTING's table of rooms, below its head."""
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| room | is | may import | its libraries |") + 2
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def names(cell: str) -> set[str]:
    """The names of a cell in code marks; a dash stands for none."""
    assert re.fullmatch(r"–|`[a-z0-9_.]+`(?: `[a-z0-9_.]+`)*", cell), cell
    return set(re.findall(r"`([^`]+)`", cell))


def test_contributing_shows_the_same_table():
    shown = [(room, names(may), names(libraries)) for room, _, may, libraries in contributing()]
    everybody = {"values", "errors"}  # the sentence above the table gives these to every room
    assert all(everybody <= law.may for law in LAWS.values())
    assert shown == [(f"`{room}`", law.may - everybody, law.outside) for room, law in LAWS.items()]


@pytest.mark.parametrize("row", contributing(), ids=lambda row: row[0].strip("`"))
def test_a_room_says_in_one_line_what_it_is_and_never_knows(row):
    room, line, *_ = row
    tree = ast.parse((PACKAGE / room.strip("`") / "__init__.py").read_text(encoding="utf-8"))
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert line == first.replace("``", "`")
    is_what, _, never = first.removesuffix(".").partition(". ")
    assert is_what, room
    assert re.search(r"\b(no|nothing|none)\b", f"{is_what}. {never}".lower()), f"{room}: and never knows?"


def test_no_arrow_runs_back_up():
    rooms = list(LAWS)
    for number, room in enumerate(rooms):
        assert not LAWS[room].may & set(rooms[number:]), room


def test_a_library_belongs_to_one_room():
    shared = [
        name for name, rooms in Counter(name for law in LAWS.values() for name in law.outside).items() if rooms > 1
    ]
    assert shared == []
    assert {"httpx", "httpcore", "h11", "pytest", "click", "rich", "jinja2", "yaml", "faker"} < OWNED


def test_no_module_is_in_a_circle():
    """By any import, one inside a function and one for types alone included."""
    modules_by_name = {_dotted(path): path for path in PACKAGE.rglob("*.py")}
    arrows = {
        name: sorted({other for other in imports(path) if other in modules_by_name} - {name})
        for name, path in modules_by_name.items()
    }
    order = graphlib.TopologicalSorter(arrows)
    try:
        order.prepare()
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_imports_are_really_seen():
    """The other way round: what is known to be imported is found, so that an empty set means something."""
    assert "scim_compat.engine" in {name.rpartition(".")[0] for name in imports(PACKAGE / "run" / "session.py")}
    assert reached(PACKAGE / "run" / "recorder.py", "scim_compat.checks")
    assert reached(PACKAGE / "pytest_plugin" / "__init__.py", "pytest")
    assert reached(PACKAGE / "report" / "html.py", "jinja2")


def test_the_verbs_are_those_of_the_format():
    """A verb without a place in the format cannot be written; one without a function cannot run."""
    schema = json.loads((PACKAGE / "profile" / "profile.schema.json").read_text())
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            do = node.get("properties", {}).get("do") if isinstance(node.get("properties"), dict) else None
            if isinstance(do, dict):
                found.update(do.get("enum", []))
                found.update([do["const"]] if "const" in do else [])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(schema)
    assert found == set(VERBS)


def test_every_verb_tells_what_it_does():
    for name, function in VERBS.items():
        assert function.__doc__, name


def test_checks_are_complete():
    for rule in all_checks().values():
        assert rule.title, rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.fix.endswith("."), rule.id
        assert rule.cites or rule.level == "CLIENT", rule.id
        area, dot, name = rule.id.partition(".")
        assert area, rule.id
        assert dot, rule.id
        assert name == name.lower(), rule.id


def test_requirements_of_the_built_in_profile_are_checks(entra):
    assert set(entra.requires) <= set(all_checks())
    for scenario in entra.scenarios:
        assert set(scenario.requires) <= set(all_checks()), scenario.id


def test_every_check_has_a_severity_in_the_built_in_profile(entra):
    """A CLIENT or MAY rule that no profile names is judged by nobody."""
    silent = {r.id for r in all_checks().values() if r.level in {"CLIENT", "MAY"} and not r.has_trait(Trait.ASSERTION)}
    assert silent - set(entra.requires) == set()


def test_nothing_refers_to_places_outside_the_project():
    """Neither the product nor its data may point at a machine's own folders."""
    for folder in ("conformance", "profiles"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".yaml", ".json", ".html", ".css", ".md"}:
                text = path.read_text(encoding="utf-8")
                for word in ("../shared", *(f"/{folder}/" for folder in ("work", "tmp", "root", "home"))):
                    assert word not in text, f"{path}: {word}"
