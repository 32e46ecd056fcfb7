"""The options for the credential, what the command line says of a wrong word, and of a fault of its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from scim_compat import cli as package
from scim_compat.cli.options import (
    connection_options,
    login_from,
)
from scim_compat.run.settings import default_out, login_from_environment

OTHERS = ("ca", "client_cert", "client_key", "proxy")
ENV = {"SCIM_TOKEN": "tok", "SCIM_PASSWORD": "pw", "SCIM_CLIENT_SECRET": "cs", "MINE": "my own"}


@click.command
@connection_options
def login(**options: object) -> None:
    """Prints what the options made of the credential."""
    found = asdict(login_from(options))
    assert sorted(options) == sorted(OTHERS), "what is about the credential is taken out"
    click.echo(" ".join(f"{name}={value}" for name, value in found.items() if value))


def call(*arguments: str, typed: str | None = None, **env: str) -> Result:
    unset: dict[str, str | None] = dict.fromkeys(ENV)
    return CliRunner().invoke(login, arguments, env=unset | env, input=typed, catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "kind=bearer token=tok"),
        ("--auth none", "kind=none"),
        ("--secret-env MINE", "kind=bearer token=my own"),
        ("--user me", "kind=basic user=me password=pw"),
        ("--auth basic --user me --secret-env MINE", "kind=basic user=me password=my own"),
        ("--auth header --header-name X-Api-Key", "kind=header header_name=X-Api-Key header_value=tok"),
        (
            "--token-url https://h/t --client-id it --scope a",
            "kind=oauth2 token_url=https://h/t client_id=it client_secret=cs scope=a",
        ),
    ],
)
def test_the_credential_comes_from_where_the_options_say(arguments: str, expected: str):
    assert call(*arguments.split(), **ENV).stdout.strip() == expected


def test_without_any_there_is_none_and_a_prompt_shows_nothing():
    assert call().stdout.strip() == "kind=none"
    told = call("--secret-prompt", typed="typed\n")
    assert told.stdout.split() == ["kind=bearer", "token=typed"]
    assert "typed" not in told.stderr
    assert "Secret (bearer)" in told.stderr


def test_a_file_gives_its_text_without_the_line_end(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("in-file\n", encoding="utf-8")
    assert call("--secret-file", str(file)).stdout == "kind=bearer token=in-file\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--auth bearer", "the environment variable SCIM_TOKEN is not set (or use --secret-file)"),
        ("--auth basic --secret-env MINE", "--auth basic needs --user NAME"),
        ("--auth oauth2 --secret-env MINE --client-id it", "--auth oauth2 needs --token-url URL and --client-id ID"),
        ("--secret-env MINE --secret-prompt", "give one of --secret-env, --secret-file, --secret-prompt"),
        ("--secret-file missing", "--secret-file missing: it cannot be read: No such file or directory"),
        ("--secret-file empty", "--secret-file empty is empty"),
        ("--secret-file bytes", "--secret-file bytes: it is not text in UTF-8"),
    ],
)
def test_what_is_missing_is_said(arguments: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "empty").write_text(" \n", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    told = call(*arguments.split(), MINE="my own")
    assert (told.exit_code, told.stdout) == (2, "")
    assert text in " ".join(told.stderr.split())


def test_by_hand_only_the_token_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SCIM_TOKEN", raising=False)
    assert login_from_environment().kind == "none"
    monkeypatch.setenv("SCIM_TOKEN", "tok")
    assert (login_from_environment().kind, login_from_environment().token) == ("bearer", "tok")


def test_a_run_gets_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also the one that starts in the same second; the second may turn between the two calls."""
    monkeypatch.chdir(tmp_path)
    assert default_out("here") == tmp_path / "here"
    found = set()
    for _ in range(3):
        path = default_out(None)
        assert path.parent == tmp_path / "reports"
        assert not path.exists()
        path.mkdir(parents=True)
        found.add(path)
    assert len(found) == 3


# --- the command itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "text"),
    [("rum", "Did you mean run?"), ("terminal", "No such command 'terminal'."), ("zzz", "No such command 'zzz'.")],
)
def test_a_wrong_word_is_answered_with_the_nearest(word: str, text: str):
    told = CliRunner().invoke(package.cli, [word])
    assert told.exit_code == 2
    assert text in told.stderr
    assert ("Did you mean" in told.stderr) is (word == "rum")


def failing(**_: object) -> None:
    default_out(object())  # type: ignore[arg-type]  # a fault inside the package


def test_a_fault_of_ours_is_one_sentence_and_status_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr(package, "cli", failing)
    monkeypatch.delenv("SCIM_COMPAT_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Internal error in scim-compat: TypeError in run/settings.py:")
    monkeypatch.setenv("SCIM_COMPAT_TRACEBACK", "1")
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == 4
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert "TypeError: unsupported operand" in told
