"""Canaille's SCIM endpoint: storing in memory, for one OAuth client that fetched its token from the token endpoint.

It needs a release of scim2-models that scim2-server no longer takes, so it lives in an environment of its
own (``python tests/tools/real.py --install``) and runs in a process of its own: this module, as a program.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from servers.loopback import serve
from servers.real import CANAILLE, Target

_TESTS: Final = Path(__file__).resolve().parents[2]
_CLIENT, _SECRET = "scim-compat", "real-server-secret"
_SETTINGS: Final = {
    "SECRET_KEY": _SECRET,
    "PREFERRED_URL_SCHEME": "http",
    "CANAILLE": {"DATABASE": "memory"},
    "CANAILLE_SCIM": {"ENABLE_SERVER": True},
}
_STARTS_WITHIN: Final = 60
"""Seconds; it takes three on an idle machine."""


@contextlib.contextmanager
def started() -> Iterator[Target]:
    """Starts the program below; closing its standard input ends it. Raises RuntimeError with its last words."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CANAILLE"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(_TESTS.parent), str(_TESTS)])
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryDirectory() as nowhere:
        process = subprocess.Popen(
            [str(CANAILLE / "bin" / "python"), "-m", "servers.real.canaille_idp"], env=environment, cwd=nowhere, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        overdue = threading.Timer(_STARTS_WITHIN, process.kill)
        overdue.start()
        try:
            line = process.stdout.readline()
            overdue.cancel()
            if not line:
                process.wait(10)
                said.seek(0)
                raise RuntimeError(f"canaille did not start (status {process.returncode}):\n{said.read()[-2000:]}")
            yield Target(**json.loads(line))
        finally:
            overdue.cancel()
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait(10)
            process.stdout.close()


def main() -> None:
    """In Canaille's own environment: serves, says where on standard output, and ends with standard input."""
    import canaille  # noqa: PLC0415 - only in its own environment

    app = canaille.create_app(_SETTINGS)
    _register_client(app)
    with serve(app) as origin:
        print(json.dumps({"url": f"{origin}/scim/v2", "token": _token(origin)}), flush=True)
        sys.stdin.read()


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
