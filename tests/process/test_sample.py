"""The committed sample report is what a run of the demo finds today."""

from __future__ import annotations

import pytest
from tools import sample, valid_results


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A demo run of now; takes as long as the demo does."""
    return sample.demo(tmp_path_factory.mktemp("demo"))


def test_the_sample_shows_what_a_run_finds(fresh):
    lines = sample.drift(fresh)
    assert not lines, "\n".join(
        [*lines[:20], f"({len(lines)} differences; if this is meant, renew with: {sample.HOW})"]
    )


def test_the_fresh_run_is_valid(fresh):
    assert list(valid_results.problems(fresh)) == []
