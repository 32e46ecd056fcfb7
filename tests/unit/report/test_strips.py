"""A scenario as pictures: the sequence of its requests, and the time of each."""

from __future__ import annotations

from typing import Any

from scim_compat.report.strips import COLUMNS, HEIGHT, strip, waterfall
from scim_compat.results.document.parsing import parse, read
from scim_compat.results.document.records import ScenarioRecord, StepRecord
from support import results as fixtures


def recorded(scenario: str) -> ScenarioRecord:
    document = parse(fixtures.build_results())
    return next(each for each in document.profiles[0].scenarios if each.id == scenario)


def request(method: str, *, ms: float = 5.0, ours: bool = False, **more: Any) -> StepRecord:
    exchange = fixtures.exchange("entra-v2", method, "/Users/1", 200, ms=ms)
    step = fixtures.step("s1", method, "patch", exchange, kind="harness" if ours else "client")
    return read(StepRecord, step | more, name="step")


def broken(method: str, *, of_write: bool = False, **more: Any) -> StepRecord:
    finding = fixtures.failed("patch.effect", "degraded", "A change is found")
    finding["fault"] = "write" if of_write else "answer"
    return request(method, checks=[finding], **more)


def test_the_write_whose_effect_is_wrong_broke_it_and_the_read_back_shows_it():
    steps = [request("POST"), request("PATCH"), broken("GET", of_write=True, ours=True), broken("GET")]
    drawn = strip(steps)
    assert drawn is not None
    assert [arrow.mark for arrow in drawn.arrows] == ["", "broke here", "shown here", "failed"]
    assert drawn.text == (
        "1: client POST, answer 200. 2: client PATCH, answer 200, broke here. "
        "3: harness GET, answer 200, shown here. 4: client GET, answer 200, failed."
    )
    assert [arrow.tone for arrow in drawn.arrows] == ["plain", "bad", "bad", "bad"]


def test_a_wrong_answer_broke_where_it_came():
    drawn = strip([request("POST"), broken("PATCH"), request("GET", ours=True)])
    assert drawn is not None
    assert [arrow.mark for arrow in drawn.arrows] == ["", "broke here", ""]


def test_a_write_to_another_resource_is_not_blamed():
    alice, bob = ({"key": key, "kind": "User", "id": None} for key in ("alice", "bob"))
    steps = [
        request("PATCH", subject=alice),
        request("PATCH", subject=bob),
        broken("GET", of_write=True, subject=alice),
    ]
    drawn = strip(steps)
    assert drawn is not None
    assert [arrow.mark for arrow in drawn.arrows] == ["broke here", "", "shown here"]


def test_a_missing_answer_is_marked_and_not_called_a_failure():
    drawn = strip(recorded("schema.read").steps)
    assert drawn is not None
    (arrow,) = drawn.arrows
    assert (arrow.status, arrow.tone, arrow.mark) == ("none", "unsure", "no answer")


def test_a_long_sequence_keeps_its_ends_and_what_surrounds_the_failure():
    steps = [request("GET") for _ in range(100)]
    steps[70] = broken("PATCH")
    drawn = strip(steps)
    assert drawn is not None
    numbers = [arrow.number for arrow in drawn.arrows]
    assert len(numbers) == COLUMNS - 2
    assert numbers[:3] == [1, 2, 3]
    assert numbers[-1] == 100
    assert {69, 70, 71, 72, 73} <= set(numbers)
    left_out = sum(int(text.split()[0]) for _, text in drawn.gaps)
    assert left_out + len(numbers) == 100
    assert "78 requests left out." in drawn.text
    places = sorted([arrow.x for arrow in drawn.arrows] + [x for x, _ in drawn.gaps])
    assert len(set(places)) == len(places)
    assert places[-1] < drawn.width


def test_arrows_lead_from_the_lane_of_the_caller_to_the_server():
    drawn = strip([request("POST"), request("GET", ours=True)])
    assert drawn is not None
    assert [kind for kind, _ in drawn.paths] == ["client plain", "harness plain"]
    down, up = (outline for _, outline in drawn.paths)
    assert down.startswith(f"M{drawn.arrows[0].x} 32V71")
    assert up.startswith(f"M{drawn.arrows[1].x} 124V85")
    assert HEIGHT > 130


def test_nothing_sent_is_nothing_to_draw():
    assert strip([]) is None
    assert strip([request("GET", exchange=None)]) is None


def test_times_are_drawn_only_where_one_took_a_tenth_of_the_limit():
    assert waterfall([request("GET", ms=6000)], timeout=60) is None
    assert waterfall([request("GET", ms=9000)], timeout=None) is None
    drawn = waterfall([request("GET", ms=20), request("PATCH", ms=9000)], timeout=60)
    assert drawn is not None
    assert (drawn.limit, drawn.mark) == (60_000, 1000)
    assert [(time.width, time.is_late) for time in drawn.times] == [(2, False), (150, False)]


def test_a_time_beyond_the_limit_sets_the_scale():
    drawn = waterfall([request("GET", ms=30_000), *(request("GET") for _ in range(40))], timeout=15)
    assert drawn is not None
    assert drawn.mark == 500
    assert next((time.width, time.is_late) for time in drawn.times) == (1000, True)
    assert len(drawn.times) + drawn.more == 41
