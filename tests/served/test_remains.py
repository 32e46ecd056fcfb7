"""What is left at the end: looked for, removed if a creation of this run made it, and told if it cannot be."""

from __future__ import annotations

import json

import pytest
from scim_compat.results.stream import EventWriter
from scim_compat.run.session import Session
from scim_compat.run.settings import Login, Settings
from servers.good import GoodServer
from servers.protocol import CORE_GROUP, CORE_USER, Answer, ScimError
from servers.running import serve
from servers.schema import GROUP, USER
from support.profiles import loaded, scenario

STILL_THERE = "its deletion was answered as done, and it can still be read"


def ended(server, tmp_path, *names, profile="entra-v2", crowd=4, before_end=None):
    """The clean-up's event of a run of these scenarios."""
    with serve(server) as url:
        settings = Settings(
            url=url, login=Login(kind="bearer", token="good-token"), seed=7, out=str(tmp_path), crowd=crowd
        )
        writer = EventWriter(tmp_path / "events.jsonl")
        session = Session(settings, report=writer)
        session.open()
        read = loaded(profile)
        for name in names:
            session.run(read, scenario(read, name))
        if before_end:
            before_end(server)
        session.close()
        writer.close()
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    [one] = [event for event in events if event["event"] == "clean-up"]
    return one


def test_nothing_is_left_of_a_good_run(tmp_path):
    server = GoodServer()
    assert ended(server, tmp_path, "users.create")["left"] == []
    assert [*server.store.all(USER), *server.store.all(GROUP)] == []


@pytest.mark.parametrize(
    ("defect", "kinds", "reason"),
    [
        ("delete-soft-only", {"User"}, f"{STILL_THERE}, inactive"),
        ("delete-accepted-but-ignored", {"User", "Group"}, STILL_THERE),
        ("delete-of-group-ignored", {"Group"}, STILL_THERE),
    ],
)
def test_a_deletion_that_deletes_nothing_is_told(tmp_path, defect, kinds, reason):
    server = GoodServer(defects=frozenset({defect}))
    told = ended(server, tmp_path, "users.create", "groups.match")
    there = {record.id for kind in (USER, GROUP) for record in server.store.all(kind)}
    assert {one["id"] for one in told["left"]} == there
    assert {one["type"] for one in told["left"]} == kinds
    assert {one["why"].rpartition(": ")[2] for one in told["left"]} <= {reason, STILL_THERE}
    assert told["deleted"] + len(told["left"]) >= 4 + 3


class Hiding(GoodServer):
    """Deletes nothing and shows it in no list, as a store that marks rows as deleted does."""

    def delete(self, request, kind, id_):
        self.memory.setdefault("hidden", set()).add(id_)
        self.find(kind, id_)
        return Answer(204)

    def select(self, request, kind, text):
        hidden = self.memory.get("hidden", set())
        return [one for one in super().select(request, kind, text) if one["id"] not in hidden]


def test_who_is_hidden_from_lists_is_read_by_id(tmp_path):
    server = Hiding()
    told = ended(server, tmp_path, "users.create")
    assert len(told["left"]) == len([*server.store.all(USER), *server.store.all(GROUP)])


def test_what_a_refused_request_made_is_removed(tmp_path):
    """A bulk request was answered with 409, and one of its operations was done all the same."""

    def later(server):
        tag = next(server.store.all(USER)).data["userName"].split(".")[-2].split("@")[0]
        server.store.create(GROUP, {"schemas": [CORE_GROUP], "displayName": f"Left over {tag}"})
        server.store.create(USER, {"schemas": [CORE_USER], "userName": "somebody@else.example"})

    server = GoodServer()
    told = ended(server, tmp_path, "users.create", before_end=later)
    assert told["left"] == []
    assert [record.data.get("userName") for record in server.store.all(USER)] == ["somebody@else.example"]
    assert [*server.store.all(GROUP)] == []


class Accepting(GoodServer):
    """Takes whatever it is sent as a user."""

    def create(self, request, kind):
        try:
            return super().create(request, kind)
        except Exception:
            return self.show(request, self.store.create(kind, {"schemas": [CORE_USER]}), status=201)


def test_a_nonsense_resource_is_removed_whatever_its_name(tmp_path):
    server = Accepting()
    told = ended(server, tmp_path, "create.without-user-name", profile="rfc7644")
    assert told["left"] == []
    assert [*server.store.all(USER)] == []


class HalfBulk(GoodServer):
    """Answers a bulk request with 409 after it has done the first operation, and knows no filter but eq."""

    def handle(self, request):
        if " co " in request.parameters.get("filter", ""):
            return super().refuse(request, ScimError(400, "Only eq.", scim_type="invalidFilter"))
        answer = super().handle(request)
        return super().refuse(request, ScimError(409, "A conflict.")) if request.path == "/Bulk" else answer


def test_what_a_bulk_request_made_and_denied_is_looked_up_by_name(tmp_path):
    server = HalfBulk()
    told = ended(server, tmp_path, "bulk.create-and-refer", profile="rfc7644")
    assert told["left"] == []
    assert [*server.store.all(USER), *server.store.all(GROUP)] == []
