"""The outer side of an answer: its status, its media type, its body as JSON, and the numbers of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from scim_compat.checks.registry import NotJudged
from scim_compat.engine.intent import Action, Observation
from scim_compat.scim import messages, texts, urls
from scim_compat.values import MISSING, Json

QUERIES: Final[tuple[Action, ...]] = ("match", "list", "look-up")
LISTS: Final[tuple[Action, ...]] = (*QUERIES, "evaluate", "raw")
COUNTS: Final = ("totalResults", "startIndex", "itemsPerPage")
SCIM_JSON: Final = "application/scim+json"

_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)

# --- the status -----------------------------------------------------------------------------------


def is_status_named(observation: Observation) -> bool:
    """True when the profile names this very status as acceptable."""
    return observation.response.status in observation.intent.statuses


def is_status_accepted(observation: Observation) -> bool:
    """True when the step names no status, or this one.

    ``http.expected-status`` reports other statuses; 307 and 308 are exempt because they carry no answer (RFC 7644
    section 3.12).
    """
    return not observation.intent.statuses or observation.response.status in {*observation.intent.statuses, 307, 308}


def is_judged_elsewhere(observation: Observation) -> bool:
    """True when ``http.no-server-error`` or ``http.no-redirect`` reports the status."""
    status = observation.response.status
    return status >= 500 or (300 <= status < 400 and status not in {304, 307, 308})


def require_no_redirect(observation: Observation) -> None:
    """Raise NotJudged for a redirect that keeps the method."""
    if observation.response.status in {307, 308}:
        raise NotJudged("the server redirects, which is conformant, but no redirect is followed: use the final URL")


# --- the body -------------------------------------------------------------------------------------


def is_html(observation: Observation) -> bool:
    """True when the answer is a web page."""
    response = observation.response
    if response.media_type in {"text/html", "application/xhtml+xml"}:
        return bool(response.body) and response.json is MISSING  # else only the label is wrong
    return _HTML.match(response.body[:400]) is not None


def is_json_requested(observation: Observation) -> bool:
    """True when the request names application/json and not the format of SCIM."""
    accept = ",".join(observation.exchange.request.headers.all("Accept")).lower()
    return "application/json" in accept and SCIM_JSON not in accept


def json_object(observation: Observation) -> Mapping[str, Json]:
    """The body of the answer, whatever its status; empty where it is no JSON object."""
    body = observation.response.json
    return body if isinstance(body, Mapping) else {}


def is_served(observation: Observation) -> bool:
    """True for a 2xx answer that is no Error."""
    return observation.response.ok and not messages.is_error(observation.response.json)


def has_resource(observation: Observation) -> bool:
    """True when the answer is an object that a check can look into."""
    return is_served(observation) and isinstance(observation.response.json, Mapping)


def resource_of(observation: Observation) -> Mapping[str, Json]:
    """The resource in the answer; empty where there is none. An Error that comes with a 2xx is none."""
    return json_object(observation) if has_resource(observation) else {}


def server_message(observation: Observation) -> str:
    """The text of the server's error, as a sentence for a finding; empty if there is none."""
    detail = messages.error_detail(observation.response.json)
    return f"The server said: {detail[:200]}" if detail else ""


def require_control(observation: Observation) -> None:
    """Raise NotJudged for a look-up that failed where that form of query does not find an ordinary resource either."""
    query = observation.intent.query
    if query.control is False:
        raise NotJudged(f"by {query.filter_path} an active resource with a plain value is not found either")


def blame_value(observation: Observation) -> str:
    """The part of the value to blame, as a sentence; empty where no plain value was tried."""
    query = observation.intent.query
    if not query.control or not query.hostile:
        return ""
    if query.culprits:
        return f"A plain value is found by the same query; one with {' or '.join(query.culprits)} is not."
    traits = " and ".join(one.words for one in texts.traits(query.filter_value or ""))
    return f"A plain value is found by the same query; this one, with {traits}, is not."


# --- lists ----------------------------------------------------------------------------------------


def is_list_request(observation: Observation) -> bool:
    """True when the request addressed a list."""
    request = observation.exchange.request
    if not urls.is_collection(request.target):
        return False
    return request.method == "GET" or urls.is_search(request.target)


def is_query(observation: Observation) -> bool:
    return (
        is_list_request(observation) and observation.intent.expect == "success" and not is_judged_elsewhere(observation)
    )


def is_list(observation: Observation) -> bool:
    """True for a 2xx answer to a query that is a list, right or wrong in its details."""
    response = observation.response
    return response.ok and is_list_request(observation) and messages.is_list(response.json)


def number_of(observation: Observation, name: str) -> int | None:
    """The number that the list states under that name."""
    value = json_object(observation).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def requested_number(observation: Observation, name: str) -> int | None:
    """The number that the request asked for by that parameter."""
    text = urls.parameters(observation.exchange.request.target).get(name.lower(), "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None


def has_cursor(observation: Observation) -> bool:
    # RFC 9865: pages by cursor have no startIndex, and need no totalResults.
    return bool({"nextCursor", "previousCursor"} & json_object(observation).keys())


def entries(observation: Observation) -> list[Json]:
    return messages.entries(observation.response.json)


def ids_of(observation: Observation) -> list[str]:
    """The ids of the entries, in their order."""
    ids = (entry.get("id") for entry in messages.resources(observation.response.json))
    return [one for one in ids if isinstance(one, str)]


def ids_as_text(observation: Observation) -> list[str] | None:
    """The ids of the entries, whatever their type; None where the answer is no list."""
    body = json_object(observation)
    if not messages.has_entries(body) and not messages.is_empty_list(body):
        return None
    return [str(resource.get("id")) for resource in messages.resources(body)]


def has_more_pages(observation: Observation) -> bool:
    """True when the list goes on behind this page, by its own numbers."""
    body = json_object(observation)
    total, start = body.get("totalResults"), body.get("startIndex", 1)
    ids = ids_as_text(observation) or []
    return isinstance(total, int) and isinstance(start, int) and bool(ids) and start + len(ids) - 1 < total


def is_total_too_small(observation: Observation) -> bool:
    """True on the last page by its own numbers, when an earlier import found more behind that end."""
    return observation.intent.query.more and not has_more_pages(observation)


def is_last_page(observation: Observation) -> bool:
    """True when the page reaches the end that ``totalResults`` states."""
    body = json_object(observation)
    total, start = body.get("totalResults"), body.get("startIndex", 1)
    has_damage = messages.RESOURCES in body and not messages.has_entries(body)
    if not isinstance(total, int) or not isinstance(start, int) or has_damage:
        return False
    return start + len(entries(observation)) > total
