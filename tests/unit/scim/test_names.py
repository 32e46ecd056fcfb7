"""Each name is written once in the package."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import scim_compat
from scim_compat.scim import names

PACKAGE = Path(scim_compat.__file__).parent
URN = re.compile(r"urn:[A-Za-z0-9][A-Za-z0-9-]*:[A-Za-z0-9.:-]+")


def test_no_module_but_names_holds_a_urn_and_names_holds_each_once():
    places: Counter[str] = Counter()
    for path in PACKAGE.rglob("*.py"):
        urns = URN.findall(path.read_text(encoding="utf-8"))
        assert not urns or path == PACKAGE / "scim" / "names.py", f"{path}: {urns}"
        places.update(urns)
    assert {urn: number for urn, number in places.items() if number != 1} == {}
    assert len(places) > 10


def urns_in(schema):
    """Every URN that a JSON Schema of ours demands."""
    if isinstance(schema, dict):
        if isinstance(schema.get("const"), str) and names.is_urn(schema["const"]):
            yield schema["const"]
        for value in schema.values():
            yield from urns_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from urns_in(value)


SCHEMAS = {
    "2.0/User": names.USER,
    "2.0/Group": names.GROUP,
    "2.0/Error": names.ERROR,
    "2.0/ListResponse": names.LIST_RESPONSE,
    "2.0/PatchOp": names.PATCH_OP,
    "2.0/BulkResponse": names.BULK_RESPONSE,
    "2.0/ServiceProviderConfig": names.SERVICE_PROVIDER_CONFIG,
    "2.0/ResourceType": names.RESOURCE_TYPE,
    "1.1/User": names.CORE_1_1,
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_json_schemas_have_the_same_names(name):
    text = (PACKAGE / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert SCHEMAS[name] in set(urns_in(json.loads(text)))


def test_tables_of_names_agree():
    assert names.CORE_URNS.keys() == names.ENDPOINTS.keys() == names.CORE_SCHEMA["1.1"].keys()
    assert {"users", "groups"} == names.COLLECTIONS
    assert {"schemas", "resourcetypes", "serviceproviderconfig", "serviceproviderconfigs"} == names.DISCOVERY
    for version, prefix in names.URN_PREFIXES.items():
        assert all(urn.startswith(prefix) for urn in names.CORE_SCHEMA[version].values())
    assert not any(urn.startswith(names.CORE_PREFIXES) for urn in names.ENTERPRISES)


@pytest.mark.parametrize(
    ("name", "is_urn"),
    [("urn:x:y", True), ("URN:x", True), ("urn", False), ("urna", False), ("", False), ("a urn:x", False)],
)
def test_urns_are_told_by_their_beginning(name, is_urn):
    assert names.is_urn(name) is is_urn
