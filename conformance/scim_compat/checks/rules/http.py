"""Rules for every answer, whatever it is about: status, headers, body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scim_compat.checks.refusals import word_on_refusal
from scim_compat.checks.registry import BOTH, Level, Trait, Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim.urls import parameters
from scim_compat.values import MISSING
from scim_compat.wire.messages import FailureKind

SCIM_JSON: Final = "application/scim+json"

_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
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
# Error bodies are short; a hostile one must not keep the patterns busy.
_TRACE_BYTES: Final = 16_384


def is_html(observation: Observation) -> bool:
    """Whether the answer is a web page."""
    response = observation.response
    if response.media_type in {"text/html", "application/xhtml+xml"}:
        return bool(response.body) and response.json is MISSING  # else only the label is wrong
    return _HTML.match(response.body[:400]) is not None


def status_is_named(observation: Observation) -> bool:
    """Whether the profile names this very status as acceptable."""
    return observation.response.status in observation.intent.statuses


def _data(observation: Observation) -> bool:
    """A 2xx answer with a body that is meant to be SCIM."""
    return (
        observation.response.ok
        and bool(observation.response.body)
        and observation.response.status != 204
        and not is_html(observation)
    )


def _undecoded(observation: Observation) -> bool:
    """A 2xx answer of whose body nothing is left, since its Content-Encoding is not what it says."""
    return observation.response.ok and not observation.response.body and bool(observation.response.json_problems)


_STATUS_IS_JUDGED: Final = ("patch", "replace", "raw")
"""Where a rule of its own says what a refusal means; that an operation is not offered is one."""


@check(
    "http.no-server-error",
    "No request makes the server fail",
    level="MUST",
    cites=("RFC7644-3.12", "RFC9110-15.6"),
    scim=BOTH,
    why="A 5xx says the server itself broke. Clients repeat the request, count it as an outage, and in the "
    "end stop the whole job rather than skip one user.",
    fix="Find the exception behind this request in the server's log. What the server cannot accept is "
    "answered with a 4xx and a SCIM error body; what it does not offer, with 501 only where no client "
    "needs it.",
)
def no_server_error(observation: Observation) -> Iterator[Violation]:
    status = observation.response.status
    if (
        status < 500
        or status_is_named(observation)
        or (status == 501 and observation.intent.action in _STATUS_IS_JUDGED)
    ):
        return
    level: Level | None = None
    if status == 501:
        level = "CLIENT" if _optional(observation) else None
        message = f"The server says that it does not offer {observation.exchange.request.method} here."
    elif status in {502, 503, 504}:
        message = "An overloaded server or its gateway; what Retry-After asked for was waited for."
    else:
        message = ""
    yield Violation("status", expected="below 500", actual=status, message=message, level=level)


def _optional(observation: Observation) -> bool:
    """What a server may lack, and answer with 501 (table 8), unless its own configuration says that it is there."""
    asked = parameters(observation.exchange.request.target).keys()
    used = {"bulk": observation.intent.action == "bulk", "filter": "filter" in asked, "sort": "sortby" in asked}
    said = observation.context.capabilities.provider_config or {}
    offered = {name for name in used if isinstance(said.get(name), Mapping) and said[name].get("supported") is True}
    return any(used[name] for name in used.keys() - offered)


@check(
    "http.no-redirect",
    "A request is answered where it was sent",
    level="SHOULD",
    cites=("RFC7644-3.12",),
    scim=BOTH,
    when=lambda observation: observation.response.status not in {304, 307, 308},
    why="The redirects that SCIM names are 307 and 308, not 301, 302 or 303. A client that follows one of those "
    "turns its POST into a GET, or drops the credential; most stop. It is typical of a login page, a missing or an "
    "extra slash, and http instead of https.",
    fix="Serve the endpoint at the very URL that is configured: no redirect to a login page, to another "
    "host, to https, or to the same path with a slash.",
)
def no_redirect(observation: Observation) -> Iterator[Violation]:
    status = observation.response.status
    if 300 <= status < 400 and not status_is_named(observation):
        yield Violation("status", expected="no redirect", actual=status, message=_leads(observation))


def _leads(observation: Observation) -> str:
    location = (observation.response.header("location") or "").split("?", 1)[0][:200]
    return f"It leads to {location}" if location else "It does not say where it leads."


@check(
    "http.no-repeat-redirect",
    "No 307 or 308 is needed to reach the resource",
    level="CLIENT",
    cites=("RFC7644-3.12",),
    scim=BOTH,
    why="The RFC allows 307 and 308, yet a provisioning client sends its credential to the configured URL "
    "only and does not follow.",
    fix="Configure the final URL, or answer at the configured one.",
)
def no_repeat_redirect(observation: Observation) -> Iterator[Violation]:
    if observation.response.status in {307, 308} and not status_is_named(observation):
        yield Violation(
            "status", expected="no redirect", actual=observation.response.status, message=_leads(observation)
        )


def _word(observation: Observation) -> Level | None:
    """What may be refused in this form may be so whatever else the step is about."""
    refused = 400 <= observation.response.status < 500 and observation.intent.expect != "refusal"
    return word_on_refusal(observation) if refused else None


@check(
    "http.expected-status",
    "A literal request of the profile is answered with a status the client can use",
    level="CLIENT",
    on=("raw", "patch", "replace"),
    scim=BOTH,
    # Redirects and server errors have rules of their own; a change that must succeed has patch.status.
    when=lambda observation: (
        not 300 <= observation.response.status < 400
        and (observation.response.status < 500 or observation.response.status == 501 or status_is_named(observation))
        and (observation.intent.action == "raw" or observation.intent.expect != "success")
    ),
    traits=Trait.ASSERTION,
    why="The client decides by the status alone what it does next.",
    fix="Answer with one of the expected statuses.",
)
def expected_status(observation: Observation) -> Iterator[Violation]:
    intent, status = observation.intent, observation.response.status
    if intent.statuses:
        if status not in intent.statuses:
            yield Violation("status", expected=sorted(intent.statuses), actual=status, level=_word(observation))
    elif intent.expect == "success" and not observation.response.ok:
        yield Violation("status", expected="2xx", actual=status, level=_word(observation))
    elif intent.expect == "refusal" and observation.response.ok:
        yield Violation("status", expected="4xx", actual=status, message="The request had to be refused.")


@check(
    "http.content-type",
    "Answers with data are labelled as JSON",
    level="MUST",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    scim=BOTH,
    when=_data,
    why="Clients choose their parser by Content-Type and drop what is not labelled as JSON.",
    fix="Send Content-Type: application/scim+json with every SCIM answer that has a body.",
)
def content_type(observation: Observation) -> Iterator[Violation]:
    media_type = observation.response.media_type
    if media_type not in {SCIM_JSON, "application/json"}:
        yield Violation("header Content-Type", expected=SCIM_JSON, actual=media_type or MISSING)


@check(
    "http.scim-media-type",
    "Answers with data are labelled as SCIM",
    level="SHOULD",
    cites=("RFC7644-3.8", "RFC7644-8.1"),
    when=lambda observation: _data(observation) and not asked_for_json(observation),
    traits=Trait.MEDIA_TYPE,
    why="application/scim+json is the format unless the client asks for another; nearly all clients take "
    "application/json as well.",
    fix="Send application/scim+json, unless the request's Accept names application/json only.",
)
def scim_media_type(observation: Observation) -> Iterator[Violation]:
    if observation.response.media_type == "application/json":
        yield Violation("header Content-Type", expected=SCIM_JSON, actual="application/json")


def asked_for_json(observation: Observation) -> bool:
    """Whether the request names application/json and not the format of SCIM."""
    accept = ",".join(observation.exchange.request.headers.all("Accept")).lower()
    return "application/json" in accept and SCIM_JSON not in accept


@check(
    "http.charset",
    "Answers do not claim another encoding than UTF-8",
    level="MUST",
    cites=("RFC7644-3.8", "RFC8259-8.1"),
    scim=BOTH,
    when=lambda observation: bool(observation.response.body) and observation.response.media_type.endswith("json"),
    why="JSON is UTF-8. A client that believes the label garbles every name with an accent and sends it back so.",
    fix="Send charset=utf-8, or no charset at all.",
)
def charset(observation: Observation) -> Iterator[Violation]:
    found = _CHARSET.search(observation.response.header("content-type") or "")
    # ASCII is a part of UTF-8; "utf8" is wrong as a name, but nobody misreads it.
    if found and found[1].lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        yield Violation("header Content-Type", expected="utf-8", actual=found[1][:40])


@check(
    "http.json",
    "Answers with data are clean JSON",
    level="MUST",
    # The byte order mark and broken UTF-8 are section 8.1 of RFC 8259; a singular attribute has one value at most.
    cites=("RFC7644-3.8", "RFC8259-2", "RFC8259-4", "RFC8259-8.1"),
    scim=BOTH,
    # A body that was cut off is no JSON either: that is http.not-truncated.
    when=lambda observation: (_data(observation) or _undecoded(observation)) and not observation.response.truncated,
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
    level="MUST",
    cites=("RFC7644-3.8", "RFC7644-3.12"),
    scim=BOTH,
    when=lambda observation: observation.response.status < 300 or 400 <= observation.response.status < 500,
    why="A web page where SCIM is expected comes from a login page, a firewall or a wrong path: the request "
    "never reached the SCIM service, and the client shows a parse error that hides it.",
    fix="Let proxies, login filters and the framework's error pages leave the SCIM paths alone.",
)
def not_html(observation: Observation) -> Iterator[Violation]:
    if is_html(observation):
        yield Violation(
            "", expected="SCIM JSON", actual=f"a web page ({observation.response.media_type or 'no media type'})"
        )


@check(
    "http.no-stack-trace",
    "Error answers show nothing of the server's inside",
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
    found = next((name for name, pattern in _TRACES if pattern.search(start)), None)
    if found:
        # The words of the trace are not repeated: they may hold what must not go further.
        yield Violation("", expected="a message for people", actual=f"a stack trace or raw error ({found})")


@check(
    "http.no-body-on-204",
    "204 comes without a body",
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
    # Content-Length: 0 is not in order either, but harms nobody.
    elif length.strip("0"):
        yield Violation("header Content-Length", expected="none", actual=length[:20])
    elif response.header("transfer-encoding"):
        yield Violation(
            "header Transfer-Encoding",
            expected="none",
            actual=(response.header("transfer-encoding") or "")[:40],
        )


@check(
    "http.in-time",
    "The answer comes before the client gives up",
    level="CLIENT",
    scim=BOTH,
    when=lambda observation: observation.intent.by == "client",
    traits=Trait.SILENCE,
    why="A client that has given up repeats the request: what the server did too late is then done twice, "
    "or reported as failed.",
    fix="Answer faster: index the attributes that are filtered by, and do slow work after the answer.",
)
def in_time(observation: Observation) -> Iterator[Violation]:
    limit = observation.exchange.request.timeout or observation.context.client_timeout
    failure = observation.exchange.failure
    if failure is not None and failure.kind is FailureKind.TIMEOUT:
        yield Violation("", expected=f"at most {limit:g} s", actual="no answer by then")
    elif observation.exchange.ms > limit * 1000:
        yield Violation("", expected=f"at most {limit:g} s", actual=f"{observation.exchange.ms / 1000:.1f} s")


@check(
    "http.not-truncated",
    "The answer is not larger than a client reads",
    level="CLIENT",
    scim=BOTH,
    why="Clients bound what they read. An endless list, or a group with every member in it, is cut off or refused.",
    fix="Return lists in pages, and honour excludedAttributes=members.",
)
def not_truncated(observation: Observation) -> Iterator[Violation]:
    if observation.response.truncated:
        paged = "count" in parameters(observation.exchange.request.target)
        message = "The request asked for a page." if paged else ""
        yield Violation(
            "",
            expected="a bounded body",
            actual=f"more than {len(observation.response.body)} bytes",
            message=message,
        )
