"""``scim-compat certify``: a statement that may be published, its page, its badge, and the check of it."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from scim_compat.report.statement import _COLOURS
from support.commands import invoke
from support.page import Page
from support.results import HOSTILE, build_results, interrupted_results

FILES = ("badge.json", "badge.svg", "statement.html", "statement.json")
SVG = "{http://www.w3.org/2000/svg}"
UNPROVEN = [{"id": "create-users", "title": "Create users", "verdict": "unproven", "scenarios": 1}]
REASON = "See https://wiki.acme.example/x and /srv/acme/notes.txt on api.example.com (10.0.0.7)"


def whole(*profiles: str) -> dict[str, Any]:
    """A run of which nothing was left out. okta's findings are accepted."""
    results = build_results()
    results["profiles"] = [one for one in results["profiles"] if one["id"] in (profiles or ("okta",))]
    results["verdict"] = results["profiles"][0]["verdict"]
    for feature in (feature for profile in results["profiles"] for feature in profile["features"]):
        feature["verdict"] = feature["verdict"].replace("unproven", "compatible")
    results["run"] |= {"complete": True, "interrupted": None}
    results["target"]["claims"] = {"groups": False, "without-features": ["delete-users"]}
    results["baseline"]["entries"][0] |= {"check": "patch.extension-path", "reason": REASON}
    for scenario in (scenario for profile in results["profiles"] for scenario in profile["scenarios"]):
        for check in (check for step in scenario["steps"] for check in step["checks"]):
            if check["id"] == "patch.extension-path" and check["outcome"] == "fail":
                check["accepted"] = "SCIM-117"
    return results


def saved(folder: Path, results: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folder


def certify(folder: Path, *more: Any, name: str = "Acme Directory", version: str = "4.2") -> Any:
    return invoke("certify", folder, "--name", name, "--product-version", version, *more)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    told = certify(saved(tmp_path / "run", whole()))
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout == f"Statement  {tmp_path / 'run' / 'statement' / 'statement.html'}\n"
    return tmp_path / "run" / "statement"


def test_the_statement_says_what_the_results_say(made: Path):
    assert tuple(sorted(each.name for each in made.iterdir())) == FILES
    stated = json.loads((made / "statement.json").read_bytes())
    (okta,) = stated.pop("profiles")
    assert stated == {
        "format": "scim-compat/statement/1",
        "endpoint": {"name": "Acme Directory", "version": "4.2"},
        "stated-by": "Acme Directory",
        "verdict": "limited",
        "tested": "2026-11-22",
        "tool": {"name": "scim-compat", "version": build_results()["tool"]["version"]},
        "results": {"sha256": hashlib.sha256((made.parent / "results.json").read_bytes()).hexdigest()},
        "not-claimed": ["groups", "delete-users"],
        "accepted": [
            {
                "profile": "okta",
                "check": "patch.extension-path",
                "finding": "A path with an extension's URN reaches the attribute inside the extension",
                "findings": 1,
                "reason": "See [left out] and [left out] on [left out] ([left out])",
                "ticket": "SCIM-117",
                "until": "2027-03-31",
            }
        ],
        "others-changed": len(build_results()["bystanders"]["changed"]),
        "left-behind": 1,
    }
    assert okta["headline"] == "limited, without push groups"
    assert (okta["version"], okta["digest"]) == ("2026.11", "sha256:5f0c2b7d91aa")
    assert okta["checks-failed"] == {"degraded": 1, "cosmetic": 1}
    assert sum(okta["evidence"].values()) == okta["scenarios"]["passed"] + okta["scenarios"]["failed"]
    assert {"id": "push-groups", "title": "Push groups and memberships", "verdict": "not-applicable"} in okta[
        "features"
    ]


def test_no_address_no_path_and_no_word_of_a_certifier_stands_in_it(made: Path, tmp_path: Path):
    for name in FILES:
        text = (made / name).read_text(encoding="utf-8")
        assert "certified" not in text.lower()
        text = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        for secret in (
            "api.example.com",
            "://",
            "wiki.acme",
            "10.0.0.7",
            "notes.txt",
            str(tmp_path),
            "Bearer",
            "sc-k7q2",
        ):
            assert secret not in text, (name, secret)


def test_the_page_is_one_file_without_script(made: Path):
    html = (made / "statement.html").read_text(encoding="utf-8")
    page = Page(html)
    assert (page.faults, page.open) == ([], [])
    assert not page.all("script")
    assert {link["href"][0] for link in page.all("a")} == {"#"}
    (policy,) = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for text in (
        "SCIM compatibility, stated by Acme Directory",
        "Acme Directory 4.2",
        "limited, without push groups",
        "The vendor does not claim: groups, delete-users. They were not tested.",
        "SCIM-117, until 2027-03-31",
        "Nobody else has confirmed them.",
    ):
        assert text in page.text


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_badge_has_a_text_and_contrast(made: Path):
    root = ET.fromstring((made / "badge.svg").read_text(encoding="utf-8"))
    assert root.findtext(f"{SVG}title") == "SCIM: okta: limited, without push groups"
    assert root.findtext(f"{SVG}desc", "").startswith(
        "Stated by Acme Directory for version 4.2, tested on 2026-11-22 with"
    )
    for box in root.iter(f"{SVG}rect"):
        assert 1.05 / (luminance(box.attrib["fill"][1:]) + 0.05) >= 4.5
    shields = json.loads((made / "badge.json").read_bytes())
    assert shields == {
        "schemaVersion": 1,
        "label": "SCIM",
        "message": "okta: limited, without push groups",
        "color": "7a4a00",
    }


def test_every_colour_of_a_badge_has_contrast():
    assert all(1.05 / (luminance(colour) + 0.05) >= 4.5 for colour in _COLOURS.values())


def test_several_clients_share_the_worst_verdict(tmp_path: Path):
    results = whole("entra-v2", "okta", "thousandeyes")
    results["profiles"][0]["counts"] |= {"passed": 4, "errored": 0}
    assert certify(saved(tmp_path, results), "--out", tmp_path / "page").exit_code == 0
    assert json.loads((tmp_path / "page" / "badge.json").read_bytes())["message"] == "incompatible (3 clients)"


def part(results: dict[str, Any], **more: Any) -> dict[str, Any]:
    results["profiles"][0] |= more
    return results


@pytest.mark.parametrize(
    ("results", "why"),
    [
        (interrupted_results(), "the run is partial: Stopped by the user (Ctrl-C)"),
        (
            whole() | {"run": whole()["run"] | {"complete": False}},
            "the run is partial: it did not reach every scenario",
        ),
        (part(whole(), is_part=True), "only a part of okta was played"),
        (part(whole(), counts=whole()["profiles"][0]["counts"] | {"errored": 1}), "okta: scenarios ended in an error"),
        (part(whole(), verdict="unproven", why="Too little ran."), "okta is unproven: Too little ran"),
        (part(whole(), features=UNPROVEN), "okta: the feature create-users is unproven"),
        (part(whole(), verdict="not-applicable") | {"verdict": "unproven"}, "the run proves nothing"),
    ],
)
def test_a_run_that_does_not_show_all_is_refused(tmp_path: Path, results: dict[str, Any], why: str):
    told = certify(saved(tmp_path, copy.deepcopy(results)))
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith(f"Error: {why}")
    assert not (tmp_path / "statement").exists()


def test_a_statement_is_of_results_not_of_events(tmp_path: Path):
    events = saved(tmp_path, whole()) / "results.json"
    told = certify(events.rename(tmp_path / "events.jsonl"))
    assert told.exit_code == 2
    assert (
        told.stderr == f"Error: {tmp_path / 'events.jsonl'}: a statement is of results.json; name it, or its folder\n"
    )


@pytest.mark.parametrize(
    "name", ["https://acme.example", "api.example.com", "Acme at 10.1.2.3", "/srv/acme/app", "C:\\acme", "  "]
)
def test_a_name_is_no_address(tmp_path: Path, name: str):
    told = certify(saved(tmp_path, whole()), name=name)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--name" in told.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "needs --name NAME and --product-version V"),
        (("--name", "Acme"), "needs --name NAME and --product-version V"),
        (("--name", "Acme", "--verify", "x.json"), "--verify takes a statement and the results, and no other option"),
        (("--verify", "x.json"), "x.json: cannot be read"),
        (("--name", "Acme", "--product-version", "1", "--out", "results.json/x"), "--out names another place"),
    ],
)
def test_a_call_that_cannot_work_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
):
    saved(tmp_path, whole())
    monkeypatch.chdir(tmp_path)
    told = invoke("certify", ".", *words)
    assert told.exit_code == 2
    assert why in told.stderr


