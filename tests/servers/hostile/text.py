"""Text that is made to do something where it is shown."""

from __future__ import annotations

from typing import Final

from .base import TOKEN, Answer, Asked, by, case, changed, everything, reply, tested

SCRIPT: Final = "\"'><script>owned()</script><img src=x onerror=owned()><svg/onload=owned()>"
ANSI: Final = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\x08\x7f"
BIDI: Final = "\u202eowned\u2066\u2069\u200f\u061c\u200b\ufeff\u2028"
MARKUP: Final = "[bold red]owned[/] {{ 7*7 }} ${7*7} %s %n ]]> &lt; <!-- --> `owned` </style></title></pre>"
ADDRESS: Final = "javascript:owned()"
_ALL: Final = {"script": SCRIPT, "ansi": ANSI, "bidi": BIDI, "markup": MARKUP, "address": ADDRESS}
_KEPT: Final = frozenset({"schemas", "id", "resourceType", "location", "$ref", "value"})
_SCENARIOS: Final = ("users.create", "users.disable", "groups.create*", "discovery.*", "accounts.page")


def _in_values(name: str, text: str) -> None:
    def script(asked: Asked) -> Answer:
        """The text stands in every string of every resource. Findings quote it, and it stays text."""
        good = asked.good()
        if not good.body:
            return good
        kept = _KEPT if asked.path.startswith(("/Users", "/Groups")) else frozenset({"schemas", "id", "schema"})
        return good.saying(changed(good.json, lambda n, v: v + text if isinstance(v, str) and n not in kept else v))

    case(
        "text",
        name=f"{name}-in-every-string",
        on=tested,
        only=_SCENARIOS,
        finds="create.stored",
        says="create.stored",
        left=True,
    )(script)


def _in_keys(name: str, text: str) -> None:
    def script(asked: Asked) -> Answer:
        """The text stands in the name of every attribute."""
        good = asked.good()
        payload = good.json
        if isinstance(payload, dict) and "id" in payload:
            payload = {key if key in {"id", "schemas"} else key + text: value for key, value in payload.items()}
        return good.saying(payload) if good.body else good

    case("text", name=f"{name}-in-every-key", on=tested, finds="create.stored", says="create.stored", left=True)(script)


def _in_errors(name: str, text: str) -> None:
    def script(asked: Asked) -> Answer:
        """The text stands in an error's detail, scimType and status."""
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error", text],
            "status": text,
            "scimType": text,
            "detail": text * 20,
        }
        return reply(400).saying(body)

    case("text", name=f"{name}-in-errors", on=by("POST"), finds="create.status", says="answered 400")(script)


for _name, _text in _ALL.items():
    _in_values(_name, _text)
    _in_keys(_name, _text)
    _in_errors(_name, _text)


@case("text", on=tested, finds="http.content-type", says="http.content-type")
def text_in_headers(asked: Asked) -> Answer:
    """Script and direction marks in the reason phrase, in Content-Type and in other headers."""
    good = asked.good()
    made = good.plus(
        ("Content-Type", f"text/{SCRIPT}; charset={BIDI[:5]}{MARKUP[:9]}"),
        ("Location", f"{ADDRESS}{SCRIPT}"),
        ("ETag", f'W/"{SCRIPT}"'),
        ("X-" + "a" * 200, BIDI),
    )
    return type(made)(
        made.status,
        tuple((n, v.replace("\u2028", "")) for n, v in made.headers),
        made.body,
        "O\u202eK <script>owned()</script>",
    )


@case("text", on=lambda _: True, only=_SCENARIOS, says="resource_types", finds="discovery.mapped-attributes")
def text_in_discovery(asked: Asked) -> Answer:
    """All of it in the names and addresses that discovery gives, from the first look on."""
    good = asked.good()
    if asked.path[1:4] not in {"Ser", "Res", "Sch"}:
        return good
    everything_in = SCRIPT + ANSI + BIDI + MARKUP
    kept = {"schemas", "type", "endpoint"}
    return good.saying(
        changed(good.json, lambda n, v: ADDRESS + everything_in if isinstance(v, str) and n not in kept else v)
    )


@case("text", on=by("POST"), finds="create.status", says="answered 400")
def a_megabyte_in_one_string(asked: Asked) -> Answer:
    """An error whose detail is a megabyte of angle brackets."""
    return reply(400).saying(
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": "<" * 1_000_000}
    )


@case("text", on=everything, only=_SCENARIOS, finds="create.stored", says="[redacted]", left=True)
def the_token_in_every_string(asked: Asked) -> Answer:
    """The server repeats the credential wherever it can. It is removed from whatever is written."""
    good = asked.good().plus(("X-Debug", f"Bearer {TOKEN}"), ("WWW-Authenticate", f'Bearer realm="{TOKEN}"'))
    if not good.body or not asked.path.startswith(("/Users", "/Groups")):
        return good
    return good.saying(changed(good.json, lambda n, v: f"{v} {TOKEN}" if isinstance(v, str) and n not in _KEPT else v))


@case("text", on=by("POST"), finds="create.status", says="[redacted]")
def the_token_in_an_error(asked: Asked) -> Answer:
    """A debug page in JSON that repeats the request, credential included, as it is and in base64."""
    import base64  # noqa: PLC0415 - for this case only

    packed = base64.b64encode(f"Authorization: Bearer {TOKEN}".encode()).decode()
    told = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "400",
        "detail": f"{asked.headers} {packed}",
    }
    return reply(400).saying(told)


@case("text", on=everything, status=3, results=False, says=("refused the credential", "[redacted]"))
def the_token_in_a_refusal(asked: Asked) -> Answer:
    """401 with the credential and control characters in its detail. Not testable, in one clean sentence."""
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "401",
        "detail": f"no such token: {TOKEN} {ANSI}{BIDI}",
    }
    return reply(401).saying(body)
