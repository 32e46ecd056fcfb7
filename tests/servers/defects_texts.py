"""Defects of texts: values that look like syntax in filters, values that look alike, and texts on their way to the store."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from .defects_base import Op, Wrapper, become, breaks, defect, fail, read, spoils_stored
from .filters import Compare, Filter
from .good import GoodServer
from .protocol import ENTERPRISE, Answer, Data, Request, ScimError
from .schema import Kind
from .store import copy_json

_VALUE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORDS: Final = re.compile(r"\b(?:and|or|not|pr|eq)\b", re.IGNORECASE)

# ---- values in filters


def _values(text: str) -> list[str]:
    """What stands between the quotes of a filter, read as JSON."""
    return [json.loads(f'"{one}"') for one in _VALUE.findall(text)]


def _refuses_filter(
    name: str, description: str, source: str, when: Callable[[str], bool], *, status: int = 400
) -> None:
    """Register a defect that does not understand a filter with such a value between its quotes."""

    def select(_: GoodServer, inner: Wrapper, request: Any, kind: Kind, text: str | None) -> Any:
        if text is not None and any(map(when, _values(text))):
            fail("The filter is not valid.", status=status, scim_type="invalidFilter")
        return inner(request, kind, text)

    defect("filter", name, description, source, select=select)


def _reads_filter(name: str, description: str, source: str, change: Callable[[str], str]) -> None:
    """Register a defect that reads a value between the quotes of a filter as another one."""

    def select(_: GoodServer, inner: Wrapper, request: Any, kind: Kind, text: str | None) -> Any:
        changed = text and _VALUE.sub(lambda m: json.dumps(change(json.loads(m[0]))), text)
        return inner(request, kind, changed)

    defect("filter", name, description, source, select=select)


def _compares(name: str, description: str, source: str, fold: Callable[[str], str]) -> None:
    """Register a defect that takes two texts for one where they are the same when folded."""

    def matches(_: GoodServer, inner: Wrapper, wanted: Filter, resource: Data) -> Any:
        if not isinstance(wanted, Compare) or wanted.operator != "eq" or not isinstance(wanted.value, str):
            return inner(wanted, resource)
        goal = fold(wanted.value.casefold())
        return inner(wanted, resource) or any(fold(one) == goal for one in _at(wanted, resource))

    defect("filter", name, description, source, matches=matches)


def _at(wanted: Compare, resource: Data) -> list[str]:
    """The texts at the place that a comparison names."""
    attribute = wanted.path.attribute
    value = resource.get(attribute.name) if attribute and not attribute.case_exact else None
    entries = value if isinstance(value, list) else [value]
    texts = (one.get("value") if isinstance(one, dict) else one for one in entries)
    return [text.casefold() for text in texts if isinstance(text, str)]


_refuses_filter("filter-splits-at-words", "and, or, not and the operators are read inside quotes too", "RFC7644-3.4.2.2",
                lambda value: _WORDS.search(value) is not None)  # fmt: skip
_refuses_filter("filter-counts-brackets-in-quotes", "brackets and parentheses inside quotes must pair up",
                "RFC7644-3.4.2.2", lambda value: value.count("(") != value.count(")") or value.count("[") > 0)  # fmt: skip
_refuses_filter("filter-long-value-500", "a value of more than 128 characters in a filter crashes", "RFC7643-2.3.1",
                lambda value: len(value) > 128, status=500)  # fmt: skip
_refuses_filter("filter-sql-guard-403", "a firewall refuses values with a quote, a semicolon or two hyphens",
                "RFC7644-3.4.2.2", lambda value: re.search(r"[';]|--", value) is not None, status=403)  # fmt: skip
_reads_filter("filter-cut-at-semicolon", "a query is cut at a semicolon, as old parsers of forms do", "RFC3986-3.4",
              lambda value: value.partition(";")[0])  # fmt: skip
_reads_filter("filter-cut-at-hash", "a value in a filter is cut at a number sign", "RFC3986-3.5",
              lambda value: value.partition("#")[0])  # fmt: skip
_reads_filter("filter-collapses-spaces", "white space in a filter's value is trimmed and collapsed", "RFC7644-3.4.2.2",
              lambda value: " ".join(value.split()))  # fmt: skip
_reads_filter("filter-astral-lost", "emoji are dropped from a filter's value", "RFC7643-2.3.1",
              lambda value: "".join(c for c in value if ord(c) < 0x10000))  # fmt: skip
_reads_filter("filter-bidi-stripped", "right-to-left letters are dropped from a filter's value", "RFC7643-2.3.1",
              lambda value: "".join(c for c in value if unicodedata.bidirectional(c) not in {"R", "AL"}))  # fmt: skip
_compares("filter-ignores-dots", "dots before the @ do not count when a filter compares", "RFC7644-3.4.2.2",
          lambda text: text.partition("@")[0].replace(".", "") + text.partition("@")[1] + text.partition("@")[2])  # fmt: skip
_compares("filter-ignores-plus-tag", "a plus tag before the @ does not count when a filter compares",
          "RFC7644-3.4.2.2", lambda text: re.sub(r"\+[^@]*@", "@", text))  # fmt: skip
_compares("filter-ignores-accents", "an accent does not count when a filter compares: the collation of the database",
          "RFC7644-3.4.2.2", lambda text: "".join(
              c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)))  # fmt: skip
_compares("filter-compares-numbers", "values of digits are compared as numbers: 0042 is 42", "RFC7643-2.3.1",
          lambda text: text.lstrip("0") if text.isdigit() else text)  # fmt: skip
_compares("filter-ignores-spaces", "white space does not count when a filter compares", "RFC7644-3.4.2.2",
          lambda text: "".join(text.split()))  # fmt: skip


@breaks("check_unique", "duplicates", "duplicate-ignores-plus-tag",
        "an address with a plus tag is taken for the one without", "RFC7643-4.1.1")  # fmt: skip
def _(server: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
    inner(kind, data, record)
    plain = _without_tag(data.get(kind.unique, ""))
    if kind.name == "User" and any(
        _without_tag(other.data.get(kind.unique, "")) == plain
        for other in server.store.all(kind)
        if other is not record
    ):
        raise ScimError(409, f"{kind.unique} {plain!r} is taken.", scim_type="uniqueness")


def _without_tag(name: str) -> str:
    return re.sub(r"\+[^@]*@", "@", name.casefold())


# ---- bodies that are refused for a value


@breaks("accept", "create", "external-id-dot-400", "an externalId with a dot is refused", "kirodotdev/Kiro#10711")
def _(_: GoodServer, inner: Wrapper, kind: Kind, body: Data) -> Any:
    if kind.name == "User" and "." in str(body.get("externalId", "")):
        fail("externalId has an invalid format.")
    return inner(kind, body)


@breaks("handle", "create", "phone-plus-500", "a phone number with a plus: a web page with 500", "wso2/product-is#3474")
def _(_: GoodServer, inner: Wrapper, request: Request) -> Answer:
    answer: Answer = inner(request)
    if request.method == "POST" and re.search(rb'"phoneNumbers":\s*\[[^\]]*"\+', request.body):
        become(answer, 500, html="<html><body><h1>Internal Server Error</h1></body></html>")
    return answer


# ---- texts on their way to the store


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """Every text in a JSON value but URNs and what the server makes itself."""
    if isinstance(value, dict):
        return {k: v if k in {"$ref", "schemas", "id", "meta"} else _texts(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(one, change) for one in value]
    return change(value) if isinstance(value, str) and not value.startswith("urn:") else value


def _stores(name: str, description: str, source: str, change: Callable[[str], str]) -> None:
    spoils_stored("encoding", name, description, source, lambda data: data.update(_texts(data, change)))


def _patches(name: str, description: str, source: str, change: Callable[[Any], Any]) -> None:
    """Register a defect of the values in PATCH operations alone; ids of members and managers stay as they are."""

    def apply_one(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, operation: Data) -> None:
        op = read(kind, operation)
        is_reference = op.sets("members") or op.sets("manager") or "members" in op.path
        inner(kind, data, operation if is_reference else _with_value(op, operation, change))

    defect("encoding", name, description, source, apply_one=apply_one)


def _with_value(op: Op, operation: Data, change: Callable[[Any], Any]) -> Data:
    key = next((key for key in operation if key.lower() == "value"), None)
    return operation if key is None or op.sets("active") else {**operation, key: _texts(operation[key], change)}


_stores("decomposes-letters", "letters are stored decomposed, as an old file system does", "RFC7643-2.3.1",
        lambda text: unicodedata.normalize("NFD", text))  # fmt: skip
_stores("cuts-at-emoji", "a text is cut at its first emoji: a database with three bytes a character", "RFC7643-2.3.1",
        lambda text: re.split("[\U00010000-\U0010ffff]", text)[0])  # fmt: skip
_stores("cuts-at-64", "texts are cut after 64 characters", "RFC7643-2.3.1", lambda text: text[:64])
_stores("trims-ends", "white space at the ends is trimmed", "RFC7643-2.3.1", str.strip)
_stores("strips-tags", "what looks like markup is left out", "RFC7643-2.3.1", lambda text: re.sub("<[^>]*>", "", text))
_stores("doubles-apostrophes", "apostrophes are stored doubled, for SQL", "RFC7643-2.3.1",
        lambda text: text.replace("'", "''"))  # fmt: skip
_stores("drops-backslashes", "backslashes are left out", "RFC7643-2.3.1", lambda text: text.replace("\\", ""))
_stores("decodes-percent", "stored texts are percent-decoded", "RFC3986-2.4", unquote)
_stores("drops-combining-marks", "combining marks are left out", "RFC7643-2.3.1",
        lambda text: "".join(c for c in text if not unicodedata.combining(c)))  # fmt: skip
_stores("drops-right-to-left", "Hebrew and Arabic letters become question marks", "RFC7643-2.3.1",
        lambda text: "".join("?" if unicodedata.bidirectional(c) in {"R", "AL"} else c for c in text))  # fmt: skip
_patches("patch-reads-latin-1", "PATCH reads UTF-8 as ISO-8859-1, POST does not", "RFC7644-8.1",
         lambda text: text.encode().decode("latin-1"))  # fmt: skip
_patches("patch-html-escapes", "PATCH stores texts with HTML entities, POST does not", "RFC7643-2.3.1", html.escape)
_patches("patch-trims-zeros", "PATCH stores a text of digits without its leading zeros", "RFC7643-2.3.1",
         lambda text: text.lstrip("0") or "0" if text.isdigit() else text)  # fmt: skip
_patches("patch-lower-cases", "PATCH stores texts in small letters, POST does not", "RFC7643-2.2", str.lower)


@breaks("render", "encoding", "digits-shown-as-numbers", "texts of digits are shown as numbers", "RFC7643-2.3.1")
def _(_: GoodServer, inner: Wrapper, *arguments: Any) -> Data:
    shown: Data = copy_json(inner(*arguments))
    for holder in (shown, shown.get(ENTERPRISE, {})):
        for name, value in holder.items():
            if isinstance(value, str) and value.isdigit() and name not in {"id", "externalId", "userName"}:
                holder[name] = int(value)
    return shown


@breaks("check", "encoding", "group-names-escaped", "names of groups are stored with HTML entities", "RFC7643-2.3.1")
def _(_: GoodServer, inner: Wrapper, kind: Kind, data: Data, record: Any) -> None:
    name = data.get("displayName", "")
    if kind.name == "Group" and html.unescape(name) == name:
        data["displayName"] = html.escape(name)
    inner(kind, data, record)
