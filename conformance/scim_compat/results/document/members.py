"""The small types that records are made of, with the rules that their values keep."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

from scim_compat.values import Json, Verdict

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


def _is_time(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(_TIME.fullmatch(text)) and bool(datetime.fromisoformat(text))
    return False


class Rule(NamedTuple):
    """A rule beyond the type of a member. ``sentence`` completes ``VALUE …`` for a value that breaks it."""

    holds: Callable[[Any], Any]
    sentence: str


Id = Annotated[str, Rule(re.compile(r"[a-z0-9][a-z0-9._-]*").fullmatch, "is no id (a-z, 0-9, dot, dash, underscore)")]
StepId = Annotated[str, Rule(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*").fullmatch, "is no id of a step")]
Action = Annotated[str, Rule(re.compile(r"[a-z]+(-[a-z]+)*").fullmatch, "is no action (a-z and dashes)")]
Name = Annotated[str, Rule(len, "is empty")]
Time = Annotated[str, Rule(_is_time, "is no time in UTC (ISO 8601)")]
Count = Annotated[int, Rule(lambda number: number >= 0, "is less than 0")]
Limit = Annotated[int, Rule(lambda number: number >= 1, "is less than 1")]
Line = Limit
Milliseconds = Annotated[float, Rule(lambda ms: 0 <= ms < math.inf, "is no duration")]
Seconds = Annotated[float, Rule(lambda seconds: 0 <= seconds < math.inf, "is no duration")]
Status = Annotated[int, Rule(lambda status: 100 <= status <= 999, "is no HTTP status (100 to 999)")]
OverallVerdict = Annotated[
    Verdict, Rule(lambda word: word is not Verdict.NOT_APPLICABLE, "is a feature's verdict only")
]

Counts = Mapping[str, Count]
"""Word → number; a word that did not occur is left out."""
NamedCounts = Mapping[str, Counts]
JsonObject = Mapping[str, Json]


def member_name(name: str) -> dict[str, str]:
    """Metadata of a field whose member in the file has another name."""
    return {"key": name}
