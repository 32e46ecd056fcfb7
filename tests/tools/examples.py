#!/usr/bin/env python3
"""One small failing exchange for each check, for `scim-compat explain`.

    python tests/tools/examples.py                # all anew; takes some minutes
    python tests/tools/examples.py create.status  # only these

The matrix says where a check fails. The broken servers that trip the fewest checks beside it are played, and the
clearest failure is kept: the shortest exchange. A check that no broken server trips gets its example from the cases
of the tests. Writes conformance/scim_compat/checks/examples.json, where
`made` says what makes the example again; a test does so and looks whether the check still fails.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = ROOT / "tests"
for _place in (ROOT, TESTS):
    if str(_place) not in sys.path:
        sys.path.insert(0, str(_place))

from scim_compat.checks.registry import NotJudged, Violation, all_checks  # noqa: E402
from scim_compat.engine.intent import Observation  # noqa: E402
from scim_compat.errors import NotTestableError  # noqa: E402
from scim_compat.profile.model import Profile, Scenario  # noqa: E402
from scim_compat.report.text import pretty  # noqa: E402
from scim_compat.results.stream import EventWriter  # noqa: E402
from scim_compat.run.session import Session  # noqa: E402
from scim_compat.run.settings import Login, Settings  # noqa: E402
from scim_compat.values import MISSING  # noqa: E402
from servers.defects import DEFECTS  # noqa: E402 - the script finds its own checkout first
from servers.good import GoodServer  # noqa: E402
from servers.running import MOUNT, mounted  # noqa: E402

from tools import matrix  # noqa: E402

OUT: Final = ROOT / "conformance" / "scim_compat" / "checks" / "examples.json"
LINES: Final = 25
"""Lines of a body that are kept."""
SEED: Final = 7
PREFERRED: Final = ("entra-v2", "okta", "rfc7644", "entra-v1", "entra-validator", "okta-spec")
_SHOWN: Final = ("content-type", "location", "retry-after", "www-authenticate")
BYSTANDERS: Final = "run.bystanders"
_PLACES: Final = 3
"""Broken servers that are tried for a check."""
CROWD: Final = 12
"""Users beside those of the scenarios: as many as the matrix has."""


class _Current:
    """The application that the session calls; the server behind it changes."""

    server: Any = None


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return mounted(_Current.server)(environ, start_response)


@dataclasses.dataclass(frozen=True)
class Failure:
    """One failed check as it was recorded."""

    profile: str
    scenario: str
    step: Mapping[str, Any]
    exchange: Mapping[str, Any]
    check: Mapping[str, Any]
    before: Mapping[str, Any] | None = None
    """The client's last write, where the failure shows in a read of ours."""


def failures(server: Any, profile: Profile, scenarios: Iterable[Scenario]) -> list[Failure]:
    """Every failed check of the scenarios, played against the server in process; the bystanders' comparison too."""
    _Current.server = server
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            url=f"https://scim.example.com{MOUNT}",
            app=f"{__name__ if __name__ != '__main__' else 'tools.examples'}:app",
            login=Login(kind="bearer", token="good-token"),
            seed=SEED,
            out=folder,
            crowd=CROWD,
        )
        sys.modules.setdefault("tools.examples", sys.modules[__name__])
        writer = EventWriter(Path(folder) / "events.jsonl")
        session = Session(settings, report=writer)
        try:
            session.open()
            for scenario in scenarios:
                session.run(profile, scenario)
        finally:
            session.close()
            writer.close()
        return list(_failed(writer.path.read_text(encoding="utf-8").splitlines()))


def _failed(lines: Iterable[str]) -> Iterator[Failure]:
    at, exchange, write = ("", ""), {}, None
    for event in map(json.loads, lines):
        if event["event"] == "scenario":
            at, write = (event["profile"], event["id"]), None
        elif event["event"] == "exchange":
            exchange = event
            if event["step"]["kind"] == "client" and event["exchange"]["request"]["method"] != "GET":
                write = event["exchange"]
        elif event["event"] == "check" and event["check"]["outcome"] == "fail":
            before = write if exchange["step"]["kind"] == "harness" else None
            yield Failure(*at, exchange["step"], exchange["exchange"], event["check"], before)


