"""A cause as JSON, for programs that file it somewhere."""

from __future__ import annotations

from scim_compat.report import reproduce
from scim_compat.results.causes import Cause
from scim_compat.results.document import Document, LocatedCheck, Place
from scim_compat.results.document.writing import as_json
from scim_compat.values import Json


def cause_data(document: Document, cause: Cause, number: int) -> dict[str, Json]:
    """Return the cause with its example in full. ``number``: its place in ``causes(document)``, from 1."""
    p, s, _ = cause.example.place
    trait = cause.trait
    return {
        "number": number,
        "anchor": cause.anchor,
        "title": cause.title,
        "severity": cause.severity.value,
        "checks": list(cause.checks),
        "trait": as_json(trait) | {"sentence": trait.sentence} if trait else None,
        "hits": [
            {
                "profile": document.profiles[hit.profile].id,
                "severity": hit.severity.value,
                "scenarios": [document.profiles[hit.profile].scenarios[each].id for each in hit.scenarios],
                "consequence": hit.consequence,
            }
            for hit in cause.hits
        ],
        "example": {
            "request": _step(document, cause.request),
            "shown": _step(document, cause.shown),
            "before": _step(document, cause.before) if cause.before else None,
            "check": as_json(cause.example.check),
        },
        "findings": [_place(failure) for failure in cause.failures],
        "consequences": [_place(failure) for failure in cause.consequences],
        "command": reproduce.replay(document, p, s),
    }


def _step(document: Document, place: Place) -> dict[str, Json]:
    p, s, t = place
    scenario = document.profiles[p].scenarios[s]
    step = scenario.steps[t]
    return {
        "profile": document.profiles[p].id,
        "scenario": scenario.id,
        "step": step.id,
        "exchange": as_json(step.exchange) if step.exchange else None,
    }


def _place(failure: LocatedCheck) -> dict[str, Json]:
    return {
        "profile": failure.profile.id,
        "scenario": failure.scenario.id,
        "step": failure.scenario.steps[failure.place[2]].id,
        "check": failure.check.id,
        "severity": failure.check.severity and failure.check.severity.value,
        "accepted": failure.check.accepted,
    }
