"""Findings → causes."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from scim_compat.results.causes.atoms import Atom, atoms, passing_of
from scim_compat.results.causes.consequences import with_consequences
from scim_compat.results.causes.joining import Group, joined
from scim_compat.results.causes.keys import Key
from scim_compat.results.causes.model import Cause, Hit, Trait
from scim_compat.results.causes.roots import Evidence, Failure, evidence, spelled_name
from scim_compat.results.causes.titles import is_strong, title, trait_words
from scim_compat.results.document import Document, LocatedCheck
from scim_compat.values import Fault, Severity, worst


def causes(document: Document) -> tuple[Cause, ...]:
    """Return what is to be fixed: the worst first, then what most clients and scenarios run into."""
    known = evidence(document)
    found = [_cause(group, known) for group in with_consequences(joined(atoms(known), known), known)]
    return tuple(sorted(found, key=_order))


def _order(cause: Cause) -> tuple[int, int, int, str]:
    scenarios = sum(len(hit.scenarios) for hit in cause.hits)
    return -cause.severity.rank, -scenarios, -len(cause.hits), cause.title


def _severity(failures: Iterable[LocatedCheck]) -> Severity:
    return worst(f.check.severity for f in failures if f.check.severity) or Severity.COSMETIC


def _rank(failure: Failure) -> int:
    return (failure.found.check.severity or Severity.COSMETIC).rank


def _cause(group: Group, known: Evidence) -> Cause:
    main = group.atoms[0]
    first = _example(main, known)
    rest = sorted((f for f in group.failures if f is not first), key=lambda f: -_rank(f))
    failures = tuple(f.found for f in (first, *rest))
    consequences = tuple(f.found for atom in group.consequences for f in atom.failures)
    before = known.states.before(first.root)
    return Cause(
        anchor=f"cause-{_digest(main.key)}",
        title=title(main, first, known, names=_lost_names(group)),
        severity=_severity([*failures, *consequences]),
        checks=tuple(dict.fromkeys(f.check.id for f in failures)),
        failures=failures,
        consequences=consequences,
        request=first.root,
        shown=first.place,
        before=before.place if before else None,
        trait=_trait(main, known),
        hits=_hits([*failures, *consequences]),
    )


def _lost_names(group: Group) -> list[str]:
    """Attributes that are lost, as they are spelled, the one with most findings first."""
    losses = (failure for failure in group.failures if failure.found.check.fault is Fault.LOSS)
    spelled = (spelled_name(failure.found.check.where) for failure in losses)
    return [name for name, _ in Counter(name for name in spelled if name).most_common()]


def _digest(key: Key) -> str:
    text = "\0".join((key.kind, *key.words))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _example(atom: Atom, known: Evidence) -> Failure:
    """The finding to show: for a refusal, that of the request itself; then the worst, then the shortest request.

    Where no trait names the requests, it is one of the check that failed most: its words are the title.
    """
    if atom.is_refusal:
        shown = [failure for failure in atom.failures if failure.root == failure.place]
    elif is_strong(atom):
        shown = []
    else:
        most = Counter(failure.found.check.id for failure in atom.failures).most_common(1)[0][0]
        shown = [failure for failure in atom.failures if failure.found.check.id == most]
    return min(shown or atom.failures, key=lambda f: (-_rank(f), _length(f, known)))


def _length(failure: Failure, known: Evidence) -> int:
    exchange = known.step(failure.root).exchange
    return len(exchange.request.url) + len(exchange.request.body or "") if exchange else 0


def _trait(atom: Atom, known: Evidence) -> Trait | None:
    apart = atom.separator
    if apart is None:
        return None
    features, roots = known.lost(atom.failures), atom.roots
    having = sum(apart.is_met_by(features(root)) for root in roots)
    of_passing = len(passing_of(atom, known))
    return Trait(trait_words(atom), having, len(roots), apart.passing, of_passing)


def _hits(failures: list[LocatedCheck]) -> tuple[Hit, ...]:
    by_profile: dict[int, list[LocatedCheck]] = defaultdict(list)
    for failure in failures:
        by_profile[failure.place[0]].append(failure)
    hits = []
    for profile, own in by_profile.items():
        example = max(own, key=lambda one: (one.check.severity or Severity.COSMETIC).rank)
        scenarios = tuple(sorted({one.place[1] for one in own}))
        hits.append(Hit(profile, _severity(own), scenarios, example.check.consequence, example.check.source))
    return tuple(sorted(hits, key=lambda hit: (-hit.severity.rank, -len(hit.scenarios))))
