"""The credential of a run in a script: from which variable it comes, and how curl gets it.

A secret never stands in the script. It is read from a variable of the environment and handed to curl in a file, since
others can read the arguments of a process.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scim_compat.report.shell import quoted
from scim_compat.results.document import Document
from scim_compat.results.document.records import RequestRecord
from scim_compat.values import REDACTED, WRONG_CREDENTIAL

WRONG: Final = "not-the-token"
_VALID: Final = "valid"
_NONE: Final = "none"
_PLAIN: Final = frozenset({"right", "wrong"})
_CONNECTION: Final = (("--ca", "cacert"), ("--client-cert", "cert"), ("--client-key", "key"), ("--proxy", "proxy"))
"""Option of the run → option of curl."""


def is_one(name: str, value: str) -> bool:
    """True for the header that carries the credential."""
    return value.endswith(WRONG_CREDENTIAL) or (value.endswith(REDACTED) and len(value.split()) <= 2 and bool(name))


def use_of(request: RequestRecord) -> str:
    """Return the name of the file with the credential that the request carries; empty where it carries none."""
    values = [value for name, value in request.headers if is_one(name, value)]
    if not values:
        return ""
    if request.credential.value not in {_VALID, _NONE}:
        return request.credential.value
    return "wrong" if values[0].endswith(WRONG_CREDENTIAL) else "right"


def has_near_miss(uses: Iterable[str]) -> bool:
    """True when a request carries a credential that is almost right."""
    return bool({*uses} - _PLAIN)


@dataclass(frozen=True, slots=True)
class Login:
    """How the script proves who it is."""

    variables: tuple[tuple[str, str], ...]
    """Variables that it reads, and the meaning of each."""
    demands: tuple[str, ...]
    """Lines that end the script where a variable is missing."""
    begin: tuple[str, ...]
    """Lines before the files."""
    form: str
    """A line of curl's configuration: ``%s`` stands for the secret."""
    secret: str
    """The variable of the secret; empty if there is none."""
    other_form: str = ""
    """The same under another scheme."""
    before: str = ""
    """A word that stands before the secret."""

    def files(self, uses: Iterable[str]) -> list[str]:
        """Write the files of curl's configuration that hold the credentials."""
        lines = list(self.begin)
        if not self.secret:
            return lines
        for use in dict.fromkeys(["right", *sorted(uses)]):
            form = self.other_form if use == "other-scheme" and self.other_form else self.form
            secret = f'"${{{self.secret}}}"'
            if use == "wrong":
                secret = WRONG
            elif use not in {"right", "other-scheme"}:
                secret = f'"$(altered {use} {secret})"'
            lines.append(f'printf {quoted(form + chr(92) + "n")} {self.before}"$(quoted {secret})" > "$work/{use}"')
        return lines


def login(document: Document) -> Login:
    """Return the credential of the run, as the headers of its requests and the options of its call show it."""
    options = document.run.call.options if document.run.call else ()
    given = dict(itertools.pairwise(options))
    lines = [
        f'  printf \'{theirs} = "%s"\\n\' "$(quoted {quoted(given[ours])})"'
        for ours, theirs in _CONNECTION
        if ours in given
    ]
    connection = ("{", *lines, '} > "$work/connection"') if lines else ()
    name, scheme = _header(document)
    if not name:
        return Login((), (), connection, "", "")
    plain_name = "".join(character for character in name if character.isalnum() or character in "-_.")
    match scheme.lower():
        case "basic":
            user = quoted(given.get("--user", ""))
            return Login(
                (("SCIM_USER", "the user name"), ("SCIM_PASSWORD", "the password")),
                (f'[ -n "${{SCIM_USER:-}}" ] || SCIM_USER={user}', _demand("SCIM_USER"), _demand("SCIM_PASSWORD")),
                connection, 'user = "%s:%s"', "SCIM_PASSWORD", before='"$(quoted "$SCIM_USER")" ',
            )  # fmt: skip
        case "bearer" if "--token-url" in given:
            return Login(
                (("SCIM_TOKEN", "the token; without it one is fetched with SCIM_CLIENT_SECRET"),),
                ('[ -n "${SCIM_TOKEN:-}" ] || ' + _demand("SCIM_CLIENT_SECRET"),),
                (*connection, *_fetched(given)),
                'header = "Authorization: Bearer %s"', "SCIM_TOKEN", 'header = "Authorization: Basic %s"',
            )  # fmt: skip
        case "":
            return Login(
                (("SCIM_TOKEN", f"the value of the header {plain_name}"),),
                (_demand("SCIM_TOKEN"),), connection, f'header = "{plain_name}: %s"', "SCIM_TOKEN",
            )  # fmt: skip
    other = "Basic" if scheme.lower() == "bearer" else "Bearer"
    return Login(
        (("SCIM_TOKEN", f"the {scheme.lower()} token"),),
        (_demand("SCIM_TOKEN"),), connection,
        f'header = "{plain_name}: {scheme} %s"', "SCIM_TOKEN", f'header = "{plain_name}: {other} %s"',
    )  # fmt: skip


def _demand(variable: str) -> str:
    return f"[ -n \"${{{variable}:-}}\" ] || {{ printf 'Set {variable}.\\n' >&2; exit 2; }}"


def _header(document: Document) -> tuple[str, str]:
    """Return the name of the header with the credential, and its scheme; empty where the run had none."""
    for profile in document.profiles:
        for scenario in profile.scenarios:
            for step in scenario.steps:
                for name, value in step.exchange.request.headers if step.exchange else ():
                    if is_one(name, value) and value.endswith(REDACTED):
                        return name, value.removesuffix(REDACTED).strip()
    return "", ""


def _fetched(given: dict[str, str]) -> tuple[str, ...]:
    """Return the lines that fetch a token with client credentials (RFC 6749 section 4.4)."""
    form = [("grant_type", quoted("client_credentials")), ("client_id", quoted(given.get("--client-id", "")))]
    form += [("scope", quoted(given["--scope"]))] if "--scope" in given else []
    form.append(("client_secret", '"$SCIM_CLIENT_SECRET"'))
    return (
        'if [ -z "${SCIM_TOKEN:-}" ]; then',
        "  {",
        *(f'    printf \'data-urlencode = "{name}=%s"\\n\' "$(quoted {value})"' for name, value in form),
        '  } > "$work/client"',
        '  curl -q -sS -K "$work/connection" -K "$work/client" -H "Accept: application/json" \\',
        f'    -o "$work/answer" {quoted(given["--token-url"])} || exit 2',
        '  SCIM_TOKEN=$(decoded "$(pick /access_token)")',
        '  need "access token" "$SCIM_TOKEN"',
        "fi",
    )
