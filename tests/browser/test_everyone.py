"""The page of many clients: of results that were made up, and of a run of all profiles, at broken and good servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader
from scim_compat.report.html import render
from scim_compat.results.causes import causes
from scim_compat.results.document import Document
from scim_compat.results.document.parsing import parse
from scim_compat.values import Outcome
from support import results as fixtures
from support.chromium import OUTSIDE, Watched, bare, complaints, without_hidden
from support.draw import THOROUGH
from support.everyone import play_all

DEFECTS = (
    "member-remove-removes-all",
    "active-string-truthy",
    "duplicate-500",
    "pathless-replaces-whole-resource",
)
LARGEST = 8_000_000
"""Bytes of the page."""
PAPER = {"ten": 40, "broken": 40, "good": 20}
"""Sheets of A4 at most."""
Shower = Callable[..., Watched]


@pytest.fixture(
    scope="module", params=["ten", pytest.param("broken", marks=THOROUGH), pytest.param("good", marks=THOROUGH)]
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Document, str]:
    """Name, results and page of a run of all profiles."""
    if request.param == "ten":
        document = parse(fixtures.many_clients())
        return request.param, document, render(document)
    document = play_all(tmp_path_factory.mktemp("run"), defects=DEFECTS if request.param == "broken" else ())
    return request.param, document, render(document)


def test_the_first_screen_shows_all_verdicts_and_the_first_cause(played, shown: Shower):
    name, document, html = played
    page = shown(html, viewport={"width": 1280, "height": 800}).page
    lowest = page.evaluate("""() => Object.fromEntries(['.verdicts tbody tr:last-child', '.overview li', '#fix-first .empty'].map(
        each => [each, document.querySelector(each)?.getBoundingClientRect().bottom ?? null]))""")
    rows = page.locator(".verdicts tbody tr").all_inner_texts()
    assert len(rows) == len(document.profiles) >= 10
    assert lowest[".verdicts tbody tr:last-child"] < 800
    first = lowest["#fix-first .empty" if name == "good" else ".overview li"]
    assert first is not None
    assert first < 800
    assert page.locator(".overview li").count() == len(causes(document))


def test_it_is_small_and_needs_no_sideways_scrolling(played, shown: Shower):
    _, _, html = played
    assert len(html.encode()) < LARGEST
    page = shown(html, viewport={"width": 390, "height": 800}).page
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE, width) == []


@THOROUGH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(played, shown: Shower, scheme: str):
    _, _, html = played
    page = shown(html, color_scheme=scheme).page
    without_hidden(page)
    assert complaints(page) == []


def test_paper_holds_verdicts_causes_and_features_unless_all_is_asked_for(played, shown: Shower, tmp_path: Path):
    name, document, html = played
    watched = shown(html)
    watched.page.pdf(path=tmp_path / "short.pdf", format="A4")
    sheets = PdfReader(tmp_path / "short.pdf").pages
    assert 1 < len(sheets) <= PAPER[name]
    text = bare("".join(sheet.extract_text() for sheet in sheets))
    assert "Onpaper" not in text
    assert "BreachBlockerDegradedCosmetic" in text, "the columns stand on one line"
    for profile in document.profiles:
        assert bare(profile.title) in text
    for cause in causes(document):
        assert bare(cause.title)[:40] in text
    assert "Createusers" in text
    watched.page.emulate_media(media="print")
    assert watched.page.locator("#scenarios").is_hidden()
    watched.print_everything()
    assert watched.page.locator("#scenarios").is_visible()


def failing_rows(document: Document) -> set[str]:
    """Features of several profiles with a scenario that failed."""
    listed = Counter(feature.id for profile in document.profiles for feature in profile.features)
    failed = {
        scenario.feature
        for profile in document.profiles
        for scenario in profile.scenarios
        if scenario.outcome is Outcome.FAIL
    }
    return {feature for feature in failed if listed[feature] > 1}


SEEN = """selector => [...document.querySelectorAll(selector)].filter(
    each => each.checkVisibility() || each.parentElement.closest('details:not([open])')?.checkVisibility()
).map(each => each.id)"""


def test_failed_only_leaves_exactly_the_failed_ones(played, shown: Shower):
    _, document, html = played
    watched = shown(html)
    page = watched.page
    watched.open_all()
    every = set(page.evaluate(SEEN, "details.scenario"))
    failed = {
        f"{profile.id}-{scenario.id}"
        for profile in document.profiles
        for scenario in profile.scenarios
        if scenario.outcome is Outcome.FAIL
    }
    assert len(every) == sum(len(profile.scenarios) for profile in document.profiles)
    page.locator("label[for=show-failed]").click()
    assert set(page.evaluate(SEEN, "details.scenario")) == failed
    assert page.locator("article.cause:visible").count() == len(causes(document))
    assert page.locator("#matrix td .cell.bad:visible, #matrix td .cell.warn:visible").count() >= bool(failed)
    rows = page.locator("#matrix tbody tr:not(.family):visible").count()
    assert rows == len(failing_rows(document)) == page.locator("#matrix tbody tr.failed").count()
    page.locator("label[for=show-all]").click()
    assert set(page.evaluate(SEEN, "details.scenario")) == every


def test_filters_by_severity_and_client_work_together(played, shown: Shower):
    name, document, html = played
    if name == "good":
        pytest.skip("nothing is to be filtered")
    watched = shown(html)
    page = watched.page
    watched.open_all()
    found = causes(document)
    severities = {
        n: [h.severity for c in found for h in c.hits if h.profile == n] for n in range(len(document.profiles))
    }
    p = next(n for n, those in severities.items() if len(found) > len(those) > those.count("degraded") > 0)
    client = document.profiles[p].id
    page.locator(f"label[for=client-{p}]").click()
    assert page.locator(".clients summary").inner_text() == f"Client: {client}"
    hits = [cause for cause in found if any(hit.profile == p for hit in cause.hits)]
    assert page.locator("article.cause:visible").count() == len(hits) < len(found)
    assert page.locator("section.profile:visible").count() == 1
    page.locator("label[for=severity-degraded]").click()
    mild = [cause for cause in hits if any((hit.profile, hit.severity) == (p, "degraded") for hit in cause.hits)]
    assert page.locator("article.cause:visible").count() == page.locator(".overview li:visible").count() == len(mild)
    assert 0 < len(mild) < len(hits)
    wanted = {f"{client}-{one.id}" for one in document.profiles[p].scenarios if one.severity == "degraded"}
    assert set(page.evaluate(SEEN, "details.scenario")) == wanted
