"""The small languages inside a profile's strings: placeholders, attribute paths, headers, request paths.

A function ``…_problem`` returns the error as a phrase for a message, or None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scim_compat.scim.filters import And, Comparison, Filter, Operator
from scim_compat.scim.grammar import PathError, parse_path
from scim_compat.scim.names import is_urn
from scim_compat.source.complaints import nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON: Final = frozenset({
    "userPrincipalName", "mail", "otherMail", "mailNickname", "objectId", "givenName", "surname",
    "displayName", "fullName", "jobTitle", "department", "division", "costCenter", "organization",
    "employeeId", "employeeType", "telephoneNumber", "mobile", "facsimileTelephoneNumber",
    "preferredLanguage", "locale", "timezone", "streetAddress", "city", "state", "postalCode",
    "country", "physicalDeliveryOfficeName", "nickName", "active", "role", "password", "manager",
    "oktaId", "placeholderPassword",
})  # fmt: skip
"""Source attributes of a person."""
GROUP: Final = frozenset({"displayName", "objectId", "description"})
"""Source attributes of a group."""
SOURCE_ATTRIBUTES: Final = {"User": PERSON, "Group": GROUP}

_TARGET: Final = {
    "User": {"id", "version", "userName", "displayName", "externalId"},
    "Group": {"id", "version", "displayName", "externalId"},
}
ADDRESSABLE: Final = {kind: (SOURCE_ATTRIBUTES[kind] | _TARGET[kind]) - {"manager"} for kind in ("User", "Group")}
"""The attributes behind the dot of ``${alice.…}``, by kind."""
SOURCE: Final = "source."
"""In front of a source attribute: the value at the source, whatever the account has by now."""

FUNCTIONS: Final = frozenset({"upper", "lower", "swapcase", "json"})
GLOBALS: Final = {
    "run": frozenset({"tag"}),
    "new": frozenset({"guid", "word"}),
    "filter": frozenset[str](),
    "rows": frozenset[str](),
}
"""Names that no actor may have, each with the attributes behind its dot."""

ROWS: Final = "${rows}"
"""In a sweep: the paths of the rows of the mapping."""
WHOLE: Final = "${rows.whole}"
"""The same; a complex attribute, entry or extension of which nothing is left goes as a whole."""

_OPENING = re.compile(r"\$\{([^{}]*)(\}?)")
_INSIDE = re.compile(r"(?P<root>[a-z][a-z0-9-]*)(?:\.(?P<attribute>(?:source\.)?[A-Za-z]+))?(?P<pipes>(?:\|[a-z]+)*)")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``${root.attribute|function|…}``; ``attribute`` may be empty."""

    text: str
    root: str
    attribute: str
    functions: tuple[str, ...]


def placeholders(text: str) -> Iterator[Placeholder | tuple[str, str]]:
    """Every placeholder in ``text``; one that is malformed comes as (what is wrong, hint)."""
    for match in _OPENING.finditer(text):
        whole = match.group()
        if not match[2]:
            yield f"the placeholder {quoted(text[match.start() :])} has no closing brace", "close it with }"
            continue
        inside = _INSIDE.fullmatch(match[1])
        if inside is None:
            yield (
                f"{quoted(whole)} is not a placeholder",
                "write ${name.attribute} or ${name.attribute|function}",
            )
            continue
        functions = tuple(inside["pipes"].split("|")[1:])
        for function in functions:
            if function not in FUNCTIONS:
                yield (
                    f"unknown function {quoted(function)} in {whole}",
                    nearest(function, FUNCTIONS, plural="functions"),
                )
                break
        else:
            yield Placeholder(whole, inside["root"], inside["attribute"] or "", functions)


def without_placeholders(text: str) -> str:
    """``text`` with every placeholder replaced by a harmless letter."""
    return re.sub(r"\$\{[^{}]*\}", "x", text)


_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# Behind a URN a name may hold spaces: Peakon's attributes are called by their labels ("Business Unit").
_LABEL: Final = re.compile(r"[^\s\[\].\":]+(?: [^\s\[\].\":]+)*")
_URN: Final = re.compile(r"(?i:urn):[A-Za-z0-9][A-Za-z0-9-]*:[^\s\[\]\":]+(?::[^\s\[\]\":]+)*")


