"""The words of the protocol: URNs, errors, requests and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

CORE_USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FJORD: Final = "urn:ietf:params:scim:schemas:extension:fjord:2.0:User"
LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"

SCIM_JSON: Final = "application/scim+json"
MAX_BODY: Final = 1_000_000
"""Bytes; a longer body is refused with 413."""
MAX_RESULTS: Final = 1_000
"""Resources in one answer, at most; stated in /ServiceProviderConfig."""

Data = dict[str, Any]
"""A resource's attributes under their canonical names."""


class ScimError(Exception):
    """An error answer of RFC 7644 §3.12."""

    def __init__(self, status: int, detail: str, *, scim_type: str = "", allow: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.allow = allow
        """The value of the Allow header of a 405."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server sees it."""

    method: str
    path: str
    """Below the mount point, decoded, without a trailing slash: ``/Users/123``."""
    query: str
    """As sent, still encoded."""
    parameters: Mapping[str, str]
    """Decoded; of a repeated parameter the first."""
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes | None
    """None: longer than ``MAX_BODY``."""
    base: str
    """Absolute URL of the mount point, without a trailing slash."""


@dataclass(slots=True)
class Answer:
    """One answer. Mutable, so that a defect can spoil it on its way out."""

    status: int
    payload: Any = None
    """Sent as JSON; None: no body."""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent in place of the payload."""

    def __post_init__(self) -> None:
        if self.payload is not None:
            self.headers.setdefault("Content-Type", SCIM_JSON)

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.payload is None:
            return b""
        return json.dumps(self.payload, ensure_ascii=False, sort_keys=False).encode()


def error_answer(error: ScimError) -> Answer:
    payload = {"schemas": [ERROR], "status": str(error.status), "detail": error.detail}
    if error.scim_type:
        payload["scimType"] = error.scim_type
    return Answer(error.status, payload, {"Allow": error.allow} if error.allow else {})


def parse_body(request: Request) -> Data:
    """The JSON object in a request's body, or the ScimError to answer with."""
    if request.body is None:
        raise ScimError(413, f"The body is longer than {MAX_BODY} bytes.")
    media_type, _, rest = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() not in {"", SCIM_JSON, "application/json"}:
        raise ScimError(415, f"Bodies must be {SCIM_JSON} or application/json, not {media_type.strip()!r}.")
    charset = rest.lower().replace('"', "").replace(" ", "").partition("charset=")[2]
    if charset.partition(";")[0] not in {"", "utf-8", "utf8"}:
        raise ScimError(415, f"Bodies must be UTF-8, not {charset!r}.")
    try:
        value = json.loads(request.body.decode(), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate could be stored, but never sent back
    except (ValueError, RecursionError) as error:
        raise ScimError(
            400, f"The body is not UTF-8 encoded JSON: {type(error).__name__}.", scim_type="invalidSyntax"
        ) from error
    if not isinstance(value, dict):
        raise ScimError(400, "The body must be a JSON object.", scim_type="invalidSyntax")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def read_request(environ: dict[str, Any]) -> Request:
    """A WSGI environment as a Request. The body is read up to one byte beyond the limit."""
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    body = None if length > MAX_BODY else environ["wsgi.input"].read(length)
    host = headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    query = environ.get("QUERY_STRING", "")
    parameters: dict[str, str] = {}
    for key, value in parse_qsl(query.encode("latin-1", "replace").decode(errors="replace"), keep_blank_values=True):
        parameters.setdefault(key, value)
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode(errors="replace")
    return Request(
        method=environ["REQUEST_METHOD"].upper(),
        path="/" + path.strip("/"),
        query=query,
        parameters=parameters,
        headers=headers,
        body=body,
        base=f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '').rstrip('/')}",
    )


def allow_only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise ScimError(405, f"{request.method} is not possible here.", allow=", ".join(methods))


def tags(request: Request, header: str) -> list[str]:
    return [tag.strip() for tag in request.headers.get(header, "").split(",") if tag.strip()]


def integer(given: dict[str, str], name: str, default: int) -> int:
    try:
        return int(given.get(name) or default)
    except ValueError:
        raise ScimError(400, f"{name} must be an integer.", scim_type="invalidValue") from None


def date(moment: Any) -> str:
    return str(moment.isoformat(timespec="microseconds")).replace("+00:00", "Z")
