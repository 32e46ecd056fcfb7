"""Defects in how a server keeps an extension that it does not list: Peakon's, with labels as names.

The good server behind them keeps the extension as ``employees`` does; each defect spoils one thing about that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import employees
from .defects_base import Wrapper, defect
from .employees import PEAKON
from .protocol import ENTERPRISE, ScimError

if TYPE_CHECKING:
    from .good import GoodServer
    from .protocol import Data, Request
    from .store import Record


def _labels(name: str, description: str, source: str, **hooks: Wrapper) -> None:
    """Register a defect of a server that keeps the labels; ``hooks`` replace those of ``employees``."""
    kept: dict[str, Wrapper] = {
        "accept": employees.accept, "apply_one": employees.apply_one, "render": employees.render,
    }  # fmt: skip
    defect("patch-extension", name, description, source, **kept | hooks)


def _shown(change: Callable[[Data], Any]) -> Wrapper:
    """The extension is stored as it was sent, and shown otherwise."""

    def render(server: GoodServer, inner: Wrapper, request: Request, record: Record) -> Data:
        resource = employees.render(server, inner, request, record)
        if PEAKON in resource:
            change(resource)
        return resource

    return render


def _with(hook: Wrapper, setter: employees.Setter) -> Wrapper:
    return functools.partial(hook, setter=setter)


def _rename(change: Callable[[str], str]) -> Callable[[Data], None]:
    def rename(resource: Data) -> None:
        resource[PEAKON] = {change(label): value for label, value in resource[PEAKON].items()}

    return rename


def _split(resource: Data) -> None:
    """The URN is taken for a path and cut at its dot: {"urn:…:2": {"0:User": {…}}}."""
    first, _, second = PEAKON.rpartition(".")
    resource[first] = {second: resource.pop(PEAKON)}
    resource["schemas"].remove(PEAKON)


def _split_label(resource: Data) -> None:
    """The whole path is cut at its dot: {"urn:…:2": {"0:User:Business Unit": …}}."""
    first, _, second = PEAKON.rpartition(".")
    resource[first] = {f"{second}:{label}": value for label, value in resource.pop(PEAKON).items()}
    resource["schemas"].remove(PEAKON)


_labels("labels-lower-case", "labels of an extension are answered in lower case", "peakon-schema",
        render=_shown(_rename(str.lower)))  # fmt: skip
_labels("labels-camel-case", "labels of an extension are answered in camel case, without spaces", "peakon-schema",
        render=_shown(_rename(lambda label: label[:1].lower() + label[1:].replace(" ", ""))))  # fmt: skip
_labels("labels-upper-case", "labels of an extension are answered in upper case", "peakon-schema",
        render=_shown(_rename(str.upper)))  # fmt: skip
_labels("labels-urn-split", "answers cut the extension's URN at the dot of 2.0", "jelhub/scimgateway#124",
        render=_shown(_split))  # fmt: skip
_labels("labels-path-split", "answers cut the extension's paths at the dot of 2.0", "jelhub/scimgateway#124",
        render=_shown(_split_label))  # fmt: skip
_labels("labels-under-short-name", "the extension is answered under a short key", "RFC7643-3.3",
        render=_shown(lambda resource: resource.update(peakon=resource.pop(PEAKON))))  # fmt: skip
_labels("labels-flat", "the extension's attributes are answered beside the core attributes", "RFC7643-3.3",
        render=_shown(lambda resource: resource.update(resource.pop(PEAKON))))  # fmt: skip
_labels("labels-patch-drops", "PATCH accepts a label that POST has stored, and loses the value", "peakon-schema",
        apply_one=_with(employees.apply_one, employees.drop))  # fmt: skip


def _first_word(data: Data, label: str, value: Any) -> None:
    employees.keep(data, label.partition(" ")[0], value)


_labels("labels-path-cut-at-space", "a label in a path is read up to its first space", "peakon-schema",
        apply_one=_with(employees.apply_one, _first_word))  # fmt: skip


def _whole(data: Data, label: str, value: Any) -> None:
    data.pop(PEAKON, None)
    employees.keep(data, label, value)


_labels("labels-patch-replaces-all", "PATCH of one label removes the others", "RFC7644-3.5.2.3",
        apply_one=_with(employees.apply_one, _whole))  # fmt: skip


def _refuse(data: Data, label: str, value: Any) -> None:
    raise ScimError(400, f"There is no attribute {label}.", scim_type="invalidPath")


_labels("labels-patch-refused", "PATCH refuses a label that POST has stored", "peakon-schema",
        apply_one=_with(employees.apply_one, _refuse))  # fmt: skip


def _forget(server: GoodServer, inner: Wrapper, record: Record, data: Data) -> None:
    if data.get("name") != record.data.get("name"):
        data = {key: value for key, value in data.items() if key != PEAKON}
    inner(record, data)


_labels("labels-lost-on-core-change", "a change of a core attribute removes the extension", "RFC7644-3.5.2",
        save=_forget)  # fmt: skip


# ---- the enterprise extension, which the good server has


def _enterprise_split(_: GoodServer, inner: Wrapper, request: Request, record: Record) -> Data:
    resource: Data = inner(request, record)
    if ENTERPRISE in resource:
        first, _dot, second = ENTERPRISE.rpartition(".")
        resource[first] = {second: resource.pop(ENTERPRISE)}
        resource["schemas"].remove(ENTERPRISE)
    return resource


defect("patch-extension", "urn-split-at-dot", "answers cut the URN of the enterprise extension at the dot of 2.0",
       "jelhub/scimgateway#124", render=_enterprise_split)  # fmt: skip


def _enterprise_short(_: GoodServer, inner: Wrapper, request: Request, record: Record) -> Data:
    resource: Data = inner(request, record)
    if ENTERPRISE in resource:
        resource["enterprise"] = resource.pop(ENTERPRISE)
        resource["schemas"].remove(ENTERPRISE)
    return resource


defect("patch-extension", "extension-under-short-name", "the enterprise extension is answered under a short key",
       "RFC7643-3.3", render=_enterprise_short)  # fmt: skip
