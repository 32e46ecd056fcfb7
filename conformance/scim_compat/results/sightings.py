"""What a run saw the endpoint do, counted: the third column beside what is claimed and what is advertised.

Fed with the recorded exchanges one by one, as they stand in ``events.jsonl``; only counts are kept, so memory
stays flat. Whether a sighting is good or bad is not said here: that is what the checks are for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from scim_compat.results.attributes import filtered_path, without_values, written_paths
from scim_compat.results.model import ClaimTopic
from scim_compat.scim import messages
from scim_compat.scim.names import BULK, CORE_PREFIXES, SEARCH, URN_PREFIXES, is_urn
from scim_compat.values import REDACTED, WRONG_CREDENTIAL, Json

OUTCOMES: Final = ("accepted", "declined", "refused", "unsupported", "failed")
"""Of a request: 2xx · 4xx that the client can accept · 4xx that it cannot · 405 or 501 · another 5xx."""
_MOST: Final = 60
"""Different names kept in one count: a hostile server must not fill the memory."""
_CUTS: Final = 10
_RESOURCE: Final = re.compile(r"/(User|Group)s(?:/([^/]+))?$")
_OWN: Final = re.compile(r"(?:id|schemas|meta|groups)\b", re.IGNORECASE)
"""Attributes that are the server's own everywhere (RFC 7643 section 3.1 and 4.1.2)."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """One answered request, taken apart."""

    action: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    request_headers: list[list[str]]
    sent: Json
    status: int
    headers: list[list[str]]
    body: Json
    """None if there was none or it is no JSON."""
    empty: bool
    failures: tuple[tuple[str | None, str], ...]
    """(topic, place) of each failed check."""
    judged: frozenset[str | None]
    """Topics of the checks that passed or failed."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def is_failed(self, topic: ClaimTopic) -> bool:
        return any(one == topic for one, _ in self.failures)

    @property
    def outcome(self) -> str:
        if self.ok:
            return "accepted"
        if self.status in {405, 501}:
            return "unsupported"
        if self.status >= 500:
            return "failed"
        return "refused" if any(where == "status" for _, where in self.failures) else "declined"


@dataclass(slots=True)
class Sightings:
    """Counts what passes: ``exchange`` and the ``check`` s on it, ``scenario`` between scenarios; then ``told``."""

    _operations: dict[str, Counter[str]] = field(default_factory=dict)
    _filters: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    _changes: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    _kept: Counter[str] = field(default_factory=Counter)
    """``disable kept``, ``delete gone``, ``existing conflict``, ``etag with`` …"""
    _credentials: dict[str, Counter[str]] = field(default_factory=dict)
    _media_types: Counter[str] = field(default_factory=Counter)
    _error_media_types: Counter[str] = field(default_factory=Counter)
    _extensions: Counter[str] = field(default_factory=Counter)
    _versions: Counter[str] = field(default_factory=Counter)
    _largest: dict[str, int] = field(default_factory=dict)
    _cut: set[tuple[int | None, int]] = field(default_factory=set)
    # of the exchange whose checks are still to come, and of the scenario
    _pending: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    _checks: list[tuple[Mapping[str, Any], str | None]] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _last: dict[str, str] = field(default_factory=dict)
    """Path of a user → what was asked for last: ``disable`` or ``delete``."""

    def scenario(self) -> None:
        """A scenario begins or ends: its people are nobody's any more."""
        self._settle()
        self._ids.clear()
        self._last.clear()

    def exchange(self, step: Mapping[str, Any], exchange: Mapping[str, Any] | None) -> None:
        self._settle()
        self._pending = (step, exchange) if exchange and exchange["response"] else None

    def check(self, check: Mapping[str, Any], topic: str | None) -> None:
        self._checks.append((check, topic))

    def told(self) -> dict[str, Any]:
        """``target.found`` of results.json."""
        self.scenario()
        groups: dict[str, dict[str, int]] = {name: {} for name in ("disable", "delete", "existing", "etag")}
        for key, number in sorted(self._kept.items()):
            name, _, what = key.partition(" ")
            groups[name][what] = number
        return {
            "operations": _plain(self._operations),
            "filters": {kind: _plain(found) for kind, found in sorted(self._filters.items())},
            "changes": {kind: _plain(found) for kind, found in sorted(self._changes.items())},
            **groups,
            "credentials": _plain(self._credentials),
            "media_types": dict(sorted(self._media_types.items())),
            "error_media_types": dict(sorted(self._error_media_types.items())),
            "extensions": dict(sorted(self._extensions.items())),
            "versions": dict(sorted(self._versions.items())),
            "pages": {
                "largest": self._largest.get("any"),
                "largest_unasked": self._largest.get("unasked"),
                "cut": [
                    {"asked": asked, "returned": returned}
                    for asked, returned in sorted(self._cut, key=lambda one: (one[0] or 0, one[1]))
                ],
            },
        }

    # --- one exchange -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Counts the exchange whose checks have all come."""
        pending, checks = self._pending, self._checks
        self._pending, self._checks = None, []
        if pending is None:
            return
        sight = _sight(*pending, checks)
        self._credential(sight)
        if sight.action == "anonymous":
            return  # what is refused without a credential says nothing of the feature
        self._answer(sight)
        found = _RESOURCE.search(sight.path)
        if found:
            kind, identifier = found[1], found[2]
            if identifier is None:
                self._collection(sight, kind)
            elif f"/{identifier}" != SEARCH:
                self._resource(sight, kind)
        elif sight.path.endswith(BULK) and sight.method == "POST":
            self._operation("bulk", "unsupported" if sight.status == 404 else sight.outcome)

    def _operation(self, name: str, outcome: str) -> None:
        self._operations.setdefault(name, Counter())[outcome] += 1

    def _credential(self, sight: _Sight) -> None:
        way = _way_in(sight.request_headers)
        # 403 to a valid credential is a word about the request, not about who sends it.
        if sight.ok or sight.status == 401 or (sight.status == 403 and way in {"none", "wrong"}):
            _into(self._credentials, way)["accepted" if sight.ok else "refused"] += 1

    def _answer(self, sight: _Sight) -> None:
        """What holds for any answer: its label, its schemas."""
        if not sight.empty and sight.status != 204:
            label = sight.header("content-type").split(";", 1)[0].strip().lower()[:80] or "none"
            _count(self._media_types if sight.ok else self._error_media_types, label)
        if not sight.ok or not isinstance(sight.body, Mapping):
            return
        listed = sight.body.get("schemas")
        for version, start in URN_PREFIXES.items():
            if isinstance(listed, list) and any(str(urn).lower().startswith(start) for urn in listed):
                self._versions[version] += 1
        if _RESOURCE.search(sight.path):
            for resource in _resources(sight.body):
                for name, value in resource.items():
                    if is_urn(name) and not name.lower().startswith(CORE_PREFIXES) and value:
                        _count(self._extensions, name[:200])

    def _collection(self, sight: _Sight, kind: str) -> None:
        if sight.method == "POST":
            self._created(sight, kind)
        elif sight.method == "GET":
            if text := next(iter(sight.query.get("filter", ())), ""):
                self._operation("filter", sight.outcome)
                self._filter(sight, kind, text)
            if "sortBy" in sight.query:
                self._sorted(sight)
            self._page(sight)

    def _created(self, sight: _Sight, kind: str) -> None:
        identifier = sight.body.get("id") if isinstance(sight.body, Mapping) else None
        if ClaimTopic.DUPLICATE in sight.judged or sight.status == 409:
            known = isinstance(identifier, str) and identifier in self._ids
            self._kept[
                "existing conflict" if sight.status == 409 else "existing adopted" if sight.ok and known
                else "existing doubled" if sight.ok else "existing other"
            ] += 1  # fmt: skip
        else:
            self._operation(f"create {kind}", sight.outcome)
        if sight.ok and isinstance(identifier, str):
            self._ids.add(identifier)
            self._version(sight)

    def _filter(self, sight: _Sight, kind: str, text: str) -> None:
        compared = filtered_path(text)
        if compared is None or sight.action == "raw":
            return  # of several attributes, or wrong on purpose: no word on a single one
        if sight.ok:
            judged = ClaimTopic.FILTER in sight.judged
            word = "wrong" if sight.is_failed(ClaimTopic.FILTER) else "right" if judged else "answered"
        else:
            word = "refused"
        _into(self._filters.setdefault(kind, {}), without_values(compared))[word] += 1

    def _sorted(self, sight: _Sight) -> None:
        wrong = sight.ok and sight.is_failed(ClaimTopic.SORT)
        self._operation("sort", "wrong" if wrong else sight.outcome)

    def _page(self, sight: _Sight) -> None:
        body = sight.body
        if not sight.ok or not messages.has_entries(body):
            return
        asked, returned, total = _number(sight, "count"), len(messages.entries(body)), body.get("totalResults")
        self._largest["any"] = max(returned, self._largest.get("any", 0))
        if asked is None:
            self._largest["unasked"] = max(returned, self._largest.get("unasked", 0))
        start = _number(sight, "startIndex") or 1
        more = isinstance(total, int) and max(start, 1) - 1 + returned < total
        if more and returned > 0 and (asked is None or returned < asked) and len(self._cut) < _CUTS:
            self._cut.add((asked, returned))

    def _resource(self, sight: _Sight, kind: str) -> None:
        if sight.method in {"PATCH", "PUT", "DELETE"}:
            self._operation(sight.method.lower(), sight.outcome)
        if sight.method in {"PATCH", "PUT"}:
            self._written(sight, kind)
        elif sight.method == "DELETE" and sight.ok and kind == "User":
            self._last[sight.path] = "delete"
        elif sight.method == "GET":
            self._read(sight, kind)
        if sight.method != "DELETE" and sight.ok:
            self._version(sight)
        if sight.status in {304, 412}:
            self._kept["etag honoured"] += 1
        elif any(name.lower() == "if-match" for name, _ in sight.request_headers) and sight.ok and sight.failures:
            self._kept["etag ignored"] += 1

    def _version(self, sight: _Sight) -> None:
        if isinstance(sight.body, Mapping) and "id" in sight.body:
            meta = sight.body.get("meta")
            shown = sight.header("etag") or (isinstance(meta, Mapping) and meta.get("version"))
            self._kept["etag with" if shown else "etag without"] += 1

    def _written(self, sight: _Sight, kind: str) -> None:
        asked = dict(written_paths(sight.sent, sight.method))
        if "password" in asked:
            self._operation("changePassword", sight.outcome)
        fixed = isinstance(sight.body, Mapping) and sight.body.get("scimType") == "mutability"
        refused = not sight.ok and (fixed or sight.outcome == "refused")
        # Of several attributes in one refused request it is not known which one was the reason; and what
        # must not be removed (RFC 7644 section 3.5.2.2) may be changed all the same.
        alone = len(asked) == 1 and None not in asked.values()
        if sight.method == "PATCH" and (sight.ok or (refused and alone)):
            for path in (p for p in asked if not _OWN.match(p)):
                _into(self._changes.setdefault(kind, {}), without_values(path))[
                    "accepted" if sight.ok else "refused"
                ] += 1
        if kind == "User" and sight.ok and "active" in asked:
            self._last[sight.path] = "disable" if _is_false(asked["active"]) else ""

    def _read(self, sight: _Sight, kind: str) -> None:
        for topic, where in sight.failures:
            if topic == ClaimTopic.CHANGE:
                _into(self._changes.setdefault(kind, {}), without_values(where))["lost"] += 1
        before = self._last.pop(sight.path, "")
        if not before or not (sight.ok or sight.status in {404, 410}):
            return
        body = sight.body if isinstance(sight.body, Mapping) else {}
        if not sight.ok:
            found = "removed" if before == "disable" else "gone"
        elif before == "disable":
            found = "kept" if _is_false(body.get("active")) else "active"
        else:
            found = "disabled" if _is_false(body.get("active")) else "kept"
        self._kept[f"{before} {found}"] += 1


