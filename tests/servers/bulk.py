"""The good server with bulk requests (RFC 7644 §3.7), and with one thing broken at a time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final

from .good import GoodServer
from .protocol import PATCH_OP, Answer, Data, Request, ScimError, allow_only, error_answer, parse_body

BULK_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MAX_OPERATIONS: Final = 20
MAX_BYTES: Final = 100_000
METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")

BROKEN: Final = {
    "bulk-207": "the answer's status is 207",
    "bulk-numbers": "statuses of results are numbers",
    "bulk-no-location": "results have no location",
    "bulk-no-response": "failed operations have no response",
    "bulk-no-bulk-id": "results do not repeat the bulkId",
    "bulk-last-only": "only the last result is returned",
    "bulk-stops-at-once": "the first failed operation ends the request, failOnErrors or not",
    "bulk-never-stops": "failOnErrors is ignored",
    "bulk-references-kept": "bulkId:… in a value is stored as it is",
    "bulk-no-limit": "more operations than maxOperations are run",
    "bulk-delete-ignored": "a DELETE is answered with 204 and not carried out",
    "bulk-put-ignored": "a PUT is answered with 200 and not carried out",
    "bulk-put-refused": "a PUT is refused with 405",
    "bulk-circles-cut": "of members that refer to each other the second is left out",
    "bulk-circles-400": "members that refer to each other are refused with 400",
    "bulk-circles-500": "members that refer to each other end the whole request with 500",
    "bulk-any-length": "more bytes than maxPayloadSize are taken",
    "bulk-patch-ignored": "a PATCH is answered with 200 and not carried out",
}


CIRCLES: Final = frozenset({"bulk-circles-cut", "bulk-references-kept"})


def _references(data: Data) -> list[Data]:
    """The members that a body names by bulkId."""
    members = data.get("members") or []
    return [one for one in members if isinstance(one, dict) and str(one.get("value", "")).startswith("bulkId:")]


def _without_references(data: Data) -> Data:
    open_ = _references(data)
    return data | {"members": [one for one in data["members"] if one not in open_]} if open_ else data


class BulkServer(GoodServer):
    """``broken``: names out of ``BROKEN``. ``refuses_circles``: with 409, which is conformant (RFC 7644 §3.7.1)."""

    def __init__(self, broken: frozenset[str] = frozenset(), *, refuses_circles: bool = False, **more: Any) -> None:
        super().__init__(**more)
        assert broken <= BROKEN.keys(), broken
        self.broken = broken
        self.refuses_circles = refuses_circles

    def dispatch(self, request: Request) -> Answer:
        if request.path.rstrip("/") == "/Bulk":
            allow_only(request, "POST")
            return self.bulk(request)
        answer = super().dispatch(request)
        if request.path.startswith("/ServiceProviderConfig"):
            answer.payload["bulk"] = {"supported": True, "maxOperations": MAX_OPERATIONS, "maxPayloadSize": MAX_BYTES}
        return answer

    def bulk(self, request: Request) -> Answer:
        body = parse_body(request)
        if len(request.body or b"") > MAX_BYTES and "bulk-any-length" not in self.broken:
            raise ScimError(413, f"The body is longer than {MAX_BYTES} bytes.", scim_type="tooMany")
        asked = body.get("Operations")
        if not isinstance(asked, list) or not body.get("schemas"):
            raise ScimError(400, "A bulk request has schemas and Operations.", scim_type="invalidSyntax")
        if len(asked) > MAX_OPERATIONS and "bulk-no-limit" not in self.broken:
            raise ScimError(413, f"There are more than {MAX_OPERATIONS} operations.", scim_type="tooMany")
        most = 1 if "bulk-stops-at-once" in self.broken else body.get("failOnErrors")
        most = None if "bulk-never-stops" in self.broken else most
        results: dict[int, Data] = {}
        ids: dict[str, str] = {}
        errors = 0
        for number in self.ordered(asked):
            result = self.run(request, asked[number], ids)
            results[number] = result
            errors += int(result["status"]) >= 400
            if most and errors >= most:
                break
        self.close_circles(request, asked, results, ids)
        shown = [self.spoiled(results[number]) for number in sorted(results)]
        if "bulk-last-only" in self.broken:
            shown = shown[-1:]
        payload = {"schemas": [BULK_RESPONSE], "Operations": shown}
        return Answer(207 if "bulk-207" in self.broken else 200, payload)

    def ordered(self, asked: list[Data]) -> list[int]:
        """What refers to others by bulkId comes behind them; otherwise the order stays."""
        return sorted(range(len(asked)), key=lambda n: "bulkId:" in json.dumps(asked[n].get("data")))

    def run(self, request: Request, asked: Data, ids: dict[str, str]) -> Data:
        method = str(asked.get("method", "")).upper()
        if method not in METHODS:
            raise ScimError(400, "method must be POST, PUT, PATCH or DELETE.", scim_type="invalidSyntax")
        text = json.dumps(asked.get("data", {}))
        if "bulk-references-kept" not in self.broken:
            text = re.sub(r"bulkId:([\w.-]+)", lambda m: ids.get(m[1], m[0]), text)
        data = json.loads(text)
        if method == "POST" and "bulk-references-kept" not in self.broken:
            data = _without_references(data)
        part = replace(request, method=method, path=str(asked.get("path", "")), query="", parameters={},
                       body=json.dumps(data).encode(), headers={**request.headers, "content-type": "application/scim+json"})  # fmt: skip
        is_circular = bool(_references(json.loads(text)))
        if is_circular and "bulk-circles-500" in self.broken:
            raise ScimError(500, "RecursionError: maximum recursion depth exceeded")
        if f"bulk-{method.lower()}-ignored" in self.broken:
            answer = Answer(204 if method == "DELETE" else 200)
        elif method == "PUT" and "bulk-put-refused" in self.broken:
            answer = error_answer(ScimError(405, "PUT is not possible here.", allow="POST, PATCH, DELETE"))
        elif is_circular and "bulk-circles-400" in self.broken:
            answer = error_answer(ScimError(400, "bulkId is unknown.", scim_type="invalidValue"))
        elif is_circular and self.refuses_circles:
            answer = error_answer(ScimError(409, "These groups refer to each other."))
        else:
            answer = self.handle(part)
        result: Data = {"method": method, "status": str(answer.status)}
        if asked.get("bulkId"):
            result["bulkId"] = asked["bulkId"]
        where = answer.headers.get("Location") or (f"{request.base}{part.path}" if method != "POST" else "")
        if where:
            result["location"] = where
        if answer.status >= 400:
            result["response"] = answer.payload
        elif method == "POST":
            ids[asked.get("bulkId", "")] = where.rpartition("/")[2]
        return result

    def close_circles(self, request: Request, asked: list[Data], results: dict[int, Data], ids: dict[str, str]) -> None:
        """Adds the members whose ids were not known yet when their group was created (RFC 7644 §3.7.1)."""
        if self.broken & CIRCLES:
            return
        for number, result in results.items():
            data = asked[number].get("data") or {}
            late = [ids[one["value"][7:]] for one in _references(data) if one["value"][7:] in ids]
            if late and result.get("location") and asked[number].get("method") == "POST":
                operation = {"op": "add", "path": "members", "value": [{"value": one} for one in late]}
                body = json.dumps({"schemas": [PATCH_OP], "Operations": [operation]}).encode()
                path = result["location"].removeprefix(request.base)
                headers = {**request.headers, "content-type": "application/scim+json"}
                self.handle(
                    replace(request, method="PATCH", path=path, query="", parameters={}, body=body, headers=headers)
                )

    def spoiled(self, result: Data) -> Data:
        gone = {"bulk-no-location": "location", "bulk-no-response": "response", "bulk-no-bulk-id": "bulkId"}
        for name, key in gone.items():
            if name in self.broken:
                result.pop(key, None)
        if "bulk-numbers" in self.broken:
            result["status"] = int(result["status"])
        return result
