"""The words and marks of the report, in one place, so that the legend explains exactly the ones in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scim_compat.values import Evidence, Level, Outcome, Party, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with an icon. ``tone`` is a CSS class; it never carries meaning alone."""

    key: str
    tone: str
    icon: str
    word: str
    meaning: str


NOT_REACHED: Final = "not-reached"
ABSENT: Final = "absent"

VERDICTS: Final[Mapping[str, Mark]] = {
    mark.key: mark
    for mark in (
        Mark(
            Verdict.COMPATIBLE,
            "ok",
            "pass",
            "Compatible",
            "All that this client does worked as it needs it to; cosmetic findings at most.",
        ),
        Mark(Verdict.LIMITED, "warn", "half", "Limited", "The client works, with the losses that the findings name."),
        Mark(
            Verdict.INCOMPATIBLE,
            "bad",
            "fail",
            "Incompatible",
            "At least one breach or blocker: provisioning stops, or someone keeps access or loses data.",
        ),
        Mark(
            Verdict.UNPROVEN,
            "unsure",
            "unsure",
            "Unproven",
            "Too much was skipped, ended in an error or did not run. This is not a pass.",
        ),
        Mark(
            Verdict.NOT_APPLICABLE,
            "mute",
            "dash",
            "n/a",
            "Not applicable: the endpoint does not claim it, so it was not tested. This is not a pass.",
        ),
        Mark(NOT_REACHED, "mute", "dots", "Not reached", "The run ended before it came to this. Nothing is known."),
        Mark(ABSENT, "mute", "none", "Not in profile", "The profile of this client has no test for it."),
    )
}

SEVERITIES: Final[Mapping[Severity, Mark]] = {
    Severity(mark.key): mark
    for mark in (
        Mark(Severity.BREACH, "breach", "breach", "Breach", "Access stays open, or data of others is lost or shown."),
        Mark(
            Severity.BLOCKER, "bad", "fail", "Blocker", "The client cannot go on: set-up fails, or provisioning stops."
        ),
        Mark(Severity.DEGRADED, "warn", "half", "Degraded", "The client goes on, and data is lost, wrong or late."),
        Mark(
            Severity.COSMETIC,
            "info",
            "info",
            "Cosmetic",
            "Against the text of a rule; no client is known to depend on it.",
        ),
    )
}
"""From the worst to the mildest."""
IGNORED: Final = Mark("ignored", "mute", "dash", "Ignored", "The client does not depend on it.")

OUTCOMES: Final[Mapping[str, Mark]] = {
    mark.key: mark
    for mark in (
        Mark(Outcome.PASS, "ok", "pass", "Passed", "Every check that could be judged passed."),
        Mark(Outcome.FAIL, "bad", "fail", "Failed", "At least one check failed."),
        Mark(Outcome.SKIP, "mute", "skip", "Skipped", "Not run, or not judged, for the reason that is given."),
        Mark(
            Outcome.ERROR,
            "unsure",
            "unsure",
            "Error",
            "The tool or the network failed. Never held against the endpoint.",
        ),
        Mark(Verdict.NOT_APPLICABLE, "mute", "dash", "n/a", "The endpoint does not claim the feature."),
        Mark(NOT_REACHED, "mute", "dots", "Not reached", "The run ended before it came to this."),
    )
}

LEVELS: Final[Mapping[Level, str]] = {
    "MUST": "The cited section says MUST or SHALL.",
    "SHOULD": "The cited section says SHOULD.",
    "MAY": "The cited section allows it; the client relies on it.",
    "CLIENT": "The RFC does not ask for it; the client needs it.",
}

EVIDENCE: Final[Mapping[Evidence, Mark]] = {
    "documented": Mark(
        "documented", "plain", "ev-full", "documented", "The maker of the client says so in a document."
    ),
    "observed": Mark("observed", "plain", "ev-half", "observed", "Seen in traffic or in reports of those who run it."),
    "inferred": Mark("inferred", "plain", "ev-none", "inferred", "Follows from what is documented and observed."),
    "disputed": Mark("disputed", "plain", "ev-none", "disputed", "Sources disagree about this form."),
}

KINDS: Final[Mapping[Party, str]] = {
    "client": "The client itself sends this request.",
    "harness": "The run sends this request, not the client: it sets up, reads the state back, or cleans up.",
}

MEANING_FOR_VENDOR: Final[Mapping[str, str]] = {
    Verdict.COMPATIBLE: "Customers can connect this client. Nothing in this run stands in their way.",
    Verdict.LIMITED: "Customers can connect this client, and will meet the losses listed below.",
    Verdict.INCOMPATIBLE: "Customers who connect this client will see provisioning fail.",
    Severity.BREACH: "Customers must not rely on this yet: access stays open, or data of others is lost.",
    Verdict.UNPROVEN: "This run does not show whether the client works. Treat it as not working until it is shown.",
    Verdict.NOT_APPLICABLE: "This run says nothing about the client: it speaks another version of SCIM.",
}
"""By verdict; an incompatible client for which there is a breach has a sentence of its own."""


_PLURALS: Final[Mapping[str, str]] = {
    Severity.BREACH: "breaches",
    Severity.BLOCKER: "blockers",
    Outcome.ERROR: "errors",
}


def counted(mark: Mark, number: int) -> str:
    """Return the mark's word behind a number: ``2 breaches``, ``1 blocker``, ``3 degraded``."""
    word = mark.word.lower()
    return word if number == 1 else _PLURALS.get(mark.key, word)
