"""The baseline file: read with places, drafted from results, and kept by an update."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from scim_compat.errors import SourceFileError
from scim_compat.results.document import Document
from scim_compat.results.document.baseline import Acceptance, Baseline, PlacedName, TestedFeatures
from scim_compat.results.document.parsing import parse
from scim_compat.run.baseline import load
from scim_compat.run.baseline_draft import as_yaml, draft
from scim_compat.run.selection import is_match
from scim_compat.values import Severity
from support.commands import invoke
from support.profiles import loaded
from support.results import build_results, hostile_results

ROOT = Path(__file__).parents[3]
WHOLE = """\
format: 1
accepted:
  - check: user.disabled
    profile: entra-v2
    scenarios: [users.disable, "users.change*"]
    severity: breach
    accept-breach: true
    reason: The vendor's release 4.2 disables them
    ticket: SCIM-117
    until: 2026-12-31
  - check: patch.untouched
    profile: "*"
    scenarios:
      - users
    reason: Names are rewritten by design
    ticket: https://tracker.example/9
features:
  entra-v2:
    - create-users
    - push-groups
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "b.yaml"


def test_a_whole_file(tmp_path: Path):
    path = written(tmp_path, WHOLE)
    assert load(path, today="2026-11-30") == Baseline(
        file=str(path),
        day="2026-11-30",
        entries=(
            Acceptance(
                check="user.disabled",
                profile="entra-v2",
                scenarios=(PlacedName("users.disable", 5), PlacedName("users.change*", 5)),
                reason="The vendor's release 4.2 disables them",
                ticket="SCIM-117",
                line=3,
                until="2026-12-31",
                severity=Severity.BREACH,
                accept_breach=True,
            ),
            Acceptance(
                check="patch.untouched",
                profile="*",
                scenarios=(PlacedName("users", 14),),
                reason="Names are rewritten by design",
                ticket="https://tracker.example/9",
                line=11,
            ),
        ),
        features=(TestedFeatures("entra-v2", (PlacedName("create-users", 19), PlacedName("push-groups", 20))),),
    )


