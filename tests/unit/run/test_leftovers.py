"""What became of each resource of a killed run, and why some are left."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from scim_compat.engine.ledger import Ledger, read
from scim_compat.errors import NotTestableError
from scim_compat.run import leftovers
from scim_compat.run.leftovers import Fate, remove_leftovers
from scim_compat.run.settings import Settings
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Headers, Response
from scim_compat.wire.secrets import SecretRegister

TAG = "sc0123ab"
SETTINGS = Settings(url="https://h.example/scim/v2", seed=0, out="")
LIST = {"totalResults": 0, "Resources": []}


@pytest.fixture
def clean(tmp_path, monkeypatch):
    """``clean(answers, *ids)``: deletes the resources of a ledger; an id of None is a creation without an answer."""

    def call(answers, *ids):
        path = tmp_path / "ledger.jsonl"
        with Ledger(path, base_url=SETTINGS.url, tag=TAG) as ledger:
            for number, identifier in enumerate(ids):
                entry = ledger.intend("User", "userName", f"u{number}.{TAG}@x")
                if identifier:
                    ledger.record_created(entry, identifier, confirmed=True)

        def send(request):
            status, body = answers(request.method, request.target)
            if not status:
                return Exchange(request, "", None, Failure(FailureKind.RESET, "the connection was reset"))
            return Exchange(request, "", Response(status, "", Headers(), b"{}", json=body))

        wire = SimpleNamespace(send=send)
        monkeypatch.setattr(leftovers, "open_wire", lambda _settings, _secrets: contextlib.nullcontext(wire))
        return remove_leftovers(path, read(path), SETTINGS, SecretRegister(["s3cret"]))

    return call


def holding(answer_to_delete):
    """A server that holds every resource under its id, and answers deletions so."""

    def answers(method, target):
        if method == "DELETE":
            return answer_to_delete
        if "?" in target:
            return 200, LIST
        number = target.removeprefix("/Users/u-")
        return 200, {"id": f"u-{number}", "userName": f"u{number}.{TAG}@x"}

    return answers


def test_a_deletion_without_an_answer_says_so(clean):
    told = clean(holding((0, None)), "u-0", "u-1")
    assert [(one.fate, one.reason) for one in told] == [
        (Fate.LEFT, "the deletion got no answer: the connection was reset")
    ] * 2


def test_what_was_not_tried_any_more_says_so(clean):
    def answers(_method, target):
        return (200, LIST) if "?" in target else (0, None)

    told = clean(answers, *(f"u-{n}" for n in range(5)))
    assert [one.reason for one in told] == [
        *["the read before it got no answer: the connection was reset"] * 3,
        *["not tried, because the server had stopped answering"] * 2,
    ]


def test_a_name_that_is_found_without_an_id_is_left(clean):
    body = {"totalResults": 1, "Resources": [{"userName": f"u0.{TAG}@x"}]}
    [one] = clean(lambda _method, _target: (200, body), None)
    assert (one.fate, one.reason) == (Fate.LEFT, "a resource of that name exists, but without a usable id")


def test_what_is_gone_and_what_never_was_differ(clean):
    def answers(_method, target):
        return (200, LIST) if "?" in target else (404, {})

    assert [one.fate for one in clean(answers, None, "u-1")] == [Fate.GONE, Fate.NEVER_CREATED]


def test_no_secret_comes_out_of_a_name_or_an_id(clean):
    [one] = clean(holding((500, {})), "u-s3cret")
    assert one.entry.id == "u-[redacted]"
    with pytest.raises(NotTestableError, match="cannot be reached: the connection was reset"):
        clean(lambda _method, _target: (0, None), "u-s3cret")
