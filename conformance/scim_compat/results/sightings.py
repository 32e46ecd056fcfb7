"""Counts what a run saw the endpoint do: the third column beside what is claimed and what is advertised.

Only counts are kept, so memory stays flat. They judge nothing: that is the work of the checks.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from scim_compat.results.answer import Answer, Ending, answer_of
from scim_compat.results.attributes import filtered_path, without_values, written_paths
from scim_compat.results.document.records import CheckRecord, ExchangeRecord, RequestRecord
from scim_compat.results.document.target import CutList, Pages, Sightings
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import messages
from scim_compat.scim.names import BULK, CORE_PREFIXES, SEARCH, URN_PREFIXES, is_urn
from scim_compat.values import REDACTED, WRONG_CREDENTIAL, Json

_MOST: Final = 60
"""Different names in one count: a hostile server must not fill the memory."""
_MORE: Final = "(more)"
"""Counts what comes after so many names."""
_CUTS: Final = 10
_HABITS: Final = ("disable", "delete", "existing", "etag")
"""Fields of the summary that count one of several ways to do something."""
_RESOURCE: Final = re.compile(r"/(User|Group)s(?:/([^/]+))?$")
_OWN: Final = re.compile(r"(?:id|schemas|meta|groups)\b", re.IGNORECASE)
"""Attributes that are the server's own everywhere (RFC 7643 section 3.1 and 4.1.2)."""


class _Removal(enum.Enum):
    """The last request about a user whose state is read next."""

    DISABLE = enum.auto()
    DELETE = enum.auto()


Named = dict[str, Counter[str]]


