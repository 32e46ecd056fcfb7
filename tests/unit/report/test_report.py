"""The compatibility report: what it says, and that no text of others can make it say or do anything else."""

from __future__ import annotations

import ast
import base64
import copy
import hashlib
import json
import re
import shlex
import sys
from collections import Counter
from itertools import pairwise

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_compat.report import exchanges, facts, reproduce, scenarios
from scim_compat.report.anchors import Anchors
from scim_compat.report.diff import Difference, diff
from scim_compat.report.html import render
from scim_compat.report.text import (
    Link,
    citation,
    clip,
    json_text,
    pretty,
    safe_url,
    visible,
)
from scim_compat.report.viewmodel import View, build
from scim_compat.results.causes import causes
from scim_compat.results.document.parsing import parse
from scim_compat.results.document.records import RequestRecord
from support import results as fixtures
from support.draw import THOROUGH, examples
from support.page import Page
from support.places import ROOT

REPORT = ROOT / "conformance" / "scim_compat" / "report"
SCHEMA = json.loads(
    (ROOT / "conformance" / "scim_compat" / "results" / "results.schema.json").read_text(encoding="utf-8")
)


def built(document) -> View:
    return build(document, causes(document))


def rendered(results):
    return render(parse(results))


@pytest.fixture(scope="module")
def results():
    return fixtures.build_results()


@pytest.fixture(scope="module")
def failing_run():
    return fixtures.many_results(2000, failing=True)


@pytest.fixture(scope="module")
def html(results):
    return rendered(results)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def hostile_html():
    return rendered(fixtures.hostile_results())


def section(html: str, anchor: str) -> str:
    """The page from the element with that id up to the next section of the page, as text."""
    start = html.index(f'id="{anchor}"')
    end = html.find('<section id="', start)
    return Page("<section " + html[start : end if end > 0 else None]).text


def entra(results, scenario):
    return next(each for each in results["profiles"][0]["scenarios"] if each["id"] == scenario)


# --- results.schema.json


class TestSchema:
    validator = jsonschema.Draft202012Validator(SCHEMA)

    @pytest.mark.parametrize("make", [fixtures.build_results, fixtures.interrupted_results, fixtures.hostile_results])
    def test_fixtures_are_results(self, make):
        assert [error.message for error in self.validator.iter_errors(make())] == []

    def test_a_long_run_is_a_result(self):
        assert self.validator.is_valid(fixtures.many_results(20, failing=True))

    def objects(self, node):
        if isinstance(node, dict):
            yield node
            for child in node.values():
                yield from self.objects(child)
        elif isinstance(node, list):
            for child in node:
                yield from self.objects(child)

    def test_every_object_of_ours_is_closed_but_those_that_others_fill(self):
        open_ones = {"claims", "provider_config", "resource_types", "check"}
        named = {
            **SCHEMA["$defs"],
            **{
                name: entry
                for each in self.objects(SCHEMA)
                if "properties" in each
                for name, entry in each["properties"].items()
                if isinstance(entry, dict)
            },
        }
        for name, entry in named.items():
            if entry.get("type") == "object" and name not in open_ones:
                assert "additionalProperties" in entry, name

    @pytest.mark.parametrize(
        ("where", "change"),
        [
            ("an unknown key at the top", lambda r: r.update(extra=1)),
            ("another format", lambda r: r.update(schema="scim-compat/results/2")),
            ("a local time", lambda r: r["run"].update(started="2026-11-22T06:31:05+02:00")),
            ("a verdict that is none", lambda r: r["profiles"][0].update(verdict="green")),
            ("not applicable and yet passed", lambda r: r["profiles"][0]["scenarios"][1].update(applicable=False)),
            ("a header that is no pair", lambda r: r["profiles"][0]["scenarios"][0]["steps"][0]["exchange"]["request"]["headers"].append(["x"])),
            ("a finding without a fix", lambda r: r["profiles"][0]["scenarios"][0]["steps"][0]["checks"][-1].pop("fix")),
            ("a pass that carries more", lambda r: r["profiles"][0]["scenarios"][0]["steps"][0]["checks"][0].update(title="x")),
            ("a skip without a reason", lambda r: r["profiles"][0]["scenarios"][0]["steps"][0]["checks"][0].update(outcome="skip")),
            ("an id that breaks a fragment", lambda r: r["profiles"][0]["scenarios"][0].update(id="a b")),
        ],
    )  # fmt: skip
    def test_refuses(self, where, change):
        results = fixtures.build_results()
        change(results)
        assert not self.validator.is_valid(results), where


