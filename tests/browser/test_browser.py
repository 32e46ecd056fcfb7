"""The report in a real browser: Debian's Chromium, driven by Playwright, with axe-core for accessibility.

Chromium is not installed by pip. Without it these tests are skipped, but where ``CI`` is set they fail:
a pipeline that has no browser has not tested the report.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route
from pypdf import PdfReader
from scim_compat.report.html import render
from scim_compat.results.document.parsing import parse
from support import results as fixtures
from support.chromium import A4, OUTSIDE, Watched, bare, chromium, complaints
from support.draw import THOROUGH, some
from tools import sample

PAYLOAD = (
    "\u202e\x1b]0;x\x07</title></style></pre>\"'><script>window.__pwned=1</script>"
    '<img src="https://out.invalid/i" onerror="window.__pwned=1" onload="window.__pwned=1">'
    '<svg onload="window.__pwned=1"></svg><style>@import "https://out.invalid/c";</style>'
    '<iframe src="https://out.invalid/f"></iframe>{{ 7*7 }}\ud800'
)
PAYLOAD_URL = 'javascript:window.__pwned=1//"onmouseover="window.__pwned=1" autofocus onfocus="window.__pwned=1'


# --- pages ----------------------------------------------------------------------------------------


def unfinished() -> dict[str, Any]:
    """One client, interrupted."""
    results = fixtures.interrupted_results()
    return results | {"profiles": results["profiles"][:1]}


def excerpt() -> dict[str, Any]:
    """The committed sample, cut to a scenario of each outcome and severity: axe takes minutes for all of them."""
    results = copy.deepcopy(sample.read())
    (profile,) = results["profiles"]
    kinds = {(each["outcome"], each["severity"], each["applicable"]): each["id"] for each in profile["scenarios"]}
    profile["scenarios"] = [each for each in profile["scenarios"] if each["id"] in kinds.values()]
    wanted = {each["feature"] for each in profile["scenarios"]}
    profile["features"] = [each for each in profile["features"] if each["id"] in wanted]
    return results


RESULTS: dict[str, Callable[[], dict[str, Any]]] = {
    "believable": fixtures.build_results,
    "hostile": lambda: fixtures.hostile_results(PAYLOAD, PAYLOAD_URL),
    "unbreakable": lambda: fixtures.hostile_results("W" * 400, "https://example.com/" + "w" * 400),
    "many clients": fixtures.many_clients,
    "unfinished": unfinished,
    "empty": lambda: fixtures.build_results() | {"profiles": [], "verdict": "unproven"},
    "excerpt": excerpt,
    "sample": sample.read,
}


@functools.cache
def html(name: str) -> str:
    return render(parse(RESULTS[name]()))


# --- the browser ----------------------------------------------------------------------------------


Opener = Callable[..., Watched]


@pytest.fixture
def opened(shown: Callable[..., Watched]) -> Opener:
    """``opened(name, …)`` shows one of the pages; the rest are options of a browser context."""

    def show(name: str, *, text: str | None = None, **options: Any) -> Watched:
        return shown(html(name) if text is None else text, **options)

    return show


def test_without_chromium_a_developer_is_told_and_a_pipeline_fails(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install the package `chromium`"):
        chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium on PATH"):
        chromium()


# --- it runs and loads nothing --------------------------------------------------------------------


def stop(asked: list[str], route: Route) -> None:
    asked.append(route.request.url)
    route.abort()


@pytest.mark.parametrize(
    "name", some(RESULTS, {"believable", "hostile", "unbreakable", "unfinished", "empty", "excerpt"})
)
def test_no_text_of_others_runs_or_leads_astray(opened: Opener, name: str):
    watched = opened(name)
    watched.open_all()
    found = watched.page.evaluate("""() => {
        const all = [...document.querySelectorAll('*')];
        for (const kind of ['mouseover', 'focus', 'load', 'error', 'toggle', 'animationend'])
            for (const each of all) each.dispatchEvent(new Event(kind));
        return {
            pwned: String(window.__pwned),
            scripts: document.scripts.length,
            handlers: all.flatMap(each => each.getAttributeNames().filter(name => /^on|^style$/.test(name))),
            loaders: document.querySelectorAll('img, iframe, object, embed, link, video, audio, form').length,
            schemes: [...new Set([...document.links].map(link => link.protocol))].sort(),
            styles: document.styleSheets.length,
        };
    }""")
    schemes = found.pop("schemes")
    assert found == {"pwned": "undefined", "scripts": 0, "handlers": [], "loaders": 0, "styles": 1}
    assert set(schemes) <= {"file:", "http:", "https:"}


def test_the_policy_holds_even_where_escaping_would_fail(browser: Browser, tmp_path: Path):
    """And the same text does run, and does ask, without the policy: these tests would notice."""
    safe = html("believable").replace("</main>", PAYLOAD.encode("ascii", "ignore").decode() + "</main>")
    bare, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", safe)
    assert removed == 1
    outcomes = {}
    for name, text in {"safe": safe, "bare": bare}.items():
        file = tmp_path / f"{name}.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context()
        asked: list[str] = []

        context.route(re.compile("^https:"), functools.partial(stop, asked))
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_load_state("load")
        outcomes[name] = (page.evaluate("String(window.__pwned)"), sorted(asked))
        context.close()
    assert outcomes == {
        "safe": ("undefined", []),
        "bare": ("1", ["https://out.invalid/c", "https://out.invalid/f", "https://out.invalid/i"]),
    }


# --- accessible -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "scheme"),
    [
        # What is open shows all that is folded shows, and more. Contrast is four fifths of axe's time.
        ("believable", "open", "light"),
        pytest.param("believable", "open", "dark", marks=THOROUGH),
        pytest.param("believable", "folded", "light", marks=THOROUGH),
        pytest.param("excerpt", "open", "dark", marks=THOROUGH),
        ("unfinished", "open", "dark"),
        ("empty", "folded", "light"),
    ],
)
def test_axe_finds_nothing(opened: Opener, name: str, state: str, scheme: str):
    watched = opened(name, color_scheme=scheme)
    background = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(247, 247, 245)", "dark": "rgb(16, 19, 23)"}[scheme]
    if state == "open":
        watched.open_all()
    assert complaints(watched.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_pictures_can_be_read(opened: Opener, scheme: str):
    """As WCAG asks for (1.4.3): a contrast of 4.5 to 1."""
    page = opened("believable", color_scheme=scheme).page
    contrasts = page.evaluate("""() => {
        const parts = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const light = text => parts(text).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, n) => sum + c * [.2126, .7152, .0722][n], 0);
        const behind = it => { for (; it; it = it.parentElement) {
            const color = getComputedStyle(it).backgroundColor; if (!color.endsWith(', 0)')) return color; } };
        return [...document.querySelectorAll('svg text, svg tspan')].map(each => {
            const [one, other] = [light(getComputedStyle(each).fill), light(behind(each.closest('svg')))];
            return (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
        });
    }""")
    assert len(contrasts) > 40
    assert min(contrasts) >= 4.5


def test_axe_would_find_something(opened: Opener):
    text = html("empty").replace('<html lang="en">', "<html>").replace('<p class="empty">', '<p class="pill ok mute">')
    watched = opened("empty", text=text)
    watched.page.evaluate("document.styleSheets[0].insertRule('.pill { color: #ccc !important }')")
    assert {each.split()[1] for each in complaints(watched.page)} == {"html-has-lang", "color-contrast"}


# --- complete without JavaScript ------------------------------------------------------------------


@pytest.mark.parametrize("name", some(["believable", "unfinished", "empty"], ["unfinished"]))
def test_it_is_complete_without_javascript(opened: Opener, name: str):
    script = opened(name)
    script.open_all()
    plain = opened(name, java_script_enabled=False)
    assert plain.page.inner_text("body") != script.page.inner_text("body") or name == "empty", "something is folded"
    for _ in range(20):
        folded = plain.page.locator("details:not([open]) > summary:visible")
        if not folded.count():
            break
        folded.first.click(position={"x": 5, "y": 5})
    plain.open_all()  # as twenty of them have opened, of each kind the first
    assert plain.page.locator("details:not([open])").count() == 0
    assert plain.page.inner_text("body") == script.page.inner_text("body")


# --- by keyboard ----------------------------------------------------------------------------------

CONTROLS = """() => {
    const stops = 'a[href], summary, input:checked, [tabindex="0"]';  // Tab stops at one button of a group
    window.controls = [...document.querySelectorAll(stops)].filter(each => each.checkVisibility());
    return window.controls.length;
}"""
FOCUSED = """async () => {
    await new Promise(done => requestAnimationFrame(done));  // scrolled by then
    const it = document.activeElement, box = it.getClientRects()[0], style = getComputedStyle(it);
    const y = Math.min((box.top + box.bottom) / 2, innerHeight - 1);
    const shown = [...Array(9).keys()].map(n => document.elementFromPoint(box.left + box.width * (2 * n + 1) / 18, y));
    return {
        place: controls.indexOf(it),
        ring: it.matches(':focus-visible') && style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2,
        seen: shown.some(at => at !== null && (it.contains(at) || at.closest('label')?.control === it)),
        what: it.outerHTML.slice(0, 120),
    };
}"""
"""``seen`` is what WCAG asks for (2.4.11): not all of it lies outside the window or under something else."""


@pytest.mark.parametrize(
    ("key", "width"),
    [("Tab", 360), pytest.param("Shift+Tab", 360, marks=THOROUGH), pytest.param("Tab", 1280, marks=THOROUGH)],
)
def test_every_control_is_reached_by_tab_and_shows_that_it_is(opened: Opener, key: str, width: int):
    page = opened("believable", viewport={"width": width, "height": 800}).page
    number = page.evaluate(CONTROLS)
    assert number > 100
    order = list(range(number))
    if key == "Shift+Tab":
        order.reverse()
        page.evaluate("controls.at(-1).focus()")
        assert page.evaluate(FOCUSED)["place"] == order.pop(0)
    unseen, without_ring = [], []
    for place in order:
        page.keyboard.press(key)
        it = page.evaluate(FOCUSED)
        assert it["place"] == place, it["what"]
        unseen += [] if it["seen"] else [it["what"]]
        without_ring += [] if it["ring"] else [it["what"]]
    assert unseen == []
    assert without_ring == []


@pytest.mark.parametrize("key", some(["Enter", "Space"], ["Space"]))
def test_every_kind_of_fold_opens_and_closes_by_keyboard(opened: Opener, key: str):
    page = opened("believable").page
    for kind in ("scenario", "exchange", "repro", "rest"):
        fold = page.locator(f"details.{kind}:visible").first
        before = fold.evaluate("each => each.open")
        for after in (not before, before):
            fold.locator("> summary").focus()
            page.keyboard.press(key)
            assert fold.evaluate("each => each.open") is after, kind


def test_links_lead_to_what_is_shown(opened: Opener):
    """Also into what is folded: a scenario's step, for one."""
    page = opened("believable").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)"), "the head is skipped"
    followed = page.evaluate("""async () => {
        const found = {};
        for (const link of document.links) {
            const to = link.getAttribute('href');
            if (to[0] !== '#' || to in found) continue;
            link.click();
            await new Promise(done => requestAnimationFrame(done));
            const it = document.querySelector(':target'), box = it.getBoundingClientRect();
            found[to] = '#' + it.id === to && it.checkVisibility({contentVisibilityAuto: true})
                && box.top < innerHeight && box.bottom > 0;
        }
        return found;
    }""")
    assert len(followed) > 40
    assert [to for to, shown in followed.items() if not shown] == []


