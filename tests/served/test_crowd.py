"""The crowd of a run: made once, compared at the end, and stores of some size that differ and are conformant."""

from __future__ import annotations

import itertools
import json

import pytest
from scim_compat.engine import people
from scim_compat.engine.actor import NAME_ATTRIBUTE
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from scim_compat.values import CROWD_SIZE, Severity, is_at_least
from servers.good import GoodServer
from servers.protocol import CORE_USER, ScimError, integer
from servers.running import serve
from servers.schema import GROUP, USER
from support.commands import SMALL_CROWD, play
from support.profiles import loaded, scenario


@pytest.fixture
def session(tmp_path):
    """Called with a server: a session of one scenario, and what it wrote."""

    def call(server, *, crowd=SMALL_CROWD, meanwhile=None):
        with serve(server) as url:
            login = Login(kind="bearer", token="good-token")
            settings = Settings(url=url, login=login, seed=7, out=str(tmp_path), crowd=crowd)
            writer = EventWriter(tmp_path / "events.jsonl")
            made = Session(settings, report=writer)
            made.open()
            entra = loaded("entra-v2")
            made.run(entra, scenario(entra, "users.create"))
            crowd_made = made._endpoints["2.0"].crowd
            if meanwhile:
                meanwhile(server, crowd_made.actors)
            made.close()
            writer.close()
        events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
        [compared] = [e for e in events if e["event"] == "bystanders"]
        return crowd_made, compared, [e["text"] for e in events if e["event"] == "note"]

    return call


def test_nobody_lacks_what_the_schemas_require(session):
    crowd, _, notes = session(GoodServer(variant=frozenset({"emails-required"})))
    assert notes == []
    assert all(a.desired.get("emails") for a in crowd.actors if a.kind == "User")
    assert any("name" not in a.desired for a in crowd.actors if a.kind == "User")