def test_a_statement_is_checked_against_its_results(made: Path):
    told = invoke("certify", "--verify", made / "statement.json", made.parent / "results.json")
    assert (told.exit_code, told.stdout) == (0, "The statement of Acme Directory 4.2 is as the results say.\n")


def test_a_statement_that_was_edited_is_told(made: Path):
    stated = json.loads((made / "statement.json").read_bytes())
    stated["verdict"] = stated["profiles"][0]["verdict"] = "compatible"
    stated["accepted"] = []
    stated["audited"] = True
    (made / "statement.json").write_text(json.dumps(stated), encoding="utf-8")
    told = invoke("certify", "--verify", made / "statement.json", made.parent)
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [
        "/verdict: the statement says compatible, the results say limited",
        "/profiles/0/verdict: the statement says compatible, the results say limited",
        "/accepted: the statement says 0 entries, the results say 1 entry",
        "/audited: the statement says True, the results say nothing",
    ]


def test_results_that_were_edited_are_told(made: Path):
    results = whole()
    results["profiles"][0]["version"] = "2026.12"
    saved(made.parent, results)
    told = invoke("certify", "--verify", made / "statement.json", made.parent)
    assert told.exit_code == 1
    first, second = told.stdout.splitlines()
    assert re.fullmatch(r"/results/sha256: the statement says \w{64}, the results say \w{64}", first)
    assert second == "/profiles/0/version: the statement says 2026.11, the results say 2026.12"


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": "scim-compat/statement/1", "endpoint": {"name": 1}}'])
def test_a_file_that_is_no_statement_is_refused(made: Path, content: str):
    (made / "other.json").write_text(content, encoding="utf-8")
    told = invoke("certify", "--verify", made / "other.json", made.parent)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "name the statement.json" in told.stderr


def test_hostile_text_is_text(tmp_path: Path):
    results = part(whole(), title=HOSTILE, client=HOSTILE)
    assert certify(saved(tmp_path, results), name="Acme <script>").exit_code == 0
    for name in ("statement.html", "badge.svg"):
        text = (tmp_path / "statement" / name).read_text(encoding="utf-8")
        assert "<script" not in text
    ET.fromstring((tmp_path / "statement" / "badge.svg").read_text(encoding="utf-8"))
