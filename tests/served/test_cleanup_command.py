"""``scim-compat cleanup``: what a killed run left is deleted, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scim_compat.engine.ledger import Ledger, read
from servers import loopback
from servers.good import GoodServer
from servers.protocol import ScimError
from servers.running import client, serve
from support.commands import TOKEN, invoke

TAG = "sc0123ab"
HEAD = '{"ledger": "scim-compat/1", "base_url": "http://h/", "tag": "x"}\n'


class Killed:
    """A good server after a run was killed: its ledger, and what the ledger knows and does not know."""

    def __init__(self, url: str, server: GoodServer, folder: Path) -> None:
        self.url, self.server, self.path = url, server, folder / "ledger.jsonl"
        self.others = {self.make("Users", "ada.other@example.org"), self.make("Groups", "Others")}
        with Ledger(self.path, base_url=url, tag=TAG) as ledger:
            self.user = self.create(ledger, "User", f"mara.{TAG}@scim-compat.example")
            self.group = self.create(ledger, "Group", f"crew {TAG}", [self.user])
            ledger.record_deleted(ledger_number := ledger.intend("User", "userName", f"past.{TAG}@scim-compat.example"))
            assert ledger_number == 3
            # Sent, made, and the answer did not come any more.
            ledger.intend("User", "userName", f"late.{TAG}@scim-compat.example")
            self.late = self.make("Users", f"late.{TAG}@scim-compat.example")
            # Announced, and never sent.
            ledger.intend("User", "userName", f"never.{TAG}@scim-compat.example")

    def make(self, collection: str, name: str, members: list[str] | None = None) -> str:
        attribute, schema = ("userName", "User") if collection == "Users" else ("displayName", "Group")
        body: dict[str, Any] = {"schemas": [f"urn:ietf:params:scim:schemas:core:2.0:{schema}"], attribute: name}
        if members:
            body["members"] = [{"value": m} for m in members]
        with client(self.server) as api:
            answer = api.post(f"/{collection}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def create(self, ledger: Ledger, kind: str, name: str, members: list[str] | None = None) -> str:
        number = ledger.intend(kind, "userName" if kind == "User" else "displayName", name)
        identifier = self.make(f"{kind}s", name, members)
        ledger.record_created(number, identifier, confirmed=True)
        return identifier

    def change(self, identifier: str, **values: str) -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        with client(self.server) as api:
            assert api.patch(f"/Users/{identifier}", json=message).is_success

    def there(self) -> set[str]:
        return {i for records in self.server.store.records.values() for i in records}

    def open(self) -> list[str]:
        return [e.name for e in read(self.path).entries if e.state in {"intended", "created"}]


@pytest.fixture
def kill(tmp_path: Path):
    """Starts a good server and leaves it as a killed run would: ``kill(defects=…)``."""
    servers: list[Any] = []

    def start(**more: Any) -> Killed:
        server = GoodServer(**more)
        running = serve(server)
        url = running.__enter__()
        servers.append(running)
        return Killed(url, server, tmp_path)

    yield start
    for running in servers:
        running.__exit__(None, None, None)


def test_cleanup_deletes_what_was_left_and_nothing_else(kill: Callable[..., Killed]):
    left = kill()
    told = invoke("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 0, told.output
    assert left.there() == left.others
    assert left.open() == []
    lines = [line.split("(")[0].strip() for line in told.stdout.splitlines()]
    assert lines == [
        f"{left.path}: 4 resources at {left.url}",
        f"not there    User never.{TAG}@scim-compat.example",
        f"deleted      User late.{TAG}@scim-compat.example",
        f"deleted      Group crew {TAG}",
        f"deleted      User mara.{TAG}@scim-compat.example",
        "Nothing is left.",
    ]


def test_the_second_cleanup_has_nothing_to_do_and_needs_no_server(kill: Callable[..., Killed]):
    left = kill()
    assert invoke("cleanup", left.path.parent, token=TOKEN).exit_code == 0
    told = invoke("cleanup", left.path.parent, "--url", "http://127.0.0.1:9/none")
    assert told.exit_code == 0
    assert told.stdout == "Nothing to clean up: every resource in the ledger was deleted or never created.\n"


def test_a_folder_stands_for_the_ledgers_of_all_processes(kill: Callable[..., Killed], tmp_path):
    left = kill()
    left.path.rename(tmp_path / "ledger-gw0.jsonl")
    with Ledger(tmp_path / "ledger-gw1.jsonl", base_url=left.url, tag=TAG) as second:
        left.create(second, "User", f"second.{TAG}@scim-compat.example")
    assert invoke("cleanup", tmp_path, token=TOKEN).exit_code == 0
    assert left.there() == left.others


def test_a_ledger_whose_last_line_was_cut_off_can_be_cleaned_up_and_read_again(kill: Callable[..., Killed]):
    left = kill()
    with left.path.open("a", encoding="utf-8") as file:
        file.write('{"intend": 6, "kind": "User", "by": "userN')
    assert invoke("cleanup", left.path, token=TOKEN).exit_code == 0
    assert left.there() == left.others
    assert left.open() == []
    assert all(json.loads(line) for line in left.path.read_text(encoding="utf-8").splitlines())


def test_a_last_line_that_lacks_only_its_end_is_kept(kill: Callable[..., Killed]):
    left = kill()
    left.path.write_text(left.path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert invoke("cleanup", left.path, token=TOKEN).exit_code == 0
    assert len(read(left.path).entries) == 5


def test_what_does_not_bear_our_name_any_more_is_not_touched(kill: Callable[..., Killed]):
    left = kill()
    left.change(left.user, userName="somebody.real@example.org")
    told = invoke("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 1
    assert left.there() == {*left.others, left.user}
    assert "does not bear the run's mark any more, so it was not" in told.stdout
    assert "1 resource left" in told.stdout
    assert left.open() == [f"mara.{TAG}@scim-compat.example"]


def test_a_name_that_anybody_could_have_is_not_looked_for(kill: Callable[..., Killed], tmp_path):
    left = kill()
    with Ledger(tmp_path / "ledger-2.jsonl", base_url=left.url, tag=TAG) as ledger:
        ledger.intend("User", "userName", "ada.other@example.org")
    told = invoke("cleanup", tmp_path / "ledger-2.jsonl", token=TOKEN)
    assert told.exit_code == 1
    assert left.others <= left.there()
    assert "nothing of that name was searched" in " ".join(told.stdout.split())


class Stubborn(GoodServer):
    """Refuses every deletion."""

    def delete(self, *_arguments: Any) -> Any:
        raise ScimError(403, "Deletion is not allowed here.")


def test_a_refused_deletion_is_told_with_its_status(tmp_path):
    server = Stubborn()
    with serve(server) as url:
        left = Killed(url, server, tmp_path)
        told = invoke("cleanup", left.path, token=TOKEN)
    assert told.exit_code == 1
    assert "the deletion was answered with 403" in " ".join(told.stdout.split())
    assert "3 resources left" in told.stdout
    assert left.there() == {*left.others, left.user, left.group, left.late}


def test_a_dry_run_sends_nothing(kill: Callable[..., Killed]):
    left = kill()
    before = left.path.read_bytes()
    told = invoke("cleanup", "--dry-run", left.path)
    assert told.exit_code == 1
    assert told.stdout.count("would delete") == 4
    assert left.path.read_bytes() == before
    assert {left.user, left.group, left.late} <= left.there()


@pytest.mark.parametrize(("token", "text"), [("wrong-token", "refused the credential"), (None, "SCIM_TOKEN")])
def test_a_refused_credential_ends_with_3_and_leaves_the_ledger_as_it_is(kill: Callable[..., Killed], token, text):
    left = kill()
    before = left.path.read_bytes()
    told = invoke("cleanup", left.path, token=token)
    assert told.exit_code == 3
    assert text in " ".join(told.stderr.split())
    assert "wrong-token" not in told.output
    assert left.path.read_bytes() == before
    assert left.user in left.there()


def test_a_server_that_cannot_be_reached_ends_with_3(kill: Callable[..., Killed]):
    left = kill()
    told = invoke("cleanup", left.path, "--url", "http://127.0.0.1:9/scim/v2", token=TOKEN)
    assert told.exit_code == 3
    assert "cannot be reached" in told.stderr
    assert len(left.open()) == 4


def test_a_wrong_address_does_not_make_everything_look_deleted(kill: Callable[..., Killed]):
    """There every id is answered with 404, which must not be written down as a deletion."""
    left = kill()
    told = invoke("cleanup", left.path, "--url", left.url.replace("/scim/v2", "/wrong"), token=TOKEN)
    assert told.exit_code == 3
    assert "does not answer as the SCIM endpoint of the run" in " ".join(told.stderr.split())
    assert len(left.open()) == 4


@pytest.mark.parametrize(("status", "kind", "text"), [
    ("404 Not Found", "application/scim+json", "does not answer as the SCIM endpoint"),  # another tenant's path, say
    ("302 Found", "application/scim+json", "does not answer as the SCIM endpoint"),
    ("200 OK", "text/html", "does not answer as the SCIM endpoint of the run: GET /Users answered 200 as text/html"),
    ("503 Service Unavailable", "application/scim+json", "does not work at the moment: GET /Users answered 503"),
    ("403 Forbidden", "application/scim+json", "refused the credential"),
])  # fmt: skip
def test_a_server_that_is_not_the_endpoint_of_the_run_ends_with_3(tmp_path, status, kind, text):
    asked: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response(status, [("Content-Type", kind), ("Location", "/login")])
        error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status[:3]}
        return [json.dumps(error).encode() if "json" in kind else b"<html>hello</html>"]

    with loopback.serve(app) as origin:
        with Ledger(tmp_path / "ledger.jsonl", base_url=origin, tag=TAG) as ledger:
            ledger.record_created(
                ledger.intend("User", "userName", f"u.{TAG}@scim-compat.example"), "7", confirmed=True
            )
        before = (tmp_path / "ledger.jsonl").read_bytes()
        told = invoke("cleanup", tmp_path, token=TOKEN)
    assert told.exit_code == 3
    assert text in " ".join(told.stderr.split())
    assert asked == ["GET /Users"]
    assert (tmp_path / "ledger.jsonl").read_bytes() == before


def test_the_endpoint_may_have_moved(kill: Callable[..., Killed]):
    left = kill()
    text = left.path.read_text(encoding="utf-8").replace(left.url, "http://127.0.0.1:9/old")
    left.path.write_text(text, encoding="utf-8")
    told = invoke("cleanup", left.path, "--url", left.url, token=TOKEN)
    assert told.exit_code == 0
    assert "The run was against http://127.0.0.1:9/old" in told.stdout
    assert left.there() == left.others


@pytest.mark.parametrize(("content", "text"), [
    ("hello\nworld\n", "not a ledger line"),
    ('{"event": "run"}\n', "not a scim-compat ledger"),
    (f'{HEAD}{{"intend": 1}}\n', "is not as a run writes it"),
    (f'{HEAD}{{"intend": 1, "kind": "Device", "by": "displayName", "name": "d"}}\n', "that no run creates"),
    (None, "cannot be read"),
])  # fmt: skip
def test_a_file_that_is_no_ledger_is_refused(tmp_path, content, text):
    path = tmp_path / "ledger.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    told = invoke("cleanup", path)
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in told.stderr


def test_a_folder_without_a_ledger_is_refused(tmp_path):
    told = invoke("cleanup", tmp_path)
    assert told.exit_code == 2
    assert "no ledger*.jsonl is in it" in told.stderr


def test_the_ledger_of_an_application_in_process_asks_for_the_application(tmp_path):
    with Ledger(tmp_path / "ledger.jsonl", base_url="http://app.invalid/scim/v2", tag=TAG) as ledger:
        ledger.intend("User", "userName", f"u.{TAG}@scim-compat.example")
    told = invoke("cleanup", tmp_path)
    assert told.exit_code == 2
    assert "--scim-app MODULE:ATTRIBUTE" in told.stderr
