"""Lists that never end, repeat themselves, or count wrong."""

from __future__ import annotations

from typing import Any

from .base import Answer, Asked, Scene, by, case

_LIST = by("GET", "/Users")
_ANY_LIST = by("GET", "/Users", client_only=False)
_URN = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]


def _count(asked: Asked) -> None:
    """Counts the pages."""
    asked.scene.memory["pages"] = asked.scene.memory.get("pages", 0) + 1


def _few(scene: Scene) -> None:
    assert scene.memory["pages"] <= 40, f"{scene.memory['pages']} pages were asked for"


def _user(number: int) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": f"foreign-{number}",
        "userName": f"u{number}",
    }


def _number(asked: Asked, name: str, otherwise: int) -> int:
    """A parameter of the query."""
    given = dict(part.partition("=")[::2] for part in asked.query.split("&"))
    return int(given.get(name, otherwise))


def _page(asked: Asked, first: int, *, total: int, size: int | None = None) -> Answer:
    """A page of strangers, as large as was asked for, labelled as what was asked for."""
    _count(asked)
    held = _number(asked, "count", 100) if size is None else size
    start = _number(asked, "startIndex", 1)
    found = [_user(first + n) for n in range(held)]
    return asked.good().saying(
        {"schemas": _URN, "totalResults": total, "startIndex": start, "itemsPerPage": held, "Resources": found}
    )


_PAGES = {"only": "import.users-in-pages", "profile": "okta", "after": _few}


@case("paging", on=_LIST, status=0, says="imports users from 191", **_PAGES)
def pages_without_end(asked: Asked) -> Answer:
    """Each page is full, of accounts never seen, and totalResults says there are millions. It is left after twenty
    pages, and who was not seen is not judged: a store may be that large."""
    return _page(asked, _number(asked, "startIndex", 1), total=10**12)


@case("paging", on=_LIST, finds="list.pages-disjoint", says="repeated", **_PAGES)
def the_same_page_for_ever(asked: Asked) -> Answer:
    """Always the same accounts, whatever page is asked for."""
    return _page(asked, 1, total=100_000)


@case("paging", on=_LIST, finds="list.total", says="1000000000000", **_PAGES)
def a_million_millions_of_nothing(asked: Asked) -> Answer:
    """totalResults is 10^12, and no page has anything in it."""
    return _page(asked, 1, total=10**12, size=0)


@case("paging", on=_LIST, finds="list.count", says="list.count", **_PAGES)
def pages_larger_than_asked_for(asked: Asked) -> Answer:
    """A thousand accounts, however few are asked for."""
    return _page(asked, _number(asked, "startIndex", 1) * 1000, total=10**9, size=1000)


@case(
    "paging",
    on=_ANY_LIST,
    only=("users.create", "users.disable", "accounts.page"),
    finds="list.total",
    says="list.total",
)
def a_million_millions_everywhere(asked: Asked) -> Answer:
    """The right resources, and totalResults 10^12, in every list and for everybody."""
    good = asked.good()
    return good.saying(good.json | {"totalResults": 10**12}) if "Resources" in (good.json or ()) else good


@case(
    "paging",
    on=_ANY_LIST,
    only="users.disable",
    status=0,
    says="looks for user alice in the list, from 401",
    after=_few,
)
def a_list_without_us(asked: Asked) -> Answer:
    """Our own look through the list meets strangers only, page after page. It ends after five, unjudged."""
    good = asked.good()
    if "filter" in asked.query or "Resources" not in (good.json or ()):
        return good
    return _page(asked, _number(asked, "startIndex", 1), total=10**9)


def _counts(name: str, value: object, finds: str, says: str) -> None:
    def script(asked: Asked) -> Answer:
        """Counts that are none."""
        _count(asked)
        good = asked.good()
        payload = good.json
        if "Resources" not in (payload or ()):
            return good
        return good.saying(payload | {"totalResults": value, "startIndex": value, "itemsPerPage": value})

    case(
        "paging",
        name=name,
        on=_ANY_LIST,
        only=("accounts.page", "match.by-user-name"),
        finds=finds,
        says=says,
        after=_few,
    )(script)


_counts("counts-are-negative", -7, "list.total list.items-per-page", "at least ")
_counts("counts-are-texts", "many", "list.integers", "an integer")
_counts("counts-are-fractions", 2.5, "list.integers", "an integer")
_counts("counts-are-booleans", True, "list.integers", "an integer")
_counts("counts-are-objects", {"$numberLong": "5"}, "list.integers", "an integer")
_counts("counts-are-huge", 10**400, "list.total", "list.total")


@case("paging", on=_LIST, only="accounts.page", finds="list.no-duplicates", says="already.", after=_few)
def one_account_a_thousand_times(asked: Asked) -> Answer:
    """A page of a thousand times the same account, and a cursor to more on another host."""
    _count(asked)
    more = {"nextCursor": asked.scene.elsewhere, "next": asked.scene.elsewhere}
    return asked.good().saying(
        {
            "schemas": _URN,
            "totalResults": 1000,
            "startIndex": 1,
            "itemsPerPage": 1000,
            "Resources": [_user(1)] * 1000,
            **more,
        }
    )
