"""The SCIM 1.1 server on loopback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from servers.good11 import GoodServer11
from servers.probing11 import ADA, full_user, serve


def test_it_can_be_served_on_loopback() -> None:
    with serve(GoodServer11()) as url:
        assert url.endswith("/scim/v1")
        sent = urllib.request.Request(
            f"{url}/Users", json.dumps(full_user()).encode(), method="POST",
            headers={"Authorization": "Bearer good-token", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(sent, timeout=5) as answer:
            assert answer.status == 201
            assert json.load(answer)["userName"] == ADA
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(f"{url}/Users", timeout=5)
        refused.value.close()
