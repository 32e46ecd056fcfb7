"""What imports what: the arrows of the design, and lists that must agree."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import conformance
from conformance.checks.judge import ASSERTED
from conformance.checks.registry import all_checks
from conformance.engine.verbs import VERBS

PACKAGE = Path(conformance.__file__).parent
ROOT = PACKAGE.parent
OUTSIDE = {"pytest", "_pytest", "jinja2", "click", "rich", "xdist", "pytest_html"}


def modules(*parts: str) -> list[Path]:
    base = PACKAGE.joinpath(*parts)
    found = [base.with_suffix(".py")] if base.with_suffix(".py").exists() else sorted(base.rglob("*.py"))
    assert found, base
    return found


def imports(path: Path) -> set[str]:
    """Every module that the file imports, anywhere in it, as ``a.b.c``; TYPE_CHECKING blocks are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def reached(path: Path, *targets: str) -> set[str]:
    return {name for name in imports(path) for target in targets if name == target or name.startswith(target + ".")}


@pytest.mark.parametrize(
    ("who", "never"),
    [
        (("profile",), ("engine", "checks", "results", "report", "session", "cli", "runner", "pytest_plugin")),
        (("engine",), ("checks", "results", "report", "session", "cli", "runner", "pytest_plugin")),
        (("checks",), ("report", "session", "cli", "runner", "pytest_plugin")),
        (("results",), ("checks", "report", "session", "cli", "runner", "pytest_plugin", "profile")),
        (("report",), ("engine", "checks", "profile", "session", "cli", "runner", "pytest_plugin")),
        (("schemas",), ("checks", "results", "report", "session", "cli", "runner", "pytest_plugin", "profile")),
        (("session",), ("report", "cli", "runner", "pytest_plugin")),
        (("loopback",), ("engine", "checks", "results", "report", "session", "cli", "profile")),
    ],
    ids=lambda value: value[0] if len(value) == 1 else "",
)
def test_the_arrows_hold(who, never):
    for path in modules(*who):
        assert reached(path, *(f"conformance.{n}" for n in never)) == set(), path


@pytest.mark.parametrize("who", ["profile", "engine", "checks", "results", "schemas", "session"])
def test_the_core_knows_no_runner_and_no_page(who):
    for path in modules(who):
        assert {name.partition(".")[0] for name in imports(path)} & OUTSIDE == set(), path


def test_the_report_knows_jinja2_but_neither_click_nor_pytest():
    for path in modules("report"):
        assert {name.partition(".")[0] for name in imports(path)} & (OUTSIDE - {"jinja2"}) == set(), path


def test_the_imports_are_really_seen():
    """The other way round: what is known to be imported is found, so that an empty set means something."""
    assert "conformance.engine" in {name.rpartition(".")[0] for name in imports(PACKAGE / "session.py")}
    assert reached(PACKAGE / "session.py", "conformance.checks")
    assert reached(PACKAGE / "pytest_plugin.py", "pytest")
    assert reached(PACKAGE / "report" / "html.py", "jinja2")


def test_only_the_wire_speaks_http():
    """Every request must pass the recorder, the caps and the redactor."""
    allowed = {"wire.py", "auth.py", "body.py", "failures.py", "transport.py", "inprocess.py", "asgi.py", "wsgi.py",
               "app_common.py"}  # fmt: skip
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "engine" and path.name in allowed:
            continue
        if path.parent.name == "cli" and path.name == "show.py":
            continue  # prints what the wire would send, by a transport that sends nothing
        assert reached(path, "httpx", "requests", "urllib.request", "http.client", "httpcore") == set(), path


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
    silent = {r.id for r in all_checks().values() if r.level in {"CLIENT", "MAY"}} - set(entra.requires)
    assert {i for i in silent if not i.startswith(ASSERTED)} == set()


def test_nothing_refers_to_places_outside_the_project():
    """Neither the product nor its data may point at a machine's own folders."""
    for folder in ("conformance", "profiles"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".yaml", ".json", ".html", ".css", ".md"}:
                text = path.read_text(encoding="utf-8")
                for word in ("../shared", *(f"/{folder}/" for folder in ("work", "tmp", "root", "home"))):
                    assert word not in text, f"{path}: {word}"