# --- one page that needs nothing and can do nothing


@pytest.mark.parametrize("make", [fixtures.build_results, fixtures.interrupted_results, fixtures.hostile_results])
class TestEveryPage:
    def test_is_well_formed(self, make):
        page = Page(rendered(make()))
        assert page.faults == []
        assert page.open == []

    def test_has_unique_ids_and_every_internal_link_leads_somewhere(self, make):
        page = Page(rendered(make()))
        ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
        assert {name: count for name, count in ids.items() if count > 1 or not name} == {}
        targets = [attributes["href"] for _, attributes in page.elements if attributes.get("href", "").startswith("#")]
        assert len(targets) > 50
        assert {target for target in targets if target[1:] not in ids} == set()
        labels = [
            label
            for _, attributes in page.elements
            for key in ("aria-labelledby", "for")
            for label in attributes.get(key, "").split()
        ]
        assert set(labels) <= set(ids)

    def test_runs_and_loads_nothing(self, make):
        page = Page(rendered(make()))
        tags = {tag for tag, _ in page.elements}
        assert tags.isdisjoint(
            {
                "script",
                "link",
                "img",
                "iframe",
                "object",
                "embed",
                "form",
                "button",
                "select",
                "textarea",
                "base",
                "image",
                "foreignobject",
                "animate",
                "set",
            }
        )
        for tag, attributes in page.elements:
            assert not [
                name
                for name in attributes
                if name.startswith("on") or name in ("style", "src", "srcset", "srcdoc", "action", "xlink:href")
            ], tag
            if tag in ("a", "use") and "href" in attributes:
                assert re.match(r"#|https?://", attributes["href"]), attributes["href"]
        for attributes in page.all("input"):
            assert set(attributes) <= {"type", "name", "id", "checked"}
            assert attributes["type"] == "radio"
        for sheet in (REPORT / "templates").glob("*.css"):
            css = sheet.read_text(encoding="utf-8")
            assert "url(" not in css
            assert "@import" not in css

    def test_policy_admits_its_own_style_sheet_and_nothing_else(self, make):
        html = rendered(make())
        policy = next(
            each["content"] for each in Page(html).all("meta") if each.get("http-equiv") == "Content-Security-Policy"
        )
        styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        assert len(styles) == 1
        digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"

    def test_is_the_same_for_equal_results(self, make):
        assert rendered(make()) == rendered(copy.deepcopy(make()))


def test_structure_for_readers_of_any_kind(page):
    tags = [tag for tag, _ in page.elements]
    assert page.all("html") == [{"lang": "en"}]
    for landmark in ("main", "nav", "footer", "h1"):
        assert tags.count(landmark) == 1, landmark
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels)), "a heading level is skipped"
    assert page.all("th")
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))
    first_link = next(attributes for tag, attributes in page.elements if tag == "a")
    assert first_link == {"class": "skip", "href": "#main"}
    ids = {attributes["id"] for tag, attributes in page.elements if "id" in attributes}
    for each in page.all("svg"):
        if each.get("role") == "img":
            assert set(each["aria-labelledby"].split()) <= ids, "pictures are told in words"
        else:
            assert each["aria-hidden"] == "true", "icons only repeat a word"


def test_sections_stand_in_the_order_of_reading(page):
    ids = [attributes.get("id") for tag, attributes in page.elements if tag == "section" and attributes.get("id")]
    wanted = [
        "verdicts",
        "fix-first",
        "causes",
        "matrix",
        "claims",
        "scenarios",
        "not-judged",
        "not-covered",
        "clean-up",
        "run-facts",
        "legend",
    ]
    assert [name for name in ids if name in wanted] == wanted


