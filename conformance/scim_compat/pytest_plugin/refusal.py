"""pytest-html's log of a run that did not take place: one error that holds the message.

Without it a pipeline would show nothing, or the log of an earlier run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from scim_compat.pytest_plugin.controller import CALLER

_SUITE: Final = "scim-compat"
_CASE: Final = "endpoint"


def log_in_html(arguments: Sequence[str], message: str) -> None:
    """Calls pytest for its one item that ends in the error; ``arguments`` name configuration and log."""
    pytest.main(list(arguments), plugins=[_OneItem(message)])


class _Call:
    """Stands for the call that was refused."""


class _OneItem:
    def __init__(self, message: str) -> None:
        self._message = message

    def pytest_addoption(self, pluginmanager: pytest.PytestPluginManager) -> None:
        """Registers itself as the caller, whose log shows no variables of the environment."""
        pluginmanager.register(_Call(), CALLER)

    def pytest_collection(self, session: pytest.Session) -> bool:
        item = _Endpoint.from_parent(session, name=_CASE, nodeid=f"{_SUITE}::{_CASE}", message=self._message)
        session.items, session.testscollected = [item], 1
        return True


class _NotTestableError(Exception):
    """The endpoint could not be tested."""


class _Endpoint(pytest.Item):
    def __init__(self, *, message: str, **more: Any) -> None:
        super().__init__(**more)
        self._message = message

    def setup(self) -> None:
        raise _NotTestableError(self._message)  # in setup: an error, and no failure

    def runtest(self) -> None:
        """Never reached."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ARG002 - pytest's signature
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, _CASE
