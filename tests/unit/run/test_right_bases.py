"""At its right URL no server of the tests is refused, however it is broken or differs; and it gets reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from scim_compat.errors import NotTestableError
from scim_compat.run.preflight import preflight
from scim_compat.scim.names import Scim
from scim_compat.wire.apps.wsgi import WsgiTransport
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Bearer
from servers.defects import DEFECTS
from servers.defects11 import DEFECTS11
from servers.good import GoodServer
from servers.good11 import VARIANTS as VARIANTS11
from servers.good11 import GoodServer11
from servers.running import mounted
from servers.variants import VARIANTS

REFUSED = {
    "truncated-json": "does not speak SCIM",
    "trailing-comma-json": "does not speak SCIM",
    "basic-only": "refused the credential",
}
"""Servers that no run can test: none of their answers is JSON, or they take another credential."""


Made = Callable[[str], Any]
SERVERS: dict[str, tuple[Scim, Iterable[str], Made]] = {
    "defects": ("2.0", DEFECTS, lambda name: GoodServer(frozenset({name}))),
    "variants": ("2.0", VARIANTS, lambda name: GoodServer(variant=frozenset({name}))),
    "defects of 1.1": ("1.1", DEFECTS11, lambda name: GoodServer11(frozenset({name}))),
    "variants of 1.1": ("1.1", VARIANTS11, lambda name: GoodServer11(variant=frozenset({name}))),
}


def knocked(app: Any, path: str, scim: Scim, methods: list[str]) -> None:
    def host(environ: dict[str, Any], start_response: Any) -> Any:
        methods.append(environ["REQUEST_METHOD"])
        return app(environ, start_response)

    base = f"http://host.example{path}"
    with Wire(WireSettings(base_url=base), Bearer("good-token"), transport=WsgiTransport(host)) as wire:
        preflight(wire, base, scim=scim)


@pytest.mark.parametrize("kind", SERVERS)
def test_no_server_is_refused_at_its_right_url(kind: str):
    """At each shorter path of the host another endpoint answers: tenants stand below each other."""
    scim, names, made = SERVERS[kind]
    path = "/scim/v2" if scim == "2.0" else "/scim/v1"
    other = GoodServer() if scim == "2.0" else GoodServer11()
    refused: dict[str, str] = {}
    for name in [name for name in names if name not in REFUSED]:
        app, methods = mounted(made(name), path), []

        def host(environ: dict[str, Any], start_response: Any, app: Any = app) -> Any:
            is_its = environ["PATH_INFO"].startswith(path)
            shorter = environ | {"PATH_INFO": environ["PATH_INFO"].removeprefix("/scim")}
            return app(environ, start_response) if is_its else other(shorter, start_response)

        try:
            knocked(host, path, scim, methods)
        except NotTestableError as error:
            refused[name] = str(error)
        assert (set(methods), len(methods) <= 11) == ({"GET"}, True), name
    assert refused == {}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_run_can_test_is_named(name: str):
    server = GoodServer(frozenset({name})) if name in DEFECTS else GoodServer(variant=frozenset({name}))
    with pytest.raises(NotTestableError, match=REFUSED[name]):
        knocked(mounted(server), "/scim/v2", "2.0", [])
