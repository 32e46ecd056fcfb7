"""Servers that put off, refuse, or lose their mind half-way."""

from __future__ import annotations

from .base import Answer, Asked, Reply, by, case, everything, reply, tested, unreachable

_YEAR = "31536000"


def _put_off(name: str, status: int, header: str | None, finds: str, says: str) -> None:
    def script(asked: Asked) -> Answer:
        """Put off for ever. Asked again a few times at most, and never after a long wait: a finding."""
        asked.scene.memory["asked"] = asked.scene.memory.get("asked", 0) + 1
        return reply(status, b"", "text/plain", *([("Retry-After", header)] if header is not None else []))

    def few(scene) -> None:
        assert scene.memory["asked"] <= 12, f"asked {scene.memory['asked']} times"

    case("rate", name=name, finds=finds, says=says, after=few)(script)


_put_off("429-for-ever", 429, "0", "list.empty-is-200", "429, Retry-After: 0: repeated 3 times already, not waited")
_put_off("429-without-a-word", 429, None, "list.empty-is-200", "429")
_put_off("429-until-next-year", 429, _YEAR, "list.empty-is-200", f"429, Retry-After: {_YEAR}: too long, not waited")
_put_off("503-until-next-year", 503, _YEAR, "http.no-server-error", f"503, Retry-After: {_YEAR}: too long, not waited")
_put_off(
    "503-until-the-year-9999", 503, "Fri, 31 Dec 9999 23:59:59 GMT", "http.no-server-error", "too long, not waited"
)
_put_off(
    "429-until-yesterday",
    429,
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "list.empty-is-200",
    "neither a number of seconds nor a future date",
)
_put_off("429-until-never", 429, "-1", "list.empty-is-200", "neither a number of seconds nor a future date")
_put_off(
    "429-until-nonsense",
    429,
    "<script>owned()</script>",
    "list.empty-is-200",
    "neither a number of seconds nor a future date",
)
_put_off("429-for-a-number-without-end", 429, "9" * 5000, "list.empty-is-200", "too long, not waited")


@unreachable("rate", says="429")
def put_off_from_the_start(asked: Asked) -> Answer:
    """429 to everything. Not testable."""
    return reply(429, b"", "text/plain", ("Retry-After", "0"))


@case(
    "rate",
    on=by("DELETE", client_only=False),
    status=0,
    left=True,
    says="the server did not delete it, or could not be asked",
)
def deletes_are_put_off(asked: Asked) -> Answer:
    """Clean-up gets 429 for ever. What is left is listed."""
    return reply(429, b"", "text/plain", ("Retry-After", "0"))


@case(
    "rate",
    on=by("DELETE", client_only=False),
    status=0,
    left=True,
    says="the server did not delete it, or could not be asked",
)
def deletes_are_refused(asked: Asked) -> Answer:
    """Nothing can be deleted. What is left is listed."""
    return reply(403)


@case(
    "rate",
    on=by("DELETE", client_only=False),
    only="users.delete",
    finds="delete.gone-by-id",
    lies=True,
    says="delete.gone-by-id",
)
def deletes_do_nothing(asked: Asked) -> Answer:
    """DELETE says 204 and deletes nothing. The client's own is found out."""
    return Reply(204, ())


@case("rate", on=tested, left=True, finds="list.empty-is-200", says="401")
def the_token_ends(asked: Asked) -> Answer:
    """The token is refused as soon as the run has begun to make something. What is left is listed."""
    if asked.method == "POST" and not asked.by_client:
        return asked.good()
    return reply(401)


@case("rate", on=tested, finds="http.no-server-error", says="500")
def down_from_the_middle_on(asked: Asked) -> Answer:
    """500 to everything, without anything having been made."""
    return reply(500, b"oops", "text/plain")


@case(
    "rate",
    on=everything,
    finds="http.no-server-error",
    says="no-server-error",
    lies=True,
    only=("users.create", "users.disable", "members.remove", "accounts.page"),
)
def another_mood_at_each_request(asked: Asked) -> Answer:
    """Good answers and bad ones take turns, whoever asks."""
    number = len(asked.scene.requests)
    moods = (200, 500, 200, 404, 200, 200, 409, 302, 200, 429, 200, 503, 204, 200, 418, 200)
    status = moods[number % len(moods)] if number > 12 else 200
    return asked.good() if status == 200 else reply(status)


@case("rate", on=by("POST"), finds="create.status", says="could not be created")
def teapot(asked: Asked) -> Answer:
    """A status that no client expects."""
    return reply(418, b"short and stout", "text/plain")


@case(
    "rate",
    on=by("POST", client_only=False),
    says="no bystander user could be made",
    finds="create.status",
    jobs=2,
    only=("connection.probe-users.flag-last", "match.by-user-name"),
)
def nothing_can_be_made(asked: Asked) -> Answer:
    """No creation succeeds, not even ours, with two processes at work. The refusal is a finding, and the lack of bystanders is noted."""
    return reply(403)
