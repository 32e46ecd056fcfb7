"""How a run was called, and the words of a command that repeats a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CallInfo:
    """The call of a run, as far as a repetition needs it. No secret is in it, only where one is found."""

    kind: Literal["run", "demo"]
    """The command."""
    url: str
    """The argument URL; empty where a target file or an application in process takes its place."""
    options: tuple[str, ...]
    """Options of the connection and the settings as the user gave them; no profile, no scenario, no seed."""
    only: tuple[str, ...]
    """Patterns that chose the scenarios; empty if all were."""


def replay_words(call: CallInfo, *, profile: str, scenarios: Iterable[str], seed: int | None) -> tuple[str, ...]:
    """Return the command that plays these scenarios again, word by word and not quoted.

    ``profile``: as the command line names it. ``seed`` None leaves it to chance, for an endpoint that still holds the
    names of the old one.
    """
    words = ["scim-compat", call.kind]
    words += [call.url] if call.url else []
    words += ["--profile", profile]
    words += [word for scenario in scenarios for word in ("--only", scenario)]
    words += [] if seed is None else ["--seed", str(seed)]
    return (*words, *call.options)
