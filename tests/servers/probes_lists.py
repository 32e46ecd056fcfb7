"""Probes of filters, lists, paging and projections."""

from __future__ import annotations

from urllib.parse import quote_plus

from .probing import Client, full_user, sees, shown
from .protocol import CORE_USER, ENTERPRISE


def _three(c: Client) -> tuple[str, str, str]:
    return (
        c.user("ada@fjord.example", externalId="Ext-1", title="Chief"),
        c.user("ada@fjord.example.org", externalId="ext-1", nickName="Bo",
               emails=[{"type": "work", "value": "bo@fjord.example"}, {"type": "home", "value": "cy@fjord.example"}]),
        c.user("cy_x@fjord.example", externalId="e-3", title="Chief", active=False,
               emails=[{"type": "work", "value": "cy@fjord.example"}, {"type": "home", "value": "bo@fjord.example"}]),
    )  # fmt: skip


# ---- filter


@sees("filter-ignored", "filter-finds-nothing", "filter-501", "filter-finds-twice", "filter-eq-is-contains",
      "filter-eq-is-prefix", "single-match-bare-resource", "list-differs-from-read", "stale-index-after-create")  # fmt: skip
def _(c: Client) -> None:
    first, *_ = _three(c)
    assert c.find('userName eq "ada@fjord.example"') == [first]
    listed = c.page("/Users?filter=userName+eq+%22ada%40fjord.example%22")["Resources"][0]
    assert listed == c.read(f"/Users/{first}")


@sees("filter-no-match-404", "filter-no-match-400", "filter-no-match-204", "filter-empty-returns-first",
      "empty-list-no-array", "empty-list-null", "empty-list-bare-array")  # fmt: skip
def _(c: Client) -> None:
    c.user()
    assert c.find('userName eq "8c1f0e9a-2f54-4f0c-a4b0-000000000000"') == []


@sees("filter-case-sensitive", "filter-operator-case-sensitive", "filter-attribute-case-sensitive")
def _(c: Client) -> None:
    id_, group = c.user("Ada@Fjord.example"), c.group("Harbour Crew")
    assert c.find('userName eq "aDA@fjord.EXAMPLE"') == [id_]
    assert c.find('displayName eq "harbour crew"', "/Groups") == [group]
    assert c.find('userName EQ "ada@fjord.example"') == [id_]
    assert c.find('USERNAME eq "ada@fjord.example"') == [id_]


@sees("filter-external-id-400", "filter-external-id-500", "filter-external-id-empty", "filter-external-id-ignores-case")
def _(c: Client) -> None:
    first, second, _ = _three(c)
    assert c.find('externalId eq "Ext-1"') == [first]
    assert c.find('externalId eq "ext-1"') == [second]


@sees("filter-id-400")
def _(c: Client) -> None:
    first, *_ = _three(c)
    assert c.find(f'id eq "{first}"') == [first]


@sees("filter-email-value-path-400", "filter-email-value-path-empty", "filter-email-type-ignored",
      "filter-first-value-only")  # fmt: skip
def _(c: Client) -> None:
    _, second, third = _three(c)
    assert c.find('emails[type eq "work"].value eq "bo@fjord.example"') == [second]
    assert c.find('emails[type eq "work" and value eq "CY@fjord.example"]') == [third]
    assert c.find('emails eq "bo@fjord.example"') == [second, third]


@sees("filter-group-name-400", "filter-group-name-ignored")
def _(c: Client) -> None:
    c.group("Pier")
    group = c.group("Crew")
    assert c.find('displayName eq "Crew"', "/Groups") == [group]


@sees("filter-urn-400")
def _(c: Client) -> None:
    id_ = c.create("/Users", full_user())["id"]
    c.user()
    assert c.find(f'{ENTERPRISE}:department eq "harbour"') == [id_]
    assert c.find(f'{CORE_USER}:name.givenName eq "ada"') == [id_]


@sees("filter-or-400", "filter-and-400", "filter-not-400", "filter-present-400", "filter-and-takes-first")
def _(c: Client) -> None:
    first, second, third = _three(c)
    assert c.find('title eq "chief" and active eq true') == [first]
    assert c.find('nickName eq "bo" or externalId eq "e-3"') == [second, third]
    assert c.find('not (title eq "chief")') == [second]
    assert c.find("nickName pr") == [second]
    assert c.find('title pr and (externalId sw "Ext" or active eq false)') == [first, third]


