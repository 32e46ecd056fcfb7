"""The merged tree → the model, with every rule that needs more than one place of the file."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from scim_compat.errors import SourceFileError
from scim_compat.profile import grammar
from scim_compat.profile.model import (
    Client,
    Dialect,
    Feature,
    Mapped,
    Profile,
    Requirement,
    ResourceKind,
    Scenario,
    Source,
    Step,
)
from scim_compat.profile.steps import Setting, global_problem, step_complaints
from scim_compat.profile.validate import KINDS
from scim_compat.source.complaints import ENOUGH, Complaint, nearest, quoted
from scim_compat.source.places import Where
from scim_compat.source.yaml import Node
from scim_compat.values import Severity

_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
_RESOURCES: Final[tuple[tuple[ResourceKind, str], ...]] = (("User", "user"), ("Group", "group"))


def merged(base: Node, over: Node) -> Node:
    """``over`` laid upon ``base``: mappings by key, else replaced. Each value keeps its own place."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    value = dict(base.value)
    for key, child in over.value.items():
        value[key] = merged(value[key], child) if key in value else child
    return Node(value, over.where, over.column)


@dataclass(slots=True)
class Builder:
    """Builds one profile from its merged tree, which the schema allows.

    ``complaints`` fills up on the way; what is built beside one must not be used. ``top`` is the name of
    the file itself, as opposed to those it extends.
    """

    root: Node
    top: str
    check_ids: Container[str] | None
    complaints: list[Complaint] = field(default_factory=list)

    def profile(self, *, digest: str, path: str, broken: Container[int] = ()) -> Profile:
        """The profile. ``broken``: indexes of scenarios the schema does not allow; they are left out."""
        parts = self.root.value
        self._mapping_rules()
        client, dialect = self._client(parts["client"]), self._dialect(parts["dialect"])
        requires = self._requires(parts.get("requires"))
        scenarios: list[Scenario] = []
        for number, node in enumerate(parts["scenarios"].value):
            if number not in broken:
                scenarios += [self._scenario(*each, client=client, dialect=dialect) for each in self._expanded(node)]
        self._unique_ids(scenarios)
        plain = {key: parts[key].plain() for key in ("id", "title", "version", "scim")}
        return Profile(
            **plain,
            summary=self._plain("summary", ""),
            client=client,
            dialect=dialect,
            mapping=self._mapping(),
            requires=requires,
            features=self._features(scenarios),
            scenarios=tuple(scenarios),
            sources={key: Source(key=key, **each.plain()) for key, each in parts["sources"].value.items()},
            digest=digest,
            path=path,
            not_covered=tuple((gap["what"], gap["why"]) for gap in self._plain("not-covered", [])),
        )

    # --- the head -------------------------------------------------------------------------------

    def _plain(self, key: str, default: Any) -> Any:
        return self.root.value[key].plain() if key in self.root.value else default

    def _complain(self, where: Where, what: str, hint: str = "") -> None:
        self.complaints.append(Complaint(where, what, hint))
        if len(self.complaints) >= ENOUGH:
            raise SourceFileError(self.complaints)

    def _client(self, node: Node) -> Client:
        parts, plain = node.value, node.plain()
        headers = parts["headers"].value if "headers" in parts else {}
        seen: dict[str, str] = {}
        for name, value in headers.items():
            if problem := grammar.header_problem(name, value.value):
                self._complain(value.where, *problem)
            if name.lower() == "content-type":
                self._complain(value.where, "Content-Type is not set among the headers", "use content-type:")
            if first := seen.get(name.lower()):
                self._complain(value.where, f"the header {name} stands twice, also as {first}", "keep one of them")
            seen[name.lower()] = name
            self._no_actors(value)
        for entry in parts["without-headers"].value if "without-headers" in parts else ():
            if (entry.value).lower() in seen:
                what = f"the header {entry.value} is sent and stands in without-headers"
                self._complain(entry.where, what, "remove it from one of them")
            elif not grammar.is_token(entry.value):
                self._complain(entry.where, f"{quoted(entry.value)} is not a header's name", "letters, digits, hyphens")
        if "content-type" in parts and (problem := grammar.header_problem("Content-Type", plain["content-type"])):
            self._complain(parts["content-type"].where, *problem)
        query = plain.get("query", {})
        default = Client()
        return Client(
            name=plain.get("name", default.name),
            headers=tuple(plain.get("headers", {}).items()),
            without_headers=tuple(plain.get("without-headers", ())),
            content_type=plain.get("content-type", default.content_type),
            query_encoding=query.get("encoding", default.query_encoding),
            flag=query.get("flag", default.flag),
            flag_position=query.get("flag-position", default.flag_position),
            auth=tuple(plain.get("auth", default.auth)),
            timeout=float(plain.get("timeout", default.timeout)),
        )

    def _dialect(self, node: Node) -> Dialect:
        plain = node.plain()
        for name in ("match-parameters", "read-parameters"):
            for entries in node.value[name].value.values() if name in node.value else ():
                self._parameters(name, entries)
        values: dict[str, Any] = {
            key.replace("-", "_"): value for key, value in plain.items() if not key.endswith("-parameters")
        }
        for key in ("match-parameters", "read-parameters"):
            values[key.replace("-", "_")] = {
                kind: tuple((name, str(value)) for entry in entries for name, value in entry.items())
                for kind, entries in plain.get(key, {}).items()
            }
        return Dialect(**values)

    def _parameters(self, name: str, entries: Node) -> None:
        values = [value for entry in entries.value for value in entry.value.values()]
        for value in values:
            self._no_actors(value, filters=name == "match-parameters")
            if isinstance(value.value, str) and "${filter}" in value.value and value.value != "${filter}":
                self._complain(value.where, "${filter} stands alone", 'write filter: "${filter}"')
        if name == "match-parameters" and not any("${filter}" in str(value.value) for value in values):
            what = "no match parameter holds the filter, so a match would find everybody"
            self._complain(entries.where, what, 'add {filter: "${filter}"}')

    def _no_actors(self, node: Node, *, filters: bool = False) -> None:
        """Outside steps there are no actors for placeholders to name."""
        for found in grammar.placeholders(node.value) if isinstance(node.value, str) else ():
            problem = found if isinstance(found, tuple) else global_problem(found, filters=filters)
            if problem:
                self._complain(node.where, *problem)

    def _rows(self, key: str) -> list[Node]:
        rows = self.root.value["mapping"].value.get(key)
        return rows.value if rows is not None else []

    def _mapping_rules(self) -> None:
        for kind, key in _RESOURCES:
            written: dict[str, Where] = {}
            ranks: dict[int, Where] = {}
            known = grammar.SOURCE_ATTRIBUTES[kind]
            for row in self._rows(key):
                to, parts = row.value["to"], row.value
                if what := grammar.path_problem(to.value):
                    self._complain(to.where, what, grammar.PATH_HINT)
                if (
                    first := written.setdefault(to.value.lower(), to.where) is not to.where
                    and written[to.value.lower()]
                ):
                    self._complain(to.where, f"two rows write {to.value}, the other on line {first.line}", "keep one")
                if "from" in parts and parts["from"].value not in known:
                    who, name = ("a person" if kind == "User" else "a group"), parts["from"].value
                    self._complain(
                        parts["from"].where,
                        f"{who} has no source attribute {quoted(name)}",
                        nearest(name, known),
                    )
                if "match" in parts:
                    rank, where = parts["match"].value, parts["match"].where
                    if ranks.setdefault(rank, where) is not where:
                        what = f"two rows have match: {rank}, the other on line {ranks[rank].line}"
                        self._complain(where, what, "number them 1, 2, …")
                if "value" in parts:
                    self._no_actors(parts["value"])

    def _mapping(self) -> dict[ResourceKind, tuple[Mapped, ...]]:
        found: dict[ResourceKind, tuple[Mapped, ...]] = {}
        for kind, key in _RESOURCES:
            rows = []
            for node in self._rows(key):
                row = node.plain()
                rows.append(
                    Mapped(
                        to=row["to"],
                        source=row.get("from", ""),
                        value=row.get("value"),
                        match=row.get("match"),
                        create_only="when" in row,
                        reference=row.get("reference", False),
                        where=node.where,
                    )
                )
            found[kind] = tuple(rows)
        return found

    def _requires(self, node: Node | None) -> dict[str, Requirement]:
        found = {}
        for check, each in node.value.items() if node is not None else ():
            if self.check_ids is not None and check not in self.check_ids:
                known = self.check_ids if isinstance(self.check_ids, Iterable) else ()
                hint = nearest(check, known) or "scim-compat explain lists the checks"
                self._complain(each.where, f"unknown check {quoted(check)}", hint)
            if "source" in each.value:
                self._known_source(each.value["source"])
            plain = each.plain()
            found[check] = Requirement(
                check=check,
                severity=_severity(plain.get("severity")),
                consequence=plain.get("consequence", ""),
                source=plain.get("source", ""),
                evidence=plain.get("evidence", "documented"),
                where=each.where,
            )
        return found

    def _known_source(self, node: Node) -> None:
        known = self.root.value["sources"].value
        if node.value not in known:
            hint = nearest(node.value, known, plural="sources") or "declare it under sources:"
            self._complain(node.where, f"unknown source {quoted(node.value)}", hint)

    def _features(self, scenarios: list[Scenario]) -> tuple[Feature, ...]:
        """In the file's order. One that is inherited goes when the last of its scenarios was dropped."""
        used = {scenario.feature for scenario in scenarios}
        items = self.root.value["features"].value.items()
        return tuple(Feature(key, node.value) for key, node in items if key in used or node.where.file == self.top)

    # --- scenarios ------------------------------------------------------------------------------

    def _expanded(self, node: Node) -> Iterable[tuple[Node, str]]:
        """(scenario, variant id): the scenario itself, or each of its variants laid upon it."""
        variants = node.value.get("variants")
        if variants is None:
            return [(node, "")]
        own = {key: child for key, child in node.value.items() if key != "variants"}
        base = Node(own, node.where, node.column)
        found = []
        for variant in variants.value:
            name, full = variant.value["id"].value, merged(base, variant)
            full.value["id"] = Node(f"{own['id'].value}.{name}", variant.value["id"].where, variant.column)
            if "title" not in variant.value:
                full.value["title"] = Node(f"{own['title'].value} ({name})", variant.where, variant.column)
            found.append((full, name))
        return found

    def _scenario(self, node: Node, variant: str, *, client: Client, dialect: Dialect) -> Scenario:
        parts = node.value
        identifier = parts["id"].value
        for key in ("evidence", "source", "steps"):
            if key not in parts:
                self._complain(node.where, f"the scenario {identifier} has no {key}", f"add {key}:")
        feature, features = parts["feature"], self.root.value["features"].value
        if feature.value not in features:
            hint = nearest(feature.value, features, plural="features")
            self._complain(feature.where, f"unknown feature {quoted(feature.value)}", hint)
        source = parts.get("source")
        keys = [] if source is None else source.value if isinstance(source.value, list) else [source]
        for key in keys:
            self._known_source(key)
        steps = parts["steps"].value if "steps" in parts else []
        self.complaints += step_complaints(steps, self._setting())
        whole = self.root.value
        return Scenario(
            id=identifier,
            feature=feature.value,
            title=parts["title"].value,
            evidence=parts["evidence"].value if "evidence" in parts else "inferred",
            source=tuple(key.value for key in keys),
            steps=tuple(self._step(step) for step in steps),
            client=self._client(merged(whole["client"], parts["client"])) if "client" in parts else client,
            dialect=self._dialect(merged(whole["dialect"], parts["dialect"])) if "dialect" in parts else dialect,
            where=node.where,
            variant=variant,
            when=parts["when"].plain() if "when" in parts else {},
            requires=self._overrides(parts["requires"]) if "requires" in parts else {},
            note=parts["note"].value if "note" in parts else "",
        )

    def _overrides(self, node: Node) -> dict[str, Requirement]:
        """The scenario's own requirements; what one leaves unsaid is the profile's."""
        whole = self.root.value.get("requires")
        if whole is None:
            return self._requires(node)
        value = {key: merged(whole.value[key], own) if key in whole.value else own for key, own in node.value.items()}
        return self._requires(Node(value, node.where, node.column))

    def _setting(self) -> Setting:
        matched = frozenset(kind for kind, key in _RESOURCES if any("match" in row.value for row in self._rows(key)))
        reference = any("reference" in row.value and row.value["reference"].value for row in self._rows("user"))
        return Setting(matched=matched, has_reference=reference)

    def _step(self, node: Node) -> Step:
        plain: dict[str, Any] = node.plain()
        kind = next(kind for kind in KINDS if kind in plain)
        verb = plain.pop("do") if kind == "do" else kind
        args: Mapping[str, Any] = plain
        return Step(kind=kind, verb=verb, args=args, where=node.where)

    def _unique_ids(self, scenarios: list[Scenario]) -> None:
        first: dict[str, Where] = {}
        for scenario in scenarios:
            if not _ID.fullmatch(scenario.id):  # pragma: no cover - the schema has refused its parts
                self._complain(scenario.where, f"{quoted(scenario.id)} is not a scenario's id")
            known = first.setdefault(scenario.id, scenario.where)
            if known is not scenario.where:
                what = f"two scenarios are called {scenario.id}, the other on line {known.line}"
                self._complain(scenario.where, what, "ids are unique in a profile")


def _severity(word: str | None) -> Severity | Literal["ignore"] | None:
    return "ignore" if word == "ignore" else Severity(word) if word else None
