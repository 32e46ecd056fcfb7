"""JUnit XML and pytest-html's log of a run that did not take place: one error that holds the message.

Without them a pipeline would show nothing, or the files of an earlier run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from scim_compat.pytest_plugin.controller import CALLER

_SUITE: Final = "scim-compat"
_CASE: Final = "endpoint"
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""


def write_junit(file: Path, message: str, *, kind: str) -> None:
    """``kind``: the type of the error. Raises OSError if the file cannot be written."""
    text = _FORBIDDEN.sub("�", message)
    counts = {"tests": "1", "errors": "1", "failures": "0", "skipped": "0", "time": "0"}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    root = ET.Element("testsuites", {"name": _SUITE, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _SUITE, "timestamp": now, **counts})
    case = ET.SubElement(suite, "testcase", classname=_SUITE, name=_CASE, time="0")
    ET.SubElement(case, "error", message=text, type=kind).text = text
    file.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


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
