"""Before the first scenario: is there a SCIM endpoint that lets us in, and what does it say of itself?"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from conformance.engine import dialect as wording
from conformance.engine.exchange import Capabilities, Exchange, Json, Request, Response
from conformance.engine.strict_json import sanitise
from conformance.profile.model import Client

_HEADERS = (("Accept", "application/scim+json"), ("User-Agent", "scim-compat"))
_TIMEOUT = 30.0


class NotTestable(Exception):  # noqa: N818 - a finding about the target, told to the user as such
    """The target cannot be tested. The text is one paragraph: what happened and what to do next."""


class Sender(Protocol):
    def send(self, request: Request) -> Exchange: ...


@dataclass(frozen=True, slots=True)
class _Answers:
    users: Response
    discovery: Mapping[str, Response]


def preflight(sender: Sender, url: str) -> Capabilities:
    """Asks the three discovery endpoints and for an unknown user. Raises NotTestable."""
    target = "/Users" + wording.query([("filter", f'userName eq "{uuid.uuid4()}"')], client=Client())
    users = _ask(sender, target, url)
    discovery = {name: _ask(sender, f"/{name}", url) for name in ("ServiceProviderConfig", "ResourceTypes", "Schemas")}
    _judge(_Answers(users, discovery), url)
    return Capabilities(
        provider_config=_object(discovery["ServiceProviderConfig"]),
        resource_types=_listed(discovery["ResourceTypes"]),
        schemas=_listed(discovery["Schemas"]),
    )


def _ask(sender: Sender, target: str, url: str) -> Response:
    done = sender.send(Request(method="GET", target=target, headers=_HEADERS, timeout=_TIMEOUT))
    if done.response is None:
        raise NotTestable(f"{url} cannot be tested: {done.failure.text if done.failure else 'no answer came'}")
    return done.response


def _judge(answers: _Answers, url: str) -> None:
    users = answers.users
    if users.status in {401, 403}:
        raise NotTestable(
            f"{url} refused the credential: GET /Users answered {users.status}{_said(users)}. Check that the token is "
            "current and belongs to this endpoint; a bearer token is read from SCIM_TOKEN (see scim-compat run --help "
            "for other kinds)."
        )
    everything = [users, *answers.discovery.values()]
    if any(_is_scim(r) for r in everything):
        return
    if 300 <= users.status < 400:
        where = sanitise(users.header("location") or "an unnamed place", limit=200)
        raise NotTestable(
            f"{url} redirects GET /Users to {where} ({users.status}). Redirects are not followed, because the "
            "credential would go along. Give the final address of the SCIM base URL; a redirect to a login page means "
            "that the path or the credential is wrong."
        )
    if any("html" in r.media_type or r.body.lstrip()[:1] == b"<" for r in everything if r.ok):
        raise NotTestable(
            f"{url} answers with a web page, not with SCIM: GET /Users came back as {_kind(users)} with status "
            f"{users.status}. Often this is a login page or the product's front page. Give the SCIM base URL, which "
            "usually ends in /scim/v2."
        )
    if all(r.status in {404, 405, 410} for r in everything):
        raise NotTestable(
            f"There is no SCIM endpoint at {url}: /Users and the three discovery endpoints all answer "
            f"{users.status}. Check the base URL; it is the part before /Users and usually ends in /scim/v2."
        )
    if all(r.status >= 500 for r in everything):
        raise NotTestable(
            f"{url} answers every request with a server error ({users.status}{_said(users)}). Look into the server's "
            "log and run again when it answers."
        )
    raise NotTestable(
        f"{url} does not speak SCIM: GET /Users answered {users.status} as {_kind(users)}, and none of "
        "/ServiceProviderConfig, /ResourceTypes, /Schemas answered with a SCIM message. Check the base URL."
    )


def _is_scim(response: Response) -> bool:
    found = response.json
    if not isinstance(found, Mapping):
        return False
    if isinstance(found.get("Resources"), list) or "totalResults" in found or "Errors" in found:
        return True
    schemas = found.get("schemas")
    return isinstance(schemas, list) and any(str(s).lower().startswith("urn:") for s in schemas)


def _kind(response: Response) -> str:
    return response.media_type or "unnamed content"


def _said(response: Response) -> str:
    detail = response.json.get("detail") if isinstance(response.json, Mapping) else None
    return f' ("{sanitise(str(detail), limit=200)}")' if detail else ""


def _object(response: Response) -> Mapping[str, Json] | None:
    return response.json if response.ok and isinstance(response.json, Mapping) else None


def _listed(response: Response) -> tuple[Mapping[str, Json], ...] | None:
    """The entries of a ListResponse; a bare array is taken too, its form is a check's business."""
    found = response.json if response.ok else None
    entries = found.get("Resources") if isinstance(found, Mapping) else found
    if not isinstance(entries, list):
        return None
    return tuple(e for e in entries if isinstance(e, Mapping))
