"""Which tests run: classes of cost by folder, and the draw."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from support import draw
from support.places import TESTS

COSTS = ("unit", "served", "process", "browser", "matrix")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run all tests, drawn or not; so it is where CI is set")


def takes_all(config: pytest.Config) -> bool:
    """True where the tests that are not drawn run as well: they were asked for, or named."""
    return bool(config.getoption("--all") or os.environ.get("CI") or any("::" in name for name in config.args))


def pytest_configure(config: pytest.Config) -> None:
    draw.share = 1 if takes_all(config) else 4
    settings.register_profile("tests", deadline=None, max_examples=draw.examples(60), database=None)
    settings.load_profile("tests")


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """True where nothing is left out."""
    return takes_all(pytestconfig)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``-m unit`` does not even import the tests of another folder."""
    wanted = config.getoption("markexpr").strip()
    folder = collection_path.name
    other = wanted in COSTS and folder in COSTS and folder != wanted and collection_path.parent == TESTS
    return True if other else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The folder of a test is its class of cost, and its marker: ``-m unit``. What is not drawn is deselected."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder not in COSTS:
            raise pytest.UsageError(f"{item.path}: put it into tests/{'/, tests/'.join(COSTS)}/, by what it needs")
        item.add_marker(folder)
    left_out = [] if takes_all(config) else [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage, and each full collection would look through all of them."""
    gc.collect()
    gc.freeze()
