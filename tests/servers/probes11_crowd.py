"""SCIM 1.1: probes of filters and pages in a store of some size."""

from __future__ import annotations

from .probing11 import Client11, sees

MANY = 25


def _many(c: Client11) -> list[str]:
    return [c.user(f"sailor{n}@fjord.example") for n in range(MANY)]


@sees("filter-scans-first-ten-11", "filter-skips-first-11")
def _(c: Client11) -> None:
    for n, id_ in enumerate(_many(c)):
        assert c.find(f'userName eq "sailor{n}@fjord.example"') == [id_]


@sees("page-one-short-11", "page-overlaps-by-one-11", "last-page-dropped-11")
def _(c: Client11) -> None:
    ids = _many(c)
    pages = [c.page(f"/Users?startIndex={start}&count=10")["Resources"] for start in (1, 11, 21)]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(one["id"] for page in pages for one in page) == sorted(ids)


@sees("page-past-end-is-last-11")
def _(c: Client11) -> None:
    _many(c)
    assert c.page(f"/Users?startIndex={MANY + 1}&count=10").get("Resources", []) == []


@sees("delete-of-group-ignored-11")
def _(c: Client11) -> None:
    group = c.group()
    assert c.send("DELETE", f"/Groups/{group}").status_code in {200, 204}
    c.error(c.send("GET", f"/Groups/{group}"), 404)
