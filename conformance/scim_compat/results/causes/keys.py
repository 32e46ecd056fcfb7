"""The key of a finding: findings with one key have, at first sight, one cause."""

from __future__ import annotations

import enum
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scim_compat.results.causes.features import shape_of
from scim_compat.results.causes.roots import Evidence, Failure
from scim_compat.results.causes.wordings import form, is_telling, words
from scim_compat.results.document.records import CheckRecord, ExchangeRecord, ResponseRecord, StepRecord
from scim_compat.values import Fault, Json, Prose

_REDIRECT: Final = 300
_ERROR: Final = 400
_STATUS: Final = re.compile(r"\b[1-5](?:\d\d|xx)\b")
_NO_FAILURE: Final = "below 500"
"""Expected by the check of server errors: no refusal."""
_NOTHING: Final = re.compile(r"^(0|\[\]|no |none|nothing|\(absent\)|an empty)", re.IGNORECASE)
_CLEAR: Final = frozenset({"404", "409", "412"})
"""Statuses that stand for one reason; 400 stands for many."""
_ERROR_SCHEMA: Final = "messages:2.0:Error"
_SIGNS: Final = re.compile(r"[^a-z0-9]+")
_PREFIX: Final = 4
"""Letters from which on a text may be the beginning of another."""
_ONE_VALUE: Final = re.compile(r"filter=\w+(?:%20|\+)eq(?:%20|\+)%22[^&]*%22$")


class Kind(enum.StrEnum):
    """The kinds of causes."""

    REFUSAL = "refusal"
    """A request was refused that should have been accepted: by status and words of the server."""
    STATUS = "status"
    """It was answered with another success than it should have been: by status and method."""
    FALSE_SUCCESS = "false success"
    """An error came under a status of success: by status."""
    ACCEPTANCE = "acceptance"
    """A request was accepted that should have been refused: by its form."""
    MISSES = "misses"
    EXCESS = "excess"
    """Look-ups found too little, or too much."""
    LOSS = "loss"
    ALTERATION = "alteration"
    """A text reads back with other letters, case or spaces, or cut off."""
    NEVER_KEPT = "never kept"
    """Attributes that no request gets stored."""
    DAMAGE = "damage"
    RULE = "rule"
    """Everything else: by check, and by the statement that a profile makes."""


@dataclass(frozen=True, slots=True)
class Key:
    kind: Kind
    words: tuple[str, ...] = ()


_OF_FAULT: Final = {Fault.LOSS: Kind.LOSS, Fault.DAMAGE: Kind.DAMAGE}


class Keys:
    """Gives findings their keys."""

    def __init__(self, known: Evidence) -> None:
        self._known = known
        self._of_status = frozenset(_of_statuses(known))

    def of(self, failure: Failure) -> Key:
        """The key of the request to blame where its status is wrong, and that of the finding otherwise."""
        check = failure.found.check
        step = self._known.step(failure.root if check.fault.is_of_write else failure.place)
        if step.exchange is not None and (key := self._of_answer(failure, step, step.exchange)):
            return key
        if check.fault is Fault.HITS or _is_about_hits(check, step):
            return Key(Kind.EXCESS if is_excess(check) else Kind.MISSES)
        if check.fault is Fault.LOSS and _is_same_text(check.expected, check.actual):
            return Key(Kind.ALTERATION)
        if check.fault in _OF_FAULT:
            return Key(_OF_FAULT[check.fault])
        return Key(Kind.RULE, (check.id, check.title) if check.fault is Fault.ASSERTION else (check.id,))

    def _of_answer(self, failure: Failure, step: StepRecord, exchange: ExchangeRecord) -> Key | None:
        check, response = failure.found.check, exchange.response
        is_success = response is not None and response.status < _ERROR
        if response is not None and is_success and _ERROR_SCHEMA in (response.body or ""):
            return Key(Kind.FALSE_SUCCESS, (str(response.status),))
        wanted = _wanted_refusal(check)
        if _is_about_status(failure) and is_success and wanted:
            return _acceptance(check, wanted, exchange)
        own = status_key(step)
        if own not in self._of_status or (own.kind is Kind.STATUS and (wanted or check.fault.is_of_write)):
            return None
        is_due = _is_about_status(failure) or check.fault.is_of_write or _is_no_success(response, check)
        return own if is_due else None


def _of_statuses(known: Evidence) -> Iterator[Key]:
    """The keys of requests that should have been accepted and got another status."""
    for failure in known.failures:
        if _is_about_status(failure) and not _wanted_refusal(failure.found.check):
            yield status_key(known.step(failure.place))


