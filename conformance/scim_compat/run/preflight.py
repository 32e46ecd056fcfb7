"""The probe before the first scenario: a SCIM endpoint must answer and accept the credential."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.engine import wording
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.versions import VERSIONS, Version
from scim_compat.errors import NotTestableError, OtherVersionError
from scim_compat.profile.model import Client
from scim_compat.scim import messages
from scim_compat.scim.messages import error_detail, has_entries, resources, strings
from scim_compat.scim.names import (
    CORE_1_1,
    ENDPOINTS,
    ENTERPRISE_1_1,
    RESOURCE_TYPES,
    SCHEMAS,
    URN_PREFIXES,
    Scim,
    is_urn,
)
from scim_compat.values import Json
from scim_compat.wire.messages import Headers, Request, Response, Sender
from scim_compat.wire.strict_json import sanitise

_NOT_OFFERED: Final = frozenset({404, 405, 410, 501})
_OWN_URNS: Final[Mapping[Scim, Callable[[str], bool]]] = {
    "2.0": lambda urn: urn.lower().startswith(URN_PREFIXES["2.0"]),
    "1.1": lambda urn: urn.lower() in {CORE_1_1, ENTERPRISE_1_1},
}
"""By these URNs an answer tells the version; those of the drafts of 2.0 tell none."""


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
    if not (users.ok and _is_scim(users)):
        # A server may refuse the filter, or a name that nobody has: then that is a finding of the profiles.
        plain = _ask(sender, ENDPOINTS["User"] + "?count=1", url, version)
        users = plain if plain.ok and _is_scim(plain) else users
    discovery = {name: _ask(sender, f"/{name}", url, version) for name in version.discovery}
    _judge(_Answers(users, discovery), url, usual="/scim/v2" if scim == "2.0" else "/scim/v1")
    _same_version([users, *discovery.values()], url, scim)
    found = Capabilities(
        provider_config=_object(discovery[version.provider_config]),
        resource_types=_listed(discovery[RESOURCE_TYPES]),
        schemas=_listed(discovery[SCHEMAS]),
    )
    unserved = {name: answer.status for name, answer in discovery.items() if not found.serves(name)}
    broken = {name: status for name, status in unserved.items() if status not in _NOT_OFFERED}
    return replace(found, failures=broken)


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


def _same_version(answers: Iterable[Response], url: str, scim: Scim) -> None:
    """Raises OtherVersionError where the endpoint says that it speaks the other version: each finding would be false.

    It says so where its answers bear the other version's URNs, and none of ours.
    """
    other: Scim = "1.1" if scim == "2.0" else "2.0"
    urns = [urn for answer in answers for urn in _urns(answer.json)]
    foreign = next(filter(_OWN_URNS[other], urns), None)
    if foreign is None or any(map(_OWN_URNS[scim], urns)):
        return
    raise OtherVersionError(
        f"{url} speaks SCIM {other}: its answers bear {foreign}, and nothing of SCIM {scim}. The profile speaks SCIM "
        f"{scim}: give the base URL for that version, or choose a profile for SCIM {other} (scim-compat profiles).",
        spoken=other,
    )


def _urns(body: Json) -> Iterator[str]:
    """The schemas that the message and its resources name."""
    if isinstance(body, Mapping):
        for one in (body, *resources(body)):
            yield from strings(one.get("schemas"))


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
