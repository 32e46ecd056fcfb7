"""An exchange as it is recorded: without secrets, and with other people's data masked, for all outputs at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from typing import Final
from urllib.parse import unquote

from scim_compat.results.document.records import ExchangeRecord, FailureRecord, RequestRecord, ResponseRecord
from scim_compat.scim import messages, urls
from scim_compat.values import REDACTED, WRONG_CREDENTIAL, Json
from scim_compat.wire.messages import CredentialUse, Exchange, Request, Response
from scim_compat.wire.redact import Redactor

_FRAME: Final = frozenset({"schemas", *messages.COUNTS})
"""Members of a list that hold nobody's data."""
_FOREIGN: Final = "not a resource of this run"
_UNREADABLE: Final = 2000
"""Characters recorded of a body that is no JSON: enough to recognise a login page or a stack trace."""
_ENOUGH: Final = 200_000
"""Characters recorded of any body."""


def record_exchange(
    exchange: Exchange, *, redactor: Redactor, ours: Container[str], credential: tuple[str, str] | None = None
) -> ExchangeRecord:
    """Record an exchange.

    ``credential``: header name and scheme, to show where the credential stood. ``ours``: ids of the resources that
    the run created, deleted ones included. A resource with another id is masked: its id becomes a hash, and its
    values are left out.
    """
    request, response, failure = exchange.request, exchange.response, exchange.failure
    body, masked = _body(request, response, ours, redactor) if response else (None, False)
    return ExchangeRecord(
        request=RequestRecord(
            method=request.method,
            url=redactor.text(exchange.url),
            headers=(
                *((name, redactor.header(name, value)) for name, value in request.headers),
                *_credential(request, credential),
            ),
            body=redactor.text(request.body.decode("utf-8", "replace")) if request.body is not None else None,
            credential=request.credential,
        ),
        response=_response(response, body, redactor) if response else None,
        failure=FailureRecord(kind=failure.kind, text=redactor.text(failure.text)) if failure else None,
        ms=round(exchange.ms, 1),
        truncated=bool(response and response.truncated),
        waits=tuple(redactor.text(wait) for wait in exchange.waits),
        masked=masked,
    )


def _credential(request: Request, credential: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    """The header with the credential: the scheme, and whether the credential was the right one."""
    if credential is None or request.credential is CredentialUse.NONE:
        return ()
    name, scheme = credential
    mark = REDACTED if request.credential is CredentialUse.VALID else WRONG_CREDENTIAL
    return ((name, f"{scheme} {mark}".strip()),)


def _response(response: Response, body: str | None, redactor: Redactor) -> ResponseRecord:
    return ResponseRecord(
        status=response.status,
        reason=redactor.text(response.reason),
        headers=tuple(
            (redactor.text(name), redactor.header(name, redactor.text(value))) for name, value in response.headers
        ),
        body=body,
    )


def _body(request: Request, response: Response, ours: Container[str], redactor: Redactor) -> tuple[str | None, bool]:
    if not response.body:
        return None, False
    whole = redactor.text(response.body.decode("utf-8", "replace"))  # before any cut: half a secret is not found
    if not isinstance(response.json, Mapping | list) or response.truncated:
        # Without parsing there is no masking, and a list that was cut off may hold other people's data.
        if response.truncated and response.ok:
            return f"(not recorded: cut off after {len(response.body)} bytes)", True
        if _may_hold_others(request, response, ours) and whole.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
            return f"(not recorded: {len(response.body)} bytes of what looks like JSON, but is none)", True
        return whole[:_UNREADABLE], False
    if urls.is_public(request.target) or not response.ok:
        return _cut(whole), False
    masked_json, masked = _mask(response.json, ours, others=_may_hold_others(request, response, ours))
    return _cut(redactor.text(json.dumps(masked_json, ensure_ascii=False)) if masked else whole), masked


def _may_hold_others(request: Request, response: Response, ours: Container[str]) -> bool:
    """True for a list, and for a read of an id that the run did not create: either may show other people."""
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
        pairs = [_mask_one(entry, ours) for entry in messages.entries(answer)]
        whole = frame | {messages.RESOURCES: [entry for entry, _ in pairs]}
        return (whole, True) if any(masked for _, masked in pairs) else (answer, False)
    if "id" not in answer:
        if not others or frame == answer:
            return answer, False
        # No list, and no resource with an id: whose data it is cannot be known.
        return frame | {"masked": _FOREIGN}, True
    return _mask_one(answer, ours)


def _mask_one(resource: Json, ours: Container[str]) -> tuple[Json, bool]:
    identifier = resource.get("id") if isinstance(resource, Mapping) else None
    if isinstance(identifier, str) and identifier in ours:  # of a hostile server it may be a list
        return resource, False
    return {"id": f"sha256:{_hash(identifier)}", "masked": _FOREIGN}, True


def _hash(value: Json) -> str:
    return hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()[:12]
