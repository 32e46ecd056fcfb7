"""The probe before the first scenario: a SCIM endpoint must answer and accept the credential."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from scim_compat.engine import wording
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.versions import VERSIONS, Version
from scim_compat.errors import NotTestableError, OtherVersionError
from scim_compat.profile.model import Client
from scim_compat.run import bases, untestable
from scim_compat.run.untestable import Answers, Door
from scim_compat.scim import messages
from scim_compat.scim.messages import has_entries, resources, strings
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
from scim_compat.wire.messages import Exchange, FailureKind, Headers, Request, Response, Sender

_NOT_OFFERED: Final = frozenset({404, 405, 410, 501})
_BROKEN: Final = frozenset({FailureKind.RESET, FailureKind.PROTOCOL, FailureKind.CONNECT})
"""Failures of a connection that may be one of plain HTTP to a port that speaks TLS."""
_OWN_URNS: Final[Mapping[Scim, Callable[[str], bool]]] = {
    "2.0": lambda urn: urn.lower().startswith(URN_PREFIXES["2.0"]),
    "1.1": lambda urn: urn.lower() in {CORE_1_1, ENTERPRISE_1_1},
}
"""By these URNs an answer tells the version; those of the drafts of 2.0 tell none."""


class Opening(Sender, Protocol):
    """The way to an endpoint that is not known yet."""

    def elsewhere(self, path: str) -> Sender:
        """A sender to another path of the same origin."""

    def is_tls_refused(self) -> bool:
        """True if the URL says http where TLS is spoken."""


def preflight(sender: Opening, url: str, *, scim: Scim = "2.0", uncredentialed: str = "") -> Capabilities:
    """Reads the version's discovery endpoints and looks for an unknown user. Raises NotTestableError.

    Where the endpoint does not answer at ``url``, some other paths of the same origin are tried, so that the error can
    name the right one. ``uncredentialed``: why the run has no credential; empty if it has one.
    """
    version = VERSIONS[scim]
    door = Door(url=url, usual="/scim/v2" if scim == "2.0" else "/scim/v1", uncredentialed=uncredentialed)
    look = _Look(sender, door, version)
    users = look.ask(_nobody())
    if error := untestable.throttled(door, users):
        raise error
    if not _is_found(users):
        # A server may refuse the filter, or a name that nobody has: then that is a finding of the profiles.
        plain = look.ask(ENDPOINTS["User"] + "?count=1")
        users = plain if _is_found(plain) else users
    answers = Answers(users, {name: look.ask(f"/{name}") for name in version.discovery})
    is_absent = _is_absent(look, answers)
    if better := _meant_base(look, answers, scim, is_absent=is_absent):
        raise untestable.wrong_base(door, better, users)
    _judge(look, answers, is_absent=is_absent)
    _same_version(answers.all, url, scim)
    discovery = answers.discovery
    found = Capabilities(
        provider_config=_object(discovery[version.provider_config]),
        resource_types=_listed(discovery[RESOURCE_TYPES]),
        schemas=_listed(discovery[SCHEMAS]),
    )
    unserved = {name: answer.status for name, answer in discovery.items() if not found.serves(name)}
    broken = {name: status for name, status in unserved.items() if status not in _NOT_OFFERED}
    return replace(found, failures=broken)


@dataclass(frozen=True, slots=True)
class _Look:
    """Asks by GET, and by nothing else."""

    sender: Opening
    door: Door
    version: Version

    def ask(self, target: str) -> Response:
        """The answer. Raises NotTestableError where none comes."""
        done = self._send(self.sender, target)
        if done.response is not None:
            return done.response
        if done.failure is not None and done.failure.kind in _BROKEN and self.sender.is_tls_refused():
            raise untestable.speaks_tls(self.door)
        why = done.failure.text if done.failure else "no answer came"
        raise NotTestableError(f"{self.door.url} cannot be tested: {why}")

    def ask_at(self, path: str, target: str) -> Response | None:
        """The answer at another path of the same origin."""
        return self._send(self.sender.elsewhere(path), target).response

    def _send(self, sender: Sender, target: str) -> Exchange:
        return sender.send(Request(method="GET", target=target, headers=Headers(self.version.harness.headers)))


def _nobody() -> str:
    """A query for a user that nobody is."""
    text = wording.filter_text("userName", str(uuid.uuid4()))
    return ENDPOINTS["User"] + wording.query([("filter", text)], client=Client())


def _meant_base(look: _Look, answers: Answers, scim: Scim, *, is_absent: bool) -> str:
    """The base URL that answers as an endpoint where the given one does not; empty if there is none.

    An endpoint that lists its users at the given URL is right there, unless a request's own path ends the URL.
    """
    parts = urlsplit(look.door.url)
    if is_absent:
        paths = bases.meant_paths(parts.path, scim)
    elif not _is_found(answers.users) or bases.has_endpoint_name(parts.path.rpartition("/")[2]):
        paths = bases.certain_slips(parts.path)
    else:
        paths = ()
    for path in paths:
        answer = look.ask_at(path, _nobody())
        if answer is not None and _is_found(answer) and messages.is_list(answer.json):
            return f"{parts.scheme}://{parts.netloc}{path}"
    return ""


def _judge(look: _Look, answers: Answers, *, is_absent: bool) -> None:
    """Raises NotTestableError unless the answers are those of a SCIM endpoint that lets the run in."""
    door, users = look.door, answers.users
    if users.status in {401, 403}:
        raise untestable.refused(door, users)
    if any(map(_is_found, answers.all)):
        return
    if any(map(_is_scim, answers.all)):
        if is_absent:
            raise untestable.like_any_path(door, users)
        return
    if 300 <= users.status < 400:
        raise untestable.redirected(door, users)
    if users.status == 400 and look.sender.is_tls_refused():  # a proxy's own page, in plain HTTP
        raise untestable.speaks_tls(door)
    if untestable.is_web_page(answers):
        raise untestable.web_page(door, users)
    if all(r.status in {404, 405, 410} for r in answers.all):
        raise untestable.nowhere(door, users)
    if all(r.status >= 500 for r in answers.all):
        raise untestable.down(door, users)
    raise untestable.no_scim(door, answers)


def _is_absent(look: _Look, answers: Answers) -> bool:
    """True if /Users is answered like a path that cannot exist: by the same status and, if in SCIM, the same words.

    A conformant endpoint never answers so. One that answers an empty list with an error of its own is tested, and so
    is one that describes itself, or that refuses the form of every request (406).
    """
    users = answers.users
    if any(map(_is_found, answers.all)) or users.status == 401 or users.status >= 500:
        return False  # whoever counts refused credentials, or is down, gets no more requests than needed
    if _is_scim(users) and users.status not in {403, *_NOT_OFFERED}:
        return False
    name = f"x{uuid.uuid4().hex}"
    control = look.ask(f"/{name}")
    is_alike = not _is_scim(users) or _without(control, name) == _without(users, "Users")
    return control.status == users.status and is_alike


def _without(response: Response, name: str) -> bytes:
    """The body without the name that was asked for and without numbers, which differ from answer to answer."""
    cut = re.sub(re.escape(name).encode(), b"", response.body, flags=re.IGNORECASE)
    return re.sub(rb"[?&][^\s\"]*|[0-9a-f]*[0-9][0-9a-f-]*", b"", cut)


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


def _is_found(response: Response) -> bool:
    return response.ok and _is_scim(response)


def _is_scim(response: Response) -> bool:
    body = response.json
    if not isinstance(body, Mapping):
        return False
    return messages.is_list(body) or messages.is_error(body) or any(map(is_urn, strings(body.get("schemas"))))


def _object(response: Response) -> Mapping[str, Json] | None:
    return response.json if response.ok and isinstance(response.json, Mapping) else None


def _listed(response: Response) -> tuple[Mapping[str, Json], ...] | None:
    """The entries of a ListResponse; a bare array is taken too, its form is a check's business."""
    body = response.json if response.ok else None
    if isinstance(body, list):
        return tuple(entry for entry in body if isinstance(entry, Mapping))
    return tuple(resources(body)) if has_entries(body) else None
