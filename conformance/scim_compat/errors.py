"""The errors that end a command or a run: one tree.

Each class carries the exit status of the command that it ends, and each error a hint: what to do next. Commands and
the pytest plugin catch ``ScimCompatError`` and nothing else. Any other exception is a bug of scim-compat and ends
with status 4. ``ValueError`` is for programmers and is caught at no door.

The life of a run, and which error may be raised where::

    the call is read          UsageError            an option, a choice of scenarios or an output folder cannot work
      the connection            SettingError          no request can be sent with this URL, credential or application
    files are read            InputError            a file is missing, unreadable or not of the kind that was asked for
      that people write         SourceFileError       profile, target file: one complaint a line, each with its place
      that a run wrote          RecordFileError       ledger, events, results
    the endpoint is probed    NotTestableError      no connection, credential refused, not SCIM
      its names are compared    SeedInUseError        resources of this seed are there already
    scenarios are played      nothing               what the endpoint does is a finding, what stops play an outcome
    results are written       OutputError           the disk is full, the folder is read-only

The tree, with exit statuses::

    ScimCompatError
    ├── UsageError           2
    │   └── SettingError
    ├── InputError           2
    │   ├── SourceFileError
    │   └── RecordFileError
    ├── NotTestableError     3
    │   └── SeedInUseError
    └── OutputError          4
"""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from scim_compat.values import Where


class ExitStatus(enum.IntEnum):
    """How a command ends. The README explains each to users."""

    OK = 0
    """Nothing at or above ``--fail-on``."""
    FINDINGS = 1
    USAGE = 2
    """A wrong call, or a file with errors. Nothing was sent."""
    NOT_TESTABLE = 3
    """The endpoint could not be tested, or not to the end."""
    INTERNAL = 4
    """An internal error, or results that could not be written. Nothing is held against the endpoint."""


class ScimCompatError(Exception):
    """Base of the tree. ``str()`` gives the message and its hint as one paragraph."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        return f"{self.message} {self.hint}" if self.message.endswith(".") else f"{self.message}; {self.hint}"


class UsageError(ScimCompatError):
    """The call cannot work as it stands."""

    exit_status = ExitStatus.USAGE


class SettingError(UsageError):
    """No request can be sent with this URL, credential, certificate, proxy or application."""


class InputError(ScimCompatError):
    """A file cannot be used."""

    exit_status = ExitStatus.USAGE


class RecordFileError(InputError):
    """A file that a run wrote (ledger, events, results) is missing, damaged or of another format.

    ``pointer``: JSON pointer of the damaged value; empty where the file as a whole is meant.
    """

    def __init__(self, message: str, *, hint: str = "", pointer: str = "") -> None:
        super().__init__(message, hint=hint)
        self.pointer = pointer


SHOWN: Final = 20
"""Complaints that an error prints. More than a screenful helps nobody."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error in a file. ``hint`` says how to fix it and may be empty."""

    where: Where
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class SourceFileError(InputError):
    """A file that people write (profile, target file) has errors.

    ``complaints`` holds every reason in file order, each with its place and its own hint.
    """

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(dict.fromkeys(complaints))
        lines = [str(complaint) for complaint in self.complaints[:SHOWN]]
        if len(self.complaints) > SHOWN:
            lines.append(f"… and {len(self.complaints) - SHOWN} more")
        super().__init__("\n".join(lines))


class NotTestableError(ScimCompatError):
    """The endpoint cannot be tested: no connection, credential refused, not SCIM."""

    exit_status = ExitStatus.NOT_TESTABLE


class OtherVersionError(NotTestableError):
    """The endpoint speaks another version of SCIM than the profile. ``spoken``: that version."""

    def __init__(self, message: str, *, spoken: str) -> None:
        super().__init__(message)
        self.spoken = spoken


class SeedInUseError(NotTestableError):
    """The endpoint holds resources of this seed that this run did not create."""


class OutputError(ScimCompatError):
    """Results or a report could not be written. The run must not end with success."""


TRACE_SWITCH: Final = "SCIM_COMPAT_TRACEBACK"
"""Environment variable: set to anything, it makes an internal error print its traceback, without secrets."""


def is_traced() -> bool:
    """True when the user asked for tracebacks."""
    return bool(os.environ.get(TRACE_SWITCH))


def internal_error(error: BaseException) -> str:
    """One paragraph about an exception that is not of the tree: its class and its place, for a report to us."""
    return (
        f"Internal error in scim-compat: {type(error).__name__} in {_place(error)}. "
        f"Set {TRACE_SWITCH}=1 to see all of it, and please report it."
    )


def _place(error: BaseException) -> str:
    """Module and line of the innermost frame that is ours."""
    trace, place = error.__traceback__, "an unknown place"
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if "scim_compat" in path:
            place = f"{path.rpartition('scim_compat')[2].lstrip('/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
