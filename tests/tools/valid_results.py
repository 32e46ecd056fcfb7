"""Holds a results.json against its published schema: ``valid_results.py RESULTS``.

Uses the installed package, so that it is the shipped schema that is tried. Also asks for what a finished
demo has: every scenario reached, findings with all that a reader needs, nothing left on the target.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


def problems(results: Mapping[str, Any]) -> Iterator[str]:
    """One line for each thing that is wrong."""
    schema = json.loads(files("scim_compat.results").joinpath("results.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for error in Draft202012Validator(schema).iter_errors(results):
        yield f"{error.json_path}: {error.message[:300]}"
        return
    if not results["run"]["complete"]:
        yield "the run is not complete"
    if results["cleanup"]["left"]:
        yield f"{len(results['cleanup']['left'])} resources were left on the target"
    if results["bystanders"]["changed"]:
        yield "bystanders were changed"
    for note in results["errors"]:
        yield f"noted by the run: {note}"
    for scenario, check in failed(results):
        missing = [key for key in ("where", "consequence", "fix") if not check[key]]
        if missing or (not check["cites"] and check["level"] != "CLIENT"):
            yield f"{scenario}, {check['id']}: a finding without {', '.join(missing) or 'citation'}"


def failed(results: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Scenario id and check of each finding."""
    for profile in results["profiles"]:
        for scenario in profile["scenarios"]:
            for step in scenario["steps"]:
                yield from ((scenario["id"], check) for check in step["checks"] if check["outcome"] == "fail")


def checks_seen(results: Mapping[str, Any]) -> set[str]:
    """Ids of the checks that were judged."""
    return {
        check["id"]
        for profile in results["profiles"]
        for scenario in profile["scenarios"]
        for step in scenario["steps"]
        for check in step["checks"]
    }


def main() -> int:
    if len(sys.argv) != 2:
        raise SystemExit("usage: valid_results.py RESULTS")
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = list(problems(results))
    for line in lines:
        print(f"{sys.argv[1]}: {line}")
    if not lines:
        for profile in results["profiles"]:
            print(
                f"{profile['id']}: {profile['verdict']}; {profile['counts']['scenarios']} scenarios, "
                f"{profile['counts']['requests']} requests, {len(checks_seen(results))} different checks judged"
            )
    return bool(lines)


if __name__ == "__main__":
    raise SystemExit(main())