def status_key(step: StepRecord) -> Key:
    """The key of a request that was answered with the wrong status: by the words of the server, if they are telling."""
    exchange = step.exchange
    response = exchange.response if exchange else None
    if exchange is None or response is None:
        return Key(Kind.REFUSAL, ("no answer",))
    status, method = str(response.status), exchange.request.method
    if response.status < _ERROR:
        return Key(Kind.STATUS, (status, method))
    text = words(response)
    return Key(Kind.REFUSAL, (status, form(text) if is_telling(text) else method))


def _acceptance(check: CheckRecord, wanted: str, exchange: ExchangeRecord) -> Key | None:
    """The key of a request that should have been refused: by status and method, or by the form of its body."""
    if wanted in _CLEAR:
        return Key(Kind.ACCEPTANCE, (wanted, exchange.request.method))
    shape = shape_of(exchange.request) if check.fault is Fault.ASSERTION else ()
    return Key(Kind.ACCEPTANCE, shape) if shape else None


def _is_about_status(failure: Failure) -> bool:
    """True when the finding is about the status of the request to blame itself."""
    check = failure.found.check
    return check.where == "status" and failure.root == failure.place


def _is_no_success(response: ResponseRecord | None, check: CheckRecord) -> bool:
    """True for a statement about an answer that is none: a redirect or a refusal holds nothing of what it asks for."""
    return check.fault is Fault.ASSERTION and response is not None and response.status >= _REDIRECT


def _wanted_refusal(check: CheckRecord) -> str:
    """The status of the refusal that should have come (``404``, ``4xx``); empty where success should have."""
    each = check.expected if isinstance(check.expected, list) else [check.expected]
    statuses: list[str] = [found for one in each for found in _STATUS.findall(_scalar(one))]
    if not statuses or any(status < "4" for status in statuses) or check.expected == _NO_FAILURE:
        return ""
    return statuses[0]


# --- texts ---------------------------------------------------------------------------------------


def _is_same_text(expected: Json, actual: Json) -> bool:
    """True for two texts that differ in letters outside ASCII, in case, in signs, or in that one is cut off."""
    if not isinstance(expected, str) or not isinstance(actual, str) or isinstance(actual, Prose):
        return False
    return any(
        one == other or (len(other) >= _PREFIX and one.startswith(other))
        for one, other in zip(_skeletons(expected), _skeletons(actual), strict=True)
        if other
    )


def _skeletons(text: str) -> tuple[str, str]:
    """The ASCII letters and digits of a text, without and with those that are decorated."""
    plain = html.unescape(text).lower()
    spelled = unicodedata.normalize("NFKD", plain)
    return _SIGNS.sub("", plain), _SIGNS.sub("", spelled)


# --- look-ups ------------------------------------------------------------------------------------


def is_excess(check: CheckRecord) -> bool:
    """True when an answer holds more than it should; False when it holds less."""
    expected, actual = check.expected, check.actual
    if isinstance(expected, list) and isinstance(actual, list):
        return not {*map(_scalar, expected)} - {*map(_scalar, actual)}
    if isinstance(expected, int) and isinstance(actual, int):
        return actual > expected
    return bool(_NOTHING.search(_scalar(expected)))


def _is_about_hits(check: CheckRecord, step: StepRecord) -> bool:
    """True for a statement about an answer that fails because resources are missing from it, or too many."""
    if check.fault is not Fault.ASSERTION or step.exchange is None or "filter=" not in step.exchange.request.url:
        return False
    if isinstance(check.expected, int) and isinstance(check.actual, int) and check.where == "/totalResults":
        return True
    return check.where.startswith("/Resources") and (_is_empty_list(step.exchange) or _is_long_list(step.exchange))


def _is_empty_list(exchange: ExchangeRecord) -> bool:
    body = "".join((exchange.response.body or "").split()) if exchange.response else ""
    return '"Resources":[]' in body or '"Resources"' not in body


def _is_long_list(exchange: ExchangeRecord) -> bool:
    """True where a look-up that can find one resource has found several."""
    body = (exchange.response.body or "") if exchange.response else ""
    return bool(_ONE_VALUE.search(exchange.request.url)) and body.count('"id"') > 1


def _scalar(value: Json) -> str:
    """A plain value as text. Others, which a server may nest without end, are empty."""
    return str(value) if isinstance(value, str | int | float) else ""
