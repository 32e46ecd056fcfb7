"""``run --again DIR``: plays what failed in an earlier run, with its seed and its settings.

The settings that the earlier run recorded count as if they had been typed; an option of the call at hand goes before
them. The results name the secret's place only, so the secret is read from there again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from scim_compat.cli.options import ONCE
from scim_compat.errors import RecordFileError, UsageError
from scim_compat.results.document import INTEGRITY, Document
from scim_compat.results.document.call import CallInfo
from scim_compat.results.read import read_run
from scim_compat.run.request import RunRequest
from scim_compat.run.selection import select
from scim_compat.values import IN_PROCESS_URL, Outcome, Severity, is_at_least, plural

_SECRETS: Final = frozenset({"secret_env", "secret_file", "secret_prompt"})
_GROUPS: Final = (_SECRETS, frozenset({"scim_app"}))
"""Options of which one replaces the others."""

Pair = tuple[str, str]
"""Ids of a profile and of its scenario."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The run that is played again."""

    document: Document
    folder: str

    @property
    def call(self) -> CallInfo:
        url = self.document.target.url
        return self.document.run.call or CallInfo("run", "" if url == IN_PROCESS_URL else url, (), ())

    def profiles(self, pairs: frozenset[Pair]) -> tuple[str, ...]:
        """The profiles of these scenarios, as the command line names them."""
        ids = {profile for profile, _ in pairs}
        return tuple(profile.reference or profile.id for profile in self.document.profiles if profile.id in ids)

    def failed(self, fail_on: Severity) -> frozenset[Pair]:
        """The scenarios that failed, ended in an error, or have a finding at or above ``fail_on``.

        Where accounts of others were changed, any scenario of the profile may have done it.
        """
        return frozenset(self._failed(fail_on))

    def _failed(self, fail_on: Severity) -> Iterator[Pair]:
        for profile in self.document.profiles:
            known = [scenario for scenario in profile.scenarios if scenario.feature != INTEGRITY]
            failed = [
                scenario
                for scenario in profile.scenarios
                if scenario.outcome in {Outcome.FAIL, Outcome.ERROR} or is_at_least(scenario.severity, fail_on)
            ]
            are_all = any(scenario.feature == INTEGRITY for scenario in failed)
            yield from ((profile.id, scenario.id) for scenario in (known if are_all else failed))


def read_earlier(folder: str) -> Earlier:
    """The run in that folder. Raises RecordFileError."""
    if not Path(folder).exists():
        raise UsageError(f"--again {folder}: there is no such folder", hint="give the output folder of an earlier run")
    document, _ = read_run(Path(folder))
    return Earlier(document, folder)


def take_over(earlier: Earlier, context: click.Context, *, url: str | None) -> str | None:
    """Puts the recorded options into the parameters of the call, and returns the URL. Raises UsageError."""
    call = earlier.call
    recorded = _parsed(call, context, earlier.folder)
    given = _given(context)
    for group in _GROUPS:
        if given & group:
            given |= group
    if "auth" in given:
        given |= _SECRETS
    if url:
        given.add("scim_app")
    for name in _given(recorded) - given:
        context.params[name] = recorded.params[name]
        context.set_parameter_source(name, ParameterSource.COMMANDLINE)
    if "seed" not in given:
        context.params["seed"] = earlier.document.run.seed
    address = url or ("" if given & {"target", "scim_app"} else call.url)
    if not address and not context.params["target"] and not context.params["scim_app"]:
        if call.kind == "demo":
            raise UsageError(
                f"{earlier.folder} is the run of a demo, whose server has ended",
                hint="give the URL of the endpoint to play it at",
            )
        raise UsageError(
            f"{earlier.folder} is a run against an application in process, and does not say which",
            hint="name it, as --scim-app MODULE:ATTRIBUTE",
        )
    return address or None


def _given(context: click.Context) -> set[str]:
    sources = ((name, context.get_parameter_source(name)) for name in context.params)
    return {name for name, source in sources if source is ParameterSource.COMMANDLINE}


def _parsed(call: CallInfo, context: click.Context, folder: str) -> click.Context:
    """The recorded options, read by the command as if they had been typed."""
    words: list[str] = [*call.options]
    try:
        parsed = context.command.make_context("run", words, parent=context.parent)
    except click.UsageError as error:
        raise UsageError(
            f"{folder}: the options of that run do not hold any more: {error.format_message().rstrip('.')}",
            hint="start where it was started, or give the option anew",
        ) from None
    strange = _given(parsed) & ONCE
    if strange:
        raise RecordFileError(f"{folder}: its call has options that no run records: {', '.join(sorted(strange))}")
    return parsed


def explain(earlier: Earlier, request: RunRequest) -> str:
    """One paragraph about the run that begins: how many scenarios it plays, and which it does not.

    Raises UsageError if none of them is left.
    """
    selection = select(request)
    played = sum(len(scenarios) for scenarios in selection.scenarios.values())
    seed = request.settings.seed
    parts = [f"Plays again {plural(played, 'scenario')} that failed in {earlier.folder}, with seed {seed}."]
    if missing := len(request.pairs or ()) - played:
        parts.append(f"{missing} more failed and are left out: not chosen, or no longer in the profile.")
    if not_reached := earlier.document.not_reached:
        parts.append(f"That run did not reach {not_reached} others, which are not played either.")
    return " ".join(parts)
