"""scim-compat demo: a run against a target that is included, without any network."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from scim_compat.cli.options import call_settings, replay_options, secret_register
from scim_compat.errors import ExitStatus

if TYPE_CHECKING:
    from cheroot.wsgi import Server


@click.command("demo", short_help="A run against a target that is included.")
@replay_options(default=("entra-v2",))
def command(profiles: tuple[str, ...], **options: Any) -> None:
    """Starts scim2-server on a free loopback port and replays PROFILES against it.

    The target is a real SCIM server that others wrote, so the findings are real as well. The exit status is
    0 when the run was complete, whatever its findings.
    """
    from scim_compat.cli import terminal  # noqa: PLC0415 - not for --help
    from scim_compat.results.read import is_complete  # noqa: PLC0415 - likewise
    from scim_compat.run.request import RunRequest  # noqa: PLC0415 - likewise
    from scim_compat.run.settings import Login, LoginKind, Settings, default_out, new_seed  # noqa: PLC0415 - likewise

    token = secrets.token_urlsafe(16)
    try:
        from cheroot.wsgi import Server  # noqa: PLC0415 - only with the extra

        app = target(token)
    except ImportError:
        raise click.UsageError(
            "the demo's target is not installed. Get it with: pip install 'scim-compat[demo]'"
        ) from None
    out = default_out(options["out"])
    with _running(Server(("127.0.0.1", 0), app, server_name="cheroot")) as origin:
        settings = Settings(
            url=f"{origin}/v2",
            login=Login(kind=LoginKind.BEARER, token=token),
            seed=new_seed() if options["seed"] is None else options["seed"],
            large=options["large"],
            crowd=options["crowd"],
            thorough=options["thorough"],
            out=str(out),
            **call_settings(url="", profiles=profiles, only=options["only"]),
        )
        request = RunRequest(
            settings=settings,
            profiles=profiles,
            only=options["only"],
            jobs=options["jobs"],
            secrets=secret_register(),
        )
        status = terminal.execute(request, quiet=options["quiet"])
    if status in {ExitStatus.OK, ExitStatus.FINDINGS} and is_complete(out / "results.json"):
        return
    sys.exit(status or ExitStatus.INTERNAL)


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
    from scim2_server.memory import InMemoryStorage  # noqa: PLC0415 - likewise
    from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication  # noqa: PLC0415 - likewise
    from scim2_server.utils import (  # noqa: PLC0415 - likewise
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
