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


def is_spoken_for(observation: Observation) -> bool:
    """Whether ``http.no-server-error`` or ``http.no-redirect`` already says what is wrong with the status."""
    status = observation.response.status
    return status >= 500 or (300 <= status < 400 and status not in {307, 308})


def is_answered(observation: Observation) -> bool:
    return observation.response.ok and not messages.looks_like_error(observation.response.json)


def not_redirected(observation: Observation) -> None:
    if observation.response.status in {307, 308}:
        raise NotJudged("the server redirects, which is lawful, but no redirect is followed: use the final URL")


def is_query(observation: Observation) -> bool:
    return expects_list(observation) and observation.intent.expect == "success" and not is_spoken_for(observation)


def is_list(observation: Observation) -> bool:
    """A 2xx answer to a query that is a list, right or wrong in its details."""
    return observation.response.ok and expects_list(observation) and messages.looks_like_list(observation.response.json)


def body_of(observation: Observation) -> Mapping[str, Json]:
    body = observation.response.json
    return body if isinstance(body, Mapping) else {}


def integer(observation: Observation, name: str) -> int | None:
    value = body_of(observation).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def asked(observation: Observation, name: str) -> int | None:
    text = urls.parameters(observation.exchange.request.target).get(name.lower(), "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None


def cursor_of(observation: Observation) -> bool:
    # RFC 9865: pages by cursor have no startIndex, and need no totalResults.
    return bool({"nextCursor", "previousCursor"} & body_of(observation).keys())


def entries(observation: Observation) -> list[Json]:
    return messages.entries(observation.response.json)


def ids_of(observation: Observation) -> list[str]:
    found = (entry.get("id") for entry in entries(observation) if isinstance(entry, Mapping))
    return [one for one in found if isinstance(one, str)]
