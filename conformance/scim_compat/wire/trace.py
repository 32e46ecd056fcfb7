"""A header of our own that tells the endpoint's log which request of which run it has before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from scim_compat.errors import SettingError
from scim_compat.values import TRACE_HEADER
from scim_compat.wire.messages import Request
from scim_compat.wire.strict_json import sanitise

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_TAKEN: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "content-type", "authorization", "accept", "cookie"}
)


@dataclass(frozen=True, slots=True)
class Trace:
    """The header and the run. Its value is ``RUN/PROFILE/SCENARIO/STEP``, with a dash for what a request has not."""

    name: str
    run: str

    def mark(self, request: Request, *, profile: str = "-", scenario: str = "-", step: str = "-") -> Request:
        """The request with the header; one that has it already stays as it is."""
        if request.headers.get(self.name) is not None:
            return request
        header = (self.name, f"{self.run}/{profile}/{scenario}/{step}")
        return replace(request, headers=request.headers.plus(header))


def check_name(name: str) -> None:
    """Raises SettingError for a name that no trace can have."""
    if not _NAME.fullmatch(name):
        raise SettingError(
            f"--trace-header: {sanitise(name)[:60]!r} is not a header name (RFC 9110 section 5.1)",
            hint=f"leave the name out for {TRACE_HEADER}, and put the URL before the option",
        )
    if name.lower() in _TAKEN:
        raise SettingError(f"--trace-header: the client itself sends {name}", hint=f"try {TRACE_HEADER}")
