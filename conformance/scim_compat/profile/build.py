"""The merged tree → the model, with every rule that needs more than one place of the file."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from scim_compat.profile.cast import Setting
from scim_compat.profile.client import build_client, build_dialect
from scim_compat.profile.merging import merge
from scim_compat.profile.model import (
    Client,
    Dialect,
    Feature,
    Profile,
    Requirement,
    Scenario,
    Source,
    Step,
    Sweep,
)
from scim_compat.profile.rows import KINDS, build_mapping, rows_of
from scim_compat.profile.steps import step_complaints
from scim_compat.profile.sweeps import unfold
from scim_compat.profile.validate import STEP_KINDS
from scim_compat.source.complaints import ComplaintBook, nearest, quoted
from scim_compat.source.yaml import Node
from scim_compat.values import Severity, Where

_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The files that a profile was read from."""

    path: str
    digest: str
    file: str
    """Name of the file itself in messages, as opposed to those that it extends."""


def build_profile(
    root: Node,
    *,
    origin: Origin,
    check_ids: Container[str] | None,
    book: ComplaintBook,
    broken: Container[int] = (),
    thorough: bool = False,
) -> Profile:
    """The profile of a merged tree that the schema allows.

    ``book`` receives the complaints; a profile that was built beside one must not be used. ``broken``: indexes of
    scenarios that the schema does not allow; they are left out. ``thorough``: sweeps take one attribute a scenario.
    """
    parts = root.value
    mapping = build_mapping(parts["mapping"], book)
    client, dialect = build_client(parts["client"], book), build_dialect(parts["dialect"], book)
    whole = _Whole(root=root, check_ids=check_ids, book=book, client=client, dialect=dialect, thorough=thorough)
    requires = _requires(parts.get("requires"), whole)
    scenarios: list[Scenario] = []
    for number, node in enumerate(parts["scenarios"].value):
        if number not in broken:
            scenarios += [one for each in _variants(node) for one in _scenarios(*each, whole)]
    _check_ids(scenarios, book)
    plain = {key: parts[key].plain() for key in ("id", "title", "version", "scim")}
    gaps = parts["not-covered"].plain() if "not-covered" in parts else []
    return Profile(
        **plain,
        summary=parts["summary"].plain() if "summary" in parts else "",
        client=client,
        dialect=dialect,
        mapping=mapping,
        requires=requires,
        features=_features(parts["features"], scenarios, file=origin.file),
        scenarios=tuple(scenarios),
        sources={key: Source(key=key, **each.plain()) for key, each in parts["sources"].value.items()},
        digest=origin.digest,
        path=origin.path,
        not_covered=tuple((gap["what"], gap["why"]) for gap in gaps),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """The profile that a scenario stands in."""

    root: Node
    check_ids: Container[str] | None
    book: ComplaintBook
    client: Client
    dialect: Dialect
    thorough: bool


def _features(features: Node, scenarios: list[Scenario], *, file: str) -> tuple[Feature, ...]:
    """In the file's order. An inherited one goes when the last of its scenarios was dropped."""
    used = {scenario.feature for scenario in scenarios}
    items = features.value.items()
    return tuple(Feature(key, node.value) for key, node in items if key in used or node.where.file == file)


# --- requirements -------------------------------------------------------------------------------


def _requires(node: Node | None, whole: _Whole) -> dict[str, Requirement]:
    requirements = {}
    for check, each in node.value.items() if node is not None else ():
        if whole.check_ids is not None and check not in whole.check_ids:
            names = whole.check_ids if isinstance(whole.check_ids, Iterable) else ()
            hint = nearest(check, names) or "scim-compat explain lists the checks"
            whole.book.add(each.where, f"unknown check {quoted(check)}", hint)
        if "source" in each.value:
            _check_source(each.value["source"], whole)
        plain = each.plain()
        requirements[check] = Requirement(
            check=check,
            severity=_severity(plain.get("severity")),
            consequence=plain.get("consequence", ""),
            source=plain.get("source", ""),
            evidence=plain.get("evidence", "documented"),
            where=each.where,
        )
    return requirements


def _severity(word: str | None) -> Severity | Literal["ignore"] | None:
    return "ignore" if word == "ignore" else Severity(word) if word else None


def _overrides(node: Node, whole: _Whole) -> dict[str, Requirement]:
    """The scenario's own requirements; what one leaves unsaid is the profile's."""
    base = whole.root.value.get("requires")
    if base is None:
        return _requires(node, whole)
    value = {key: merge(base.value[key], own) if key in base.value else own for key, own in node.value.items()}
    return _requires(Node(value, node.where, node.column), whole)


def _check_source(node: Node, whole: _Whole) -> None:
    sources = whole.root.value["sources"].value
    if node.value not in sources:
        hint = nearest(node.value, sources, plural="sources") or "declare it under sources:"
        whole.book.add(node.where, f"unknown source {quoted(node.value)}", hint)


# --- scenarios ----------------------------------------------------------------------------------


def _variants(node: Node) -> Iterator[tuple[Node, str]]:
    """(scenario, variant id): the scenario itself, or each of its variants laid upon it."""
    variants = node.value.get("variants")
    if variants is None:
        yield node, ""
        return
    own = {key: child for key, child in node.value.items() if key != "variants"}
    base = Node(own, node.where, node.column)
    for variant in variants.value:
        name, full = variant.value["id"].value, merge(base, variant)
        full.value["id"] = Node(f"{own['id'].value}.{name}", variant.value["id"].where, variant.column)
        if "title" not in variant.value:
            full.value["title"] = Node(f"{own['title'].value} ({name})", variant.where, variant.column)
        yield full, name


def _scenarios(node: Node, variant: str, whole: _Whole) -> Iterator[Scenario]:
    """The scenario itself, or those that a sweep unfolds it into."""
    if "sweep" not in node.value:
        yield _scenario(node, variant, whole)
        return
    for each in unfold(node, whole.root.value["mapping"], thorough=whole.thorough, book=whole.book):
        name = ".".join(part for part in (variant, each.name) if part)
        sweep = Sweep(kind=each.kind, paths=each.paths, scim=whole.root.value["scim"].value)
        yield replace(_scenario(each.node, name, whole), sweep=sweep)


def _scenario(node: Node, variant: str, whole: _Whole) -> Scenario:
    parts, book, base = node.value, whole.book, whole.root.value
    identifier = parts["id"].value
    for key in ("evidence", "source", "steps"):
        if key not in parts:
            book.add(node.where, f"the scenario {identifier} has no {key}", f"add {key}:")
    feature, features = parts["feature"], base["features"].value
    if feature.value not in features:
        hint = nearest(feature.value, features, plural="features")
        book.add(feature.where, f"unknown feature {quoted(feature.value)}", hint)
    source = parts.get("source")
    keys = [] if source is None else source.value if isinstance(source.value, list) else [source]
    for key in keys:
        _check_source(key, whole)
    steps = parts["steps"].value if "steps" in parts else []
    book.complaints += step_complaints(steps, _setting(base["mapping"]))
    client, dialect = whole.client, whole.dialect
    if "client" in parts:
        client = build_client(merge(base["client"], parts["client"]), book)
    if "dialect" in parts:
        dialect = build_dialect(merge(base["dialect"], parts["dialect"]), book)
    return Scenario(
        id=identifier,
        feature=feature.value,
        title=parts["title"].value,
        evidence=parts["evidence"].value if "evidence" in parts else "inferred",
        source=tuple(key.value for key in keys),
        steps=tuple(_step(step) for step in steps),
        client=client,
        dialect=dialect,
        where=node.where,
        variant=variant,
        when=parts["when"].plain() if "when" in parts else {},
        requires=_overrides(parts["requires"], whole) if "requires" in parts else {},
        note=parts["note"].value if "note" in parts else "",
    )


def _setting(mapping: Node) -> Setting:
    matched = frozenset(kind for kind, key in KINDS if any("match" in row.value for row in rows_of(mapping, key)))
    reference = any("reference" in row.value and row.value["reference"].value for row in rows_of(mapping, "user"))
    return Setting(matched=matched, has_reference=reference)


def _step(node: Node) -> Step:
    plain: dict[str, Any] = node.plain()
    kind = next(kind for kind in STEP_KINDS if kind in plain)
    verb = plain.pop("do") if kind == "do" else kind
    args: Mapping[str, Any] = plain
    return Step(kind=kind, verb=verb, args=args, where=node.where)


def _check_ids(scenarios: list[Scenario], book: ComplaintBook) -> None:
    first: dict[str, Where] = {}
    for scenario in scenarios:
        if not _ID.fullmatch(scenario.id):  # pragma: no cover - the schema has refused its parts
            book.add(scenario.where, f"{quoted(scenario.id)} is not a scenario's id")
        where = first.setdefault(scenario.id, scenario.where)
        if where is not scenario.where:
            what = f"two scenarios are called {scenario.id}, the other on line {where.line}"
            book.add(scenario.where, what, "ids are unique in a profile")