# --- at any width ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    some(
        ["believable", "unbreakable", "hostile", "many clients", "empty", "sample"],
        ["believable", "unbreakable", "many clients", "empty"],
    ),
)
def test_no_width_needs_sideways_scrolling(opened: Opener, name: str):
    """320 is what WCAG asks for (1.4.10 Reflow). Tables of clients scroll within themselves."""
    watched = opened(name)
    for width in (320, 1280) if name in {"many clients", "sample"} else (320, 360, 800, 1280):
        watched.page.set_viewport_size({"width": width, "height": 800})
        assert watched.page.evaluate(OUTSIDE, width) == [], f"folded at {width}"
        watched.open_all()
        assert watched.page.evaluate(OUTSIDE, width) == [], f"open at {width}"


# --- printed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", some(["believable", "unbreakable", "many clients", "sample"], ["unbreakable", "sample"])
)
def test_paper_holds_every_scenario_and_all_of_it(opened: Opener, name: str):
    watched = opened(name, viewport={"width": A4, "height": 1000})
    watched.print_everything()
    watched.page.emulate_media(media="print")
    shown = watched.page.evaluate("""() => {
        const seen = it => it.checkVisibility({contentVisibilityAuto: true}) && it.getBoundingClientRect().height > 0;
        const count = selector => [...document.querySelectorAll(selector)].map(seen);
        return {folded: document.querySelectorAll('details.scenario:not([open])').length,
                scenarios: count('details.scenario .scenario-body'), steps: count('li.step'),
                problems: count('.problem'), verdicts: count('.card, .verdicts tbody tr')};
    }""")
    assert shown.pop("folded"), "this would show nothing"
    assert all(shown.values())
    assert {kind: places.count(False) for kind, places in shown.items()} == dict.fromkeys(shown, 0)
    assert watched.page.evaluate(OUTSIDE, A4) == []


def test_a_printed_card_is_on_one_page(opened: Opener, tmp_path: Path):
    watched = opened("believable")
    watched.print_everything()
    whole = watched.page.evaluate("""() => ['.card', '.alert', '.problem', '.unified'].flatMap(kind =>
        [...document.querySelectorAll(kind)].map(each => each.textContent))""")
    titles = watched.page.evaluate(
        "[...document.querySelectorAll('details.scenario h5')].map(each => each.textContent)"
    )
    assert len(whole) > 8
    assert len(titles) == 20
    file = tmp_path / "report.pdf"
    watched.page.pdf(path=file, format="A4")
    pages = [bare(page.extract_text()) for page in PdfReader(file).pages]
    assert [title for title in titles if not any(bare(title) in page for page in pages)] == []
    assert [text for text in whole if not any(bare(text) in page for page in pages)] == []
