"""The folder of the rules: checks and nothing else, each recognised by what it declares and never by its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import scim_compat
from scim_compat.checks import rules
from scim_compat.checks.registry import Trait, all_checks
from support.modules import nodes

PACKAGE = Path(scim_compat.__file__).parent
RULES = Path(rules.__file__).parent
MODULES = sorted(path for path in RULES.iterdir() if path.name not in {"__init__.py", "__pycache__"})
AREAS = {rule.area for rule in all_checks().values()}


def imports(path: Path) -> set[str]:
    direct = {alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names}
    return direct | {
        f"{node.module}.{alias.name}"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def words(path: Path) -> set[str]:
    """The string constants of a module."""
    return {node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_rules_has_checks_and_imports_no_other(path):
    assert path.suffix == ".py"
    assert any(rule.run.__module__ == f"scim_compat.checks.rules.{path.stem}" for rule in all_checks().values())
    assert not {name for name in imports(path) if name.startswith("scim_compat.checks.rules")}


def test_nobody_imports_a_rule():
    others = [path for path in PACKAGE.rglob("*.py") if RULES not in path.parents]
    assert not {path for path in others if any(name.startswith("scim_compat.checks.rules") for name in imports(path))}


def test_no_code_depends_on_the_id_of_a_check():
    """Neither an id nor the beginning of one stands in the package, but where the check is declared."""
    known = set(all_checks()) | {f"{area}." for area in AREAS}
    strays = {
        f"{path.relative_to(PACKAGE)}: {word}"
        for path in PACKAGE.rglob("*.py")
        if RULES not in path.parents
        for word in words(path) & known
    }
    assert strays == set()


def test_an_id_in_code_would_be_noticed(tmp_path):
    stray = tmp_path / "stray.py"
    stray.write_text('ASSERTED = ("expect.", "http.expected-status")\n', encoding="utf-8")
    assert words(stray) & (set(all_checks()) | {f"{area}." for area in AREAS}) == {"expect.", "http.expected-status"}


def test_which_checks_have_a_trait():
    """Each trait by its checks: one more or less is a decision, and shows here."""
    named = {trait: {name for name, rule in all_checks().items() if rule.has_trait(trait)} for trait in Trait}
    assert named[Trait.SILENCE] == {"http.in-time"}
    assert named[Trait.ASSERTION] == {"expect.answer", "expect.finds", "expect.order", "http.expected-status"}
    assert named[Trait.MEDIA_TYPE] == {"http.scim-media-type", "error.media-type"}
    assert named[Trait.BYSTANDER] == {"bystander.unchanged"}
    lists = {name for name, rule in all_checks().items() if rule.area in {"filter", "list"}}
    assert named[Trait.FILTER] == lists - {"filter.operators-declined"}  # it is about no single attribute


def test_which_checks_speak_to_the_claims_table():
    topics = {name: rule.topic.value for name, rule in all_checks().items() if rule.topic}
    filters = dict.fromkeys((name for name, rule in all_checks().items() if rule.area == "filter"), "filter")
    assert topics == filters | {
        "expect.finds": "filter",
        "delete.gone-by-filter": "filter",
        "user.disabled-found-by-filter": "filter",
        "expect.order": "sort",
        "expect.sorted-complete": "sort",
        "patch.applied": "change",
        "patch.extension-applied": "change",
        "create.duplicate-refused": "duplicate",
    }


def test_no_finding_of_scim_1_1_advises_scim_type():
    """Its errors have a description and a code, and nothing else (protocol section 3.9)."""
    words = (
        "scimType", "invalidFilter", "uniqueness`", "invalidValue", "mutability", "scim+json", "RFC 7644", "`add`",
        "`remove`", "/ServiceProviderConfig ", "members[value",
    )  # fmt: skip
    for rule in all_checks().values():
        if "1.1" in rule.scim:
            assert not [word for word in words if word in (rule.fix_1_1 or rule.fix)], rule.id
