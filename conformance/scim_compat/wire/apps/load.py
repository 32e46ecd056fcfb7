"""A WSGI or ASGI application of this process in place of the network.

Both bridges act as a server does: they hand the application the raw target, and answer 500 where it raises.

A WSGI application runs in the calling thread: test databases and transactions are often bound to it. If it never
returns, it cannot be interrupted. An ASGI application runs on an event loop in a thread of its own, as under a server,
and is interrupted.
"""

from __future__ import annotations

import difflib
import enum
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scim_compat.errors import SettingError
from scim_compat.wire.apps.asgi import AsgiTransport
from scim_compat.wire.apps.common import summary
from scim_compat.wire.apps.wsgi import WsgiTransport

if TYPE_CHECKING:
    import httpx


class _Kind(enum.Enum):
    WSGI = enum.auto()
    ASGI = enum.auto()
    FACTORY = enum.auto()


def transport_for(app_path: str) -> httpx.BaseTransport:
    """The transport that calls ``module:attribute``, an application or a factory without parameters.

    The current folder can be imported from. Raises SettingError, which says which part
    failed and what is there.
    """
    app = _load(app_path)
    kind = _kind(app, app_path)
    if kind is _Kind.FACTORY:
        app = _application_of(app, app_path)
        kind = _kind(app, f"the result of {app_path}")
        if kind is _Kind.FACTORY:
            raise SettingError(f"{app_path} returned another factory, not an application.")
    return AsgiTransport(app) if kind is _Kind.ASGI else WsgiTransport(app)


# --- loading ----------------------------------------------------------------------------------------


def _load(app_path: str) -> Any:
    module_name, colon, attribute = app_path.partition(":")
    attribute = attribute.removesuffix("()")
    parts = [*module_name.split("."), *attribute.split(".")]
    if not colon or not all(part.isidentifier() for part in parts):
        raise SettingError(f"{app_path!r} is not of the form module:attribute, such as shop.wsgi:application.")
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    target: Any = _import(module_name, here)
    place = module_name
    for part in attribute.split("."):
        try:
            target = getattr(target, part)
        except AttributeError:
            names = [name for name in dir(target) if not name.startswith("_") and callable(getattr(target, name, None))]
            close = difflib.get_close_matches(part, names, 1)
            hint = f"did you mean {close[0]}?" if close else f"callable there: {', '.join(names[:8]) or 'nothing'}."
            raise SettingError(f"{place} was imported, but has no {part}: {hint}") from None
        place += f".{part}"
    return target


def _import(name: str, here: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise SettingError(
                f"There is no module {missing} (looked in {here} and in the Python path).",
                hint="Start in the project's folder, and install the project's own dependencies.",
            ) from None
        raise SettingError(
            f"Importing {name} failed: it needs the module {missing}, which is not installed."
        ) from error
    except (Exception, SystemExit) as error:
        raise SettingError(f"Importing {name} failed: {summary(error)}.") from error


def _application_of(factory: Callable[[], Any], app_path: str) -> Any:
    if inspect.iscoroutinefunction(factory):
        raise SettingError(f"{app_path} is an async factory: name an application or a plain function instead.")
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise SettingError(f"{app_path} was called, as a factory, and failed: {summary(error)}.") from error


def _kind(app: Any, place: str) -> _Kind:
    """The kind by its required parameters: (scope, receive, send), (environ, start_response), ()."""
    if not callable(app):
        raise SettingError(f"{place} is {type(app).__name__}, which cannot be called: no WSGI or ASGI application.")
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        raise SettingError(f"{place} has no signature to tell WSGI from ASGI by.") from None
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [each for each in parameters if each.kind in places and each.default is each.empty]
    is_open = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    coroutine = not inspect.isclass(app) and (
        inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    )
    if coroutine and (len(needed) == 3 or is_open):
        return _Kind.ASGI
    if not is_open or needed:
        if len(needed) == 3:
            return _Kind.ASGI
        if len(needed) == 2:
            return _Kind.WSGI
        if not needed:
            return _Kind.FACTORY
    names = ", ".join(each.name for each in parameters) or "none"
    raise SettingError(
        f"{place} takes the parameters ({names}): neither (environ, start_response) as WSGI, "
        "nor (scope, receive, send) as ASGI, nor none as a factory."
    )
