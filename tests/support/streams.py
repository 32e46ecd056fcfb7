"""Events as a run streams them: heads, scenarios and their end."""

from __future__ import annotations

from scim_compat.results.document.parsing import read
from scim_compat.results.document.records import ExchangeRecord, StepRecord
from scim_compat.results.events import RunEnded, RunStarted, ScenarioEnded, ScenarioStarted, StepPlayed
from scim_compat.results.model import CheckResult, ScenarioResult
from scim_compat.values import Outcome, Severity

SCENARIOS = ["users.create", "users.disable", "groups.create"]


FEATURES = {"users.create": "create-users", "users.disable": "deactivate-users", "groups.create": "groups"}


FAIL = CheckResult(id="user.disabled", outcome=Outcome.FAIL, level="MUST", severity=Severity.BREACH, title="A disabled user", cites=("RFC7644-3.5.2",),
                   where="active", expected=False, actual=True, consequence="Open.", fix="Close.", source="S1")  # fmt: skip


PASS = CheckResult(id="create.status", outcome=Outcome.PASS, level="MUST")


EXCHANGE = {
    "request": {"method": "GET", "url": "https://x.example/Users", "headers": [["A", "b"]], "body": None, "credential": "valid"},
    "response": {"status": 200, "reason": "OK", "headers": [], "body": "{}"},
    "failure": None, "ms": 1.0, "truncated": False, "waits": [], "masked": False,
}  # fmt: skip


def profile_header(id_="demo", *, selected=None):
    return {
        "id": id_, "title": "Demo", "version": "1", "digest": "0" * 64, "summary": "s", "client": "c", "sources": {},
        "features": [{"id": f, "title": f.title()} for f in [*FEATURES.values(), "integrity"]], "not_covered": [],
        "selected": SCENARIOS if selected is None else selected, "total": len(SCENARIOS),
        "scenarios": [{"id": s, "feature": FEATURES[s], "title": s, "variant": "", "evidence": "documented", "source": ["S1"],
                       "line": n, "note": ""} for n, s in enumerate(SCENARIOS, 1)],
    }  # fmt: skip


def step(*checks, number="1.1", exchange=EXCHANGE, line=None):
    recorded = read(ExchangeRecord, exchange, name="exchange")
    return StepPlayed(
        StepRecord(
            id=number,
            kind="client",
            action="read",
            title="reads",
            line=line,
            exchange=recorded,
            checks=checks or (PASS,),
        )
    )


def started(*profiles):
    content = {
        "tool": {"name": "scim-compat", "version": "0"},
        "run": {"id": "r", "seed": 1, "started": "2026-11-22T07:00:00.000Z", "command": [], "tag": "sc000000"},
        "target": {"url": "https://x.example", "claims": {}},
        "profiles": list(profiles) or [profile_header()],
    }
    return read(RunStarted, content, name="header")


def play(
    writer,
    scenario,
    *checks,
    profile="demo",
    outcome="pass",
    severity=None,
    applicable=True,
    reason="",
    feature=None,
    obstacle=None,
):
    writer(ScenarioStarted(profile, scenario))
    if applicable:
        writer(step(*checks, line=3))
    writer(ScenarioEnded(ScenarioResult(id=scenario, profile=profile, feature=feature or FEATURES[scenario], title=scenario, evidence="documented",
                                 source="", outcome=outcome, severity=severity, applicable=applicable, reason=reason, obstacle=obstacle,
                                 requests=1 if applicable else 0, ms=2.0, findings=sum(c.outcome == "fail" for c in checks))))  # fmt: skip


def footer(writer, interrupted=""):
    writer(RunEnded(ended="2026-11-22T07:01:00.000Z", interrupted=interrupted))