def test_every_mark_has_a_word_beside_its_icon(html):
    marks = re.findall(r'<span class="(?:pill|did|evidence)[^"]*"><svg[^>]*><use[^>]*/></svg>([^<]*)</span>', html)
    assert len(marks) > 50
    assert all(word.strip() for word in marks)


# --- what it says


def test_causes_are_numbered_as_everywhere_else(results):
    """In the list and on the cards; the terminal and the other formats count the same causes."""
    document = parse(results)
    cards = built(document).causes
    assert [(card.number, card.title) for card in cards] == list(enumerate((one.title for one in causes(document)), 1))
    assert [card.severity.key for card in cards] == ["breach", "breach", "blocker", "degraded", "cosmetic"]
    page = Page(rendered(results))
    assert [each["id"] for each in page.all("article") if each["class"].startswith("cause")] == [
        c.anchor for c in cards
    ]


def test_a_card_says_what_where_why_and_how(html):
    at = html.index('id="finding-list.empty-is-200"')
    start = html.rindex("<article ", 0, at)
    text = Page(html[start : html.index("</article>", start)]).text
    for part in (
        "Blocker", "MUST", "RFC 7644 §3.4.2", "list.empty-is-200", "Not met:", "Test Connection fails", "entra-v2",
        "Known issues for provisioning", "totalResults is 0", "Expected 200", "Got 404", "connect.probe", "GET https://",
    ):  # fmt: skip
        assert part in text, part


