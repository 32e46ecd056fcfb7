"""Probes of requests at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .probing import Client, sees
from .protocol import CORE_USER, Data


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls at the same time, in their order."""
    answers: dict[int, Any] = {}
    start = threading.Barrier(len(calls))

    def run(number: int) -> None:
        start.wait(5)
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return [answers[number] for number in range(len(calls))]


def _patches(c: Client, target: str, *operations: Data) -> None:
    answers = at_once(*[lambda one=one: c.raw_patch(target, one) for one in operations])  # type: ignore[misc]
    assert {answer.status_code for answer in answers} <= {200, 204}


@sees("overlap-writes-whole-resource", "overlap-writes-whole-user", "overlap-500", "overlap-loses-disabling")
def _(c: Client) -> None:
    id_ = c.user(title="a", nickName="a")
    values: Data = {"title": "b", "nickName": "c", "active": False}
    _patches(c, f"/Users/{id_}", *[{"op": "replace", "path": p, "value": v} for p, v in values.items()])
    read = c.read(f"/Users/{id_}")
    assert {name: read[name] for name in values} == values


@sees("overlap-writes-whole-member-list", "overlap-loses-additions", "overlap-loses-removals")
def _(c: Client) -> None:
    early, late = [c.user(f"e{n}") for n in range(2)], [c.user(f"l{n}") for n in range(2)]
    group = c.group("Crew", *early)
    additions = [{"op": "add", "path": "members", "value": [{"value": one}]} for one in late]
    removals = [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in early]
    _patches(c, f"/Groups/{group}", *additions)
    assert c.members(group) == sorted(early + late)
    _patches(c, f"/Groups/{group}", *removals)
    assert c.members(group) == sorted(late)


@sees("overlap-creates-two")
def _(c: Client) -> None:
    body = {"schemas": [CORE_USER], "userName": "ada@fjord.example"}
    answers = at_once(*[lambda: c.send("POST", "/Users", body)] * 3)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
