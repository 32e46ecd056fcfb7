"""Answers that lead away: redirects, locations, references, cookies. The token must not follow."""

from __future__ import annotations

from .base import MOUNT, Answer, Asked, Scene, by, case, changed, reply, tested, unreachable


def _redirect(name: str, status: int, where: str, finds: str, says: str) -> None:
    def script(asked: Asked) -> Answer:
        """A redirect is not followed: a finding."""
        place = where.format(here=asked.scene.origin, mount=MOUNT, there=asked.scene.elsewhere, path=asked.path)
        return reply(status, b"", "text/plain", ("Location", place))

    case("redirects", name=name, on=by("POST"), finds=finds, says=says)(script)


_redirect(
    "redirect-to-the-same-host", 302, "{here}{mount}/v2{path}", "http.no-redirect", "It leads to http://127.0.0.1"
)
_redirect("redirect-to-another-host", 302, "{there}/scim/v2{path}", "http.no-redirect", "It leads to http://127.0.0.1")
_redirect("repeat-at-another-host", 307, "{there}/scim/v2{path}", "http.no-repeat-redirect", "It leads to")
_redirect("move-to-another-host", 308, "{there}/scim/v2{path}", "http.no-repeat-redirect", "It leads to")
_redirect(
    "redirect-to-another-host-without-scheme", 303, "//localhost:1/scim/v2", "http.no-redirect", "It leads to //loc"
)
_redirect("redirect-to-a-file", 301, "file:///etc/passwd", "http.no-redirect", "It leads to file:///etc/passwd")
_redirect("redirect-to-a-script", 301, "javascript:owned()", "http.no-redirect", "It leads to javascript:")
_redirect("redirect-to-no-address", 302, "http://[", "http.no-redirect", "It leads to http://[")
_redirect(
    "redirect-with-a-name-in-front", 302, "http://127.0.0.1@localhost:1/", "http.no-redirect", "It leads to http://"
)
_redirect("redirect-to-nowhere", 302, "", "http.no-redirect", "It does not say where it leads.")
_redirect("multiple-choices", 300, "{there}/a", "http.no-redirect", "It leads to")


@case("redirects", finds="http.no-redirect", says="It leads to")
def redirect_in_a_circle(asked: Asked) -> Answer:
    """Every request is sent back to itself. Asked once and no more: a finding."""
    asked.scene.memory[asked.target] = asked.scene.memory.get(asked.target, 0) + 1
    if asked.scene.memory[asked.target] > 2:
        raise AssertionError(f"{asked.target} was asked for again")
    return reply(302, b"", "text/plain", ("Location", asked.scene.origin + asked.target))


@unreachable("redirects", says=("redirects GET /Users to http://127.0.0.1", "Redirects are not followed"))
def everything_is_elsewhere(asked: Asked) -> Answer:
    """Every request is sent to another host. Not testable."""
    return reply(307, b"", "text/plain", ("Location", asked.scene.elsewhere + asked.target))


@case("redirects", on=by("POST", client_only=False), status=0, says='"outcome": "pass"')
def created_on_another_host(asked: Asked) -> Answer:
    """The Location of what was made is on another host. It is not followed there; no client minds."""
    good = asked.good()
    return good.plus(("Location", dict(good.headers)["Location"].replace(asked.scene.origin, asked.scene.elsewhere)))


@case("redirects", on=by("POST", client_only=False), status=0, says='"outcome": "pass"')
def created_beyond_a_name(asked: Asked) -> Answer:
    """The Location begins like the base URL, and is on another host all the same: http://host:port@other/."""
    tricky = asked.scene.url.replace("/scim/v2", "@" + asked.scene.elsewhere.partition("//")[2] + "/scim/v2")
    return asked.good().plus(("Location", f"{tricky}/Users/1"))


@case(
    "redirects", on=tested, status=0, says='"outcome": "pass"', only=("users.create", "discovery.*", "groups.create*")
)
def every_reference_leads_away(asked: Asked) -> Answer:
    """meta.location, $ref and whatever else is an address is on another host. Nobody goes there."""
    good = asked.good()
    if not good.body:
        return good
    here, there = asked.scene.origin, asked.scene.elsewhere
    return good.saying(changed(good.json, lambda _, v: v.replace(here, there) if isinstance(v, str) else v))


@case("redirects", on=tested, status=0, says='"outcome": "pass"')
def every_header_leads_away(asked: Asked) -> Answer:
    """Refresh, Link, Content-Location and Alt-Svc name another host. Nobody goes there."""
    there = asked.scene.elsewhere
    return asked.good().plus(
        ("Refresh", f"0; url={there}"), ("Link", f'<{there}/next>; rel="next"'), ("Content-Location", f"{there}/x"),
        ("Alt-Svc", f'h2="{there.partition("//")[2]}"; ma=86400'),
    )  # fmt: skip


def _no_cookie(scene: Scene) -> None:
    assert not [r for r in scene.requests if b"\r\ncookie:" in r.lower()]


@case("redirects", on=lambda _: True, status=0, says='"outcome": "pass"', after=_no_cookie)
def cookies(asked: Asked) -> Answer:
    """Each answer sets cookies, one of them the token. None comes back, and none is recorded."""
    return asked.good().plus(("Set-Cookie", f"sid={asked.headers.get('authorization', '')}; Path=/; Domain=127.0.0.1"))


@unreachable("redirects", says="redirects GET /Users to", name="login-page-that-wants-the-token")
def login_page(asked: Asked) -> Answer:
    """Sent to a login page with the token in its address. Not testable, and the token is not repeated."""
    there = f"{asked.scene.elsewhere}/login?next={asked.headers.get('authorization', '').replace(' ', '%20')}"
    return reply(302, b"", "text/html", ("Location", there))
