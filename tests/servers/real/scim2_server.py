"""scim2-server, as the demo starts it: the RFC's schemas, in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from scim_compat.cli.commands.demo import target

from servers.loopback import serve
from servers.real import TOKEN, Target


@contextlib.contextmanager
def started() -> Iterator[Target]:
    with serve(target(TOKEN)) as origin:
        yield Target(f"{origin}/v2")