def test_each_rule_behind_a_literal_request_is_named_once():
    results = fixtures.build_results()
    checks = [
        check
        for profile in results["profiles"]
        for scenario in profile["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
        if check["outcome"] == "fail"
    ]
    first, second, third = checks[:3]
    for check, title in ((first, "A filter is read"), (second, "A page is cut"), (third, "A filter is read")):
        check |= {"id": "http.expected-status", "title": title, "severity": "degraded"}
    rules = [rule for card in built(parse(results)).causes for rule in card.rules]
    assert sorted((rule.title, rule.anchor) for rule in rules if "http.expected-status" in rule.anchor) == [
        ("A filter is read", "finding-http.expected-status"),
        ("A page is cut", "finding-http.expected-status-2"),
    ]


def test_matrix_keeps_apart_what_is_not_a_pass(results):
    view = built(parse(results))
    listed = [row for family in view.matrix.families for row in family.rows]
    rows = {row.id: [cell.mark.key for cell in row.cells] for row in listed}
    assert rows["push-groups"] == ["incompatible", "not-applicable", "absent"]
    assert rows["schema-discovery"] == ["unproven", "absent", "absent"]
    assert rows["create-users"] == ["compatible", "compatible", "compatible"]
    assert next(row for row in listed if row.id == "create-users").cells[0].note == "2 of 3 passed, 1 cosmetic"
    reasons = {reason.mark.key: reason for reason in view.not_judged}
    assert set(reasons) == {"error", "skip", "not-applicable"}
    assert reasons["not-applicable"].text == "The endpoint does not claim groups."


def test_card_counts_and_meaning(results):
    first, second, third = built(parse(results)).cards
    assert {count.mark.key: count.number for count in first.outcomes} == {"pass": 3, "fail": 5, "error": 1}
    assert [(count.number, count.word) for count in first.causes] == [
        (2, "breaches"),
        (1, "blocker"),
        (1, "degraded"),
        (1, "cosmetic"),
    ]
    assert "access stays open" in first.meaning
    assert {count.mark.key: count.number for count in second.outcomes} == {
        "pass": 4,
        "fail": 2,
        "not-applicable": 1,
    }
    assert "Nothing in this run stands in their way" in third.meaning


def test_interrupted_run_is_announced_and_what_is_missing_is_not_reached():
    results = fixtures.interrupted_results()
    view = built(parse(results))
    rows = {row.id: row.cells[0].mark.key for family in view.matrix.families for row in family.rows}
    assert (rows["push-groups"], rows["schema-discovery"]) == ("not-reached", "not-reached")
    assert {count.mark.key: count.number for count in view.cards[0].outcomes}["not-reached"] == 2
    html = rendered(results)
    text = Page(html).text
    assert "This run was interrupted Stopped by the user (Ctrl-C). 2 scenarios not reached." in text
    assert text.index("This run was interrupted") < text.index("Customers")
    assert "1 scenario not reached: the run ended before." in text


def test_complete_run_is_not_called_interrupted(page):
    assert "interrupted" not in page.text


def test_alerts_for_changed_bystanders_left_overs_and_errors(results):
    results = copy.deepcopy(results)
    results["bystanders"]["changed"] = ["The bystander user lost its displayName."]
    results["errors"] = [f"fault {n}" for n in range(13)]
    text = Page(rendered(results)).text
    assert "Resources that no scenario named were changed The bystander user lost its displayName." in text
    assert "1 resource could not be deleted." in text
    assert "fault 9 and 3 more in results.json" in text
    assert "1 of 2 bystanders changed" in text


def test_no_finding_is_not_praised_when_nothing_was_proven(results):
    results = copy.deepcopy(results)
    results |= {"profiles": [], "verdict": "unproven"}
    text = Page(rendered(results)).text
    assert "No profile was run, so nothing is proven." in text
    assert "No check failed. That is not a pass: too little could be judged." in text


def test_step_without_an_answer_is_not_blamed_on_the_server(html):
    text = section(html, "entra-v2-schema.read")
    assert "no answer (timeout)" in text
    assert "No usable answer. No answer within 60 s." in text
    assert "Could not be judged: discovery.schemas-list" in text


def test_differences_stand_at_the_step(html):
    text = section(html, "entra-v2-users.update-enterprise")
    assert '/department different "Treasury" "Field Operations"' in text
    assert "/urn extra –" in text


def test_each_scenario_can_be_replayed(results, page):
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            assert f"scim-compat run {fixtures.BASE} --profile {profile['id']} --only {scenario['id']}" in page.text


def test_failed_scenarios_are_unfolded_unless_they_are_many(page):
    unfolded = {each["id"] for each in page.all("details") if "scenario" in each["class"].split() and "open" in each}
    assert "entra-v2-users.disable" in unfolded
    assert "entra-v2-users.create" not in unfolded
    many = Page(rendered(fixtures.many_results(410, failing=True)))
    assert not [each for each in many.all("details") if "open" in each]


def test_sources_and_profile_lines_are_named(page):
    assert "observed in S28 · entra-v2, line 214" in page.text
    assert {
        "href": "https://learn.microsoft.com/entra/identity/app-provisioning/known-issues",
        "rel": "noopener noreferrer",
        "title": "Known issues for provisioning",
    } in page.all("a")


def test_anchors_are_the_promised_ones_and_never_clash():
    results = fixtures.build_results()
    first, second = results["profiles"][0], results["profiles"][1]
    first["id"], second["id"] = "a", "a-b"
    first["scenarios"][0]["id"], second["scenarios"][0]["id"] = "b-c", "c"
    second["scenarios"][1]["id"] = "main"
    anchors = Anchors(parse(results))
    assert anchors["scenario", 0, 0] == "a-b-c"
    assert anchors["scenario", 1, 0] == "a-b-c-2"
    named = {key[1]: name for key, name in anchors._names.items() if key[0] == "finding"}
    assert named["error.shape"] == "finding-error.shape"
    page = Page(rendered(results))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


# --- text of others


class TestHostile:
    def test_markup_is_text(self, hostile_html):
        page = Page(hostile_html)
        assert "<script>alert(1)</script>\"'&{{ 7*7 }}" in page.text
        assert "<script" not in hostile_html
        assert not [each for each in page.all("a") if "javascript" in each.get("href", "").lower()]

    def test_invisible_characters_are_spelled_out(self, hostile_html):
        assert "⟨U+202E⟩gpj.exe⟨U+001B⟩[31m⟨U+0000⟩" in hostile_html
        assert visible(hostile_html) == hostile_html
        assert hostile_html.encode().decode() == hostile_html

    def test_it_stands_in_every_place(self, hostile_html):
        """Each place that shows somebody's text was spoiled, and shows it: nothing is silently dropped."""
        for anchor in (
            "verdicts",
            "fix-first",
            "matrix",
            "claims",
            "scenarios",
            "not-judged",
            "not-covered",
            "clean-up",
            "run-facts",
        ):
            assert "<script>alert(1)</script>" in section(hostile_html, anchor), anchor

    @pytest.mark.parametrize(
        "character",
        [
            "\x00",
            "\x1b",
            "\x7f",
            "\x85",
            "\r",
            "\u200b",
            "\u200f",
            "\u202a",
            "\u2066",
            "\u2069",
            "\u2028",
            "\ufeff",
            "\U000e0041",
            "\udcff",
            "\u061c",
            "\u00ad",
        ],
    )
    def test_each_kind_is_made_visible(self, character):
        assert visible(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"

    def test_what_people_write_stays(self):
        text = "Zoë Ångström\t李明\nעברית العربية 😀 line\r\nnext"
        assert visible(text) == text.replace("\r\n", "\n")

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            " data:text/html,x",
            "//evil.example",
            "https://a b",
            "file:///etc/passwd",
            'https://a"onclick="x',
            "vbscript:x",
            "",
        ],
    )
    def test_unsafe_addresses_are_no_links(self, url):
        assert safe_url(url) == ""

    def test_values_that_are_too_deep_or_too_long_do_not_hurt(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        assert json_text(deep).text == "(a value nested too deeply to be shown)"
        results = fixtures.build_results()
        step = results["profiles"][0]["scenarios"][0]["steps"][0]
        step["checks"][-1] |= {
            "expected": deep,
            "actual": [deep, 1],
            "message": "x" * 1_000_000,
            "title": "y" * 1_000_000,
        }
        step["exchange"]["response"] |= {"body": "[" * 200_000, "headers": [["x", "z" * 1_000_000]] * 50}
        step["exchange"]["request"]["url"] += "q" * 1_000_000
        html = rendered(results)
        assert len(html) < 400_000
        # Python frees a nest of lists without recursion, pytest's own machinery may not look into it.
        while deep:
            deep = deep.pop()

    def test_templates_never_mark_data_as_safe(self):
        for template in (REPORT / "templates").glob("*.j2"):
            assert not re.search(r"\|\s*safe\b|autoescape", template.read_text(encoding="utf-8")), template.name


def test_report_depends_on_results_alone():
    rooms = ("report", "scim", "results.document", "results.causes", "values", "errors")
    ours = tuple(f"scim_compat.{room}." for room in rooms)
    allowed = {"__future__", "jinja2", "markupsafe"} | sys.stdlib_module_names
    for module in REPORT.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert f"{name}.".startswith(ours) or name.split(".")[0] in allowed, f"{module.name} imports {name}"


# --- size


@pytest.mark.parametrize("failing", [True, pytest.param(False, marks=THOROUGH)])
def test_two_thousand_exchanges_stay_under_five_megabytes(failing, failing_run):
    html = rendered(failing_run if failing else fixtures.many_results(2000))
    assert 1_000_000 < len(html.encode()) < 5_000_000
    assert html.count('<li class="step ') == 2000
    assert html.count("<details") == html.count("</details>")
    assert "Left out to keep this page small; the full text is in results.json." in html


def test_beyond_so_many_steps_those_that_passed_lose_their_rows(monkeypatch):
    monkeypatch.setattr(scenarios, "STEPS", 40)
    results = fixtures.many_results(100)
    results["profiles"][0]["scenarios"][9] = fixtures.many_results(100, failing=True)["profiles"][0]["scenarios"][9]
    page = Page(rendered(results))
    assert len([each for each in page.all("li") if each.get("class", "").startswith("step")]) == 40
    assert page.text.count("10 steps left out to keep this page small; the full record is in results.json.") == 6
    assert "entra-v2-users.bulk-9-step-s10" in {attributes.get("id") for _, attributes in page.elements}


def test_budget_goes_to_findings_then_to_the_client():
    results = fixtures.many_results(200)
    listed = results["profiles"][0]["scenarios"]
    listed[19] = fixtures.many_results(200, failing=True)["profiles"][0]["scenarios"][19]
    everything = exchanges.allocate(parse(results), total=10**9)
    assert len(everything) == 200
    few = exchanges.allocate(parse(results), total=250_000)
    places = {place[1:] for place in few}
    failed = {(19, t) for t in range(10)}
    assert failed <= places
    others = places - failed
    assert others
    assert {listed[s]["steps"][t]["kind"] for s, t in others} == {"client"}


def test_long_bodies_are_cut_with_what_is_missing(results):
    results = copy.deepcopy(results)
    body = json.dumps({"schemas": [], "detail": "x" * 20_000})
    entra(results, "connect.probe")["steps"][0]["exchange"]["response"]["body"] = body
    more = pretty(body).more
    assert 15_900 < more < 16_100
    assert f"{more:,} more characters; the full text is in results.json." in Page(rendered(results)).text


# --- bodies


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=examples(40), deadline=None)
@given(json_values, st.booleans())
def test_pretty_changes_nothing_but_whitespace(anything, ascii_only):
    body = json.dumps(anything, ensure_ascii=ascii_only)
    shown = pretty(body, cap=100_000)
    assert shown.more == 0
    assert json.loads(shown.text) == anything
    if isinstance(anything, list | dict):
        assert shown.text == json.dumps(anything, ensure_ascii=ascii_only, indent=2)


