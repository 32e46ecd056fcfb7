"""A cause: the one thing to fix behind many findings."""

from __future__ import annotations

from dataclasses import dataclass

from scim_compat.results.document import LocatedCheck, Place
from scim_compat.values import Severity


@dataclass(frozen=True, slots=True)
class Trait:
    """What the failing requests of a cause have and the passing ones lack, with the counts on both sides."""

    text: str
    """Completes "requests …": ``with lower-case op names``."""
    failing: int
    """Failing requests that have it."""
    of_failing: int
    """All failing requests."""
    passing: int
    """Passing requests that have it."""
    of_passing: int
    """All passing requests of the same kind."""

    @property
    def sentence(self) -> str:
        """``All 24 requests with op in lower case fail; all 6 others pass.``"""
        having, others = self.failing + self.passing, self.of_passing - self.passing
        some = f"All {having} requests {self.text} fail"
        if self.passing:
            some = f"{self.failing} of {having} requests {self.text} fail"
        rest = [f"all {others} others pass" if others > 1 else "the other one passes"] if others else []
        if strays := self.of_failing - self.failing:
            rest = [f"of the others {others} pass and {strays} fail"]
        return "; ".join([some, *rest]) + "."


@dataclass(frozen=True, slots=True)
class Hit:
    """One client that a cause hits."""

    profile: int
    """Index of its profile in the document."""
    severity: Severity
    """The worst of the findings."""
    scenarios: tuple[int, ...]
    """Indexes of the scenarios in which it shows, in the order of the profile."""
    consequence: str
    """What the client, and so the customer, sees."""
    source: str
    """Key of the profile's source that says so; may be empty."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings that come from one wrong answer to one form of request, over scenarios and profiles."""

    anchor: str
    """An identifier that stays the same from run to run: ``cause-`` and a digest of form and answer."""
    title: str
    """A sentence: ``PATCH with lower-case op is refused (400: op must be Add, Replace or Remove)``."""
    severity: Severity
    checks: tuple[str, ...]
    """Ids of the checks that failed, the one that names the cause first."""
    failures: tuple[LocatedCheck, ...]
    """Its own findings, the example first, then the worst. Never empty."""
    consequences: tuple[LocatedCheck, ...]
    """Findings in later steps that follow from it."""
    request: Place
    """The request to show: the one whose answer, or whose effect, is wrong in the example."""
    shown: Place
    """The step whose answer shows it: ``request`` itself, or the read-back behind it."""
    before: Place | None
    """The step with the last full answer about the resource before ``request``; None: there was none."""
    trait: Trait | None
    """None: nothing separates the failing requests from the passing ones."""
    hits: tuple[Hit, ...]
    """The clients that it hits, the worst hit first."""

    @property
    def clients(self) -> tuple[str, ...]:
        """Ids of the profiles that it hits, the worst hit first."""
        profiles = {one.place[0]: one.profile.id for one in self.findings}
        return tuple(profiles[hit.profile] for hit in self.hits)

    @property
    def findings(self) -> tuple[LocatedCheck, ...]:
        """Its own and those that follow from it."""
        return (*self.failures, *self.consequences)

    @property
    def example(self) -> LocatedCheck:
        return self.failures[0]
