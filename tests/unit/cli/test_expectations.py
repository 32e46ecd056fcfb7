"""The answers that a request expects, in words."""

from __future__ import annotations

import pytest
from scim_compat.cli.expectations import expectation
from scim_compat.engine.intent import Assertion, Intent, Query


@pytest.mark.parametrize(("intent", "text"), [
    (Intent(action="delete", by="client", twice=True, expect="refusal"), "404: it was deleted"),
    (Intent(action="look-up", by="harness", gone=True, query=Query(finds=())), "a list without it"),
    (Intent(action="match", by="client", query=Query(finds=())), "200 and an empty list"),
    (Intent(action="raw", by="client", statuses=frozenset({404, 400})), "status 400 or 404"),
    (Intent(action="raw", by="client", assertions=(Assertion("/totalResults", "equals", 2),
                                                Assertion("header ETag", "is", "present"))),
     "status 2xx; /totalResults equals 2; header ETag is present"),
    (Intent(action="raw", by="client", statuses=frozenset({200}), query=Query(finds=("1",), among=("1", "2"), order=("1",))),
     "status 200; 1 of 1, 2, beside any others; 1 in this order"),
    (Intent(action="patch", by="client", expect="refusal"), "a refusal (4xx), and nothing changed"),
    (Intent(action="patch", by="client", twice=True), "200 and the resource, or 204; nothing changes the second time"),
])  # fmt: skip
def test_expectations_in_words(intent, text):
    assert expectation(intent) == text
