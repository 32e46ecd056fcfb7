"""The words and marks of the report, in one place, so that the legend explains exactly what is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with an icon. ``tone`` is a CSS class; it never carries meaning alone."""

    key: str
    tone: str
    icon: str
    word: str
    meaning: str


VERDICTS: Final = {
    mark.key: mark
    for mark in (
        Mark(
            "compatible",
            "ok",
            "pass",
            "Compatible",
            "What this client does worked as it needs it to; cosmetic findings at most.",
        ),
        Mark("limited", "warn", "half", "Limited", "The client works, with the losses that the findings name."),
        Mark(
            "incompatible",
            "bad",
            "fail",
            "Incompatible",
            "At least one breach or blocker: provisioning stops, or someone keeps access or loses data.",
        ),
        Mark(
            "unproven",
            "unsure",
            "unsure",
            "Unproven",
            "Too much was skipped, ended in an error or did not run. This is not a pass.",
        ),
        Mark(
            "not-applicable",
            "mute",
            "dash",
            "n/a",
            "Not applicable: the endpoint does not claim it, so it was not tested. This is not a pass.",
        ),
        Mark(
            "not-reached",
            "mute",
            "dots",
            "Not reached",
            "The run ended before it came to this. Nothing is known.",
        ),
        Mark("absent", "mute", "none", "Not in profile", "The profile of this client has no test for it."),
    )
}

SEVERITIES: Final = {
    mark.key: mark
    for mark in (
        Mark("breach", "breach", "breach", "Breach", "Access stays open, or data of others is lost or shown."),
        Mark(
            "blocker",
            "bad",
            "fail",
            "Blocker",
            "The client cannot go on: set-up fails, or provisioning stops.",
        ),
        Mark(
            "degraded",
            "warn",
            "half",
            "Degraded",
            "The client goes on, and something is lost, wrong or late.",
        ),
        Mark("cosmetic", "info", "info", "Cosmetic", "Against the text of a rule; no client is known to mind."),
    )
}
SEVERITY_ORDER: Final = tuple(SEVERITIES)
"""From the worst to the mildest."""

OUTCOMES: Final = {
    mark.key: mark
    for mark in (
        Mark("pass", "ok", "pass", "Passed", "Every check that could be judged held."),
        Mark("fail", "bad", "fail", "Failed", "At least one check did not hold."),
        Mark("skip", "mute", "skip", "Skipped", "Not run, or not judged, for the reason that is given."),
        Mark(
            "error",
            "unsure",
            "unsure",
            "Error",
            "The tool or the network failed. Never held against the endpoint.",
        ),
        Mark("not-applicable", "mute", "dash", "n/a", "The endpoint does not claim the feature."),
        Mark("not-reached", "mute", "dots", "Not reached", "The run ended before it came to this."),
    )
}

LEVELS: Final = {
    "MUST": "The cited section says MUST or SHALL.",
    "SHOULD": "The cited section says SHOULD.",
    "MAY": "The cited section allows it; the client relies on it.",
    "CLIENT": "The RFC does not ask for it; the client needs it.",
}

EVIDENCE: Final = {
    mark.key: mark
    for mark in (
        Mark("documented", "plain", "ev-full", "documented", "The maker of the client says so in a document."),
        Mark("observed", "plain", "ev-half", "observed", "Seen in traffic or in reports of those who run it."),
        Mark("inferred", "plain", "ev-none", "inferred", "Follows from what is documented and observed."),
    )
}

KINDS: Final = {
    "client": "The client itself sends this request.",
    "harness": "A request of ours, not the client's: it sets up, reads the state back, or cleans up.",
}

MEANING_FOR_VENDOR: Final = {
    "compatible": "Customers can connect this client. Nothing in this run stands in their way.",
    "limited": "Customers can connect this client, and will meet the losses listed below.",
    "incompatible": "Customers who connect this client will see provisioning fail.",
    "breach": "Customers must not rely on this yet: access stays open, or data of others is lost.",
    "unproven": "This run does not show whether the client works. Treat it as not working until it is shown.",
}


_PLURALS: Final = {"breach": "breaches", "blocker": "blockers", "error": "errors"}


def counted(mark: Mark, number: int) -> str:
    """The mark's word behind a number: ``2 breaches``, ``1 blocker``, ``3 degraded``."""
    word = mark.word.lower()
    return word if number == 1 else _PLURALS.get(mark.key, word)


def unknown(key: str) -> Mark:
    """The mark of a word this version does not know: shown as it is, and never as good news."""
    return Mark(key, "unsure", "unsure", key, "A word this version does not know.")