@dataclass(slots=True)
class SightingCounter:
    """Counts the exchanges of a run as they are read: ``exchange`` and each ``check`` on it, then ``summary``."""

    _operations: Named = field(default_factory=dict)
    _filters: dict[str, Named] = field(default_factory=dict)
    _changes: dict[str, Named] = field(default_factory=dict)
    _habits: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _HABITS})
    _credentials: Named = field(default_factory=dict)
    _media_types: Counter[str] = field(default_factory=Counter)
    _error_media_types: Counter[str] = field(default_factory=Counter)
    _extensions: Counter[str] = field(default_factory=Counter)
    _versions: Counter[str] = field(default_factory=Counter)
    _largest: int | None = None
    _largest_unasked: int | None = None
    _cut: set[tuple[int | None, int]] = field(default_factory=set)
    # of the exchange whose checks are still to come, and of the scenario
    _pending: tuple[str, ExchangeRecord] | None = None
    _checks: list[tuple[CheckRecord, ClaimTopic | None]] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _removals: dict[str, _Removal] = field(default_factory=dict)
    """Path of a user → what was asked for last."""

    def next_scenario(self) -> None:
        """Begin a scenario, which has people of its own."""
        self._settle()
        self._ids.clear()
        self._removals.clear()

    def exchange(self, action: str, exchange: ExchangeRecord | None) -> None:
        self._settle()
        self._pending = (action, exchange) if exchange and exchange.response else None

    def check(self, check: CheckRecord, topic: ClaimTopic | None) -> None:
        self._checks.append((check, topic))

    def summary(self) -> Sightings:
        self.next_scenario()
        return Sightings(
            operations=_sorted_names(self._operations),
            filters={kind: _sorted_names(paths) for kind, paths in sorted(self._filters.items())},
            changes={kind: _sorted_names(paths) for kind, paths in sorted(self._changes.items())},
            **{habit: _sorted(counts) for habit, counts in self._habits.items()},
            credentials=_sorted_names(self._credentials),
            media_types=_sorted(self._media_types),
            error_media_types=_sorted(self._error_media_types),
            extensions=_sorted(self._extensions),
            versions=_sorted(self._versions),
            pages=Pages(
                largest=self._largest,
                largest_unasked=self._largest_unasked,
                cut=tuple(CutList(*cut) for cut in sorted(self._cut, key=lambda cut: (cut[0] or 0, cut[1]))),
            ),
        )

    # --- one exchange -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Count the exchange whose checks have all come."""
        pending, checks = self._pending, self._checks
        self._pending, self._checks = None, []
        answer = answer_of(*pending, checks) if pending else None
        if answer is None:
            return
        self._credential(answer)
        if answer.action == "anonymous":
            return  # an answer to a request without a credential says nothing of the feature
        self._envelope(answer)
        if match := _RESOURCE.search(answer.path):
            kind, identifier = match[1], match[2]
            if identifier is None:
                self._collection(answer, kind)
            elif f"/{identifier}" != SEARCH:
                self._resource(answer, kind)
        elif answer.path.endswith(BULK) and answer.method == "POST":
            self._operation("bulk", Ending.UNSUPPORTED if answer.status == 404 else answer.ending)

    def _operation(self, name: str, word: str) -> None:
        self._operations.setdefault(name, Counter())[word] += 1

    def _credential(self, answer: Answer) -> None:
        way = _way_in(answer.request)
        # 403 to a valid credential concerns the request, not its sender.
        if answer.is_ok or answer.status == 401 or (answer.status == 403 and way in {"none", "wrong"}):
            _into(self._credentials, way)[Ending.ACCEPTED if answer.is_ok else Ending.REFUSED] += 1

    def _envelope(self, answer: Answer) -> None:
        """Count what any answer has: its label, its schemas."""
        if answer.response.body and answer.status != 204:
            label = answer.header("content-type").split(";", 1)[0].strip().lower()[:80] or "none"
            _count(self._media_types if answer.is_ok else self._error_media_types, label)
        if not answer.is_ok or not isinstance(answer.body, Mapping):
            return
        listed = answer.body.get("schemas")
        for version, start in URN_PREFIXES.items():
            if isinstance(listed, list) and any(str(urn).lower().startswith(start) for urn in listed):
                self._versions[version] += 1
        if _RESOURCE.search(answer.path):
            for resource in _resources(answer.body):
                for name, value in resource.items():
                    if is_urn(name) and not name.lower().startswith(CORE_PREFIXES) and value:
                        _count(self._extensions, name[:200])

    def _collection(self, answer: Answer, kind: str) -> None:
        if answer.method == "POST":
            self._creation(answer, kind)
        elif answer.method == "GET":
            if text := next(iter(answer.query.get("filter", ())), ""):
                self._operation("filter", answer.ending)
                self._filter(answer, kind, text)
            if "sortBy" in answer.query:
                is_wrong = answer.is_ok and answer.has_failed(ClaimTopic.SORT)
                self._operation("sort", "wrong" if is_wrong else answer.ending)
            self._page(answer)

    def _creation(self, answer: Answer, kind: str) -> None:
        identifier = answer.resource.get("id")
        if ClaimTopic.DUPLICATE in answer.judged or answer.status == 409:
            self._habits["existing"][self._way_with_existing(answer, identifier)] += 1
        else:
            self._operation(f"create {kind}", answer.ending)
        if answer.is_ok and isinstance(identifier, str):
            self._ids.add(identifier)
            self._version(answer)

    def _way_with_existing(self, answer: Answer, identifier: Json) -> str:
        if answer.status == 409:
            return "conflict"
        if not answer.is_ok:
            return "other"
        return "adopted" if isinstance(identifier, str) and identifier in self._ids else "doubled"

    def _filter(self, answer: Answer, kind: str, text: str) -> None:
        path = filtered_path(text)
        if path is None or answer.action == "raw":
            return  # of several attributes, or wrong on purpose: it says nothing of a single one
        if not answer.is_ok:
            word = "refused"
        elif answer.has_failed(ClaimTopic.FILTER):
            word = "wrong"
        else:
            word = "right" if ClaimTopic.FILTER in answer.judged else "answered"
        _into(self._filters.setdefault(kind, {}), without_values(path))[word] += 1

    def _page(self, answer: Answer) -> None:
        body = answer.body
        if not answer.is_ok or not messages.has_entries(body):
            return
        asked, returned, total = answer.number("count"), len(messages.entries(body)), body.get("totalResults")
        self._largest = max(returned, self._largest or 0)
        if asked is None:
            self._largest_unasked = max(returned, self._largest_unasked or 0)
        start = max(answer.number("startIndex") or 1, 1)
        has_more = isinstance(total, int) and start - 1 + returned < total
        if has_more and returned > 0 and (asked is None or returned < asked) and len(self._cut) < _CUTS:
            self._cut.add((asked, returned))

    def _resource(self, answer: Answer, kind: str) -> None:
        if answer.method in {"PATCH", "PUT", "DELETE"}:
            self._operation(answer.method.lower(), answer.ending)
        if answer.method in {"PATCH", "PUT"}:
            self._write(answer, kind)
        elif answer.method == "DELETE" and answer.is_ok and kind == "User":
            self._removals[answer.path] = _Removal.DELETE
        elif answer.method == "GET":
            self._read(answer, kind)
        if answer.method != "DELETE" and answer.is_ok:
            self._version(answer)
        is_conditional = any(name.lower() == "if-match" for name, _ in answer.request.headers)
        if answer.status in {304, 412}:
            self._habits["etag"]["honoured"] += 1
        elif is_conditional and answer.is_ok and answer.failures:
            self._habits["etag"]["ignored"] += 1

    def _version(self, answer: Answer) -> None:
        if "id" in answer.resource:
            meta = answer.resource.get("meta")
            version = answer.header("etag") or (isinstance(meta, Mapping) and meta.get("version"))
            self._habits["etag"]["with" if version else "without"] += 1

    def _write(self, answer: Answer, kind: str) -> None:
        values = dict(written_paths(answer.sent, answer.method))
        if "password" in values:
            self._operation("changePassword", answer.ending)
        is_fixed = answer.resource.get("scimType") == "mutability"
        is_refused = not answer.is_ok and (is_fixed or answer.ending is Ending.REFUSED)
        # A refused request does not say which of several attributes was the reason; and an attribute that must not
        # be removed (RFC 7644 section 3.5.2.2) may be changed all the same.
        is_alone = len(values) == 1 and None not in values.values()
        if answer.method == "PATCH" and (answer.is_ok or (is_refused and is_alone)):
            word = Ending.ACCEPTED if answer.is_ok else Ending.REFUSED
            for path in values:
                if not _OWN.match(path):
                    _into(self._changes.setdefault(kind, {}), without_values(path))[word] += 1
        if kind == "User" and answer.is_ok and "active" in values:
            self._removals.pop(answer.path, None)
            if _is_false(values["active"]):
                self._removals[answer.path] = _Removal.DISABLE

    def _read(self, answer: Answer, kind: str) -> None:
        for topic, where in answer.failures:
            if topic is ClaimTopic.CHANGE:
                _into(self._changes.setdefault(kind, {}), without_values(where))["lost"] += 1
        removal = self._removals.pop(answer.path, None)
        if not removal or not (answer.is_ok or answer.status in {404, 410}):
            return
        is_inactive = _is_false(answer.resource.get("active"))
        if removal is _Removal.DISABLE:
            self._habits["disable"]["removed" if not answer.is_ok else "kept" if is_inactive else "active"] += 1
        else:
            self._habits["delete"]["gone" if not answer.is_ok else "disabled" if is_inactive else "kept"] += 1


