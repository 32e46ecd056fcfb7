"""``scim-compat profiles``: the built-in profiles in a table and as JSON."""

from __future__ import annotations

import json
import re

from scim_compat.profile import find
from support.commands import invoke
from support.places import BAD_PROFILES as BAD


def test_profiles_lists_what_is_built_in(entra):
    told = invoke("profiles")
    assert told.exit_code == 0
    evidence = [s.evidence for s in entra.scenarios]
    counts = " · ".join(f"{evidence.count(kind):>2}" for kind in ("documented", "observed", "inferred", "disputed"))
    row = re.search(r"^entra-v2  +(.+?)  +2\.0  +(\d+)  +(.+)\n +(.+)$", told.stdout, re.MULTILINE)
    assert row[1] + " " + row[4] == entra.title
    assert (int(row[2]), row[3]) == (len(entra.scenarios), counts)
    assert "documented · observed · inferred" in told.stdout


def test_profiles_as_json(entra):
    listed = {each["id"]: each for each in json.loads(invoke("profiles", "--json").stdout)}
    one = listed["entra-v2"]
    assert (one["client"], one["digest"]) == ("Microsoft Entra ID", entra.digest)
    assert sum(one["evidence"].values()) == one["scenarios"] == len(entra.scenarios)
    assert one["features"] == len(entra.features)


def test_a_broken_built_in_is_told_and_the_others_are_listed(monkeypatch, tmp_path):
    good = (BAD / "_good.yaml").read_text(encoding="utf-8")
    name = re.search(r"^id: (\S+)", good, re.MULTILINE)[1]
    (tmp_path / f"{name}.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "torn.yaml").write_text("format: [", encoding="utf-8")
    monkeypatch.setattr(find, "builtin_dir", lambda: tmp_path)
    told = invoke("profiles")
    assert told.exit_code == 2
    assert name in told.stdout
    assert re.search(r"torn\.yaml:\d+: not valid YAML", told.stderr)