ENTRY = "format: 1\naccepted:\n  - check: user.disabled\n    profile: entra-v2\n    scenarios: [users]\n"
FILLED = f"{ENTRY}    reason: known\n    ticket: T-1\n"
DRAFTED = "`scim-compat baseline DIR` writes one from the results of a run"


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        (f'{ENTRY}    reason: ""\n    ticket: T-1\n', ["6: reason is empty; say why this may stay"]),
        (
            f"{ENTRY}    reason: known\n    ticket: ''\n",
            ["7: ticket is empty; name the ticket under which it is repaired"],
        ),
        (ENTRY, ["3: this entry has no reason; add reason:", "3: this entry has no ticket; add ticket:"]),
        (f"{FILLED}    until: tomorrow\n", ["8: until 'tomorrow' is not well formed; it takes a day, such as 2026-12-31"]),
        (f"{FILLED}    until: 2026-13-01\n", ["8: until '2026-13-01' is not well formed; it takes a day, such as 2026-12-31"]),
        (f"{FILLED}    accept-breach: 'yes'\n", ["8: accept-breach must be true or false, not the text 'yes'"]),
        (f"{FILLED}    severity: bad\n", ["8: severity cannot be 'bad'; it is one of: blocker, breach, cosmetic, degraded"]),
        (f"{FILLED}    because: x\n", ["8: unknown key 'because' in entry"]),
        (FILLED.replace("user.disabled", "user.disabeld"), ["3: there is no check 'user.disabeld'; did you mean 'user.disabled'?"]),
        (FILLED.replace("[users]", "[]"), ["5: scenarios is empty"]),
        (FILLED.replace("[users]", "users"), ["5: scenarios must be a list, not the text 'users'"]),
        (FILLED.replace("format: 1", "format: 2"), ["1: this is format '2', and only format 1 is known; write format: 1, or update scim-compat"]),
        ("accepted: []\n", ["1: this baseline has no format; add format:"]),
        ("", [f"1: the file must hold keys and values; it is empty; {DRAFTED}"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_lines(tmp_path: Path, text: str, complaints: list[str]):
    path = written(tmp_path, text)
    with pytest.raises(SourceFileError) as refused:
        load(path)
    assert [line.partition("; known here")[0] for line in str(refused.value).splitlines()] == [
        f"{path}:{complaint}" for complaint in complaints
    ]


def test_a_draft_may_be_unfilled_where_it_is_updated(tmp_path: Path):
    path = written(tmp_path, f'{ENTRY}    reason: ""\n    ticket: ""\n')
    assert load(path, may_be_unfilled=True).entries[0].reason == ""


def test_the_example_of_the_readme_is_read(tmp_path: Path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(# baseline\.yaml\n.*?)```", text, re.DOTALL)
    read = load(written(tmp_path, example))
    profile = loaded("entra-v2")
    for entry in read.entries:
        for one in entry.scenarios:
            assert any(is_match(scenario, one.name) for scenario in profile.scenarios), one
    assert {one.name for one in read.features[0].features} <= {feature.id for feature in profile.features}


# --- drafts ----------------------------------------------------------------------------------------


REAL = {
    "patch.extension-path": "patch.extension-applied",
    "patch.active-takes-effect": "user.disabled",
    "group.only-that-member-removed": "group.member-removed",
}
"""Checks of the believable results → those that there are."""


def with_real_checks(content: dict[str, Any]) -> str:
    text = json.dumps(content)
    for believable, real in REAL.items():
        text = text.replace(believable, real)
    return text


def results() -> Document:
    return parse(with_real_checks(build_results()))


def test_a_draft_has_each_finding_and_each_tested_feature(tmp_path: Path):
    made = draft(results(), floor=Severity.DEGRADED)
    assert made.unfilled == len(made.entries) > 3
    document = results()
    for one in document.failed_checks():
        accepting = [
            entry
            for entry in made.entries
            if (entry.check, entry.profile) == (one.check.id, one.profile.id)
            and one.scenario.id in {each.name for each in entry.scenarios}
        ]
        assert len(accepting) == (one.check.severity is not Severity.COSMETIC), one.check.id
    features = {tested.profile: {one.name for one in tested.features} for tested in made.features}
    assert features["entra-v2"] == {
        "connect",
        "create-users",
        "update-users",
        "deactivate-users",
        "delete-users",
        "push-groups",
    }
    assert "push-groups" not in features["okta"], "it was not applicable"
    text = as_yaml(made)
    assert "accept-breach: false" in text, "a breach needs a second word"
    read = load(written(tmp_path, text), may_be_unfilled=True)
    assert [(e.check, e.profile, e.severity) for e in read.entries] == [
        (e.check, e.profile, e.severity) for e in made.entries
    ]


def test_a_draft_of_hostile_results_is_read_back(tmp_path: Path):
    """A finding's words may be the server's: they stand in a comment."""
    made = draft(parse(with_real_checks(hostile_results(url="https://x.example"))), floor=Severity.COSMETIC)
    path = written(tmp_path, as_yaml(made))
    assert len(load(path, may_be_unfilled=True).entries) == len(made.entries) > 3


def test_a_cosmetic_finding_needs_an_entry_where_it_fails_the_run():
    mild, all_ = (draft(results(), floor=floor) for floor in (Severity.DEGRADED, Severity.COSMETIC))
    assert {entry.check for entry in all_.entries} - {entry.check for entry in mild.entries} == {"error.shape"}


def test_an_update_keeps_what_people_wrote(tmp_path: Path):
    text = as_yaml(draft(results(), floor=Severity.DEGRADED))
    text = text.replace('reason: ""', 'reason: "kept: \\"as it is\\""').replace('ticket: ""', "ticket: T-1", 1)
    old = load(written(tmp_path, text), may_be_unfilled=True)
    made = draft(results(), floor=Severity.DEGRADED, old=old)
    assert [(e.check, e.reason, e.ticket) for e in made.entries] == [(e.check, e.reason, e.ticket) for e in old.entries]
    assert made.removed == ()
    assert as_yaml(made) == text.replace("ticket: T-1", 'ticket: "T-1"')


def test_an_update_drops_what_no_longer_happens_and_adds_what_is_new(tmp_path: Path):
    gone = FILLED.replace("user.disabled", "me.location")
    old = load(written(tmp_path, gone))
    made = draft(results(), floor=Severity.DEGRADED, old=old)
    assert made.removed == ("me.location (entra-v2) no longer happens",)
    assert "me.location" not in {entry.check for entry in made.entries}
    assert made.unfilled == len(made.entries) > 3


def test_the_command_writes_and_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text(with_real_checks(build_results()), encoding="utf-8")
    done = invoke("baseline", "run")
    assert done.exit_code == 0
    entries = len(load(tmp_path / "baseline.yaml", may_be_unfilled=True).entries)
    assert done.stdout == (
        f"Baseline  baseline.yaml\n          {entries} entries, {entries} of them without a reason or ticket\n"
    )
    again = invoke("baseline", "run")
    assert (again.exit_code, again.stderr) == (
        2,
        "Error: baseline.yaml exists already; `--update baseline.yaml` keeps its reasons; --out names another\n",
    )
    assert invoke("baseline", "run", "--update", "baseline.yaml").stdout == done.stdout
    missing = invoke("baseline", "run", "--update", "no.yaml")
    assert (missing.exit_code, missing.stderr) == (2, f"no.yaml:1: there is no such file; {DRAFTED}\n")
    unwritable = invoke("baseline", "run", "--out", "run")
    assert unwritable.exit_code == 2
