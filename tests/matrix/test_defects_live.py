"""Every broken server is broken: its probe passes on the good server and fails on this one."""

from __future__ import annotations

from collections import Counter

import pytest
from servers.defects import DEFECTS, SUBJECTS
from servers.good import GoodServer
from servers.probes import PROBES, Client, Probe

_DISTINCT = {f"{probe.__module__}:{probe.__code__.co_firstlineno}": probe for probe in PROBES.values()}


def test_every_defect_has_a_probe() -> None:
    assert sorted(DEFECTS.keys() - PROBES.keys()) == []
    assert sorted(PROBES.keys() - DEFECTS.keys()) == []


def test_there_are_many_defects_of_every_subject() -> None:
    counted = Counter(defect.subject for defect in DEFECTS.values())
    assert counted.keys() == SUBJECTS
    assert counted.total() >= 100
    assert all(defect.description and defect.source for defect in DEFECTS.values())


@pytest.mark.parametrize("probe", [pytest.param(probe, id=name) for name, probe in _DISTINCT.items()])
def test_the_good_server_passes(probe: Probe) -> None:
    probe(Client(GoodServer()))


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_the_broken_server_is_seen(name: str) -> None:
    with pytest.raises(AssertionError):
        PROBES[name](Client(GoodServer(frozenset({name}))))