@settings(max_examples=examples(40), deadline=None)
@given(json_values, st.integers(min_value=1, max_value=60))
def test_pretty_accounts_for_what_it_cuts(anything, cap):
    body = json.dumps([anything, anything])
    shown = pretty(body, cap=cap)
    assert len(shown.text) <= cap
    kept = re.sub(r"\s", "", shown.text)
    assert shown.more <= len(body)
    if shown.more:
        rest = body[len(body) - shown.more :]
        assert kept + re.sub(r"\s", "", rest) == re.sub(r"\s", "", body)


@pytest.mark.parametrize("body", ['{"a":1,"a":1.10,"b":1e400,"c":"\\u00e9"}', "[ ]"])
def test_pretty_keeps_duplicates_and_the_form_of_numbers(body):
    assert re.sub(r"\s", "", pretty(body).text) == re.sub(r"\s", "", body)


@pytest.mark.parametrize("body", ["<html>[1]</html>", '{"a":1', '{"a" "b"}', "{'a': 1}", '["open', "", '[1]\x00{"a"'])
def test_pretty_leaves_alone_what_is_not_json(body):
    assert pretty(body).text == body


def test_clip_does_not_cut_a_few_characters():
    assert clip("x" * 110, 100).more == 0
    assert clip("x" * 200, 100) == type(clip("", 1))("x" * 100, 100)


