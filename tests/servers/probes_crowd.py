"""Probes of filters, pages and totals in a store of some size."""

from __future__ import annotations

from .probing import Client, sees

MANY = 25


def _many(c: Client) -> list[str]:
    """Users with an e-mail address each; some are inactive."""
    return [
        c.user(f"sailor{n}@fjord.example", active=bool(n % 3),
               emails=[{"type": "work", "value": f"sailor{n}@mail.fjord.example"}])
        for n in range(MANY)
    ]  # fmt: skip


@sees(
    "filter-scans-first-ten", "filter-scans-last-eight", "filter-skips-sixth", "filter-skips-first", "filter-after-page"
)
def _(c: Client) -> None:
    for n, id_ in enumerate(_many(c)):
        assert c.find(f'userName eq "sailor{n}@fjord.example"') == [id_]


@sees("filter-email-scans-first-ten")
def _(c: Client) -> None:
    for n, id_ in enumerate(_many(c)):
        assert c.find(f'emails.value eq "sailor{n}@mail.fjord.example"') == [id_]


@sees("page-one-short", "page-half-full")
def _(c: Client) -> None:
    _many(c)
    assert [len(c.page(f"/Users?startIndex={start}&count=10")["Resources"]) for start in (1, 11, 21)] == [10, 10, 5]


@sees("page-overlaps-by-one", "page-skips-one", "last-page-dropped", "list-order-random")
def _(c: Client) -> None:
    ids = _many(c)
    seen = [one["id"] for start in (1, 11, 21) for one in c.page(f"/Users?startIndex={start}&count=10")["Resources"]]
    assert sorted(seen) == sorted(ids)


@sees("page-past-end-is-first", "page-past-end-is-last")
def _(c: Client) -> None:
    _many(c)
    assert c.page(f"/Users?startIndex={MANY + 1}&count=10")["Resources"] == []


@sees("count-ignored-above-ten")
def _(c: Client) -> None:
    _many(c)
    assert len(c.page("/Users?startIndex=1&count=20")["Resources"]) == 20


@sees("total-capped-at-ten", "total-counts-deleted", "total-is-all-so-far", "list-leaves-out-inactive")
def _(c: Client) -> None:
    _many(c)
    assert c.page("/Users?startIndex=1&count=5")["totalResults"] == MANY


@sees("delete-of-group-ignored")
def _(c: Client) -> None:
    group = c.group()
    assert c.send("DELETE", f"/Groups/{group}").status_code == 204
    c.error(c.send("GET", f"/Groups/{group}"), 404)
