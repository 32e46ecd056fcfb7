"""The deeds of a client: one function a verb, named as in the profile.

To add a verb, write a function with ``@verb`` in a module of this package and give its arguments a place in
``profile.schema.json``; a test holds the two together.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Final

from scim_compat.engine.actor import Actor
from scim_compat.engine.play import Play
from scim_compat.profile.model import ResourceKind, Step

Verb = Callable[[Play, Step], None]
VERBS: Final[dict[str, Verb]] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Registers the function as the verb ``name``."""

    def register(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return register


def actor_of(play: Play, step: Step) -> Actor:
    """The step's user or group, introduced here if the step is the first to name it."""
    key = step.args.get("user") or step.args["group"]
    kind: ResourceKind = "User" if "user" in step.args else "Group"
    return play.actors.get(key) or play.introduce(key, kind, step.args.get("as"))


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
