"""Locations that are spelt otherwise than usual."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from servers.good import GoodServer
from servers.running import serve


class Elsewhere(GoodServer):
    """Gives creations an address of their own: ``rewrite`` makes it from the plain one."""

    def __init__(self, rewrite: Callable[[str], str]) -> None:
        super().__init__()
        self.rewrite = rewrite

    def __call__(self, environ, start_response):
        def start(status, headers, *more):
            changed = [(name, self.rewrite(text) if name == "Location" else text) for name, text in headers]
            return start_response(status, changed, *more)

        return super().__call__(environ, start)


def encoded(address: str) -> str:
    head, _, id_ = address.rpartition("/")
    return f"{head}/%{ord(id_[0]):02x}{id_[1:]}"


@pytest.mark.parametrize(
    ("rewrite", "followed", "found"),
    [
        (lambda address: address, False, False),
        (encoded, True, False),
        (lambda address: address + "-gone", True, True),
        (lambda address: address + " gone", False, False),
        (lambda address: address.replace("http://127.0.0.1", "http://localhost"), False, False),
    ],
    ids=["usual", "encoded", "gone", "no address", "other host"],
)
def test_a_location_other_than_the_usual_is_followed(replay, tmp_path, rewrite, followed: bool, found: bool):
    with serve(Elsewhere(rewrite)) as url:
        done = replay(url, "rfc7644", only=["create.smallest"])
    assert done.summary is not None
    told = (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
    assert ("follows the Location of user" in told) is followed
    assert (
        "resource.location-resolves" in {one.check.id for cause in done.summary.causes for one in cause.findings}
    ) is found
