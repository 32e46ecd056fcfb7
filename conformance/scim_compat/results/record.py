"""An exchange as it is written down: secrets out, other people's data masked, once and for all outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from typing import Any, Final
from urllib.parse import unquote

from scim_compat.scim import messages, urls
from scim_compat.values import REDACTED, WRONG_CREDENTIAL, Json
from scim_compat.wire.messages import CredentialUse, Exchange, Request, Response
from scim_compat.wire.redact import Redactor

_FRAME: Final = frozenset({"schemas", *messages.COUNTS})
"""Members of a list that hold nobody's data."""
_UNREADABLE: Final = 2000
"""Characters kept of a body that is no JSON: enough to recognise a login page or a stack trace."""
_ENOUGH: Final = 200_000
"""Characters kept of any body."""


def record_exchange(
    exchange: Exchange, *, redactor: Redactor, ours: Container[str], credential: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The exchange in the shape of ``results.schema.json``.

    ``credential``: header name and scheme, to show where the credential stood. ``ours``: ids the run
    created, deleted ones included. Resources with any other id are masked: their
    id becomes a hash and their values go.
    """
    request, response = exchange.request, exchange.response
    answer, masked = _answer(request, response, ours, redactor) if response else (None, False)
    failure = exchange.failure
    return {
        "request": {
            "method": request.method,
            "url": redactor.text(exchange.url),
            "headers": [[k, redactor.header(k, v)] for k, v in request.headers] + _shown(request, credential),
            "body": redactor.text(request.body.decode("utf-8", "replace")) if request.body is not None else None,
        },
        "response": answer,
        "failure": {"kind": failure.kind, "text": redactor.text(failure.text)} if failure else None,
        "ms": round(exchange.ms, 1),
        "truncated": bool(response and response.truncated),
        "waits": [redactor.text(w) for w in exchange.waits],
        "masked": masked,
    }


def _shown(request: Request, credential: tuple[str, str] | None) -> list[list[str]]:
    """Where the credential stood, and whether it was the right one."""
    if credential is None or request.credential is CredentialUse.NONE:
        return []
    name, scheme = credential
    what = REDACTED if request.credential is CredentialUse.VALID else WRONG_CREDENTIAL
    return [[name, f"{scheme} {what}".strip()]]


def _answer(
    request: Request, response: Response, ours: Container[str], redactor: Redactor
) -> tuple[dict[str, Any], bool]:
    body, masked = _body(request, response, ours, redactor)
    return {
        "status": response.status,
        "reason": redactor.text(response.reason),
        "headers": [[redactor.text(k), redactor.header(k, redactor.text(v))] for k, v in response.headers],
        "body": body,
    }, masked


def _body(request: Request, response: Response, ours: Container[str], redactor: Redactor) -> tuple[str | None, bool]:
    if not response.body:
        return None, False
    whole = redactor.text(response.body.decode("utf-8", "replace"))  # before any cut: half a secret is not found
    if not isinstance(response.json, Mapping | list) or response.truncated:
        # What cannot be parsed cannot be masked; a cut-off list may hold other people's data.
        if response.truncated and response.ok:
            return f"(not recorded: cut off after {len(response.body)} bytes)", True
        if _may_hold_others(request, response, ours) and whole.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
            return f"(not recorded: {len(response.body)} bytes of what looks like JSON, but is none)", True
        return whole[:_UNREADABLE], False
    if urls.is_public(request.target) or not response.ok:
        return _cut(whole), False
    clean, masked = _mask(response.json, ours, others=_may_hold_others(request, response, ours))
    return _cut(redactor.text(json.dumps(clean, ensure_ascii=False)) if masked else whole), masked


def _may_hold_others(request: Request, response: Response, ours: Container[str]) -> bool:
    """A success answer about people that no request of ours put there: a list, or a read of a foreign id."""
    is_read = request.method == "GET" or (request.method == "POST" and urls.is_search(request.target))
    identifier = unquote(urls.path_of(request.target).rpartition("/")[2])
    return is_read and response.ok and not urls.is_public(request.target) and identifier not in ours


def _cut(text: str) -> str:
    return text if len(text) <= _ENOUGH else text[:_ENOUGH] + f"… ({len(text) - _ENOUGH} more characters)"


def _mask(answer: Json, ours: Container[str], *, others: bool) -> tuple[Json, bool]:
    if not isinstance(answer, Mapping):
        return "(masked: not a resource of this run)", True
    frame = {name: value for name, value in answer.items() if name in _FRAME}
    if messages.has_entries(answer):
        cleaned = [_mask_one(entry, ours) for entry in messages.entries(answer)]
        whole = frame | {messages.RESOURCES: [entry for entry, _ in cleaned]}
        return (whole, True) if any(masked for _, masked in cleaned) else (answer, False)
    if "id" not in answer:
        if not others or frame == answer:
            return answer, False
        # No list, and no resource with an id: whose data it is cannot be known.
        return frame | {"masked": "not a resource of this run"}, True
    return _mask_one(answer, ours)


def _mask_one(resource: Json, ours: Container[str]) -> tuple[Json, bool]:
    identifier = resource.get("id") if isinstance(resource, Mapping) else None
    if isinstance(identifier, str) and identifier in ours:  # a hostile one is a list, which nothing can look up
        return resource, False
    return {"id": f"sha256:{_hash(identifier)}", "masked": "not a resource of this run"}, True


def _hash(value: Json) -> str:
    return hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()[:12]