def path_problem(path: str) -> str | None:
    """The reason why ``path`` is no attribute path (RFC 7644 section 3.5.2) that a profile may write, or None.

    Profiles write each path in one way, and conditions as clients do: ``eq`` comparisons joined by ``and``.
    """
    plain = without_placeholders(path)
    attribute, name = plain, _NAME
    if is_urn(plain):
        urn = plain.partition("[")[0].rpartition(":")[0]  # a value may hold colons too
        if not _URN.fullmatch(urn):
            return f"{quoted(path)} is not a schema URN with an attribute behind its last colon"
        attribute, name = plain[len(urn) + 1 :], _LABEL
    try:
        parse_path(plain)
        at = parse_path(attribute)
    except PathError:
        return f"{quoted(path)} is not an attribute path"
    is_regular = (
        str(at) == attribute
        and name.fullmatch(at.attribute)
        and _is_sub_attribute(at.sub)
        and all(map(_is_equality, _terms(at.condition)))
    )
    return None if is_regular else f"{quoted(path)} is not an attribute path"


def _terms(condition: Filter | None) -> tuple[Filter, ...]:
    return condition.parts if isinstance(condition, And) else () if condition is None else (condition,)


def _is_equality(term: Filter) -> bool:
    if not isinstance(term, Comparison) or term.operator is not Operator.EQUAL or not isinstance(term.value, str | int):
        return False
    at = term.path
    return not at.urn and at.condition is None and bool(_NAME.fullmatch(at.attribute)) and _is_sub_attribute(at.sub)


def _is_sub_attribute(name: str) -> bool:
    return name in {"", "$ref"} or _NAME.fullmatch(name) is not None


PATH_HINT: Final = 'write userName, name.givenName, emails[type eq "work"].value or urn:…:User:department'

_OURS: Final = {
    "authorization": "the run's credential goes there",
    "proxy-authorization": "a proxy is set for the run, not in a profile",
    "cookie": "no identity provider keeps cookies",
    "host": "it is the target's",
    "content-length": "it is counted when the request is sent",
    "transfer-encoding": "it is decided when the request is sent",
}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def header_problem(name: str, value: str = "") -> tuple[str, str] | None:
    """(what is wrong, hint) with a header that a profile wants to send, or None."""
    if not _TOKEN.fullmatch(name):
        return f"{quoted(name)} is not a header's name", "letters, digits and hyphens"
    if why := _OURS.get(name.lower()):
        return f"a profile may not set the header {name}", why
    # RFC 9110 section 5.5: no control characters; a line break would begin another header.
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        return (
            f"the value of the header {name} holds a line break or control character",
            "write it on one line",
        )
    if any(ord(character) > 255 for character in value):
        return f"the value of the header {name} holds a character outside Latin-1", "HTTP cannot carry it"
    return None


def request_path_problem(path: str) -> tuple[str, str] | None:
    """(what is wrong, hint) with the path of a literal request, or None.

    It must stay below the endpoint's address.
    """
    plain = without_placeholders(path)
    if not plain.startswith("/"):
        return (
            f"the path {quoted(path)} must begin with /",
            "write it as it stands below the endpoint's address: /Users",
        )
    if "//" in plain or "\\" in plain:
        return f"the path {quoted(path)} would name another host", "no // and no backslash; write /Users"
    decoded = re.sub("%2e", ".", plain, flags=re.IGNORECASE)
    if {".", ".."} & set(re.split(r"/|%2f", re.split(r"[?#]", decoded)[0], flags=re.IGNORECASE)):
        return f"the path {quoted(path)} climbs out of the endpoint", "no . or .. between slashes"
    if "?" in plain:
        return f"the path {quoted(path)} holds a query", "put what follows the ? under query:"
    if "#" in plain or re.search(r"[\x00-\x20\x7f]", plain):
        return f"the path {quoted(path)} holds a space, a line break or #", "percent-encode it: %20, %23"
    return None


def query_problem(query: str) -> tuple[str, str] | None:
    """(what is wrong, hint) with the raw query of a literal request, or None."""
    if re.search(r"[\x00-\x1f\x7f#]", query):
        return (
            f"the query {quoted(query)} holds a line break, a control character or #",
            "percent-encode it: %0A, %23",
        )
    if query.startswith("?"):
        return f"the query {quoted(query)} begins with ?", "leave the question mark out"
    return None


def is_token(text: str) -> bool:
    """True when it may be a header's name (RFC 9110 section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None
