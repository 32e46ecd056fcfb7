"""One small failing exchange of each check, for whoever has to fix it.

The exchanges are real: a server that is broken on purpose, or a case of the tests, gave these answers.
``tests/tools/examples.py`` writes the file, and a test makes the failures again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Self

from scim_compat.values import MISSING, Json, Party, Prose

_MESSAGES: Final = ("before", "request", "response")


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer, as a page shows it."""

    line: str
    headers: tuple[tuple[str, str], ...] | None
    """None for a request: its headers do not matter."""
    body: str
    """Indented and cut."""

    @classmethod
    def from_json(cls, content: Mapping[str, Json]) -> Self:
        headers = tuple((name, value) for name, value in content["headers"]) if "headers" in content else None
        return cls(content["line"], headers, content["body"])

    def as_json(self) -> dict[str, Json]:
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Example:
    """One exchange on which a check fails."""

    server: str
    """The defect of the server, in words; empty for a case of the tests."""
    step: str
    """The purpose of the request."""
    by: Party
    before: Message | None
    """The client's write whose effect a read of ours looks at."""
    request: Message
    response: Message | None
    """None where ``failure`` says why no answer came."""
    failure: str
    where: str
    expected: Json = MISSING
    actual: Json = MISSING
    message: str = ""
    prose: tuple[str, ...] = ()
    """Those of the two values that are words of the check."""
    made: Mapping[str, Json] = field(default_factory=dict)
    """The way to make the example again; nobody but the tests reads it."""

    @classmethod
    def from_json(cls, content: Mapping[str, Json]) -> Self:
        messages = {name: content[name] and Message.from_json(content[name]) for name in _MESSAGES}
        words = {name: Prose(content[name]) for name in content.get("prose", ())}
        return cls(**{**content, **messages, **words})

    def as_json(self) -> dict[str, Json]:
        """The example as ``scim-compat explain --json`` prints it."""
        messages = {"before": self.before, "request": self.request, "response": self.response}
        whole = {**asdict(self), **{name: message and message.as_json() for name, message in messages.items()}}
        return {key: value for key, value in whole.items() if key != "made" and value is not MISSING}


@cache
def examples() -> Mapping[str, Example]:
    """Check id → its example."""
    content = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
    return {check: Example.from_json(example) for check, example in content.items()}
