"""The pages about the checks: one for each, a list, and in which order to mend. In the report's look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from scim_compat.report import words
from scim_compat.report.html import sheet, template
from scim_compat.report.text import (
    Link,
    Shown,
    json_text,
    safe_url,
)
from scim_compat.report.words import Mark

_IGNORED: Final = Mark("ignored", "mute", "dash", "Ignored", "The client does not mind.")
_WORST_FIRST: Final = (*words.SEVERITY_ORDER, _IGNORED.key)


def pages(checks: Sequence[Mapping[str, Any]], parts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """File name and HTML of every page.

    ``checks``: each as ``scim-compat explain CHECK --json`` tells it, with ``when`` in words beside.
    ``parts``: as ``scim-compat explain --order --json`` tells them. The pages hold no script and ask for
    nothing from anywhere; they link to each other by file name.
    """
    places = {row["id"]: number for number, row in enumerate(_rows(parts), 1)}
    worst = {row["id"]: row["severity"] for row in _rows(parts)}
    subjects = [
        (subject, [{**check, "mark": mark(worst[check["id"]]), "href": name(check["id"])} for check in group])
        for subject, group in groupby(checks, key=lambda check: str(check["id"]).partition(".")[0])
    ]
    yield "index.html", _rendered("index.html.j2", title="Checks", subjects=subjects, count=len(checks))
    shown = [{**part, "checks": [_row(row, places) for row in part["checks"]]} for part in parts]
    yield "order.html", _rendered("order.html.j2", title="Fix in this order", parts=shown)
    for check in checks:
        yield (
            name(check["id"]),
            _rendered(
                "check.html.j2",
                title=check["title"],
                check={
                    **check,
                    "cites": [Link(cite["text"], cite["url"]) for cite in check["cites"]],
                    "clients": _clients(check["clients"]),
                    "example": _example(check["example"]),
                },
                place=places[check["id"]],
                count=len(places),
            ),
        )


def name(check: str) -> str:
    """File name of a check's page."""
    return f"{check}.html"


def mark(severity: str) -> Mark:
    """The mark of a severity, or of a check that a client ignores."""
    return words.SEVERITIES.get(severity) or _IGNORED


def _rows(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in parts:
        yield from part["checks"]


def _row(row: Mapping[str, Any], places: Mapping[str, int]) -> dict[str, Any]:
    return {**row, "mark": mark(row["severity"]), "href": name(row["id"]), "place": places[row["id"]]}


def _clients(clients: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who minds, the worst first; addresses that are not safe to follow are left out."""
    ordered = sorted(clients, key=lambda client: _WORST_FIRST.index(client["severity"]))
    return [
        {
            **client,
            "mark": mark(client["severity"]),
            "url": safe_url(client["source"]["url"]) if client["source"] else "",
        }
        for client in ordered
    ]


def _example(example: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if example is None:
        return None
    shown = {key: json_text(example[key]) for key in ("expected", "actual") if key in example}
    return {
        **example,
        "expected": shown.get("expected"),
        "actual": shown.get("actual"),
        "before": _message(example["before"]),
        "request": _message(example["request"]),
        "response": _message(example["response"]),
    }


def _message(message: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """In the shape that the report's own macro takes."""
    if message is None:
        return None
    headers = "\n".join(f"{key}: {content}" for key, content in message.get("headers", ()))
    return {"start": message["line"], "headers": headers, "body": Shown(message["body"]) if message["body"] else None}


def _rendered(file: str, *, title: str, **view: Any) -> str:
    css, policy = sheet("report.css", "pages.css")
    return template(file).render(title=title, css=css, policy=policy, words=words, **view)
