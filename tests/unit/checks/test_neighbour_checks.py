"""The checks on neighbours, on lists held against reads, and on the second time: what passes, what fails, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.intent import Effect
from scim_compat.engine.readings import Readings
from scim_compat.values import MISSING
from scim_compat.wire.messages import Request
from support.states import CORE, ENT, back, crew, liv, put, refused, see, write
from unit.checks.test_state_checks import group_back, judged, listing

WORK = 'emails[type eq "work"].value'
TWO = [{"type": "work", "value": "liv@fjord.example", "primary": True}, {"type": "home", "value": "liv@home.example"}]
BERG = {"type": "work", "value": "berg@fjord.example", "primary": True}
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


def reading(seen, **known):
    """The observation after reads that have shown this."""
    known = {name: frozenset(value) if isinstance(value, set) else value for name, value in known.items()}
    return replace(seen, context=replace(seen.context, readings=Readings(**known)))


def listed(*entries, single=None, action="list", target="/Users", current=True, schemas=None, kind="User"):
    """A list after a single read of one of its entries."""
    single = liv() if single is None else single
    seen = see(action, listing(*entries), subject={"kind": kind, "id": single["id"]}, schemas=schemas)
    request = Request("GET", target)
    seen = replace(seen, exchange=replace(seen.exchange, request=request))
    seen = replace(seen, context=replace(seen.context, ours={"u1": "liv", "g1": "crew", "u2": "bo"}))
    return reading(seen, shown={single["id"]: single}, current={single["id"]} if current else set())


def beside(body, *effects, before=None, **more):
    """A read-back after an accepted PATCH of these effects; Liv has two addresses before."""
    return back(body, write(*effects, **more), subject={"last_answer": before or liv(emails=TWO)})


def unnamed(body, status=200, **known):
    """A read-back of Liv whom no write has named."""
    return reading(see("read-back", body, status=status), **{"shown": {"u1": liv()}, **known})


def user_with(*groups, action="read-back"):
    return see(action, liv(groups=[{"value": g} for g in groups]))


def disabled(body, *writes, action="read-back", ids=("u1",)):
    return reading(see(action, body, writes=writes), disabled=set(ids))


def repeated(status, effect, *, shown=None, **more):
    """The answer to a change that is sent again; ``shown``: what the server showed before."""
    return see("patch", liv() if status < 300 else {}, status=status, writes=(write(effect),), twice=True,
               subject={"last_answer": shown or liv()}, **more)  # fmt: skip


def by_state(*ids, single=None, active=True, finds=("u1",), status=200):
    single = single or liv(active=active)
    seen = see("look-by-state", listing(*({"id": i} for i in ids)), status=status, finds=finds,
               subject={"desired": {"active": active}})  # fmt: skip
    return reading(seen, shown={"u1": single}, current={"u1"})


DROPPED = (Effect("clear", "title"),)
ON_REQUEST = ({"id": GROUP_SCHEMA, "attributes": [{"name": "members", "returned": "request"}]},)
TITLE_READ_ONLY = ({"id": CORE, "attributes": [{"name": "title", "mutability": "readOnly"}]},)
TITLE_ON_REQUEST = ({"id": CORE, "attributes": [{"name": "title", "returned": "request"}]},)

CASES = {
    # --- the accounts beside ---------------------------------------------------------------------------------
    "neighbour.unchanged": [
        ("as before", unnamed(liv()), []),
        ("another date, other groups", unnamed(liv(meta={}, groups=[{"value": "g1"}])), []),
        ("another title", unnamed(liv(title="Keeper")), ["title"]),
        ("another case", unnamed(liv(displayName="LIV DAHL")), []),
        ("disabled", unnamed(liv(active=False)), ["active"]),
        ("enabled: another check's", unnamed(liv(), shown={"u1": liv(active=False)}, disabled={"u1"}), []),
        ("a new attribute", unnamed(liv(nickName="x")), ["nickName"]),
        ("a new empty attribute", unnamed(liv(nickName=None)), []),
        ("the manager has another name", unnamed(liv(**{ENT: {"department": "Harbour", "manager": {"value": "u9", "displayName": "Bo"}}})), []),
        ("the manager was deleted", unnamed(liv(**{ENT: {"department": "Harbour"}}), vanished={"u9"}), []),
        ("vanished", unnamed({}, 404), ["status"]),
        ("500 is another check's", unnamed({}, 500), None),
        ("written to, or never read", unnamed(liv(title="Keeper"), shown={}), None),
    ],
    "patch.other-entries": [
        ("kept", beside(liv(emails=[BERG, TWO[1]]), put(WORK, BERG["value"], 0)), []),
        ("kept, in another case", beside(liv(emails=[BERG, {"type": "home", "value": "LIV@home.example"}]), put(WORK, BERG["value"], 0)), []),
        ("kept, and primary now", beside(liv(emails=[BERG, TWO[1] | {"primary": True}]), put(WORK, BERG["value"], 0)), []),
        ("changed as well", beside(liv(emails=[BERG, TWO[1] | {"value": BERG["value"]}]), put(WORK, BERG["value"], 0)), ["emails"]),
        ("dropped", beside(liv(emails=[BERG]), put(WORK, BERG["value"], 0)), ["emails"]),
        ("dropped with the attribute", beside(liv(emails=MISSING), put(WORK, BERG["value"], 0)), ["emails"]),
        ("a formatted text is derived", beside(liv(addresses=[{"type": "home", "locality": "Voss", "formatted": "x"}]), put('addresses[type eq "work"].locality', "Bergen", 0), before=liv(addresses=[{"type": "home", "locality": "Voss", "formatted": "y"}])), []),
        ("a formatted text is all there was", beside(liv(addresses=[{"type": "home", "formatted": "x"}]), put('addresses[type eq "work"].formatted', "Bergen", 0), before=liv(addresses=[{"type": "home", "formatted": "y"}])), ["addresses"]),
        ("the whole list was replaced", beside(liv(emails=[BERG]), put("emails", [BERG], 0)), None),
        ("refused", back(liv(emails=[BERG]), refused(put(WORK, "x", 0)), subject={"last_answer": liv(emails=TWO)}), None),
        ("only one entry was there", beside(liv(emails=[BERG]), put(WORK, BERG["value"], 0), before=liv()), None),
        ("a PUT names all entries", beside(liv(emails=[BERG]), put(WORK, BERG["value"], 0), action="replace"), None),
        ("the operation names the whole list", beside(liv(emails=[BERG]), put(WORK, BERG["value"])), None),
    ],
    "user.groups-current": [
        ("in a group that shows the user", reading(user_with("g1"), members={"g1": frozenset({"u1"})}), []),
        ("of a group nothing is known", reading(user_with("g7")), []),
        ("left", reading(user_with("g1"), members={"g1": frozenset()}), ["/groups"]),
        ("left, and by way of another group still in", reading(see("read-back", liv(groups=[{"value": "g1", "type": "indirect"}])), members={"g1": frozenset()}), None),
        ("deleted", reading(user_with("g1"), vanished={"g1"}), ["/groups"]),
        ("deleted, in a list", reading(listed(liv(groups=[{"value": "g1"}])), vanished={"g1"}), ["/Resources/0/groups"]),
        ("no groups are shown", reading(see("read-back", liv()), vanished={"g1"}), None),
    ],
    "group.no-deleted-members": [
        ("nobody was deleted", group_back(crew("u1")), None),
        ("somebody else was deleted", reading(group_back(crew("u1")), vanished={"u2"}), []),
        ("a deleted member", reading(group_back(crew("u1", "u2")), vanished={"u2"}), ["/members"]),
        ("members are not shown", reading(group_back(crew(members=MISSING)), vanished={"u2"}), []),
    ],
    # --- lists -----------------------------------------------------------------------------------------------
    "user.active-in-lists": [
        ("the same", listed(liv()), []),
        ("the same, as a text", listed(liv(active="true")), []),
        ("not shown", listed(liv(active=MISSING)), []),
        ("as it was", listed(liv(), single=liv(active=False)), ["/Resources/0/active"]),
        ("as it was, found by filter", listed(liv(), single=liv(active=False), action="match"), ["/Resources/0/active"]),
        ("somebody wrote in between", listed(liv(), single=liv(active=False), current=False), None),
        ("somebody else", listed({"id": "u7", "active": False}), None),
    ],
    "user.state-by-filter": [
        ("found", by_state("u1"), []),
        ("an inactive one is found", by_state("u1", active=False), []),
        ("not found", by_state("u7", active=False), ["/Resources"]),
        ("the read shows another state, which is another check's", by_state(single=liv(), active=False), []),
        ("the filter is refused", by_state(status=400), None),
        ("the control", by_state(finds=None), None),
    ],
    "group.members-in-lists": [
        ("the same", listed(crew("u1", "u2"), single=crew("u1", "u2"), kind="Group", target="/Groups"), []),
        ("in another order", listed(crew("u2", "u1"), single=crew("u1", "u2"), kind="Group", target="/Groups"), []),
        ("left out", listed(crew(members=MISSING), single=crew("u1"), kind="Group", target="/Groups"), ["/Resources/0/members"]),
        ("left out by request", listed(crew(members=MISSING), single=crew("u1"), kind="Group", target="/Groups?excludedAttributes=members"), []),
        ("left out by the schema", listed(crew(members=MISSING), single=crew("u1"), kind="Group", target="/Groups", schemas=ON_REQUEST), []),
        ("those of before", listed(crew("u1", "u2"), single=crew("u1"), kind="Group", target="/Groups"), ["/Resources/0/members"]),
        ("the single read shows none", listed(crew(members=MISSING), single=crew(members=MISSING), kind="Group", target="/Groups"), []),
    ],
    "list.current-values": [
        ("the same", listed(liv()), []),
        ("in other letters", listed(liv(displayName="liv dahl")), []),
        ("the former title", listed(liv(title="Keeper")), ["/Resources/0/title"]),
        ("a former address", listed(liv(emails=[BERG])), [f"/Resources/0/{WORK}"]),
        ("the server's own title", listed(liv(title="Keeper"), schemas=TITLE_READ_ONLY), []),
        ("without the title: another check's", listed(liv(title=MISSING)), []),
        ("without the extension: another check's", listed(liv(**{ENT: MISSING})), []),
        ("somebody wrote in between", listed(liv(title="Keeper"), current=False), None),
    ],
    "list.whole-resources": [
        ("the same", listed(liv()), []),
        ("without the title", listed(liv(title=MISSING)), ["/Resources/0/title"]),
        ("without the extension", listed(liv(**{ENT: MISSING})), [f"/Resources/0/{ENT}"]),
        ("with an empty one", listed(liv(title="")), ["/Resources/0/title"]),
        ("a part was asked for", listed({"id": "u1"}, target="/Users?attributes=userName"), None),
        ("shown on request only", listed(liv(title=MISSING), schemas=TITLE_ON_REQUEST), []),
        ("groups may cost too much", listed(liv(), single=liv(groups=[{"value": "g1"}])), []),
        ("more than the read shows", listed(liv(nickName="x")), []),
    ],
    # --- the second time -------------------------------------------------------------------------------------
    "user.stays-disabled": [
        ("inactive", disabled(liv(active=False), write(put("title", "x"))), []),
        ("active again", disabled(liv(), write(put("title", "x"))), ["active"]),
        ("active again in the client's own read", disabled(liv(), write(put("title", "x")), action="read"), ["active"]),
        ("active again as a text", disabled(liv(active="True"), write(put("title", "x"))), ["active"]),
        ("active again although the change was refused", disabled(liv(), refused(put("title", "x"))), ["active"]),
        ("not shown", disabled(liv(active=MISSING), write(put("title", "x"))), []),
        ("was never seen inactive", disabled(liv(), write(put("title", "x")), ids=()), None),
    ],
    "patch.repeat-accepted": [
        ("accepted", repeated(200, put("active", value=True)), []),
        ("refused", repeated(400, put("active", value=True)), ["status"]),
        ("500 is another check's", repeated(500, put("active", value=True)), []),
        ("the first time had no effect", repeated(400, put("active", value=False)), "skip"),
        ("a refusal is conformant", repeated(400, put("title", "Surveyor"), expect="either"), None),
        ("members are another check's", repeated(400, Effect("add-member", "members", "u1")), None),
        ("the first time", see("patch", {}, status=400, writes=(write(put("title", "x")),)), None),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seen", "wanted"),
    [pytest.param(name, seen, wanted, id=f"{name}: {title}") for name, cases in CASES.items() for title, seen, wanted in cases],
)  # fmt: skip
def test_check(name, seen, wanted):
    assert judged(name, seen) == wanted


def test_a_server_without_schemas_is_judged_like_any_other():
    seen = listed(liv(title=MISSING))
    seen = replace(seen, context=replace(seen.context, capabilities=Capabilities()))
    assert judged("list.whole-resources", seen) == ["/Resources/0/title"]
