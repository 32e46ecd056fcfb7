"""``scim-compat lint``: errors and warnings with their places."""

from __future__ import annotations

import re

from support.commands import invoke
from support.places import BAD_PROFILES as BAD
from support.profiles import own_profile


def test_lint_without_files_checks_what_is_built_in(entra):
    told = invoke("lint")
    assert told.exit_code == 0
    assert f"entra-v2: sound ({len(entra.scenarios)} scenarios)" in told.stdout
    assert "0 errors" in told.stdout


def test_lint_tells_each_error_with_its_line_and_ends_with_2():
    told = invoke("lint", BAD / "unknown-key.yaml", BAD / "check-unknown.yaml", BAD / "_good.yaml")
    assert told.exit_code == 2
    assert re.search(r"unknown-key\.yaml:\d+: error: ", told.stdout)
    assert re.search(r"check-unknown\.yaml:\d+: error: ", told.stdout)
    assert "3 profiles: " in told.stderr


def test_a_warning_alone_ends_with_0(tmp_path):
    path = own_profile(tmp_path, "features:\n  unproven-thing: A feature nobody tests\n")
    told = invoke("lint", path)
    assert told.exit_code == 0
    assert "warning: no scenario proves the feature unproven-thing; add one, or remove the feature" in told.stdout
    assert "1 warning" in told.stdout
    quiet = invoke("lint", "--quiet", path)
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")


def test_lint_prints_more_than_an_error_message_would(tmp_path):
    lines = "\n".join(f"  no.such-rule-{n}: {{severity: degraded, source: S9}}" for n in range(30))
    told = invoke("lint", own_profile(tmp_path, f"requires:\n{lines}\n"))
    assert told.stdout.count("error:") == 30
    assert "30 errors" in told.stderr


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    told = invoke("lint", tmp_path / "absent.yaml")
    assert told.exit_code == 2
    assert "absent.yaml" in told.stdout


def test_the_failure_of_a_rule_is_short_and_says_what_is_broken(tmp_path):
    steps = "".join(
        f"      - send: {{method: GET, path: /Users, query: 'count={number}'}}\n"
        f"        expect: {{status: [200], rule: {{title: The list comes, failure: {failure}}}}}\n"
        for number, failure in enumerate(["The list should come", "x" * 71, "the list comes", "The list does not come"])
    )
    path = own_profile(tmp_path, f"""scenarios:
  - id: users.own
    feature: match-users
    title: A list is asked for
    evidence: documented
    source: S9
    steps:
{steps}""")  # fmt: skip
    told = invoke("lint", path)
    assert told.exit_code == 0
    warnings = [line.partition(": warning: ")[2] for line in told.stdout.splitlines() if ": warning: " in line]
    assert warnings == [
        "the failure of a rule says 'should'; say what is broken",
        "the failure of a rule has 71 characters; at most 70",
        "the failure of a rule is its title; say what is broken",
    ]
