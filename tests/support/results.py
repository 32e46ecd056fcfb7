"""Documents of ``results.schema.json`` for the tests of everything that reads them.

``build_results()`` is a believable run of three clients against an endpoint with a handful of faults;
``hostile_results()`` puts hostile text wherever a server, a profile or a vendor can put text;
``many_results(n)`` is a long run. All are plain dicts, built anew on each call, free of chance.
"""

from __future__ import annotations

import copy
import json
from typing import Any

Json = dict[str, Any]

BASE = "https://api.example.com/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
}

CLIENTS: dict[str, Json] = {
    "entra-v2": {
        "title": "Microsoft Entra ID provisioning service, SCIM-compliant client",
        "client": "Microsoft Entra ID",
        "summary": "The provisioning service with the compliance flag that new applications get.",
        "headers": [["ADSCIMVersion", "6.0"], ["Authorization", "Bearer [redacted]"]],
        "type": "application/scim+json; charset=utf-8",
        "sources": {
            "S1": {"title": "Develop and plan provisioning for a SCIM endpoint", "url": "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups", "read": "2026-11"},
            "S10": {"title": "Known issues for provisioning", "url": "https://learn.microsoft.com/entra/identity/app-provisioning/known-issues", "read": "2026-11"},
            "S28": {"title": "Traffic of a gallery application, as its vendor published it", "url": "", "read": "2026-10"},
        },
    },
    "okta": {
        "title": "Okta Integration Network, SCIM 2.0",
        "client": "Okta",
        "summary": "Okta as an Integration Network application sends it: PUT for users, PATCH for groups.",
        "headers": [["User-Agent", "Okta SCIM Client 1.0.0"], ["Accept", "application/scim+json"], ["Authorization", "Bearer [redacted]"]],
        "type": "application/scim+json; charset=utf-8",
        "sources": {
            "S1": {"title": "Build a SCIM API service", "url": "https://developer.okta.com/docs/guides/scim-provisioning-integration-prepare/main/", "read": "2026-11"},
            "S10": {"title": "SCIM 2.0 protocol reference", "url": "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/", "read": "2026-11"},
            "S28": {"title": "Published test suite for SCIM servers", "url": "https://developer.okta.com/docs/guides/scim-provisioning-integration-test/main/", "read": "2026-11"},
        },
    },
    "thousandeyes": {
        "title": "ThousandEyes connector",
        "client": "Microsoft Entra ID, ThousandEyes gallery application",
        "summary": "The gallery application's own mapping, with the client underneath.",
        "headers": [["Authorization", "Bearer [redacted]"]],
        "type": "application/scim+json; charset=utf-8",
        "sources": {"S1": {"title": "Configure ThousandEyes for automatic user provisioning", "url": "https://learn.microsoft.com/entra/identity/saas-apps/thousandeyes-provisioning-tutorial", "read": "2026-11"}},
    },
}  # fmt: skip


def user(n: int, **more: Any) -> Json:
    """A user as the endpoint returns it."""
    id_ = f"2819c223-7f76-453a-919d-4138618{n:05d}"
    return {
        "schemas": [USER, ENTERPRISE],
        "id": id_,
        "externalId": f"sc-k7q2-{n}",
        "userName": f"mara.lindqvist{n}.sc-k7q2@example.com",
        "name": {"givenName": "Mara", "familyName": "Lindqvist"},
        "displayName": "Mara Lindqvist",
        "emails": [{"value": f"mara.lindqvist{n}@example.com", "type": "work", "primary": True}],
        "active": True,
        ENTERPRISE: {"department": "Field Operations", "employeeNumber": "70113"},
        "meta": {
            "resourceType": "User",
            "location": f"{BASE}/Users/{id_}",
            "created": "2026-11-22T06:31:07Z",
        },
        **more,
    }


