"""TLS settings: the certificates to trust, and the client's own."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import httpx

from scim_compat.errors import SettingError


def tls_context(*, verify: bool | str, client_cert: tuple[str, str | None] | None) -> ssl.SSLContext:
    """The TLS settings: ``verify`` is True (the system's and certifi's CAs), False, or a CA file or folder.

    ``client_cert`` names a PEM file and that of its key, None if both are in one file. Raises SettingError if a file
    cannot be used.
    """
    if isinstance(verify, str):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(**{"capath" if Path(verify).is_dir() else "cafile": verify})
        except OSError as error:  # ssl.SSLError is one
            raise SettingError(f"The CA file {verify!r} cannot be used: {_os_reason(error)}.") from None
    else:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        if verify:
            context.load_default_certs()
    if client_cert is not None:
        certificate, key = client_cert
        try:
            # Without the callback OpenSSL would ask for a passphrase on the terminal, and wait.
            context.load_cert_chain(certificate, key, password=lambda: "")
        except OSError as error:
            files = f"{certificate!r} with key {key!r}" if key else repr(certificate)
            raise SettingError(
                f"The client certificate {files} cannot be used: {_os_reason(error)}.",
                hint="It must be PEM, and the key without a passphrase.",
            ) from None
    return context


def speaks_tls(host: str, port: int, *, timeout: float) -> bool:
    """True if the port completes a TLS handshake, whatever its certificate. Nothing else is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            return secured.version() is not None
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # it refuses this handshake, in TLS
    except (OSError, ValueError):  # ValueError: a host that no handshake can name
        return False


def _os_reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"it is not valid PEM ({error.reason or 'no certificate found'})"
    return error.strerror or type(error).__name__
