"""The cast of one scenario while its steps are checked: who has entered, and who is on the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from scim_compat.profile import grammar
from scim_compat.profile.model import ResourceKind
from scim_compat.source.complaints import ComplaintBook, nearest, quoted
from scim_compat.source.yaml import Node
from scim_compat.values import Where

NO_SUBJECT_YET: Final = "introduce it before: {given: NAME}, or do: create"


@dataclass(frozen=True, slots=True)
class Setting:
    """The parts of the profile that the steps depend on."""

    matched: frozenset[ResourceKind]
    """Kinds whose mapping has a matching attribute."""
    has_reference: bool
    """The mapping of users has a reference attribute."""


@dataclass(slots=True)
class Role:
    """One actor as the steps so far have left it. It changes with every step."""

    kind: ResourceKind
    where: Where
    many: bool = False
    there: bool = False
    """It is on the server now."""
    created: bool = False
    """It was on the server once, so it has an id."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The actors of one scenario, and the complaints about its steps."""

    setting: Setting
    book: ComplaintBook = field(default_factory=ComplaintBook)
    roles: dict[str, Role] = field(default_factory=dict)
    proofs: list[str] = field(default_factory=list)
    """Names of what the steps so far prove."""

    def enter(self, name: str, kind: ResourceKind, where: Where, *, many: bool = False) -> Role:
        """The actor of that name, new or known already."""
        if name in grammar.GLOBALS:
            self.book.add(where, f"{quoted(name)} cannot be an actor's name", "placeholders use it; choose another")
        role = self.roles.setdefault(name, Role(kind, where, many))
        self._check_kind(name, role, kind, where)
        return role

    def use(self, name: str, kind: ResourceKind | None, where: Where, *, one: bool = True) -> Role:
        """The actor of that name, who must have been created before."""
        role = self.roles.get(name)
        if role is None:
            hint = nearest(name, self.roles, plural="so far there are")
            if not hint.startswith("did you mean"):
                hint = NO_SUBJECT_YET
            self.book.add(where, f"no step before this one introduces {quoted(name)}", hint)
            role = self.roles[name] = Role(kind or "User", where, created=True, there=True)
        elif not role.created:
            self.book.add(where, f"{quoted(name)} is not on the server yet", "create it before: do: create, or given")
            role.created = role.there = True
        if kind is not None:
            self._check_kind(name, role, kind, where)
        if one and role.many:
            self.book.add(where, f"{quoted(name)} stands for many users, and this step takes one", "use another name")
        return role

    def use_all(self, names: Node | None) -> None:
        """Uses each actor of a list in the file; a name may stand for many."""
        for each in names.value if names is not None else ():
            self.use(each.value, None, each.where, one=False)

    def _check_kind(self, name: str, role: Role, kind: ResourceKind, where: Where) -> None:
        if role.kind != kind:
            self.book.add(where, f"{quoted(name)} is a {role.kind} since line {role.where.line}, not a {kind}")
