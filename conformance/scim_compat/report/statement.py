"""A vendor's statement on its endpoint, from the results of a run: data, page and badge.

The statement is a pure function of the results and of what the vendor calls its product, so that anybody who has
both can check one against the other. It names no address: no URL, no host, no path and no secret stands in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from scim_compat.errors import InputError, UsageError
from scim_compat.report import words
from scim_compat.report.html import sheet, template
from scim_compat.report.text import one_line
from scim_compat.results.document import INTEGRITY, Document, ProfileResult
from scim_compat.values import Evidence, Json, Severity, Verdict, plural

FORMAT: Final = "scim-compat/statement/1"
LEFT_OUT: Final = "[left out]"
"""Stands where a text held an address or a path."""
_ADDRESS: Final = re.compile(
    r"""
    \b[a-z][a-z0-9+.-]{1,20}://\S+ | \bwww\.\S+           # URLs
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b                # IPv4
    | (?<![\w/])~?/(?:[^\s/]+/)+[^\s/]*                   # paths of several parts
    | \b[a-z]:\\\S+ | \\\\\S+                             # the same of Windows
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COLOURS: Final[Mapping[Verdict, str]] = {
    Verdict.COMPATIBLE: "0d6639",
    Verdict.LIMITED: "7a4a00",
    Verdict.INCOMPATIBLE: "a3170f",
    Verdict.UNPROVEN: "51408f",
}
"""Of the badge: dark enough for white letters (WCAG 2.2, 1.4.3)."""
_LABEL: Final = "SCIM"
_LETTER, _MARGIN = 7, 10
"""Pixels of a letter on the badge, and beside its texts."""


@dataclass(frozen=True, slots=True)
class Product:
    """The endpoint, as its vendor names it."""

    name: str
    version: str


def statement(document: Document, product: Product, *, digest: str) -> dict[str, Json]:
    """Return the statement as data. ``digest``: SHA-256 of results.json, in hexadecimal digits.

    Raise InputError for a run that does not show all of what it was asked for, and UsageError for an address in the
    place of a name.
    """
    _refuse_partial(document)
    _refuse_addresses(document, product)
    clean = _Cleaner(document)
    run = document.run
    return {
        "format": FORMAT,
        "endpoint": {"name": product.name, "version": product.version},
        "stated-by": product.name,
        "verdict": document.verdict.value,
        "tested": run.started[:10],
        "tool": {"name": document.tool.name, "version": document.tool.version},
        "results": {"sha256": digest},
        "profiles": [_profile(profile, clean) for profile in document.profiles],
        "not-claimed": list(_not_claimed(document)),
        "accepted": list(_accepted(document, clean)),
        "others-changed": len(document.bystanders.changed),
        "left-behind": len(document.cleanup.left),
    }


def _refuse_partial(document: Document) -> None:
    hint = "a statement needs a whole run without --only; run all of it again"
    if document.run.is_partial:
        why = (document.run.interrupted or "it did not reach every scenario").rstrip(".")
        raise InputError(f"the run is partial: {why}", hint=hint)
    for profile in document.profiles:
        if profile.is_part:
            raise InputError(f"only a part of {profile.id} was played", hint=hint)
        if profile.counts.errored or profile.counts.not_reached:
            raise InputError(f"{profile.id}: scenarios ended in an error or were not reached", hint=hint)
        if profile.verdict is Verdict.UNPROVEN:
            raise InputError(f"{profile.id} is unproven: {profile.why.rstrip('.')}", hint=hint)
        for feature in profile.features:
            if feature.verdict is Verdict.UNPROVEN:  # behind the verdict of an incompatible client
                raise InputError(f"{profile.id}: the feature {feature.id} is unproven", hint=hint)
    if document.verdict is Verdict.UNPROVEN:
        raise InputError("the run proves nothing: no client applies to the endpoint", hint="play a profile that does")


def _refuse_addresses(document: Document, product: Product) -> None:
    for option, text in (("--name", product.name), ("--product-version", product.version)):
        if not text.strip():
            raise UsageError(f"{option} is empty", hint="the statement names the product and its version")
        if _Cleaner(document)(text) != one_line(text, 200):
            raise UsageError(f"{option} {text!r} is an address", hint="a statement names the product, not where it is")


