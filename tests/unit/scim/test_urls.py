"""Addresses: which endpoint a request addresses, and which references name the same resource."""

from __future__ import annotations

import pytest
from scim_compat.scim import names, urls


@pytest.mark.parametrize(
    ("target", "collection", "discovery", "projected"),
    [
        ("/Users", True, False, False),
        ("/Users?filter=a%20eq%20%22b%22&flag", True, False, False),
        ("/scim/v2/Groups/?excludedAttributes=members", True, False, True),
        ("/Groups/.search", True, False, False),
        ("/Users/5?attributes=userName", False, False, True),
        ("/Schemas", False, True, False),
        (f"/Schemas/{names.USER}", False, True, False),
        ("/", False, False, False),
    ],
)
def test_targets(target, collection, discovery, projected):
    assert urls.is_collection(target) is collection
    assert urls.is_discovery(target) is discovery
    assert urls.is_projected(target) is projected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/Users/1", "https://A.example:443/Users/1/", True),
        ("/Users/1", "https://a.example/Users/1", True),
        ("https://a.example/Users/%61", "https://a.example/Users/a", True),
        ("https://a.example/Users/1", "http://a.example/Users/1", False),
        ("https://a.example/Users/1", "https://a.example/Users/2", False),
        ("https://[broken", "https://a.example/Users/2", False),
    ],
)
def test_same_url(one, other, same):
    assert urls.is_same_url(one, other, base="https://a.example/x") is same


def test_origin_of_what_is_no_url():
    assert urls.origin("https://a.example:99999/") is None
    assert urls.origin("/Users/1") is None
    assert urls.origin("ftp://a.example/") is None
    assert urls.origin("HTTP://A.example/x") == ("http", "a.example", 80)


@pytest.mark.parametrize(
    ("target", "search", "public"),
    [
        ("/Users/.search", True, False),
        ("/.SEARCH?x=1", True, False),
        ("/Users?filter=/.search", False, False),
        ("/Schemas", False, True),
        ("/schemas/urn:x?y", False, True),
        ("/ServiceProviderConfigs", False, True),
        ("/ResourceTypes/User", False, True),
        ("/Users/Schemas", False, False),
        ("/Users/1/Schemas", False, False),
        ("/SchemasOfOthers", False, False),
        ("/", False, False),
    ],
)
def test_searches_and_public_endpoints(target, search, public):
    assert urls.is_search(target) is search
    assert urls.is_public(target) is public


def test_the_first_of_equal_parameters_counts():
    assert urls.parameters("/Users?Filter=a%20pr&filter=b&flag") == {"filter": "a pr", "flag": ""}
    assert urls.segments("/Users/a%2Fb/?x=1/2") == ("Users", "a/b")
