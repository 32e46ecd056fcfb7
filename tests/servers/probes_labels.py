"""Probes of servers that keep an extension under labels, and of those that show an extension in a wrong place."""

from __future__ import annotations

import json

from .employees import PEAKON
from .probing import Client, sees
from .protocol import CORE_USER, ENTERPRISE, PATCH_OP, Data

_USER: Data = {"schemas": [CORE_USER], "userName": "ada@fjord.example", "name": {"familyName": "Falk"}}
_LABELS = {"Business Unit": "Quay", "Pay Grade": 7}


def _set(c: Client, id_: str, **operation: object) -> None:
    """A refusal is seen in what is read afterwards."""
    c.send("PATCH", f"/Users/{id_}", {"schemas": [PATCH_OP], "Operations": [{"op": "replace", **operation}]})


def _read(c: Client, id_: str) -> Data:
    resource: Data = c.json(c.send("GET", f"/Users/{id_}"))
    return resource


def _created(c: Client, **more: object) -> str:
    return str(c.json(c.send("POST", "/Users", _USER | more), 201)["id"])


def _text(resource: Data) -> str:
    return json.dumps(resource).lower()


@sees("labels-lower-case", "labels-camel-case", "labels-upper-case", "labels-urn-split", "labels-path-split",
      "labels-under-short-name", "labels-flat")  # fmt: skip
def _(c: Client) -> None:
    """A server that keeps anything of the extension shows all of it as it was sent, under its URN."""
    resource = _read(c, _created(c, **{PEAKON: dict(_LABELS)}))
    assert resource.get(PEAKON) == _LABELS or "quay" not in _text(resource)


@sees("labels-patch-drops", "labels-path-cut-at-space", "labels-patch-refused", "labels-patch-replaces-all")
def _(c: Client) -> None:
    id_ = _created(c, **{PEAKON: dict(_LABELS)})
    is_kept = PEAKON in _read(c, id_)
    _set(c, id_, path=f"{PEAKON}:Business Unit", value="Pier")
    assert _read(c, id_).get(PEAKON) == ({"Business Unit": "Pier", "Pay Grade": 7} if is_kept else None)


@sees("labels-lost-on-core-change")
def _(c: Client) -> None:
    id_ = _created(c, **{PEAKON: dict(_LABELS)})
    before = _read(c, id_).get(PEAKON)
    _set(c, id_, path="name.familyName", value="Berg")
    assert _read(c, id_).get(PEAKON) == before


@sees("urn-split-at-dot", "extension-under-short-name")
def _(c: Client) -> None:
    resource = _read(c, _created(c, **{ENTERPRISE: {"department": "Quay"}}))
    assert resource.get(ENTERPRISE) == {"department": "Quay"}
