"""One browser for each module of tests, and pages that are watched until the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from support.chromium import Watched, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the module, and not for longer: Playwright keeps an event loop running in this thread."""
    where = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=where)
        yield started
        started.close()


Shower = Callable[..., Watched]


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Shower]:
    """``shown(html, …)`` shows a page; the rest are options of a browser context.

    Whatever a test does with its pages: at its end none may have asked for anything, opened a dialog or
    complained.
    """
    pages: list[Watched] = []

    def show(text: str, **options: Any) -> Watched:
        file = tmp_path / f"{len(pages)}.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(offline=True, **options)
        context.set_default_timeout(120_000)  # milliseconds; for a busy machine, nothing waits for it
        watched = Watched(context.new_page(), file.as_uri())
        pages.append(watched)
        watched.listen()
        watched.page.goto(watched.uri)
        return watched

    yield show
    for watched in pages:
        watched.page.context.close()
    assert [(each.requests, each.noises) for each in pages] == [([each.uri], []) for each in pages]
