"""Canaille's SCIM endpoint: storing in memory, for one OAuth client that fetched its token from the token endpoint.

It needs a release of scim2-models that scim2-server no longer takes, so it lives in an environment of its
own (``python tests/tools/real.py --install``) and runs in a process of its own: this module, as a program.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final

from servers.loopback import serve
from servers.real import CANAILLE, Target
from servers.real.program import announce, process

_CLIENT, _SECRET = "scim-compat", "real-server-secret"
_SETTINGS: Final = {
    "SECRET_KEY": _SECRET,
    "PREFERRED_URL_SCHEME": "http",
    "CANAILLE": {"DATABASE": "memory"},
    "CANAILLE_SCIM": {"ENABLE_SERVER": True},
}


def started() -> AbstractContextManager[Target]:
    """Start the program below."""
    return process("servers.real.canaille_idp", python=CANAILLE / "bin" / "python")


def main() -> None:
    """In Canaille's own environment: serves, says where on standard output, and ends with standard input."""
    import canaille  # noqa: PLC0415 - only in its own environment

    app = canaille.create_app(_SETTINGS)
    _register_client(app)
    with serve(app) as origin:
        announce(Target(f"{origin}/scim/v2", _token(origin)))


def _register_client(app: Any) -> None:
    from canaille.app import models  # noqa: PLC0415 - likewise

    with app.app_context(), app.backend.session():
        client = models.Client(
            client_id=_CLIENT, client_secret=_SECRET, client_name=_CLIENT, client_id_issued_at=datetime.now(UTC),
            grant_types=["client_credentials"], token_endpoint_auth_method="client_secret_basic", scope=["scim"],
        )  # fmt: skip
        app.backend.instance.save(client)


def _token(origin: str) -> str:
    import httpx  # noqa: PLC0415 - likewise

    answer = httpx.post(
        f"{origin}/oauth/token", auth=(_CLIENT, _SECRET), data={"grant_type": "client_credentials"}, trust_env=False
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


if __name__ == "__main__":
    main()