def _way_in(request: RequestRecord) -> str:
    """How the request logged in: ``Bearer``, a header's name, ``wrong``, or ``none``."""
    for name, value in request.headers:
        if value.endswith(WRONG_CREDENTIAL):
            return "wrong"
        if value.endswith(REDACTED):
            return value.removesuffix(REDACTED).strip() or name
    return "none"


def _resources(body: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for entry in messages.entries(body)[:_MOST] if messages.has_entries(body) else [body]:
        if isinstance(entry, Mapping):
            yield entry


def _is_false(value: Json) -> bool:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0].get("value")  # [{"value": "False"}], as one client writes it
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _into(counts: Named, name: str) -> Counter[str]:
    """Return the counter of that name in any case (RFC 7643 section 2.1); the first spelling stays."""
    if name not in counts:
        name = next((known for known in counts if known.lower() == name.lower()), name)
        name = name if name in counts or len(counts) < _MOST else _MORE
    return counts.setdefault(name, Counter())


def _count(counts: Counter[str], name: str) -> None:
    counts[name if name in counts or len(counts) < _MOST else _MORE] += 1


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {str(word): number for word, number in sorted(counts.items())}


def _sorted_names(counts: Named) -> dict[str, dict[str, int]]:
    return {name: _sorted(words) for name, words in sorted(counts.items())}