def _sight(
    step: Mapping[str, Any], exchange: Mapping[str, Any], checks: list[tuple[Mapping[str, Any], str | None]]
) -> _Sight:
    request, response = exchange["request"], exchange["response"]
    parts = urlsplit(request["url"])
    return _Sight(
        action=step["action"],
        method=request["method"],
        path=unquote(parts.path).rstrip("/"),
        query=parse_qs(parts.query, keep_blank_values=True),
        request_headers=request["headers"],
        sent=_parsed(request["body"]),
        status=response["status"],
        headers=response["headers"],
        body=_parsed(response["body"]),
        empty=not response["body"],
        failures=tuple((topic, str(c.get("where"))) for c, topic in checks if c["outcome"] == "fail"),
        judged=frozenset(topic for c, topic in checks if c["outcome"] in {"pass", "fail"}),
    )


def _parsed(body: str | None) -> Json:
    if not body or body[:1] not in "{[":
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _way_in(headers: list[list[str]]) -> str:
    """How the request logged in: ``Bearer``, a header's name, ``wrong``, or ``none``."""
    for name, value in headers:
        if value.endswith(WRONG_CREDENTIAL):
            return "wrong"
        if value.endswith(REDACTED):
            scheme = value.removesuffix(REDACTED).strip()
            return scheme or name
    return "none"


def _resources(body: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for entry in messages.entries(body)[:_MOST] if messages.has_entries(body) else [body]:
        if isinstance(entry, Mapping):
            yield entry


def _number(sight: _Sight, name: str) -> int | None:
    text = next(iter(sight.query.get(name, ())), "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else None


def _is_false(value: Json) -> bool:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0].get("value")  # [{"value": "False"}], as one client writes it
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _into(counts: dict[str, Counter[str]], name: str) -> Counter[str]:
    """The counter of that name. Names differ by more than case (RFC 7643 section 2.1); the first spelling is kept."""
    if name not in counts:
        name = next((known for known in counts if known.lower() == name.lower()), name)
        name = name if name in counts or len(counts) < _MOST else "(more)"
    return counts.setdefault(name, Counter())


def _count(counts: Counter[str], name: str) -> None:
    counts[name if name in counts or len(counts) < _MOST else "(more)"] += 1


def _plain(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(found.items())) for name, found in sorted(counts.items())}
