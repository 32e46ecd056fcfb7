"""Words and numbers that every room shares."""

from __future__ import annotations

from scim_compat.values import plural


def test_plural():
    assert plural(1, "profile") == "1 profile"
    assert plural(0, "profile") == "0 profiles"
    assert plural(2000, "breach", "breaches") == "2,000 breaches"
