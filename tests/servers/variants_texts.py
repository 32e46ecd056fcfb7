"""Texts that are stored and compared in other conformant ways."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from .filters import Compare, Filter
from .protocol import Data, ScimError
from .schema import USER, Kind
from .store import Record
from .variants_base import around, variant

if TYPE_CHECKING:
    from .good import GoodServer

_LONGEST = 200


def _composed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _composed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_composed(one) for one in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@variant("composed-texts", "letters are stored and compared composed (RFC 7644 §5, RFC 8265 §3.3.2: canonically equal)")
def _(server: GoodServer) -> None:
    def check(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        data.update(_composed(data))
        inner(kind, data, record)

    def parse_filter(inner: Any, text: str, kind: Kind) -> Filter:
        return inner(unicodedata.normalize("NFC", text), kind)  # type: ignore[no-any-return]

    around(server, check)
    around(server, parse_filter)


@variant("width-mapped-names", "userNames are compared in one width (RFC 7644 §5: UsernameCaseMapped, RFC 8265 §3.3.2)")
def _(server: GoodServer) -> None:
    def key(name: str) -> str:
        return unicodedata.normalize("NFKC", name).casefold()

    def check_unique(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        inner(kind, data, record)
        others = (one for one in server.store.all(kind) if one is not record and kind is USER)
        if any(key(one.data["userName"]) == key(data["userName"]) for one in others):
            raise ScimError(409, "The userName is taken.", scim_type="uniqueness")

    def matches(inner: Any, wanted: Filter, resource: Data) -> bool:
        is_name = isinstance(wanted, Compare) and wanted.path.attribute is not None
        if is_name and wanted.path.attribute.name == "userName" and wanted.operator == "eq":  # type: ignore[union-attr]
            return key(str(wanted.value)) == key(resource["userName"])  # type: ignore[union-attr]
        return inner(wanted, resource)  # type: ignore[no-any-return]

    around(server, check_unique)
    around(server, matches)


@variant("no-symbols-in-names", "a userName with a symbol, such as an emoji, is refused (RFC 8264 §4.2.3: disallowed)")
def _(server: GoodServer) -> None:
    def check_unique(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        if kind is USER and any(ord(c) > 0x7F and unicodedata.category(c) == "So" for c in data["userName"]):
            raise ScimError(400, "The userName has a symbol in it.", scim_type="invalidValue")
        inner(kind, data, record)

    around(server, check_unique)


def _longest(value: Any) -> int:
    if isinstance(value, dict):
        return max(map(_longest, value.values()), default=0)
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return len(value) if isinstance(value, str) and not value.startswith("http") else 0


@variant("long-texts-refused", "a text of more than 200 characters is refused, not cut (RFC 7644 §3.12: invalidValue)")
def _(server: GoodServer) -> None:
    def check(inner: Any, kind: Kind, data: Data, record: Record | None) -> None:
        if _longest(data) > _LONGEST:
            raise ScimError(400, "A text is too long.", scim_type="invalidValue")
        inner(kind, data, record)

    around(server, check)