def test_values_keep_their_type():
    assert [json_text(each).text for each in ("200", 200, True, None, [])] == [
        '"200"',
        "200",
        "true",
        "null",
        "[]",
    ]


# --- diff


class TestDiff:
    def test_plain_values_and_equal_ones_have_none(self):
        assert diff(1, 2) is None
        assert diff({"a": 1}, {"a": 1}) is None
        assert diff({}, []) is None

    def test_missing_different_extra(self):
        found = diff({"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"c": 3, "d": 2}, "e": 4})
        assert found is not None
        assert found.differences == (
            Difference("missing", "/a", expected=1),
            Difference("different", "/b/c", expected=1, actual=3),
            Difference("extra", "/e", actual=4),
        )

    def test_pointer_is_escaped(self):
        found = diff({"a/b": {"m~n": 1}}, {"a/b": {"m~n": 2}})
        assert found is not None
        assert found.differences[0].pointer == "/a~1b/m~0n"

    def test_arrays_have_no_order(self):
        assert diff([1, 2, {"a": 1}], [{"a": 1}, 2, 1]) is None
        found = diff([{"value": "x"}, {"value": "y"}, {"value": "z"}], [{"value": "z"}, {"value": "x"}])
        assert found is not None
        assert found.differences == (Difference("missing", "/1", expected={"value": "y"}),)

    def test_duplicates_count(self):
        found = diff([1], [1, 1])
        assert found is not None
        assert found.differences == (Difference("extra", "/1", actual=1),)

    def test_one_is_not_true_and_absent_is_not_null(self):
        found = diff({"active": True, "x": None}, {"active": 1})
        assert found is not None
        assert [(each.kind, each.pointer) for each in found.differences] == [
            ("different", "/active"),
            ("missing", "/x"),
        ]

    def test_limit(self):
        found = diff({str(n): n for n in range(30)}, {}, limit=5)
        assert found is not None
        assert (len(found.differences), found.more) == (5, 25)

    @settings(max_examples=examples(40), deadline=None)
    @given(json_values, json_values)
    def test_none_means_equal(self, one, other):
        if type(one) is type(other) and isinstance(one, dict):
            same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
            assert not same or diff(one, other) is None
        assert diff(one, copy.deepcopy(one)) is None


# --- reproducers


def request_of(**more):
    request = {
        "method": "GET",
        "url": fixtures.BASE + "/Users",
        "headers": [["Authorization", "Bearer [redacted]"]],
        "body": None,
    } | more
    return RequestRecord(**request)


class TestCurl:
    @settings(max_examples=examples(40), deadline=None)
    @given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), max_size=60))
    def test_any_body_survives_quoting(self, body):
        if visible(body) != body:
            return
        words = shlex.split(reproduce.curl(request_of(method="PATCH", body=body)))
        assert words[words.index("--data-raw") + 1] == body
        assert words[-1] == fixtures.BASE + "/Users"

    def test_credential_is_never_there(self):
        assert '-H "Authorization: Bearer $SCIM_TOKEN"' in reproduce.curl(request_of())
        wrong = reproduce.curl(request_of(), wrong_credential=True)
        assert "SCIM_TOKEN" not in wrong
        assert "'Authorization: Bearer not-the-token'" in wrong

    def test_headers_the_client_sends_are_not_suppressed(self):
        command = reproduce.curl(
            request_of(headers=[["User-Agent", "Okta"], ["Accept", "*/*"], ["Accept-Encoding", "gzip"]])
        )
        assert "User-Agent:' " not in command
        assert "--compressed" in command
        assert shlex.split(command).count("-H") == 3


