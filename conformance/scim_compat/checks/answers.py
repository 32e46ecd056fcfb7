"""What the checks of queries and lists share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scim_compat.checks.registry import NotJudged
from scim_compat.checks.resources import expects_list
from scim_compat.engine.intent import Observation
from scim_compat.scim import messages, urls
from scim_compat.values import Json

QUERIES: Final = ("match", "list", "look-up")


LISTS: Final = (*QUERIES, "evaluate", "raw")


COUNTS: Final = ("totalResults", "startIndex", "itemsPerPage")


def is_spoken_for(seen: Observation) -> bool:
    """Whether ``http.no-server-error`` or ``http.no-redirect`` already says what is wrong with the status."""
    status = seen.response.status
    return status >= 500 or (300 <= status < 400 and status not in {307, 308})


def is_answered(seen: Observation) -> bool:
    return seen.response.ok and not messages.looks_like_error(seen.response.json)


def not_redirected(seen: Observation) -> None:
    if seen.response.status in {307, 308}:
        raise NotJudged("the server redirects, which is lawful, but no redirect is followed: use the final URL")


def is_query(seen: Observation) -> bool:
    return expects_list(seen) and seen.intent.expect == "success" and not is_spoken_for(seen)


def is_list(seen: Observation) -> bool:
    """A 2xx answer to a query that is a list, right or wrong in its details."""
    return seen.response.ok and expects_list(seen) and messages.looks_like_list(seen.response.json)


def body_of(seen: Observation) -> Mapping[str, Json]:
    body = seen.response.json
    return body if isinstance(body, Mapping) else {}


def integer(seen: Observation, name: str) -> int | None:
    value = body_of(seen).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def asked(seen: Observation, name: str) -> int | None:
    text = urls.parameters(seen.exchange.request.target).get(name.lower(), "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None


def cursor_of(seen: Observation) -> bool:
    # RFC 9865: pages by cursor have no startIndex, and need no totalResults.
    return bool({"nextCursor", "previousCursor"} & body_of(seen).keys())


def entries(seen: Observation) -> list[Json]:
    return messages.entries(seen.response.json)


def ids_of(seen: Observation) -> list[str]:
    found = (entry.get("id") for entry in entries(seen) if isinstance(entry, Mapping))
    return [one for one in found if isinstance(one, str)]
