"""The results in a bulk response, each with the operation that it answers (RFC 7644 §3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from scim_compat.engine.intent import BulkPart
from scim_compat.values import Json

Result = Mapping[str, Json]


def results_of(body: Json) -> list[Result]:
    """The results in a bulk response; empty if there are none."""
    operations = body.get("Operations") if isinstance(body, Mapping) else None
    return [each for each in operations if isinstance(each, Mapping)] if isinstance(operations, list) else []


def pair_results(parts: Sequence[BulkPart], results: Sequence[Result]) -> list[Result | None]:
    """The result of each operation, or None: by bulkId, by method and location, else by its place if all came."""
    pairs: list[Result | None] = []
    for number, part in enumerate(parts):
        result = next((each for each in results if _fits(part, each)), None)
        if result is None and not part.bulk_id and len(results) == len(parts):
            at = results[number]
            result = at if _method(at) == part.method and not at.get("location") else None
        pairs.append(result)
    return pairs


def status_of(result: Result | None) -> int:
    """The status of one result as a number; 0 if there is none. Older drafts had an object with a code."""
    status = (result or {}).get("status")
    code = status.get("code") if isinstance(status, Mapping) else status
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0


def _fits(part: BulkPart, result: Result) -> bool:
    if part.bulk_id:
        return bool(result.get("bulkId") == part.bulk_id)
    path = str(result.get("location") or result.get("path") or "")
    return _method(result) == part.method and unquote(path).endswith(unquote(part.path))


def _method(result: Result) -> str:
    return str(result.get("method", "")).upper()