class TestHttpx:
    def sent(self, script: str, monkeypatch) -> httpx.Request:
        seen: list[httpx.Request] = []

        def answer(request):
            seen.append(request)
            return httpx.Response(200, text="ok")

        real = httpx.Client
        monkeypatch.setattr(httpx, "Client", lambda **_: real(transport=httpx.MockTransport(answer)))
        monkeypatch.setenv("SCIM_TOKEN", "secret")
        exec(compile(script, "script", "exec"), {})
        monkeypatch.undo()
        return seen[0]

    def test_it_sends_the_same_request(self, monkeypatch, capsys):
        body = '{"a": "it\'s \\ \u202e é"}'
        url = fixtures.BASE + "/Users?filter=userName+eq+%22a%22&aadOptscim062020"
        request = self.sent(
            reproduce.httpx_script(
                request_of(
                    method="PATCH",
                    url=url,
                    body=body,
                    headers=[["ADSCIMVersion", "6.0"], ["Authorization", "Bearer [redacted]"]],
                )
            ),
            monkeypatch,
        )
        assert (request.method, str(request.url), request.content) == ("PATCH", url, body.encode())
        assert dict(request.headers) == {
            "host": "api.example.com",
            "adscimversion": "6.0",
            "authorization": "Bearer secret",
            "content-length": str(len(body.encode())),
        }
        assert capsys.readouterr().out == "200 OK\nok\n"

    def test_a_peculiar_address_goes_out_as_it_was(self, monkeypatch):
        url = fixtures.BASE + '/Users/../x?filter=a "ö"'
        request = self.sent(reproduce.httpx_script(request_of(url=url)), monkeypatch)
        assert request.extensions["target"] == '/scim/v2/Users/../x?filter=a "ö"'.encode()

    def test_wrong_credential(self, monkeypatch):
        request = self.sent(reproduce.httpx_script(request_of(), wrong_credential=True), monkeypatch)
        assert request.headers["authorization"] == "Bearer not-the-token"

    @pytest.mark.parametrize(
        "target",
        [
            "/Users?filter=userName+eq+%22a%22&flag",
            "/Users/a%2Fb",
            "/Users?a=(b)*;'c'&d=$e!",
            "/Users/a:b@c~d",
        ],
    )
    def test_addresses_httpx_leaves_alone_need_no_help(self, target):
        url = fixtures.BASE + target
        assert httpx.Request("GET", url).url.raw_path == httpx.URL(fixtures.BASE).raw_path + target.encode()
        assert "extensions" not in reproduce.httpx_script(request_of(url=url))