def listed(*resources: Json) -> Json:
    return {
        "schemas": [LIST],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def passed(id_: str, level: str = "MUST") -> Json:
    return {"id": id_, "outcome": "pass", "level": level}


def skipped(id_: str, reason: str, level: str = "SHOULD") -> Json:
    return {"id": id_, "outcome": "skip", "level": level, "reason": reason}


def failed(id_: str, severity: str, title: str, **more: Any) -> Json:
    return {
        "id": id_,
        "outcome": "fail",
        "level": "MUST",
        "severity": severity,
        "title": title,
        "cites": [],
        "where": "",
        "message": "",
        "consequence": "",
        "fix": "",
        "source": "",
        "failure": "",
        "fault": "answer",
        "prose": [],
        "accepted": "",
        **more,
    }


HELD = [
    passed("http.no-server-error"),
    passed("http.content-type"),
    passed("http.json"),
    passed("resource.schemas"),
    passed("resource.id"),
    passed("http.in-time", "CLIENT"),
]


def exchange(
    client: str,
    method: str,
    target: str,
    status: int,
    *,
    sent: Any = None,
    got: Any = None,
    ms: float = 14.2,
    **more: Any,
) -> Json:
    """One answered exchange; ``more`` overrides its other keys."""
    headers = [["Host", "api.example.com"], *CLIENTS[client]["headers"]]
    body = None if sent is None else sent if isinstance(sent, str) else json.dumps(sent, separators=(",", ":"))
    if body is not None:
        headers += [["Content-Type", CLIENTS[client]["type"]], ["Content-Length", str(len(body))]]
    text = None if got is None else got if isinstance(got, str) else json.dumps(got, separators=(",", ":"))
    answer = [["content-type", "application/scim+json"], ["date", "Sun, 22 Nov 2026 06:31:07 GMT"]]
    if status == 201 and isinstance(got, dict):
        answer.append(["location", got["meta"]["location"]])
    return {
        "request": {"method": method, "url": BASE + target, "headers": headers, "body": body, "credential": "valid"},
        "response": {"status": status, "reason": REASONS.get(status, ""), "headers": answer, "body": text},
        "failure": None,
        "ms": ms,
        "truncated": False,
        "waits": [],
        "masked": False,
        **more,
    }


def step(
    id_: str,
    title: str,
    action: str,
    exchange_: Json | None,
    *checks: Json,
    kind: str = "client",
    line: int | None = 40,
) -> Json:
    return {
        "id": id_,
        "kind": kind,
        "action": action,
        "title": title,
        "line": line,
        "exchange": exchange_,
        "checks": [dict(check) for check in checks or HELD],
        "subject": None,
    }


def scenario(id_: str, feature: str, title: str, *steps: Json, outcome: str = "pass", **more: Any) -> Json:
    severities = [check["severity"] for each in steps for check in each["checks"] if check["outcome"] == "fail"]
    order = ["breach", "blocker", "degraded", "cosmetic"]
    return {
        "id": id_,
        "feature": feature,
        "title": title,
        "variant": "",
        "evidence": "documented",
        "source": ["S1"],
        "outcome": "fail" if severities else outcome,
        "severity": min(severities, key=order.index, default=None),
        "applicable": True,
        "reason": "",
        "line": 120,
        "requests": len(steps),
        "ms": round(sum(each["exchange"]["ms"] for each in steps if each["exchange"]), 1),
        "note": "",
        "steps": list(steps),
        "started": None,
        **more,
    }


def created(client: str, n: int, who: str = "alice") -> Json:
    sent = {key: value for key, value in user(n).items() if key not in ("id", "meta")}
    return step(
        "s1",
        f"Create {who}",
        "create",
        exchange(client, "POST", "/Users", 201, sent=sent, got=user(n), ms=48.7),
        *HELD,
        passed("create.status"),
        passed("create.all-attributes"),
    )


def _empty_list(client: str) -> Json:
    error = {"schemas": [ERROR], "status": "404", "detail": "No user matches this filter"}
    target = "/Users?filter=userName+eq+%22c4d1e1f6-4a3e-4b0b-9d53-1f4b51f0a7aa%22&aadOptscim062020"
    finding = failed(
        "list.empty-is-200", "blocker", "A query that matches nothing is answered with 200 and an empty list",
        cites=["RFC7644-3.4.2"], where="status", expected=200, actual=404, source="S10",
        message="An empty result is a result. 404 says that /Users itself does not exist.",
        consequence="Test Connection fails, so the administrator cannot save the configuration.",
        fix="Answer 200 with a ListResponse whose totalResults is 0 wherever a filter matches nothing.",
    )  # fmt: skip
    probe = exchange(client, "GET", target, 404, got=error, ms=9.8)
    return scenario(
        "connect.probe",
        "connect",
        "Test Connection asks for a user that does not exist",
        step("s1", "Look for a random name", "match", probe, *HELD[:3], finding),
        source=["S1", "S10"],
    )


def _disable(client: str, n: int, *, works: bool) -> Json:
    id_ = user(n)["id"]
    wanted = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    after = user(n, active=not works)
    patch = step(
        "s2",
        "Disable alice",
        "patch",
        exchange(client, "PATCH", f"/Users/{id_}", 200, sent=wanted, got=after, ms=31.0),
        *HELD,
        passed("patch.status"),
    )
    finding = failed(
        "patch.active-takes-effect", "breach", "A disabled user is inactive when read back",
        cites=["RFC7644-3.5.2.3", "RFC7643-4.1.1"], where="/active", expected=False, actual=True, source="S28",
        message="The server answered 200 to the change and did not make it.",
        consequence="A person who left keeps access. The client believes the account is disabled and does not try again.",
        fix='Apply "replace" on "active" and store it before you answer. If the change cannot be made, answer with an error.',
    )  # fmt: skip
    read = step(
        "s3",
        "Read alice back",
        "read-back",
        exchange(client, "GET", f"/Users/{id_}", 200, got=after),
        *HELD,
        passed("patch.active-takes-effect") if works else finding,
        kind="harness",
        line=None,
    )
    return scenario(
        "users.disable",
        "deactivate-users",
        "An unassigned user is disabled and stays visible",
        created(client, n),
        patch,
        read,
        evidence="observed",
        source=["S28"],
        line=214,
    )


def _update(client: str, n: int) -> Json:
    id_ = user(n)["id"]
    path = f"{ENTERPRISE}:department"
    sent = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": path, "value": "Treasury"}]}
    had = {"department": "Field Operations", "employeeNumber": "70113"}
    after = user(n, **{path: "Treasury"})
    finding = failed(
        "patch.extension-path", "degraded", "A path with an extension's URN reaches the attribute inside the extension",
        cites=["RFC7644-3.5.2", "RFC7644-3.10"], where=f"/{ENTERPRISE}", source="S10",
        expected={"department": "Treasury", "employeeNumber": "70113"}, actual=had | {"urn": path},
        consequence="Department, manager and cost centre are never updated. The client sends the change again in each cycle.",
        fix="Split the path at the last colon that belongs to a known schema URN, and look up the rest inside that extension.",
    )  # fmt: skip
    patch = step(
        "s2",
        "Move alice to Treasury",
        "patch",
        exchange(client, "PATCH", f"/Users/{id_}", 200, sent=sent, got=after, ms=27.4),
        *HELD,
    )
    read = step(
        "s3",
        "Read alice back",
        "read-back",
        exchange(client, "GET", f"/Users/{id_}", 200, got=after),
        *HELD,
        finding,
        kind="harness",
        line=None,
    )
    return scenario(
        "users.update-enterprise",
        "update-users",
        "A changed department reaches the enterprise extension",
        created(client, n),
        patch,
        read,
        source=["S10"],
        line=171,
    )


def _members(client: str) -> Json:
    ids = [user(n)["id"] for n in (31, 32)]
    group = f"/Groups/{'e9e30dba-f08f-4109-8486-d5c6a331660a'}"
    sent = {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": f'members[value eq "{ids[0]}"]'}]}
    finding = failed(
        "group.only-that-member-removed", "breach", "Removing one member leaves the others in the group",
        cites=["RFC7644-3.5.2.2"], where="/members", expected=[{"value": ids[1]}], actual=[], source="S10",
        consequence="One person leaves a team and everyone in it loses access.",
        fix="Evaluate the value filter in the path, and remove the matching entries only.",
    )  # fmt: skip
    empty = {"schemas": [GROUP], "id": group[8:], "displayName": "Blue team sc-k7q2", "members": []}
    patch = step(
        "s1",
        "Remove alice from the team",
        "patch",
        exchange(client, "PATCH", group, 204, sent=sent),
        *HELD[:1],
    )
    read = step(
        "s2",
        "Read the team back",
        "read-back",
        exchange(client, "GET", group, 200, got=empty),
        *HELD,
        finding,
        kind="harness",
        line=None,
    )
    return scenario(
        "groups.remove-member",
        "push-groups",
        "One member of two is removed",
        patch,
        read,
        evidence="observed",
        source=["S28"],
        line=302,
    )


def _cosmetic(client: str, n: int) -> Json:
    body = {"status": 409, "detail": "userName exists"}
    finding = failed(
        "error.shape", "cosmetic", "An error has a SCIM error body", cites=["RFC7644-3.12"], where="/schemas",
        expected=[ERROR], fix="Add schemas and a status that is a string to each error body.",
        consequence="Nothing breaks. The administrator sees a generic text instead of yours.",
    )  # fmt: skip
    again = step(
        "s2",
        "Create alice again",
        "create",
        exchange(client, "POST", "/Users", 409, sent={"schemas": [USER], "userName": user(n)["userName"]}, got=body),
        *HELD[:2],
        passed("create.conflict"),
        finding,
    )
    return scenario(
        "users.create-twice",
        "create-users",
        "A second create of the same name is refused as a conflict",
        created(client, n),
        again,
        line=98,
    )


def _plain(client: str, n: int) -> list[Json]:
    """Scenarios that pass everywhere."""
    found = user(n)
    match = step(
        "s1",
        "Look for alice by userName",
        "match",
        exchange(
            client,
            "GET",
            f"/Users?filter=userName+eq+%22{found['userName']}%22",
            200,
            got=listed(found),
            masked=True,
        ),
        *HELD,
        passed("filter.finds"),
        passed("filter.only-matches"),
    )
    gone = {"schemas": [ERROR], "status": "404", "detail": "Not found"}
    delete = step(
        "s2",
        "Delete alice",
        "delete",
        exchange(client, "DELETE", f"/Users/{found['id']}", 204, ms=18),
        passed("delete.status"),
    )
    reread = step(
        "s3",
        "Read alice",
        "read-back",
        exchange(client, "GET", f"/Users/{found['id']}", 404, got=gone, ms=6),
        passed("delete.gone-by-id"),
        kind="harness",
        line=None,
    )
    return [
        scenario(
            "users.create",
            "create-users",
            "A new user is created with all mapped attributes",
            created(client, n),
            line=80,
        ),
        scenario(
            "users.match-case",
            "create-users",
            "An existing user is found whatever the case of the name",
            match,
            variant="upper case",
            evidence="inferred",
            source=["S1"],
            line=90,
        ),
        scenario(
            "users.delete",
            "delete-users",
            "A deleted user is gone by id",
            created(client, n),
            delete,
            reread,
            line=260,
        ),
    ]


FEATURES = {
    "connect": "Connect and authenticate",
    "create-users": "Create users",
    "update-users": "Update users",
    "deactivate-users": "Deactivate and reactivate users",
    "delete-users": "Delete users",
    "push-groups": "Push groups and memberships",
    "schema-discovery": "Discover the schema",
}


def profile(
    id_: str, scenarios: list[Json], *, why: str, verdict: str, features: dict[str, str], missing: int = 0
) -> Json:
    client = CLIENTS[id_]
    applicable = [each for each in scenarios if each["applicable"]]
    outcomes = [each["outcome"] for each in applicable]
    return {
        "id": id_,
        "title": client["title"],
        "version": "2026.11",
        "digest": "sha256:5f0c2b7d91aa",
        "summary": client["summary"],
        "client": client["client"],
        "verdict": verdict,
        "why": why,
        "counts": {
            "scenarios": len(scenarios) + missing,
            "passed": outcomes.count("pass"),
            "failed": outcomes.count("fail"),
            "skipped": outcomes.count("skip"),
            "errored": outcomes.count("error"),
            "not_applicable": len(scenarios) - len(applicable),
            "requests": sum(each["requests"] for each in scenarios),
        },
        "sources": {key: dict(source) for key, source in client["sources"].items()},
        "features": [
            {
                "id": feature,
                "title": FEATURES[feature],
                "verdict": word,
                "scenarios": sum(each["feature"] == feature for each in scenarios)
                + (missing if word == "unproven" else 0),
            }
            for feature, word in features.items()
        ],
        "not_covered": [
            {
                "what": "Quarantine after repeated failures",
                "why": "It takes days of failing cycles; a run lasts minutes.",
            }
        ],
        "scenarios": scenarios,
        "timeout": 60.0,
        "reference": "",
        "is_part": False,
        "without": [FEATURES[feature] for feature, word in features.items() if word == "not-applicable"],
    }


def build_results() -> Json:
    """A believable run: three clients, seven features, each outcome and each severity at least once."""
    entra = [
        _empty_list("entra-v2"),
        *_plain("entra-v2", 1),
        _cosmetic("entra-v2", 2),
        _update("entra-v2", 3),
        _disable("entra-v2", 4, works=False),
        _members("entra-v2"),
        scenario(
            "schema.read",
            "schema-discovery",
            "The schema is read for attribute mapping",
            step("s1", "Read /Schemas", "discover", _timed_out("entra-v2"), kind="client"),
            outcome="error",
            reason="No answer within 60 s, twice.",
        ),
    ]
    entra[-1]["steps"][0]["checks"] = [
        {
            "id": "discovery.schemas-list",
            "outcome": "error",
            "level": "MUST",
            "reason": "there was no answer to judge",
        }
    ]
    okta = [*_plain("okta", 11), _update("okta", 12), _disable("okta", 13, works=True), _cosmetic("okta", 14)]
    okta[1]["steps"][0]["exchange"]["waits"] = ["429, Retry-After: 2: waited 2 s"]
    okta.append(
        scenario(
            "groups.rename",
            "push-groups",
            "A renamed group keeps its members",
            outcome="skip",
            applicable=False,
            reason="The endpoint does not claim groups.",
        )
    )
    thousand = [*_plain("thousandeyes", 21)]
    thousand.append(
        scenario(
            "users.update-title",
            "update-users",
            "A changed title arrives",
            outcome="skip",
            reason="The mapping has no title and the endpoint's schema has none.",
        )
    )
    return {
        "schema": "scim-compat/results/1",
        "tool": {"name": "scim-compat", "version": "0.1.0"},
        "run": {"id": "20261122-063105-k7q2", "seed": 20261122, "started": "2026-11-22T06:31:05Z", "ended": "2026-11-22T06:33:41Z", "complete": True, "interrupted": None, "command": ["--profile", "entra-v2", "--profile", "okta", "--profile", "thousandeyes"], "tag": "sc-k7q2",
                "call": {"kind": "run", "url": BASE, "options": [], "only": []}, "trace": ""},
        "target": {
            "url": BASE,
            "bases": {"2.0": BASE},
            "claims": {"without-features": ["roles"], "groups": True, "filterable": {"user": ["userName", "externalId"]}, "mutable": {"user": ["active", "displayName"]},
                       "disable": "keep", "delete": "gone", "existing": "conflict", "page-size": {"default": 20, "max": 100}, "media-types": ["application/scim+json"]},
            "capabilities": {
                "provider_config": {"patch": {"supported": True}, "bulk": {"supported": False}, "filter": {"supported": True, "maxResults": 200}, "etag": {"supported": False}},
                "resource_types": [{"id": "User", "name": "User", "endpoint": "/Users"}, {"id": "Group", "name": "Group", "endpoint": "/Groups"}],
                "schemas": [USER, GROUP, ENTERPRISE],
                "fixed": {"User": ["nickName"], "Group": []},
            },
            "found": found(),
        },
        "verdict": "incompatible",
        "profiles": [
            profile("entra-v2", entra, verdict="incompatible", why="Two breaches and a blocker: a disabled user stays active, one removal empties the group, and Test Connection fails.",
                    features={"connect": "incompatible", "create-users": "compatible", "update-users": "limited", "deactivate-users": "incompatible", "delete-users": "compatible", "push-groups": "incompatible", "schema-discovery": "unproven"}),
            profile("okta", okta, verdict="limited", why="Changes to enterprise attributes are lost.",
                    features={"create-users": "compatible", "update-users": "limited", "deactivate-users": "compatible", "delete-users": "compatible", "push-groups": "not-applicable"}),
            profile("thousandeyes", thousand, verdict="compatible", why="All three scenarios that apply passed.", features={"create-users": "compatible", "update-users": "unproven", "delete-users": "compatible"}),
        ],
        "bystanders": {"checked": 2, "changed": [], "accounts": []},
        "cleanup": {"deleted": 17, "left": [{"type": "Group", "id": "e9e30dba-f08f-4109-8486-d5c6a331660a", "why": "DELETE was answered with 500"}]},
        "errors": [],
        "baseline": baseline(),
    }  # fmt: skip


def baseline() -> Json:
    """What the run showed of a baseline: an entry that accepts nothing here, and a feature that is lost."""
    return {
        "file": "baseline.yaml",
        "accepted": 0,
        "entries": [
            {"check": "user.unchanged", "profile": "okta", "scenarios": [{"name": "users.update", "line": 6}], "reason": "The old store trims names; replaced in March", "ticket": "SCIM-117", "line": 3,
             "until": "2027-03-31", "severity": "degraded", "accept_breach": False},
        ],
        "departures": [{"kind": "lost-feature", "line": 12, "text": "okta: push-groups was tested when the baseline was written, and is not applicable now"}],
    }  # fmt: skip


def found() -> Json:
    """What the run saw: ``target.found``."""
    return {
        "operations": {"create Group": {"accepted": 2}, "create User": {"accepted": 41, "declined": 2}, "delete": {"accepted": 4}, "filter": {"accepted": 30, "refused": 1}, "patch": {"accepted": 12, "declined": 2, "refused": 1}, "sort": {"unsupported": 1}},
        "filters": {"Group": {"displayName": {"right": 2}}, "User": {"externalId": {"refused": 1}, "userName": {"right": 29}}},
        "changes": {"User": {"active": {"accepted": 3, "lost": 1}, "displayName": {"accepted": 4}, "title": {"accepted": 1}}},
        "disable": {"active": 1, "kept": 2},
        "delete": {"gone": 3},
        "existing": {"conflict": 2},
        "etag": {"without": 60},
        "credentials": {"Bearer": {"accepted": 120}, "none": {"refused": 2}, "wrong": {"refused": 2}},
        "media_types": {"application/scim+json": 118},
        "error_media_types": {"application/json": 4},
        "extensions": {ENTERPRISE: 30},
        "versions": {"2.0": 118},
        "pages": {"largest": 20, "largest_unasked": 20, "cut": [{"asked": 100, "returned": 20}]},
    }  # fmt: skip


def _timed_out(client: str) -> Json:
    return exchange(
        client,
        "GET",
        "/Schemas",
        200,
        ms=60000.0,
        response=None,
        failure={
            "kind": "timeout",
            "text": "No answer within 60 s. Is the endpoint slow, or is something on the way holding the request?",
        },
    )


def interrupted_results() -> Json:
    """The same run, ended by Ctrl-C before the last scenarios of the first profile."""
    results = build_results()
    results["run"] |= {"complete": False, "interrupted": "Stopped by the user (Ctrl-C).", "ended": None}
    first = results["profiles"][0]
    first["scenarios"] = [
        each for each in first["scenarios"] if each["feature"] not in ("push-groups", "schema-discovery")
    ]
    first["counts"] |= {"failed": first["counts"]["failed"] - 1, "errored": 0}
    first["verdict"] = "incompatible"
    for feature in first["features"]:
        if feature["id"] in ("push-groups", "schema-discovery"):
            feature["verdict"] = "unproven"
    return results


HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}\u202egpj.exe\x1b[31m\x00</pre></style>\ud800"
"""Markup, template syntax, a bidirectional override, an ANSI escape, NUL, closing tags, a lone surrogate."""
HOSTILE_URL = 'javascript:alert(1)//"onmouseover="alert(1)'


def hostile_results(text: str = HOSTILE, url: str = HOSTILE_URL) -> Json:
    """Hostile text in every place where somebody else's text can stand; ids and enumerations stay valid."""
    results = build_results()
    fixed = {
        "id",
        "schema",
        "outcome",
        "severity",
        "level",
        "verdict",
        "kind",
        "action",
        "feature",
        "evidence",
        "started",
        "ended",
        "method",
        "source",
        "fault",
        "check",
        "until",
        "prose",
        "credential",
    }

    def spoil(node: Any, key: str = "") -> Any:
        if isinstance(node, dict):
            return {name: spoil(value, name) for name, value in node.items()}
        if isinstance(node, list):
            return [spoil(value, key) for value in node]
        if isinstance(node, str) and key not in fixed:
            return url if key == "url" else text + node if key == "body" else text
        return node

    return spoil(results)


def many_results(exchanges: int = 2000, *, failing: bool = False) -> Json:
    """A long run: scenarios of ten steps, with bodies of 2 to 6 kB."""
    results = build_results()
    big = user(
        1,
        entitlements=[
            {"value": f"entitlement-{n}", "display": f'"Entitlement" & <number> {n}', "type": "role"} for n in range(60)
        ],
    )
    finding = failed(
        "patch.effect",
        "degraded",
        "A change is found when it is read back",
        cites=["RFC7644-3.5.2"],
        where="/emails",
        expected=big["emails"],
        actual=big["entitlements"][:9],
        fix="Store it.",
        consequence="It is lost.",
    )
    scenarios = []
    for number in range(exchanges // 10):
        steps = [created("entra-v2", number)]
        for n in range(9):
            ours = n % 3 == 2
            target = f"/Users/{user(number)['id']}"
            call = exchange(
                "entra-v2",
                "GET" if ours else "PATCH",
                target,
                200,
                sent=None if ours else {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": big}]},
                got=big,
            )
            steps.append(
                step(
                    f"s{n + 2}",
                    f"Change number {n}",
                    "read-back" if ours else "patch",
                    call,
                    *HELD,
                    *HELD,
                    *([finding] if failing else []),
                    kind="harness" if ours else "client",
                )
            )
        scenarios.append(
            scenario(f"users.bulk-{number}", "update-users", "Many changes one after the other arrive", *steps)
        )
    results["profiles"] = [
        profile(
            "entra-v2",
            scenarios,
            verdict="limited" if failing else "compatible",
            why="",
            features={"update-users": "limited" if failing else "compatible"},
        )
    ]
    results["verdict"] = results["profiles"][0]["verdict"]
    return results


def many_clients() -> Json:
    """Ten clients, the first with a long run."""
    results = many_results(100, failing=True)
    others = build_results()["profiles"]
    results["profiles"] += others[1:]
    for number in range(7):
        more = copy.deepcopy(others[number % 3])
        results["profiles"].append(more | {"id": f"client-{number}", "title": f"Client number {number}"})
    return results
