"""Several calls at the same time."""

from __future__ import annotations

import threading
import time

import pytest
from scim_compat.wire.parallel import at_once


def test_all_calls_are_on_their_way_before_one_ends():
    meeting = threading.Barrier(4)
    assert at_once([lambda number=number: (meeting.wait(5), number)[1] for number in range(4)]) == [0, 1, 2, 3]


def test_results_are_in_the_order_of_the_calls():
    def call(number):
        time.sleep(0.02 * (3 - number))
        return number

    assert at_once([lambda number=number: call(number) for number in range(3)]) == [0, 1, 2]


def test_the_first_error_is_raised_after_all_have_ended():
    ended = []

    def fails(number):
        raise OSError(number)

    def ends():
        time.sleep(0.03)
        ended.append(True)

    with pytest.raises(OSError, match="1"):
        at_once([ends, lambda: fails(1), lambda: fails(2)])
    assert ended == [True]
