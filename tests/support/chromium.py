"""The report in a real browser: Debian's Chromium, driven by Playwright, with axe-core for accessibility."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
A4 = 718
"""Width in CSS pixels of what a printer of A4 paper leaves between margins of 10 mm."""


def chromium() -> str:
    """Where Chromium is. Skips the test if there is none; where ``CI`` is set, fails it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    missing = "no Chromium on PATH, so the report is not tested in a browser; install the package `chromium`"
    if os.environ.get("CI"):
        pytest.fail(f"{missing} (CI is set, so this is no reason to skip)", pytrace=False)
    pytest.skip(missing)


@dataclass
class Watched:
    """A page, and all that it did beyond showing itself."""

    page: Page
    uri: str
    requests: list[str] = field(default_factory=list)
    noises: list[str] = field(default_factory=list)

    def listen(self) -> None:
        def dialog(box: Dialog) -> None:
            self.noises.append(f"dialog: {box.message}")
            box.dismiss()

        def console(said: ConsoleMessage) -> None:
            self.noises.append(f"console: {said.text}")

        self.page.on("dialog", dialog)
        self.page.on("console", console)
        self.page.on("pageerror", lambda error: self.noises.append(f"error: {error}"))
        self.page.on("popup", lambda other: self.noises.append(f"window: {other.url}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")

    def print_everything(self) -> None:
        self.page.evaluate("document.querySelector('#print-all').click()")


def complaints(page: Page) -> list[str]:
    """What axe finds wrong, and the contrasts that it cannot tell. Step dots are no background of any text.

    axe cannot tell the contrast of any text of a picture; ``test_text_of_pictures_can_be_read`` can.
    """
    for rule in (".step::before { content: none !important }", ".strip text { display: none !important }"):
        page.evaluate("rule => document.styleSheets[0].insertRule(rule)", rule)
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations', 'incomplete']})", RULES
    )
    return [
        f"{kind}: {rule['id']} ({rule['help']}) at {node['target']}: {node['html'][:200]}"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
        if kind == "violations" or rule["id"] == "color-contrast"
        for node in rule["nodes"]
    ]


def without_hidden(page: Page) -> None:
    """Take out what is folded: axe judges nothing that is hidden, but looks at all of it, which takes it minutes."""
    page.evaluate("""() => document.querySelectorAll('details:not([open])').forEach(
        each => [...each.children].filter(child => child.tagName !== 'SUMMARY').forEach(child => child.remove()))""")


OUTSIDE = """limit => {
    const found = document.documentElement.scrollWidth > limit ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
    for (const region of document.querySelectorAll('.scroll, .strip')) {
        const box = region.getBoundingClientRect();
        if (box.right > limit + 1 || box.left < 0) found.push(`${region.className} from ${box.left} to ${box.right}`);
    }
    const range = document.createRange();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const holder = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !holder.checkVisibility() || holder.closest('.skip, .sr')) continue;
        if (matchMedia('screen').matches && holder.closest('.scroll, .strip')) continue;
        range.selectNodeContents(texts.currentNode);
        const box = range.getBoundingClientRect();
        if (box.right > limit + 1 || box.left < 0) found.push(`${box.left} to ${box.right}: ${texts.currentNode.data.trim().slice(0, 60)}`);
    }
    return found.slice(0, 10);
}"""


def bare(text: str, white: str = r"\s·") -> str:
    """Without white space, the style sheet's dots and ligatures: lines break elsewhere on paper."""
    return re.sub(f"[{white}]", "", text).replace("\ufb01", "fi").replace("\ufb02", "fl").replace("\ufb00", "ff")
