"""One register of secrets a call: what fills it, and who asks it."""

from __future__ import annotations

import base64

import click
import httpx
import pytest
from click.testing import CliRunner
from scim_compat import cli as package
from scim_compat.cli.options import connection_options, login_from, secret_register
from scim_compat.wire.client import Wire, WireSettings
from scim_compat.wire.credentials import Basic, Bearer
from scim_compat.wire.messages import Request
from scim_compat.wire.oauth import ClientCredentials
from scim_compat.wire.secrets import SecretRegister

PROXY = "http://me:p%40ss-word@proxy.example:3128"


def test_what_is_added_is_removed_from_texts():
    register = SecretRegister(["first-secret"])
    assert register.text("first-secret second-secret") == "[redacted] second-secret"
    clean = register.text
    register.add("second-secret", "")
    assert clean("first-secret second-secret") == "[redacted] [redacted]"
    assert register.quoted("cut off: second-s…") == "cut off: [redacted]…"
    assert register.redactor.text("second-secret") == "[redacted]"


def test_what_is_known_makes_no_new_redactor():
    register = SecretRegister(["first-secret"])
    before = register.redactor
    register.add("first-secret", "")
    register.add()
    assert register.redactor is before


def test_it_hides_what_it_holds():
    register = SecretRegister(["first-secret"])
    assert repr(register) == "<SecretRegister: <Redactor of 1 secret(s)>>"


@pytest.mark.parametrize("spelling", ["p@ss-word", "p%40ss-word", base64.b64encode(b"me:p@ss-word").decode()])
def test_the_password_of_a_proxy_is_a_secret(spelling):
    register = SecretRegister()
    register.add_proxy(PROXY)
    assert register.text(f"via {spelling}") == "via [redacted]"


@pytest.mark.parametrize("url", ["", None, "http://proxy.example:3128", "http://me@proxy.example", "http://[::1"])
def test_a_proxy_without_a_password_adds_none(url):
    register = SecretRegister()
    before = register.redactor
    register.add_proxy(url)
    assert register.redactor is before


# --- the wire ---------------------------------------------------------------------------------------


def test_a_wire_registers_its_credential_and_its_proxy():
    register = SecretRegister()
    settings = WireSettings(base_url="http://scim.example", proxy=PROXY)
    Wire(settings, Basic("ann", "S3CRET"), secrets=register).close()
    assert register.text("S3CRET p@ss-word YW5uOlMzQ1JFVA==") == "[redacted] [redacted] [redacted]"


def test_wires_of_one_run_share_what_they_learn():
    """A token that one endpoint's wire fetches is removed from what another one's answers are recorded as."""
    tokens = iter(["token-1-S3CRET", "token-2-S3CRET"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "tokens.example":
            return httpx.Response(200, json={"access_token": next(tokens), "token_type": "Bearer", "expires_in": 1})
        return httpx.Response(200, json={})

    register, clock = SecretRegister(), iter(range(0, 10_000, 100))
    oauth = ClientCredentials("https://tokens.example/", "id", "cs-S3CRET", clock=lambda: float(next(clock)))
    transport = httpx.MockTransport(answer)
    first = Wire(WireSettings(base_url="http://a.example"), oauth, transport=transport, secrets=register)
    other = Wire(WireSettings(base_url="http://b.example"), Bearer("b-S3CRET"), transport=transport, secrets=register)
    with first, other:
        for _ in range(2):
            first.send(Request("GET", "/Users"))
        assert other.redactor.text("token-1-S3CRET token-2-S3CRET cs-S3CRET") == "[redacted] [redacted] [redacted]"
        assert first.redactor.text("b-S3CRET") == "[redacted]"


def test_a_wire_without_a_register_makes_one_of_its_own():
    with Wire(WireSettings(base_url="http://scim.example"), Bearer("b-S3CRET")) as link:
        assert link.secrets.text("b-S3CRET") == "[redacted]"


# --- the command line -------------------------------------------------------------------------------


@click.command
@connection_options
def login(**options: object) -> None:
    """Fails with all it was given in the message."""
    credential = login_from(options)
    if credential.user == "ask":
        click.echo(secret_register().text(f"{credential.password} {options['proxy']}"))
        return
    raise RuntimeError(f"{credential.token}{credential.password} {options['proxy']}")


def test_options_fill_the_register_of_the_call():
    told = CliRunner().invoke(login, ["--user", "ask", "--proxy", PROXY], env={"SCIM_PASSWORD": "S3CRET"})
    assert told.stdout.strip() == "[redacted] http://me:[redacted]@proxy.example:3128"


def test_a_traceback_is_printed_without_the_secrets_of_the_call(monkeypatch, capsys):
    monkeypatch.setattr(package, "cli", lambda **extra: login.main(["--proxy", PROXY], **extra))
    monkeypatch.setenv("SCIM_TOKEN", "S3CRET-token")
    monkeypatch.setenv("SCIM_COMPAT_TRACEBACK", "1")
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == 4
    told = capsys.readouterr().err
    assert "RuntimeError: [redacted] http://me:[redacted]@proxy.example:3128" in told
    assert "S3CRET" not in told
