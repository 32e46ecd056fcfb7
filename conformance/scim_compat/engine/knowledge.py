"""The record of what the server's answers say of one resource: the premises of every conclusion about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from scim_compat.scim import paths
from scim_compat.values import MISSING, Json


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a resource before an exchange. Checks ask it before they conclude.

    "Lost" needs a value that an answer showed before; after a refusal the old state is what must be there.
    """

    answer: Mapping[str, Json] | None = None
    """The last full representation, whichever request brought it; None: there was none."""
    members: frozenset[str] | None = None
    """Ids in the last answer that showed members; None: no answer has shown any list of them."""
    extension_paths: frozenset[str] = frozenset()
    """Lower-case paths of extension attributes that an answer has shown with a value: the server keeps them."""
    absentees: frozenset[str] = frozenset()
    """Ids that should be members and are known not to be: refused, or missing before. They are reported once."""
    refusals: frozenset[str] = frozenset()
    """Paths whose change the server has refused."""
    outlived: bool = False
    """An answer has shown the resource after its deletion."""
    failed_filters: frozenset[str] = frozenset()
    """Lower-case attribute paths for which an exact-match filter failed to find the resource."""

    def with_answer(
        self, answer: Mapping[str, Json], *, members: Iterable[str] = (), excluded: Iterable[str] = ()
    ) -> Self:
        """The record after an answer about the whole resource.

        ``members``: ids that the answer shows. ``excluded``: attributes that the request asked to leave out; what
        is known of them stays.
        """
        old = self.answer or {}
        kept = {k: v for k, v in old.items() if k.lower() in {name.lower() for name in excluded} and k not in answer}
        has_members = paths.member(answer, "members") is not MISSING
        return replace(
            self,
            answer={**kept, **answer},
            members=frozenset(members) if has_members else self.members,
            extension_paths=self.extension_paths | paths.extension_paths(answer),
        )

    def with_members(self, members: Iterable[str]) -> Self:
        """The record after an answer to a request for the members by name."""
        return replace(self, members=frozenset(members))

    def with_failed_filter(self, path: str) -> Self:
        """The record after an exact-match filter by the path missed the resource."""
        return replace(self, failed_filters=self.failed_filters | {path.lower()})

    def with_absentee(self, identifier: str, *, absent: bool) -> Self:
        """The record after an addition was refused (``absent``) or accepted."""
        absentees = self.absentees | {identifier} if absent else self.absentees - {identifier}
        return replace(self, absentees=absentees)

    def with_refusal(self, path: str, *, refused: bool) -> Self:
        """The record after a change of the attribute was refused or accepted."""
        return replace(self, refusals=self.refusals | {path} if refused else self.refusals - {path})