# --- from a failure to an example -----------------------------------------------------------------


def example(failure: Failure, *, server: str, made: Mapping[str, Any]) -> dict[str, Any]:
    """What a page shows of it."""
    request, response, check = failure.exchange["request"], failure.exchange["response"], failure.check
    return {
        "server": server,
        "step": failure.step["title"],
        "by": failure.step["kind"],
        "before": _sent(failure.before["request"]) if failure.before else None,
        "request": _sent(request),
        "response": _answer(response, check["where"]) if response else None,
        "failure": "" if response else failure.exchange["failure"]["text"],
        **{key: check[key] for key in ("where", "expected", "actual", "message") if key in check},
        **({"prose": check["prose"]} if check.get("prose") else {}),
        "made": dict(made),
    }


def _sent(request: Mapping[str, Any]) -> dict[str, Any]:
    body = snippet(request["body"], "") if request["body"] else ""
    return {"line": f"{request['method']} {target(request['url'])}", "body": body}


def _answer(response: Mapping[str, Any], where: str) -> dict[str, Any]:
    named = where.removeprefix("header ").lower() if where.startswith("header ") else ""
    headers = [[k, v] for k, v in response["headers"] if k.lower() in _SHOWN or k.lower() == named]
    return {
        "line": f"{response['status']} {response['reason']}".strip(),
        "headers": headers,
        "body": snippet(response["body"] or "", where),
    }


def target(url: str) -> str:
    """Path and query below the endpoint's base URL."""
    _, found, rest = url.partition(MOUNT)
    return rest if found else "/" + url.split("/", 3)[3].partition("/")[2]


def snippet(body: str, where: str) -> str:
    """The body in at most ``LINES`` lines, those about ``where`` among them; what is left out is a line with …."""
    lines = [line if len(line) <= 160 else line[:159] + "…" for line in pretty(body).text.split("\n")]
    if len(lines) <= LINES:
        return "\n".join(lines)
    name = where.rpartition("/")[2].rpartition(".")[2]
    place = next((n for n, line in enumerate(lines) if name and line.strip().startswith(f'"{name}"')), 0)
    if place < LINES - 1:
        return "\n".join([*lines[: LINES - 1], "…"])
    first = min(place - 8, len(lines) - (LINES - 4))
    kept = lines[first : first + LINES - 4]
    return "\n".join([*lines[:2], "…", *kept, *(["…"] if first + len(kept) < len(lines) else [])])


def size(shown: Mapping[str, Any]) -> int:
    return len(json.dumps({k: v for k, v in shown.items() if k != "made"}))


# --- where to look --------------------------------------------------------------------------------

Found = tuple[tuple[int, bool, int], dict[str, Any]]
"""How clear an example is, the clearest first, and the example."""
Place = tuple[str, str, str]
"""A broken server, a profile and the scenario that finds the failure there."""


def places(check: str) -> list[Place]:
    """Where the matrix says that the check fails: few checks beside it first, then the better known client."""
    known = matrix.read()["defects"]["2.0"]
    rows = [
        (len(found), PREFERRED.index(profile) if profile in PREFERRED else len(PREFERRED), defect, profile, found)
        for defect, row in known.items()
        for profile, found in row.items()
        if check in (found or {}) and found[check][1] in {s.id for s in matrix.profiles()[profile].scenarios}
    ]
    return [(defect, profile, found[check][1]) for _, _, defect, profile, found in sorted(rows, key=lambda r: r[:4])]


