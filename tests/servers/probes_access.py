"""Probes of access: every door is shut to whoever has not the whole credential, and a refusal changes nothing."""

from __future__ import annotations

from .defects_access import COMPARISONS
from .probing import Client, sees
from .protocol import CORE_USER, PATCH_OP, SEARCH_REQUEST

NOBODY = {"Authorization": ""}


@sees(*(name for name, *_ in COMPARISONS), "token-empty-accepted", "token-scheme-ignored")
def _(c: Client) -> None:
    for value in ("Bearer good-toke", "Bearer good-token2", "Bearer GOOD-TOKEN", "Bearer ood-token", "Bearer",
                  "Bearer good-tokem", "Bearer good-uoken", "Basic good-token"):  # fmt: skip
        c.error(c.send("GET", "/Users", headers={"Authorization": value}), 401)


@sees("search-without-auth", "root-search-without-auth", "put-without-auth", "patch-without-auth",
      "delete-without-auth", "create-without-auth", "groups-without-auth", "read-by-id-without-auth",
      "me-without-auth", "bulk-without-auth", "refused-change-made", "refused-put-made", "refused-deletion-made",
      "refused-creation-made", "auth-401-names-user", "auth-401-plain-text")  # fmt: skip
def _(c: Client) -> None:
    id_, group = c.user(), c.group()
    before = c.read(f"/Users/{id_}")
    query = {"schemas": [SEARCH_REQUEST]}
    change = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Nobody"}]}
    bulk = {"Operations": [{"method": "DELETE", "path": f"/Users/{id_}"}]}
    for method, target, body in (
        ("GET", f"/Users/{id_}", None), ("GET", "/Me", None), ("GET", "/Groups", None), ("GET", f"/Groups/{group}", None),
        ("POST", "/Users/.search", query), ("POST", "/.search", query), ("POST", "/Bulk", bulk),
        ("PUT", f"/Users/{id_}", {"schemas": [CORE_USER], "userName": "x"}), ("PATCH", f"/Users/{id_}", change),
        ("POST", "/Users", {"schemas": [CORE_USER], "userName": "newcomer"}), ("DELETE", f"/Users/{id_}", None),
    ):  # fmt: skip
        said = c.error(c.send(method, target, body, NOBODY), 401)
        assert "ada" not in said["detail"]
    assert c.read(f"/Users/{id_}") == before
    assert c.find('userName eq "newcomer"') == []


@sees("refused-change-made-for-wrong-token")
def _(c: Client) -> None:
    id_ = c.user()
    change = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Nobody"}]}
    c.error(c.send("PATCH", f"/Users/{id_}", change, {"Authorization": "Bearer other"}), 401)
    assert "displayName" not in c.read(f"/Users/{id_}")


@sees(*(f"{endpoint}-{status}" for endpoint in ("serviceproviderconfig", "resourcetypes", "schemas")
        for status in (401, 403, 500)))  # fmt: skip
def _(c: Client) -> None:
    for endpoint in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
        c.read(f"/{endpoint}")


@sees("resource-types-endpoint-singular", "resource-types-endpoint-lower-case", "resource-types-endpoint-with-version",
      "resource-types-of-a-plan")  # fmt: skip
def _(c: Client) -> None:
    for one in c.read("/ResourceTypes")["Resources"]:
        c.page(one["endpoint"])


@sees("filter-unknown-403", "filter-unknown-401")
def _(c: Client) -> None:
    assert c.find('userName eq "nobody"') == []
