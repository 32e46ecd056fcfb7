"""``scim-compat show`` prints what a run sends."""

from __future__ import annotations

import json

from servers.good import GoodServer
from servers.running import serve
from support.commands import invoke, play


def test_what_show_prints_is_what_a_run_sends(tmp_path):
    with serve(GoodServer()) as url:
        play(url, out=tmp_path, only=["users.create"], seed=42)
    run = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    steps = next(s for s in run["profiles"][0]["scenarios"] if s["id"] == "users.create")["steps"]
    sent = [step["exchange"]["request"] for step in steps if step["kind"] == "client"]
    shown = json.loads(invoke("show", "entra-v2", "users.create", "--seed", "42", "--json").stdout)
    shown = [one for one in shown if one["by"] == "client"]
    created = next(n for n, one in enumerate(shown) if one["method"] == "POST")
    for told, real in list(zip(shown, sent, strict=True))[: created + 1]:  # after it the server's id is in the URL
        assert told["method"] == real["method"]
        assert real["url"].endswith(told["path"])
        assert (told["body"] or "") == (real["body"] or "")
        names = [name.lower() for name, _ in real["headers"]]
        assert [name.lower() for name, _ in told["headers"] if name.lower() in names] == names
