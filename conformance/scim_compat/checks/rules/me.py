"""``/Me``: the client's own resource under an alias (RFC 7644 section 3.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from scim_compat.checks.display import quotation
from scim_compat.checks.registry import Violation, check
from scim_compat.engine.intent import Observation
from scim_compat.scim.urls import path_of

_ME: Final = "/Me"


def _is_answer_of_me(observation: Observation) -> bool:
    """True where /Me is served or points elsewhere; 404 and 501 say that it is not offered."""
    is_me = path_of(observation.exchange.request.target).rstrip("/") == _ME
    return is_me and observation.response.status in {200, 308}


@check(
    "me.location",
    "An answer to /Me names the permanent address of the resource",
    failure="An answer to /Me does not name the resource's own address",
    level="MUST",
    cites=("RFC7644-3.11",),
    on=("raw",),
    when=_is_answer_of_me,
    why="/Me is another resource to everybody who asks. Without Location a client cannot keep the address of its own.",
    fix="Send Location with the URL of the resource itself, such as https://…/Users/{id}, with 200 as with 308.",
)
def location(observation: Observation) -> Iterator[Violation]:
    header = (observation.response.header("location") or "").strip()
    if not header:
        yield Violation("header Location", expected="the URL of the resource")
    elif urlsplit(header).path.rstrip("/").endswith(_ME):
        yield Violation("header Location", expected="the permanent URL of the resource", actual=quotation(header[:200]))
