"""scim-compat demo: a run against a target that comes along, without any network."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from scim_compat.values import Severity

if TYPE_CHECKING:
    from cheroot.wsgi import Server


@click.command("demo", short_help="A run against a target that comes along.")
@click.option("--profile", "-p", "profiles", multiple=True, default=["entra-v2"], show_default=True, metavar="ID|FILE")
@click.option("--only", multiple=True, metavar="GLOB", help="Only scenarios whose id matches; repeatable.")
@click.option("--out", metavar="DIR", help="Output folder. Default: reports/<time>.")
@click.option("--seed", type=int, help="Seed of the test data. Default: random, and printed.")
@click.option("--jobs", "-j", type=click.IntRange(1, 32), default=1, show_default=True)
@click.option("--large", is_flag=True, help="Full size: groups of 1,000 members.")
@click.option("--quiet", "-q", is_flag=True, help="Only the result.")
def command(profiles: tuple[str, ...], **options: Any) -> None:
    """Starts scim2-server on a free loopback port and replays PROFILES against it.

    The target is a real SCIM server that others wrote, so the findings are real as well. The exit
    status is 0 when the run completed, whatever it found.
    """
    from scim_compat.cli.commands.run import execute  # noqa: PLC0415 - `--help` pays for nothing
    from scim_compat.results.read import is_complete  # noqa: PLC0415

    token = secrets.token_urlsafe(16)
    try:
        from cheroot.wsgi import Server  # noqa: PLC0415 - only with the extra

        app = target(token)
    except ImportError:
        raise click.UsageError(
            "the demo's target is not installed. Get it with: pip install 'scim-compat[demo]'"
        ) from None
    from scim_compat.run.settings import default_out  # noqa: PLC0415

    out = default_out(options.pop("out"))
    with _running(Server(("127.0.0.1", 0), app, server_name="cheroot")) as origin:
        status = execute(f"{origin}/v2", profiles, options | _PLAIN | {"out": str(out), "login_token": token})
    completed = status in {0, 1} and is_complete(out / "results.json")
    sys.exit(0 if completed else status or 4)


_PLAIN: dict[str, Any] = {
    "timeout": None, "fail_on": Severity.DEGRADED, "scim_app": "", "html": None, "junit": None, "ca": "",
    "client_cert": "", "client_key": "", "proxy": "",
}  # fmt: skip
"""What ``run`` has options for and the demo does not."""


@contextmanager
def _running(server: Server) -> Iterator[str]:
    """Starts the server and yields its origin; stops it in the end."""
    server.prepare()
    Thread(target=server.serve, name="scim-compat-demo", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}"
    finally:
        server.stop()


def target(token: str) -> Any:
    """scim2-server with the RFC's schemas, storing in memory, asking for the token."""
    from scim2_models import ScimProvider  # noqa: PLC0415 - only with the extra
    from scim2_server.memory import InMemoryStorage  # noqa: PLC0415
    from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication  # noqa: PLC0415
    from scim2_server.utils import (  # noqa: PLC0415
        load_default_resource_types,
        load_default_schemas,
        load_default_service_provider_config,
    )

    config = load_default_service_provider_config()
    config.authentication_schemes = [*(config.authentication_schemes or []), BEARER_TOKEN_SCHEME]
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
    return BearerTokenApplication(InMemoryStorage(), provider, bearer_tokens=[token])
