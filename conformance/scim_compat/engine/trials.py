"""Optional features on which the target's discovery is silent: each is tried once a run.

Silence is no disclaimer. A target that takes the trial is judged in full; one that refuses it does not offer the
feature, and that breaks no rule. Nothing is sent where the target says either.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from scim_compat.engine import people
from scim_compat.engine.cleanup import remove_entries
from scim_compat.engine.context import RunContext
from scim_compat.engine.versions import EITHER
from scim_compat.scim import messages, paths
from scim_compat.scim.names import BULK, BULK_REQUEST, ENDPOINTS, ENTERPRISE, PATCH_OP, USER
from scim_compat.values import Json
from scim_compat.wire.messages import Request, Response

_NOT_OFFERED: Final = frozenset({404, 405, 501})
_PAGE: Final = "startIndex=1&count=20"


def is_offered(feature: str, run: RunContext) -> bool:
    """True unless the target refuses the feature. ``feature``: a name of the configuration, a kind, or an URN."""
    offers = run.memory.offers
    if feature not in offers:
        trial = _TRIALS.get(feature)
        offers[feature] = trial is None or trial(run)
    return offers[feature]


def has_filters(run: RunContext) -> bool:
    """True unless the target's configuration or a trial says that filters are not offered (RFC 7643 §5)."""
    said = run.capabilities.supports("filter")
    return is_offered("filter", run) if said is None else said


def has_groups(run: RunContext) -> bool:
    """True unless the vendor, the target's discovery, or a trial says otherwise."""
    listed = run.capabilities.has_resource_type("Group")
    if run.claims.groups is not None:
        return run.claims.groups
    return is_offered("Group", run) if listed is None else listed


def _send(run: RunContext, method: str, target: str, body: Json = None) -> Response | None:
    headers = EITHER if body is None else EITHER.plus(("Content-Type", "application/scim+json"))
    data = None if body is None else json.dumps(body).encode()
    return run.sender.send(Request(method=method, target=target, headers=headers, body=data)).response


def _takes_bulk(run: RunContext) -> bool:
    nobody = {"method": "DELETE", "path": f"{ENDPOINTS['User']}/{uuid.uuid4()}"}
    answer = _send(run, "POST", BULK, {"schemas": [BULK_REQUEST], "Operations": [nobody]})
    return answer is not None and answer.ok and isinstance(answer.json, Mapping)


def _sorts(run: RunContext) -> bool:
    """False where a query in ascending and one in descending order come out alike: sortBy may be ignored."""
    pages = [
        _send(run, "GET", f"{ENDPOINTS['User']}?sortBy=userName&sortOrder={order}&{_PAGE}")
        for order in ("ascending", "descending")
    ]
    ids = [[str(one.get("id")) for one in messages.resources(p.json)] for p in pages if p is not None and p.ok]
    return len(ids) == 2 and ids[0] != ids[1]


def _has_versions(run: RunContext) -> bool:
    if not run.crowd:
        return True
    answer = _send(run, "GET", f"{ENDPOINTS['User']}/{run.crowd[0].id}")
    return answer is None or not answer.ok or answer.header("ETag") is not None


def _takes_patch(run: RunContext) -> bool:
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "x"}]}
    answer = _send(run, "PATCH", f"{ENDPOINTS['User']}/{uuid.uuid4()}", body)
    return answer is None or answer.status not in {405, 501}


def _filters(run: RunContext) -> bool:
    users = [actor for actor in run.crowd if actor.kind == "User"]
    name = str(paths.member(users[0].desired, "userName")) if users else "nobody"
    text = json.dumps(name).replace("%", "%25").replace('"', "%22").replace("+", "%2B").replace("@", "%40")
    answer = _send(run, "GET", f"{ENDPOINTS['User']}?filter=userName%20eq%20{text}")
    return answer is None or answer.ok


def _answers_at_groups(run: RunContext) -> bool:
    answer = _send(run, "GET", f"{ENDPOINTS['Group']}?count=1")
    return answer is None or answer.status not in _NOT_OFFERED


def _keeps_enterprise(run: RunContext) -> bool:
    """Creates a user with an attribute of the extension, and looks whether it is kept."""
    name = f"trial.{people.tag_for(run.seed)}@{people.DOMAIN}"
    number = run.ledger.intend("User", "userName", name)
    body: dict[str, Json] = {"schemas": [USER, ENTERPRISE], "userName": name, ENTERPRISE: {"department": "Survey"}}
    body |= {"name": {"givenName": "Tri", "familyName": "Al"}, "emails": [{"value": name, "type": "work"}]}
    answer = _send(run, "POST", ENDPOINTS["User"], body)
    identifier = paths.member(answer.json, "id") if answer is not None and isinstance(answer.json, Mapping) else None
    if answer is None or not answer.ok or not isinstance(identifier, str) or not identifier:
        if answer is not None and 400 <= answer.status < 500:
            run.ledger.record_dropped(number)
        return answer is not None and answer.status >= 500
    run.ledger.record_created(number, identifier, confirmed=True)
    read = _send(run, "GET", f"{ENDPOINTS['User']}/{identifier}")
    remove_entries([run.ledger.entries[number]], sender=run.sender, ledger=run.ledger)
    return read is None or not read.ok or not isinstance(read.json, Mapping) or ENTERPRISE in read.json


_TRIALS: Final[Mapping[str, Callable[[RunContext], bool]]] = {
    "bulk": _takes_bulk,
    "sort": _sorts,
    "etag": _has_versions,
    "patch": _takes_patch,
    "filter": _filters,
    "Group": _answers_at_groups,
    ENTERPRISE: _keeps_enterprise,
}
"""Nothing else can be tried apart from the scenario itself."""