def test_sixty_users_and_three_groups_of_every_kind(session):
    crowd, compared, notes = session(GoodServer(), crowd=CROWD_SIZE)
    users, groups = crowd.actors[:CROWD_SIZE], crowd.actors[CROWD_SIZE:]
    assert ({a.kind for a in users}, {a.kind for a in groups}, len(groups)) == ({"User"}, {"Group"}, 3)
    assert len(compared.pop("accounts")) == CROWD_SIZE + 3
    assert compared == {"event": "bystanders", "checked": CROWD_SIZE + 3, "changed": []}
    assert notes == []
    for name in ("externalId", "displayName", "name", "title"):
        assert 0 < sum(name in a.desired for a in users) < CROWD_SIZE, name
    assert {a.desired["active"] for a in users} == {True, False}
    assert {len(a.desired.get("emails", ())) for a in users} == {0, 1, 2}
    names = [a.desired["userName"] for a in users]
    assert len({name.lower() for name in names}) == CROWD_SIZE
    assert any(name != name.lower() for name in names)
    assert [len(a.members) for a in groups] == [0, 1, 5]
    for first in (users[0], users[CROWD_SIZE // 2], users[-1]):
        assert {"userName", "externalId", "displayName", "name", "emails", "title"} <= first.desired.keys()


def test_the_least_crowd_is_a_user_and_a_group(session):
    crowd, compared, _ = session(GoodServer(), crowd=1)
    assert [a.kind for a in crowd.actors] == ["User", "Group"]
    assert compared["checked"] == 2


def _victim(actors, number):
    """Somebody whom only the lists show at both ends of the run."""
    return actors[number].id


@pytest.mark.parametrize("number", [0, 4, SMALL_CROWD - 1])
def test_a_change_to_anybody_is_found(session, number):
    def change(server, actors):
        record = server.store.get(USER, _victim(actors, number))
        server.store.change(record, record.data | {"title": "Stowaway"})

    _, compared, _ = session(GoodServer(), meanwhile=change)
    assert [line.partition(":")[0] for line in compared["changed"]] == ["title"]


def test_somebody_who_is_gone_is_found(session):
    def delete(server, actors):
        server.store.delete(server.store.get(USER, _victim(actors, 5)))

    _, compared, _ = session(GoodServer(), meanwhile=delete)
    assert [line.partition(":")[0] for line in compared["changed"]] == ["status"]


def test_a_member_who_is_lost_is_found(session):
    def remove(server, actors):
        record = server.store.get(GROUP, actors[-1].id)
        server.store.change(record, record.data | {"members": record.data["members"][1:]})

    _, compared, _ = session(GoodServer(), meanwhile=remove)
    assert compared["changed"] != []


class Wavering(GoodServer):
    """Its lists show a title or leave it out, by turns: single reads do not change."""

    def select(self, request, kind, text):
        turn = self.memory["turn"] = self.memory.get("turn", 0) + 1
        found = super().select(request, kind, text)
        return [{k: v for k, v in one.items() if k != "title" or turn % 2} for one in found]


class Blind(GoodServer):
    """Shows the first five of any list, and says that these are all."""

    def page(self, request, kinds, given):
        answer = super().page(request, kinds, given)
        shown = answer.payload["Resources"][:5]
        answer.payload |= {"Resources": shown, "totalResults": len(shown), "itemsPerPage": len(shown)}
        return answer


class Listless(GoodServer):
    """Lists nobody."""

    def query(self, request, kinds):
        raise ScimError(400, "Lists are not offered.")


@pytest.mark.parametrize("server", [Wavering, Blind, Listless])
def test_a_list_that_shows_another_state_is_no_change(session, server):
    crowd, compared, _ = session(server())
    assert compared["changed"] == []
    assert 3 <= compared["checked"] <= len(crowd.actors)


class Choosy(GoodServer):
    """Refuses users that lack an attribute, or everybody from the fifth on."""

    def __init__(self, *required, most=1000):
        super().__init__()
        self.required, self.most = required, most

    def accept(self, kind, body):
        if kind is USER and (not set(self.required) <= body.keys() or len([*self.store.all(USER)]) >= self.most):
            raise ScimError(400, "Something is missing.", scim_type="invalidValue")
        return super().accept(kind, body)


def test_who_is_refused_is_noted_once(session):
    crowd, _, notes = session(Choosy("externalId"))
    assert 5 < len(crowd.actors) < SMALL_CROWD + 3
    [note] = notes
    assert "answered 400" in note


def test_after_some_refusals_nobody_else_is_tried(session):
    server = Choosy(most=5)
    asked = []
    accept = server.accept
    server.accept = lambda kind, body: asked.append(kind) or accept(kind, body)
    crowd, _, notes = session(server, crowd=40)
    assert [a.kind for a in crowd.actors].count("User") == 5
    assert asked.count(USER) < 20  # the scenario's own among them
    assert len(notes) == 1


def test_every_name_carries_the_tag_of_the_run(session):
    crowd, *_ = session(GoodServer(), crowd=30)
    assert all(people.tag_for(7) in a.desired[NAME_ATTRIBUTE[a.kind]].lower() for a in crowd.actors)


# --- conformant servers ------------------------------------------------------------------------------


class Capped(GoodServer):
    """A page holds eight at most, whatever count says (RFC 7644 §3.4.2.4)."""

    def page(self, request, kinds, given):
        return super().page(request, kinds, given | {"count": str(min(8, integer(given, "count", 8)))})


class Weighing(GoodServer):
    """Pages are cut by weight: six or seven resources of the ten that were asked for (MAY return fewer)."""

    def page(self, request, kinds, given):
        most = 6 + integer(given, "startIndex", 1) % 2
        return super().page(request, kinds, given | {"count": str(min(most, integer(given, "count", most)))})


class NewestFirst(GoodServer):
    """Its lists have an order of their own."""

    def select(self, request, kind, text):
        return super().select(request, kind, text)[::-1]


NONSENSE = {"schemas": [CORE_USER], "id": 7, "active": "perhaps", "emails": "nobody@else.example", "meta": None}


class Haunted(GoodServer):
    """Somebody left a resource that no schema describes, and that has no name."""

    def page(self, request, kinds, given):
        answer = super().page(request, kinds, given)
        if "filter" in given or kinds != (USER,):
            return answer
        payload, start = answer.payload, max(1, integer(given, "startIndex", 1))
        payload["totalResults"] += 1
        is_end = start + len(payload["Resources"]) == payload["totalResults"]
        if is_end and len(payload["Resources"]) < integer(given, "count", 100):
            payload["Resources"].append(dict(NONSENSE))
            payload["itemsPerPage"] += 1
        return answer


class Busy(GoodServer):
    """Somebody else's users come and go while lists are read."""

    calls = itertools.count()

    def select(self, request, kind, text):
        found = super().select(request, kind, text)
        if text is not None or kind is not USER:
            return found
        meta = {"resourceType": "User", "version": 'W/"1"', "created": "2020-01-01T00:00:00Z",
                "lastModified": "2020-01-01T00:00:00Z", "location": f"{request.base}/Users/guest"}  # fmt: skip
        guests = [f"guest{n}" for n in range(next(self.calls) // 3 % 5)]
        return [
            {"schemas": [CORE_USER], "id": name, "userName": f"{name}@else.example", "meta": meta} for name in guests
        ] + found


class Shifting(GoodServer):
    """Somebody was deleted and somebody created between two pages, once: the total is the same."""

    def select(self, request, kind, text):
        found = super().select(request, kind, text)
        if text is None and kind is USER and request.parameters.get("count") == "10":
            turn = self.memory["turn"] = self.memory.get("turn", 0) + 1
            return found[1:] + found[:1] if turn > 1 else found
        return found


CONFORMANT = [Capped, Weighing, NewestFirst, Haunted, Busy, Shifting]
LOOKS = ("match.*", "import.*", "paging.*", "accounts.*", "filter.among-many", "users.disable", "query.*")


@pytest.mark.parametrize("server", CONFORMANT)
@pytest.mark.parametrize("profile", ["okta", "peakon", "rfc7644"])
def test_a_conformant_store_of_some_size_is_not_held_against_its_server(tmp_path, server, profile):
    read = loaded(profile)
    there = {one.id.split(".")[0] for one in read.scenarios}
    only = [
        glob for glob in LOOKS if glob.split(".")[0] in there and any(_fits(one.id, glob) for one in read.scenarios)
    ]
    with serve(server()) as url:
        play(url, profile, out=tmp_path, only=only)
    found = json.loads((tmp_path / "results.json").read_text())
    failed = [
        (s["id"], c["id"], c["severity"], c["actual"])
        for s in found["profiles"][0]["scenarios"]
        for step in s["steps"]
        for c in step["checks"]
        if c["outcome"] == "fail" and is_at_least(Severity(c["severity"]), Severity.DEGRADED)
    ]
    assert failed == []
    assert found["cleanup"]["left"] == []


def _fits(name, glob):
    area, _, rest = glob.partition(".")
    return name.startswith(f"{area}.") if rest == "*" else name == glob or name.startswith(f"{glob}.")
