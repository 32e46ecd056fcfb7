"""The title of a cause: the requests, and the answer or the effect that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scim_compat.results.causes.atoms import Atom
from scim_compat.results.causes.features import kind_of
from scim_compat.results.causes.keys import Kind
from scim_compat.results.causes.phrases import in_words
from scim_compat.results.causes.roots import Evidence, Failure
from scim_compat.results.causes.wordings import words
from scim_compat.values import Fault

_KINDS: Final = {"Users": "of users", "Groups": "of groups", "Bulk": "to /Bulk", "Me": "to /Me"}
_ERROR: Final = 500
_STRONG: Final = 0.1
"""Share of the requests with a trait that may pass, so that the title names the trait all the same."""
_NAMES: Final = 4
"""Attributes that a title lists."""
_MOST: Final = 2
"""Traits that a title names."""


def title(atom: Atom, example: Failure, known: Evidence, *, names: Sequence[str]) -> str:
    """A sentence that is true of the requests. ``names``: the attributes that are lost, the most frequent first."""
    phrase = example.found.check.failure or example.found.check.title
    match atom.key.kind:
        case Kind.REFUSAL:
            return _refusal(atom, example, known)
        case Kind.STATUS:
            return f"{_requests(atom, known)} is answered with {atom.key.words[0]}: {_lowered(phrase)}"
        case Kind.FALSE_SUCCESS:
            return f"Errors are answered with status {atom.key.words[0]}"
        case Kind.NEVER_KEPT:
            return f"No request gets these attributes stored: {_listed(names)}"
        case _:
            return _effect(atom, phrase, known, names=names)


def _effect(atom: Atom, phrase: str, known: Evidence, *, names: Sequence[str]) -> str:
    """The phrase of the check with the requests, or with the attributes that are lost."""
    trait = trait_words(atom) if is_strong(atom) else ""
    if atom.fault is Fault.LOSS and trait:
        end = "has no effect" if not any(_shows_effect(one, known) for one in atom.failures) else "is not carried out"
        return f"{_requests(atom, known)} is accepted, but {end}: {_lowered(phrase)}"
    if atom.fault is Fault.DAMAGE and trait:
        return f"{_requests(atom, known)} changes more than it names: {_lowered(phrase)}"
    if atom.fault is Fault.LOSS and (unsaid := [name for name in names if not _is_said(name, phrase)]):
        return f"{phrase}: {_listed(unsaid)}"
    trait = trait.strip("()") if trait.startswith("(") else f"requests {trait}" if trait else ""
    return f"{phrase} ({trait})" if trait and atom.fault in {Fault.HITS, Fault.ANSWER, Fault.WRITE} else phrase


def _is_said(name: str, phrase: str) -> bool:
    """True for ``members`` where the phrase is about a member."""
    return name.lower().removesuffix("s") in phrase.lower()


def _listed(names: Sequence[str]) -> str:
    """``title, roles, nickName and 4 more``."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def trait_words(atom: Atom) -> str:
    """The features of the separator, as they stand behind "requests"."""
    apart = atom.separator
    if apart is None:
        return ""
    if not apart.is_choice:
        return " and ".join(in_words(feature) for feature in apart.features)
    first, *others = apart.features
    return " or ".join([in_words(first), *(feature.value for feature in others)])


def is_strong(atom: Atom) -> bool:
    """True when nearly all requests with the trait fail."""
    apart = atom.separator
    return apart is not None and apart.passing <= _STRONG * len(atom.roots) and len(apart.features) <= _MOST


def _refusal(atom: Atom, example: Failure, known: Evidence) -> str:
    step = known.step(example.root)
    exchange = step.exchange
    subject = _requests(atom, known)
    if exchange is None or exchange.response is None:
        return f"{subject} gets no answer"
    response = exchange.response
    said = words(response)
    reason = f"{response.status}: {said}" if said else f"{response.status} {response.reason}".rstrip()
    return f"{subject} {'makes the server fail' if response.status >= _ERROR else 'is refused'} ({reason})"


def _requests(atom: Atom, known: Evidence) -> str:
    """``PATCH of users with op in lower case``; ``A request`` where they have nothing in common."""
    requests = [step.exchange.request for root in atom.roots if (step := known.step(root)).exchange]
    methods = {request.method for request in requests}
    kinds = {kind_of(request.url) for request in requests}
    families = {feature.family for feature in atom.separator.features} if atom.separator else set()
    method = next(iter(methods)) if len(methods) == 1 else ""
    kind = _KINDS.get(next(iter(kinds)), f"of /{next(iter(kinds))}") if len(kinds) == 1 else ""
    is_said = families & {"method", "kind", "target", "request"}
    trait = trait_words(atom) if is_strong(atom) and not is_said else ""
    if not method:
        return " ".join(part for part in ("A write" if atom.fault.is_of_write else "A request", kind, trait) if part)
    return " ".join(part for part in (method, kind, trait) if part)


def _shows_effect(failure: Failure, known: Evidence) -> bool:
    return known.states.has_changed(failure.root, failure.place)


def _lowered(phrase: str) -> str:
    """The phrase within a sentence: ``disabled users stay active``; ``PATCH …`` keeps its capitals."""
    return phrase[:1].lower() + phrase[1:] if phrase[1:2].islower() or phrase[1:2] == " " else phrase