class TestReproducersOnThePage:
    def test_failed_read_back_offers_the_write_that_caused_it(self, results):
        place = next(n for n, each in enumerate(results["profiles"][0]["scenarios"]) if each["id"] == "users.disable")
        details = exchanges.allocate(parse(results))
        create, patch, read = (details[0, place, t] for t in range(3))
        assert create.reproducer is None
        assert patch.reproducer is not None
        assert "-X PATCH" in patch.reproducer.curl
        assert read.reproducer is not None
        (note,) = patch.reproducer.notes
        assert fixtures.user(4)["id"] in note
        assert "Replay the whole scenario" in note

    def test_a_request_that_names_nothing_of_the_run_needs_no_note(self, results):
        assert exchanges.allocate(parse(results))[0, 0, 0].reproducer.notes == ()

    def test_step_with_a_wrong_credential_keeps_it_wrong(self, results):
        results = copy.deepcopy(results)
        entra(results, "connect.probe")["steps"][0]["action"] = "anonymous"
        assert "not-the-token" in exchanges.allocate(parse(results))[0, 0, 0].reproducer.curl

    def test_removed_secrets_are_pointed_out(self):
        (note,) = reproduce.notes(request_of(body='{"password":"[redacted]"}'), ids=["", "x9"])
        assert "A secret was removed" in note


def test_durations_and_addresses_in_words():
    assert [facts.duration(seconds) for seconds in (0.4, 59.6, 61)] == ["under a second", "1 min 0 s", "1 min 1 s"]
    assert [facts.host(url) for url in ("https://h:8/x", "http://[", "h")] == ["h:8", "http://[", "h"]


# --- links and looks


@pytest.mark.parametrize(
    ("token", "link"),
    [
        ("RFC7644-3.5.2", Link("RFC 7644 §3.5.2", "https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2")),
        ("RFC9110-11.6.1", Link("RFC 9110 §11.6.1", "https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1")),
        ("RFC7643", Link("RFC 7643", "https://www.rfc-editor.org/rfc/rfc7643")),
        ("RFC7643-A.1", Link("RFC 7643 §A.1", "https://www.rfc-editor.org/rfc/rfc7643#appendix-A.1")),
        ('RFC7644-3"><script>', Link('RFC7644-3"><script>')),
        ("the vendor's word", Link("the vendor's word")),
    ],
)
def test_citations_become_links(token, link):
    assert citation(token) == link


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(scheme):
    css = (REPORT / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6})", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6})", dark))
    tones = ("ok", "warn", "bad", "breach", "unsure", "info", "mute")
    pairs = [(text, back) for text in ("ink", "muted", "link") for back in ("bg", "surface", "sunken")]
    pairs += [(tone, f"{tone}-bg") for tone in tones]
    pairs += [(tone, back) for tone in tones if tone != "breach" for back in ("bg", "surface")]
    pairs.append(("surface", "ink"))
    weak = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert weak == {}
