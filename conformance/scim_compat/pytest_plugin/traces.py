"""pytest's picture of an exception, made fit for passing on.

It shows the arguments of each function beside the source, which is how a credential or a whole answer would
get into a run log. A fault of ours is found from its place and its message just as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scim_compat.run.settings import Settings
from scim_compat.wire.secrets import SecretRegister


def make_safe(picture: Any, clean: Callable[[str], str]) -> Any:
    """Takes the values out of ``picture``, what pytest made of an exception, and redacts the rest; returns it."""
    chain = getattr(picture, "chain", None) or [(getattr(picture, "reprtraceback", None), picture, None)]
    for trace, crash, _ in chain:
        for entry in getattr(trace, "reprentries", ()):
            entry.lines = [clean(line) for line in entry.lines]
            for name in ("reprfuncargs", "reprlocals"):
                if hasattr(entry, name):
                    setattr(entry, name, None)
            _clean_message(getattr(entry, "reprfileloc", None), clean)
        _clean_message(getattr(crash, "reprcrash", crash), clean)
    return clean(picture) if isinstance(picture, str) else picture


def _clean_message(place: Any, clean: Callable[[str], str]) -> None:
    message = getattr(place, "message", None)
    if isinstance(message, str):
        place.message = clean(message)


def register_of(settings: Settings) -> SecretRegister:
    """A register with the secrets of the settings, for a process that was handed nothing else."""
    login = settings.login
    register = SecretRegister((login.token, login.password, login.header_value, login.client_secret))
    register.add_proxy(settings.proxy)
    return register