class _Cleaner:
    """Leaves addresses and paths out of texts that people wrote."""

    def __init__(self, document: Document) -> None:
        urls = (document.target.url, *document.target.bases.values())
        hosts = {host for url in urls if (host := _host(url))}
        self._hosts = re.compile("|".join(map(re.escape, hosts)), re.IGNORECASE) if hosts else None

    def __call__(self, text: str) -> str:
        text = _ADDRESS.sub(LEFT_OUT, one_line(text, 600))
        return self._hosts.sub(LEFT_OUT, text) if self._hosts else text


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _profile(profile: ProfileResult, clean: _Cleaner) -> dict[str, Json]:
    counts = profile.counts
    severities = Counter(profile.severities().values())
    evidence: Counter[Evidence] = Counter(
        one.evidence for one in profile.scenarios if one.applicable and one.feature != INTEGRITY
    )
    return {
        "id": profile.id,
        "title": clean(profile.title),
        "client": clean(profile.client),
        "version": clean(profile.version),
        "digest": profile.digest,
        "verdict": profile.verdict.value,
        "headline": profile.headline,
        "scenarios": {
            "passed": counts.passed,
            "failed": counts.failed,
            "not-applicable": counts.not_applicable,
        },
        "requests": counts.requests,
        "evidence": {str(kind): evidence[kind] for kind in words.EVIDENCE if evidence[kind]},
        "checks-failed": {each.value: severities[each] for each in reversed(Severity) if severities[each]},
        "features": [
            {"id": one.id, "title": clean(one.title), "verdict": one.verdict.value} for one in profile.features
        ],
    }


def _not_claimed(document: Document) -> Iterator[str]:
    """Features that the vendor says are not there."""
    claims = document.target.claims
    yield from dict.fromkeys([*(["groups"] if claims.groups is False else []), *claims.without_features])


def _accepted(document: Document, clean: _Cleaner) -> Iterator[dict[str, Json]]:
    """Each accepted check of a profile, with the reason of its entry."""
    entries = document.baseline.entries if document.baseline else ()
    reasons = {(entry.check, entry.ticket): entry for entry in entries}
    found = [(one.profile.id, one.check) for one in document.failed_checks() if one.check.accepted]
    number = Counter((profile, check.id, check.accepted) for profile, check in found)
    phrases = {check.id: check.failure or check.title for _, check in found}
    for (profile, check, ticket), count in number.items():
        entry = reasons.get((check, ticket))
        yield {
            "profile": profile,
            "check": check,
            "finding": clean(phrases[check]),
            "findings": count,
            "reason": clean(entry.reason) if entry else "",
            "ticket": clean(ticket),
            "until": entry.until if entry else None,
        }


def differences(stated: Json, found: Json, path: str = "") -> Iterator[str]:
    """Return where a statement is not as the results say, a sentence each."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*found, *stated]):
            yield from differences(stated.get(key), found.get(key), f"{path}/{key}")
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for number, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from differences(one, other, f"{path}/{number}")
    elif stated != found or isinstance(stated, bool) is not isinstance(found, bool):
        yield f"{path}: the statement says {_shown(stated)}, the results say {_shown(found)}"


def _shown(value: Json) -> str:
    if isinstance(value, list):
        return plural(len(value), "entry", "entries")
    return "nothing" if value is None else one_line(str(value), 120)


# --- page and badge ----------------------------------------------------------------------------------


def page(stated: Mapping[str, Json]) -> str:
    """Write the statement as a page that holds no script and requests nothing."""
    css, policy = sheet("report.css", "pages.css")
    rendered: str = template("statement.html.j2").render(it=stated, css=css, policy=policy, words=words)
    return rendered


def badge(stated: Mapping[str, Json]) -> str:
    """Write the badge as SVG, with a text for those who do not see it."""
    message = _message(stated)
    left, right = (len(text) * _LETTER + 2 * _MARGIN for text in (_LABEL, message))
    rendered: str = template("badge.svg.j2").render(
        label=_LABEL, message=message, left=left, right=right, letter=_LETTER, margin=_MARGIN,
        colour=_COLOURS[Verdict(stated["verdict"])], it=stated,
    )  # fmt: skip
    return rendered


def badge_data(stated: Mapping[str, Json]) -> dict[str, Json]:
    """Return the badge in the form of shields.io's endpoint badges."""
    colour = _COLOURS[Verdict(stated["verdict"])]
    return {"schemaVersion": 1, "label": _LABEL, "message": _message(stated), "color": colour}


def _message(stated: Mapping[str, Json]) -> str:
    """``okta: compatible, without groups``; for several clients the worst verdict and their number."""
    played = [one for one in stated["profiles"] if one["verdict"] != Verdict.NOT_APPLICABLE]
    if len(played) == 1:
        return f"{played[0]['id']}: {played[0]['headline']}"
    return f"{stated['verdict']} ({plural(len(played), 'client')})"