@sees("filter-quote-500", "filter-quote-cut", "filter-apostrophe-500", "filter-backslash-500", "filter-like-wildcards",
      "filter-trims-value")  # fmt: skip
def _(c: Client) -> None:
    for name in ("a", "ab", 'a"b', "a'b", "a\\b", "a_b", "a%", " a"):
        id_ = c.user(name)
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        assert c.find(f'userName eq "{escaped}"') == [id_]


@sees("filter-scans-first-three", "list-capped-at-2")
def _(c: Client) -> None:
    ids = [c.user(f"u{n}@fjord.example") for n in range(5)]
    assert c.find('userName eq "u4@fjord.example"') == ids[4:]
    assert c.page("/Users")["totalResults"] == 5


@sees("filter-invalid-ignored")
def _(c: Client) -> None:
    c.user()
    for text in ("userName eq ada", "userName", 'userName eq "a', '(userName eq "a"', 'userName xx "a"', "nonsense pr"):
        c.error(c.send("GET", f"/Users?filter={quote_plus(text)}"), 400, "invalidFilter")


@sees("filter-dates-as-text")
def _(c: Client) -> None:
    id_ = c.user()
    assert c.find('meta.lastModified gt "2020-01-01T00:00:00Z"') == [id_]
    assert c.find('meta.lastModified gt "2000-01-01T00:00:00-12:00"') == [id_]
    last = c.read(f"/Users/{id_}")["meta"]["lastModified"]
    assert c.find(f'meta.lastModified gt "{last.replace("Z", "+00:00")}"') == []


# ---- list


@sees("count-ignored", "start-index-ignored", "start-index-zero-based", "total-results-is-page-size",
      "start-index-always-1", "page-past-end-404", "list-order-changes")  # fmt: skip
def _(c: Client) -> None:
    ids = [c.user(f"u{n}@fjord.example") for n in range(5)]
    seen = []
    for start in (1, 3, 5, 7):
        page = c.page(f"/Users?startIndex={start}&count=2")
        assert page["totalResults"] == 5
        assert page["startIndex"] == start
        seen += [one["id"] for one in page["Resources"]]
    assert seen == ids


@sees("count-zero-returns-all")
def _(c: Client) -> None:
    c.user()
    page = c.page("/Users?count=0")
    assert (page["totalResults"], page["Resources"]) == (1, [])
    assert c.page("/Users?count=-3&startIndex=-1")["Resources"] == []


@sees("sort-by-ignored", "sort-order-ignored")
def _(c: Client) -> None:
    b, a, x = c.user("b", title="Z"), c.user("A", title="y"), c.user("x")
    assert [one["id"] for one in c.page("/Users?sortBy=userName")["Resources"]] == [a, b, x]
    assert [one["id"] for one in c.page("/Users?sortBy=title")["Resources"]] == [a, b, x]
    assert [one["id"] for one in c.page("/Users?sortBy=userName&sortOrder=descending")["Resources"]] == [x, b, a]


@sees("excluded-attributes-ignored", "excluded-attributes-ignored-by-id", "excluded-attributes-400")
def _(c: Client) -> None:
    group = c.group("Crew", c.user())
    whole = c.read(f"/Groups/{group}")
    assert whole.pop("members")
    assert c.read(f"/Groups/{group}?excludedAttributes=members") == whole
    query = "/Groups?excludedAttributes=members&filter=displayName+eq+%22Crew%22"
    assert c.page(query)["Resources"] == [whole]


@sees("attributes-ignored", "attributes-drops-id")
def _(c: Client) -> None:
    id_ = c.full()
    read = c.read(f"/Users/{id_}?attributes=userName,name.givenName,emails.value,{ENTERPRISE}:department")
    assert shown(read) == {
        "schemas": read["schemas"],
        "id": id_,
        "userName": "Ada.Åström@Fjord.example",
        "name": {"givenName": "Ada"},
        "emails": [{"value": "Ada.Åström@Fjord.example"}, {"value": "Ada@Home.example"}],
        ENTERPRISE: {"department": "Harbour"},
    }
