"""Why an endpoint cannot be tested, in words: one paragraph each, with the next thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from scim_compat.errors import NotTestableError
from scim_compat.run.bases import has_endpoint_name
from scim_compat.scim.messages import error_detail
from scim_compat.wire.messages import Response
from scim_compat.wire.retries import retry_after
from scim_compat.wire.strict_json import sanitise

BEFORE_USERS: Final = "The URL must be the part before /Users."


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to the first requests."""

    users: Response
    discovery: Mapping[str, Response]

    @property
    def all(self) -> tuple[Response, ...]:
        return self.users, *self.discovery.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The endpoint as the call names it."""

    url: str
    usual: str
    """The usual end of a base URL, ``/scim/v2``."""
    uncredentialed: str = ""
    """Why the run has no credential; empty if it has one."""


def wrong_base(door: Door, better: str, answer: Response) -> NotTestableError:
    """Another path answers as the endpoint."""
    return NotTestableError(
        f"{door.url} is not the base URL of the SCIM endpoint: GET /Users answered {answer.status} below it. "
        f"{BEFORE_USERS} Did you mean {better}?"
    )


def speaks_tls(door: Door) -> NotTestableError:
    return NotTestableError(
        f"{door.url} cannot be tested: this port speaks TLS: use https://. Did you mean "
        f"https://{door.url.partition('://')[2]}?"
    )


def throttled(door: Door, answer: Response) -> NotTestableError | None:
    """For an endpoint that takes no request now; None for any other answer."""
    value = answer.header("Retry-After")
    if answer.status != 429 and (answer.status != 503 or value is None):
        return None
    seconds = None if value is None else retry_after(value, answer.header("Date"))
    if seconds is None:
        words = f"answers {answer.status} to the first request, and says in no usable Retry-After when it takes more"
        advice = "Run again later, or raise its limit for the test."
    else:
        words = f"asks to wait {seconds:.0f} s ({answer.status}, Retry-After: {sanitise(value or '', limit=60)})"
        advice = "Run again after that, or raise its limit for the test."
    return NotTestableError(f"{door.url} {words}{_server_words(answer)}. Nothing else was sent. {advice}")


def refused(door: Door, users: Response) -> NotTestableError:
    """For 401 and 403."""
    base = f" {BEFORE_USERS}" if has_endpoint_name(urlsplit(door.url).path) else ""
    answered = f"GET /Users answered {users.status}{_server_words(users)}"
    if door.uncredentialed:
        return NotTestableError(
            f"{door.url} asks for a credential: {answered}, and no credential was sent ({door.uncredentialed}). Put "
            "the endpoint's token into the environment variable SCIM_TOKEN; `scim-compat run --help` names the other "
            f"kinds of credential.{base}"
        )
    return NotTestableError(
        f"{door.url} refused the credential: {answered}. Check that the token is current and belongs to this "
        "endpoint; a bearer token is read from SCIM_TOKEN (see scim-compat run --help for other kinds)."
        f"{base}"
    )


def redirected(door: Door, users: Response) -> NotTestableError:
    location = users.header("location") or ""
    where = sanitise(location or "an unnamed place", limit=200)
    meant = _base_in(urljoin(f"{door.url}/Users", location)) if location else ""
    asked = f" Did you mean {sanitise(meant, limit=200)}?" if meant and meant != door.url else ""
    return NotTestableError(
        f"{door.url} redirects GET /Users to {where} ({users.status}). Redirects are not followed, because the "
        "credential would go along. Give the final address of the SCIM base URL; a redirect to a login page means "
        f"that the path or the credential is wrong.{asked}"
    )


def _base_in(location: str) -> str:
    """The part before /Users of an address that ends there; empty for any other."""
    address = location.partition("?")[0]
    return address.removesuffix("/Users") if address.endswith("/Users") else ""


def is_web_page(answers: Answers) -> bool:
    return any("html" in r.media_type or r.body.lstrip()[:1] == b"<" for r in answers.all if r.ok)


def web_page(door: Door, users: Response) -> NotTestableError:
    return NotTestableError(
        f"{door.url} answers with a web page, not with SCIM: GET /Users came back as {_kind(users)} with status "
        f"{users.status}. Often this is a login page or the product's front page. Give the SCIM base URL, which "
        f"usually ends in {door.usual}."
    )


def nowhere(door: Door, users: Response) -> NotTestableError:
    return NotTestableError(
        f"There is no SCIM endpoint at {door.url}: /Users and the discovery endpoints all answer {users.status}. "
        f"Check the base URL; it is the part before /Users and usually ends in {door.usual}."
    )


def like_any_path(door: Door, users: Response) -> NotTestableError:
    """/Users is answered as a path that nobody serves, though in SCIM."""
    return NotTestableError(
        f"There is no SCIM endpoint at {door.url}: it answers GET /Users as it answers a path that cannot exist "
        f"({users.status}{_server_words(users)}), and no discovery endpoint is there. Check the base URL; it is the "
        f"part before /Users and usually ends in {door.usual}."
    )


def down(door: Door, users: Response) -> NotTestableError:
    return NotTestableError(
        f"{door.url} answers every request with a server error ({users.status}{_server_words(users)}). Look into the "
        "server's log and run again when it answers."
    )


def no_scim(door: Door, answers: Answers) -> NotTestableError:
    return NotTestableError(
        f"{door.url} does not speak SCIM: GET /Users answered {answers.users.status} as {_kind(answers.users)}, and "
        f"none of {', '.join(f'/{name}' for name in answers.discovery)} answered with a SCIM message. Check the base "
        "URL."
    )


def _kind(response: Response) -> str:
    return response.media_type or "unnamed content"


def _server_words(response: Response) -> str:
    detail = error_detail(response.json)
    return f' ("{sanitise(detail, limit=200)}")' if detail else ""
