"""Rules for the body of every answer, whatever it is about, and for its label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scim_compat.checks.answers import SCIM_JSON, is_html, is_json_requested
from scim_compat.checks.display import quotation
from scim_compat.checks.registry import BOTH, Trait, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim.urls import parameters
from scim_compat.values import MISSING

_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_TRACES: Final = tuple(
    (name, re.compile(b"|".join(patterns)))
    for name, patterns in (
        ("Python", (rb"Traceback \(most recent call last\)", rb"File \\?\"[^\"\n]{1,200}\.py\\?\", line \d")),
        (
            "Java",
            (
                rb"\bat [\w$.]{3,200}\([\w$]{1,80}\.(?:java|kt|scala|groovy):\d",
                rb"\b(?:java|javax|jakarta)\.[a-z.]{2,60}[A-Z]\w{2,60}(?:Exception|Error)\b",
            ),
        ),
        (
            ".NET",
            (
                rb"\bat [\w.`<>]{3,200}\([^)\n]{0,200}\) in [^\n]{1,200}:line \d",
                rb"\bSystem\.[A-Z][\w.]{2,80}Exception\b",
            ),
        ),
        ("Node.js", (rb"\bat [^\n]{1,200}?\.(?:js|mjs|cjs|ts):\d+:\d", rb"\bnode:internal/")),
        (
            "PHP",
            (
                rb"(?:Fatal error|Uncaught [\w\\]{1,80}Exception)[^\n]{0,200}\.php",
                rb"#\d{1,4} [^\n]{1,200}?\.php\(\d",
            ),
        ),
        ("Ruby", (rb"\.rb:\d{1,6}:in [`']", rb"\b(?:ActiveRecord|ActionController)::\w{3,60}")),
        ("Go", (rb"\bgoroutine \d{1,9} \[", rb"\bpanic: runtime error")),
        (
            "SQL",
            (
                rb"\bSQLSTATE\[?\w{5}",
                rb"\bORA-\d{5}\b",
                rb"(?i:You have an error in your SQL syntax)",
                rb"(?i:syntax error at or near )",
                rb"\b(?:sqlite3|psycopg2?|pymysql)\.\w{0,40}Error\b",
            ),
        ),
    )
)
_TRACE_BYTES: Final = 16_384
"""Error bodies are short, and a hostile one must not keep the patterns busy."""


def _has_data(observation: Observation) -> bool:
    """True for a 2xx answer with a body that is meant to be SCIM."""
    response = observation.response
    return response.ok and bool(response.body) and response.status != 204 and not is_html(observation)


def _is_undecoded(observation: Observation) -> bool:
    """True for a 2xx answer whose body could not be read by its Content-Encoding."""
    return observation.response.ok and not observation.response.body and bool(observation.response.json_problems)


@check(
    "http.content-type",
    "Answers with data are labelled as JSON",
    failure="An answer with data is not labelled as JSON",
    level="MUST",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    scim=BOTH,
    when=_has_data,
    why="Clients choose their parser by Content-Type and drop what is not labelled as JSON.",
    fix="Send Content-Type: application/scim+json with every SCIM answer that has a body.",
    fix_1_1="Send Content-Type: application/json with every SCIM answer that has a body.",
)
def content_type(observation: Observation) -> Iterator[Violation]:
    media_type = observation.response.media_type
    if media_type not in {SCIM_JSON, "application/json"}:
        yield Violation("header Content-Type", expected=quotation(SCIM_JSON), actual=quotation(media_type or MISSING))


@check(
    "http.scim-media-type",
    "Answers with data are labelled as SCIM",
    failure="An answer with data is labelled as plain JSON, not as SCIM",
    level="SHOULD",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    when=lambda observation: _has_data(observation) and not is_json_requested(observation),
    traits=Trait.MEDIA_TYPE,
    why="application/scim+json is the format unless the client asks for another; nearly all clients take "
    "application/json as well.",
    fix="Send application/scim+json, unless the request's Accept names application/json only.",
)
def scim_media_type(observation: Observation) -> Iterator[Violation]:
    if observation.response.media_type == "application/json":
        yield Violation("header Content-Type", expected=quotation(SCIM_JSON), actual=quotation("application/json"))


@check(
    "http.charset",
    "Answers do not claim another encoding than UTF-8",
    failure="An answer claims another encoding than UTF-8",
    level="MUST",
    cites=("RFC7644-3.8", "RFC8259-8.1"),
    scim=BOTH,
    when=lambda observation: bool(observation.response.body) and observation.response.media_type.endswith("json"),
    why="JSON is UTF-8. A client that believes the label garbles every name with an accent and sends it back so.",
    fix="Send charset=utf-8, or no charset at all.",
)
def charset(observation: Observation) -> Iterator[Violation]:
    label = _CHARSET.search(observation.response.header("content-type") or "")
    # ASCII is a part of UTF-8; "utf8" is wrong as a name, but nobody misreads it.
    if label and label[1].lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        yield Violation("header Content-Type", expected=quotation("utf-8"), actual=quotation(label[1][:40]))


@check(
    "http.json",
    "Answers with data are clean JSON",
    failure="An answer with data is not clean JSON",
    level="MUST",
    # The byte order mark and broken UTF-8 are section 8.1 of RFC 8259; a singular attribute has one value at most.
    cites=("RFC7644-3.8", "RFC8259-2", "RFC8259-4", "RFC8259-8.1"),
    scim=BOTH,
    # http.not-truncated reports a body that was cut off; it is no JSON either.
    when=lambda observation: (
        (_has_data(observation) or _is_undecoded(observation)) and not observation.response.truncated
    ),
    why="What one parser forgives, the next refuses: after a byte order mark, an equal key twice, NaN or "
    "broken UTF-8 clients read different data, or none.",
    fix="Let a JSON library write the body, in UTF-8 and without a byte order mark.",
)
def clean_json(observation: Observation) -> Iterator[Violation]:
    response = observation.response
    for problem in response.json_problems:
        yield Violation("", expected="clean JSON", message=problem)
    if response.json is MISSING and not response.json_problems:
        yield Violation("", expected="JSON", actual=f"{len(response.body)} bytes that are not JSON")


@check(
    "http.not-html",
    "No web page is sent to a SCIM client",
    failure="A SCIM request is answered with a web page",
    level="MUST",
    cites=("RFC7644-3.8", "RFC7644-3.12"),
    scim=BOTH,
    # An address of the target's own discovery that leads nowhere is no SCIM path: discovery.endpoints-exist reports it.
    when=lambda observation: (
        observation.intent.action != "follow"
        and (observation.response.status < 300 or 400 <= observation.response.status < 500)
    ),
    why="A web page where SCIM is expected comes from a login page, a firewall or a wrong path: the request "
    "never reached the SCIM service, and the client shows a parse error that hides it.",
    fix="Let proxies, login filters and the framework's error pages leave the SCIM paths alone.",
)
def not_html(observation: Observation) -> Iterator[Violation]:
    # A door without an endpoint behind it, which our own tests of access try, is no place for a client.
    is_no_place = observation.intent.action == "anonymous" and observation.response.status in {404, 405}
    if is_html(observation) and not is_no_place:
        yield Violation(
            "", expected="SCIM JSON", actual=f"a web page ({observation.response.media_type or 'no media type'})"
        )


@check(
    "http.no-stack-trace",
    "Error answers show nothing of the server's inside",
    failure="An error answer shows a stack trace or a raw error",
    level="CLIENT",
    cites=("CWE-209",),
    scim=BOTH,
    when=lambda observation: observation.response.status >= 400 and bool(observation.response.body),
    why="A stack trace or a database message helps an attacker, ends up in the provider's logs, and tells "
    "an administrator nothing.",
    fix="Turn off debug pages and map every exception to a SCIM error with a sentence in detail.",
)
def no_stack_trace(observation: Observation) -> Iterator[Violation]:
    start = observation.response.body[:_TRACE_BYTES]
    language = next((name for name, pattern in _TRACES if pattern.search(start)), None)
    if language:
        # The finding does not quote the trace: it may hold secrets.
        yield Violation("", expected="a message for people", actual=f"a stack trace or raw error ({language})")


@check(
    "http.no-body-on-204",
    "204 comes without a body",
    failure="A 204 carries a body, or announces one",
    level="MUST",
    cites=("RFC9110-15.3.5", "RFC9110-8.6", "RFC9112-6.1"),
    scim=BOTH,
    when=lambda observation: observation.response.status == 204,
    why="After a 204 the next byte on the connection belongs to the next answer: a body there breaks a "
    "request that has nothing to do with it.",
    fix="Send 204 with neither body nor Transfer-Encoding, or 200 with the body.",
)
def no_body_on_204(observation: Observation) -> Iterator[Violation]:
    response = observation.response
    length = (response.header("content-length") or "0").strip()
    if response.body:
        yield Violation("", expected="no body", actual=f"{len(response.body)} bytes")
    # RFC 9110 section 8.6 forbids Content-Length: 0 as well, but it harms nobody.
    elif length.strip("0"):
        yield Violation("header Content-Length", expected="none", actual=quotation(length[:20]))
    elif response.header("transfer-encoding"):
        yield Violation(
            "header Transfer-Encoding",
            expected="none",
            actual=quotation((response.header("transfer-encoding") or "")[:40]),
        )


@check(
    "http.not-truncated",
    "The answer is not larger than a client reads",
    failure="An answer is larger than a client reads",
    level="CLIENT",
    scim=BOTH,
    why="Clients bound what they read. An endless list, or a group with every member in it, is cut off or refused.",
    fix="Return lists in pages, and honour excludedAttributes=members.",
)
def not_truncated(observation: Observation) -> Iterator[Violation]:
    if observation.response.truncated:
        is_page = "count" in parameters(observation.exchange.request.target)
        message = "The request asked for a page." if is_page else ""
        yield Violation(
            "",
            expected="a bounded body",
            actual=f"more than {len(observation.response.body)} bytes",
            message=message,
        )