def played(task: tuple[str, Place]) -> tuple[str, Found | None]:
    """(the check, its clearest failure there)."""
    check, (name, profile, scenario) = task
    scenarios = [s for s in matrix.profiles()[profile].scenarios if s.id == scenario]
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # some break by raising, and the bridge tells of it
            found = failures(GoodServer(frozenset({name})), matrix.profiles()[profile], scenarios)
    except NotTestableError:
        return check, None
    tripped = len({f.check["id"] for f in found})
    shown = [
        example(f, server=DEFECTS[name].description,
                made={"defect": name, "profile": f.profile, "scenarios": [scenario]})
        for f in found if f.check["id"] == check
    ]  # fmt: skip
    ranked = [((tripped, "message" not in one and "expected" not in one, size(one)), one) for one in shown]
    return check, min(ranked, key=lambda rank: rank[0], default=None)


def searched(wanted: set[str], *, jobs: int) -> dict[str, dict[str, Any]]:
    """Check → its clearest example from the broken servers that trip the fewest checks beside it."""
    tasks = [(check, place) for check in sorted(wanted) for place in places(check)[:_PLACES]]
    best: dict[str, Found] = {}
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for check, one in pool.imap(played, tasks):
            if one is not None and (check not in best or one[0] < best[check][0]):
                best[check] = one
    return {check: shown for check, (_, shown) in best.items()}


# --- from the tests' cases ------------------------------------------------------------------------


def from_cases(check: str) -> dict[str, Any]:
    """The shortest failing case of the tests' tables. Raises LookupError where there is none."""
    from unit.checks import test_every_check  # noqa: PLC0415 - it imports three tables of tests

    rule = all_checks()[check]
    found = []
    for number, seen in enumerate(test_every_check.cases()[check]):
        try:
            problems = list(rule.run(seen)) if rule.when(seen) else []
        except NotJudged:
            continue
        if problems:
            found.append(_of_case(seen, problems[0], {"case": number}))
    if not found:
        raise LookupError(f"neither a broken server nor a case of the tests trips {check}")
    return min(found, key=size)


def _of_case(seen: Observation, problem: Violation, made: Mapping[str, Any]) -> dict[str, Any]:
    request, response, failure = seen.exchange.request, seen.exchange.response, seen.exchange.failure
    told = {k: v for k, v in dataclasses.asdict(problem).items() if v is not MISSING}
    exchange = {
        "request": {"method": request.method, "url": f"https://scim.example.com{MOUNT}{request.target}",
                    "body": request.body.decode() if request.body else None},
        "response": response and {"status": response.status, "reason": response.reason,
                                  "headers": [list(h) for h in response.headers],
                                  "body": response.body.decode("utf-8", "replace")},
        "failure": failure and {"text": failure.text},
    }  # fmt: skip
    step = {"title": "", "kind": seen.intent.by}
    return example(Failure("", "", step, exchange, told), server="", made=made)


def made_again(made: Mapping[str, Any], check: str, profiles: Mapping[str, Profile]) -> list[str]:
    """Where the check fails when the example is made again; empty: it does not any more."""
    if "case" in made:
        from unit.checks import test_every_check  # noqa: PLC0415

        seen = test_every_check.cases()[check][made["case"]]
        return [p.where for p in all_checks()[check].run(seen)]
    profile = profiles[made["profile"]]
    scenarios = [s for s in profile.scenarios if s.id in made["scenarios"]]
    found = failures(GoodServer(frozenset({made["defect"]})), profile, scenarios)
    return [f.check["where"] for f in found if f.check["id"] == check]


# --- the command ----------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checks", nargs="*", help="only these; the others stay as they are")
    parser.add_argument("--jobs", type=int, default=2, help="processes; default 2")
    given = parser.parse_args()
    wanted = set(given.checks or all_checks())
    known = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    found = searched(wanted, jobs=given.jobs)
    found |= {check: from_cases(check) for check in sorted(wanted - found.keys())}
    whole = {check: found.get(check) or known[check] for check in all_checks()}
    OUT.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    cases = sum("case" in one["made"] for one in whole.values())
    print(f"{OUT.relative_to(ROOT)}  {len(whole)} examples, {cases} of them from cases of the tests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
