"""The probe before the first scenario: a SCIM endpoint must answer and accept the credential."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from scim_compat.engine import wording
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.versions import VERSIONS, Version
from scim_compat.errors import NotTestableError
from scim_compat.profile.model import Client
from scim_compat.scim import messages
from scim_compat.scim.messages import error_detail, has_entries, resources, strings
from scim_compat.scim.names import ENDPOINTS, LIST_SCHEMA, RESOURCE_TYPES, SCHEMAS, Scim, is_urn
from scim_compat.values import Json
from scim_compat.wire.messages import Headers, Request, Response, Sender
from scim_compat.wire.strict_json import sanitise


@dataclass(frozen=True, slots=True)
class _Answers:
    users: Response
    discovery: Mapping[str, Response]


def preflight(sender: Sender, url: str, *, scim: Scim = "2.0") -> Capabilities:
    """Reads the version's discovery endpoints and looks for an unknown user. Raises NotTestableError."""
    version = VERSIONS[scim]
    target = ENDPOINTS["User"] + wording.query(
        [("filter", wording.filter_text("userName", str(uuid.uuid4())))], client=Client()
    )
    users = _ask(sender, target, url, version)
    discovery = {name: _ask(sender, f"/{name}", url, version) for name in version.discovery}
    _judge(_Answers(users, discovery), url, usual="/scim/v2" if scim == "2.0" else "/scim/v1")
    _same_version(users, discovery[version.provider_config], url, scim)
    return Capabilities(
        provider_config=_object(discovery[version.provider_config]),
        resource_types=_listed(discovery[RESOURCE_TYPES]),
        schemas=_listed(discovery[SCHEMAS]),
    )


def _ask(sender: Sender, target: str, url: str, version: Version) -> Response:
    done = sender.send(Request(method="GET", target=target, headers=Headers(version.harness.headers)))
    if done.response is None:
        raise NotTestableError(f"{url} cannot be tested: {done.failure.text if done.failure else 'no answer came'}")
    return done.response


def _judge(answers: _Answers, url: str, *, usual: str) -> None:
    users = answers.users
    if users.status in {401, 403}:
        raise NotTestableError(
            f"{url} refused the credential: GET /Users answered {users.status}{_server_words(users)}. Check that the "
            "token is current and belongs to this endpoint; a bearer token is read from SCIM_TOKEN (see scim-compat "
            "run --help for other kinds)."
        )
    everything = [users, *answers.discovery.values()]
    if any(_is_scim(r) for r in everything):
        return
    if 300 <= users.status < 400:
        where = sanitise(users.header("location") or "an unnamed place", limit=200)
        raise NotTestableError(
            f"{url} redirects GET /Users to {where} ({users.status}). Redirects are not followed, because the "
            "credential would go along. Give the final address of the SCIM base URL; a redirect to a login page means "
            "that the path or the credential is wrong."
        )
    if any("html" in r.media_type or r.body.lstrip()[:1] == b"<" for r in everything if r.ok):
        raise NotTestableError(
            f"{url} answers with a web page, not with SCIM: GET /Users came back as {_kind(users)} with status "
            f"{users.status}. Often this is a login page or the product's front page. Give the SCIM base URL, which "
            f"usually ends in {usual}."
        )
    if all(r.status in {404, 405, 410} for r in everything):
        raise NotTestableError(
            f"There is no SCIM endpoint at {url}: /Users and the discovery endpoints all answer "
            f"{users.status}. Check the base URL; it is the part before /Users and usually ends in {usual}."
        )
    if all(r.status >= 500 for r in everything):
        raise NotTestableError(
            f"{url} answers every request with a server error ({users.status}{_server_words(users)}). Look into the "
            "server's log and run again when it answers."
        )
    raise NotTestableError(
        f"{url} does not speak SCIM: GET /Users answered {users.status} as {_kind(users)}, and none of "
        f"{', '.join(f'/{name}' for name in answers.discovery)} answered with a SCIM message. Check the base URL."
    )


def _same_version(users: Response, config: Response, url: str, scim: Scim) -> None:
    """Raises NotTestableError where the endpoint clearly speaks the other version: each finding would be false.

    That is clear when its list bears the other version's URN and not ours, and our version's configuration is missing.
    """
    other: Scim = "1.1" if scim == "2.0" else "2.0"
    urns = strings(users.json.get("schemas")) if isinstance(users.json, Mapping) else ()
    if config.ok or LIST_SCHEMA[scim] in urns or LIST_SCHEMA[other] not in urns:
        return
    raise NotTestableError(
        f"{url} speaks SCIM {other}: GET /Users answered with {LIST_SCHEMA[other]}, and there is no "
        f"/{VERSIONS[scim].provider_config}. The profile speaks SCIM {scim}: give the base URL for that version, or "
        f"choose a profile for SCIM {other} (scim-compat profiles)."
    )


def _is_scim(response: Response) -> bool:
    body = response.json
    if not isinstance(body, Mapping):
        return False
    return messages.is_list(body) or messages.is_error(body) or any(map(is_urn, strings(body.get("schemas"))))


def _kind(response: Response) -> str:
    return response.media_type or "unnamed content"


def _server_words(response: Response) -> str:
    detail = error_detail(response.json)
    return f' ("{sanitise(detail, limit=200)}")' if detail else ""


def _object(response: Response) -> Mapping[str, Json] | None:
    return response.json if response.ok and isinstance(response.json, Mapping) else None


def _listed(response: Response) -> tuple[Mapping[str, Json], ...] | None:
    """The entries of a ListResponse; a bare array is taken too, its form is a check's business."""
    body = response.json if response.ok else None
    if isinstance(body, list):
        return tuple(entry for entry in body if isinstance(entry, Mapping))
    return tuple(resources(body)) if has_entries(body) else None
