"""Servers that mean harm, or are dying: named cases, each with the ending that a run against it must have."""

from . import bodies, framing, ids, jsons, paging, rate, redirects, text, tls, transport
from .base import CASES, Case, Scene
from .serving import Elsewhere, HostileServer

__all__ = [
    "CASES", "Case", "Elsewhere", "HostileServer", "Scene", "bodies", "framing", "ids", "jsons", "paging", "rate",
    "redirects", "text", "tls", "transport",
]  # fmt: skip
