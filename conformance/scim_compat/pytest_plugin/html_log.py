"""pytest-html: the engineers' run log."""

from __future__ import annotations

import html
from typing import Any

import pytest

from scim_compat.pytest_plugin.controller import CALLER

# --- pytest-html: the engineers' run log ----------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any], config: pytest.Config) -> None:
    """Its table of the environment, without a pipeline's variables: addresses with tokens in them, people's names."""
    if config.pluginmanager.has_plugin(CALLER) or "scim" in getattr(config, "workerinput", {}):
        for name in metadata.keys() - {"Python", "Platform", "Packages", "Plugins"}:
            del metadata[name]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    cells.insert(2, "<th>Profile</th>")
    cells.insert(3, "<th>Severity</th>")


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: Any, cells: list[str]) -> None:
    properties = dict(getattr(report, "user_properties", ()))
    cells.insert(2, f"<td>{html.escape(str(properties.get('profile', '')))}</td>")
    cells.insert(3, f"<td>{html.escape(str(properties.get('severity', '')))}</td>")
