"""Where SCIM is mounted, who may call it, and under which origin it names its resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim.urls"))]


class Client:
    """The caller with the right token; django-scim2 asks no more of a user than this."""

    is_authenticated = True


def bearer(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Middleware: django-scim2 leaves it to the project to find out who calls."""

    def middleware(request: Any) -> Any:
        right = request.headers.get("Authorization") == f"Bearer {settings.BEARER_TOKEN}"
        request.user = Client() if right else AnonymousUser()
        return get_response(request)

    return middleware


def origin(request: Any = None, *_: Any, **__: Any) -> str:
    """The origin that was called: the port is another one at each start."""
    return str(request.build_absolute_uri("/"))
