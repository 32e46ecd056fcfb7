"""django-scim2-server in the smallest Django project that serves it, on SQLite in a temporary folder.

Django keeps its settings for the whole process, and those of django-scim2 are others; so this module runs as a
program of its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from hmac import compare_digest
from typing import Any

from servers.loopback import serve
from servers.real import TOKEN, Target
from servers.real.program import announce, process

_NAME = "servers.real.django_scim2_server"


def started() -> AbstractContextManager[Target]:
    """Start the program below."""
    return process(_NAME)


def may_enter(request: Any) -> bool:
    """The package leaves it to the project to find out who calls; a project with tokens answers like this."""
    return compare_digest(request.headers.get("Authorization", ""), f"Bearer {TOKEN}")


def main() -> None:
    """Serve the project from the folder that the program was started in."""
    import django  # noqa: PLC0415 - only in the program
    from django.conf import settings  # noqa: PLC0415 - likewise

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        # Two requests at a time wait for each other; SQLite's own default lets one of them fail at random.
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "project.sqlite3",
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_scim2_server"],
        LOGGING_CONFIG=None,
        SCIM2_SERVER_AUTH_CHECK=f"{_NAME}.may_enter",
        SECRET_KEY=TOKEN,
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - only once Django has its settings
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - likewise
    from django.urls import include, path  # noqa: PLC0415 - likewise

    settings.ROOT_URLCONF = (path("scim/v2/", include("django_scim2_server.urls")),)
    call_command("migrate", verbosity=0)
    with serve(get_wsgi_application()) as origin:
        announce(Target(f"{origin}/scim/v2"))


if __name__ == "__main__":
    main()
