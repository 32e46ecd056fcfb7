"""django-scim2 in the small Django project beside this module, on SQLite in a temporary file."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from servers.loopback import serve
from servers.real import TOKEN, Target

_SCIM = {
    "GROUP_MODEL": "servers.real.directory.models.Group",
    "BASE_LOCATION_GETTER": "servers.real.directory.web.origin",
    "NETLOC": "not-used.example",  # mandatory, though the getter above answers in its stead
    "AUTHENTICATION_SCHEMES": [
        {"type": "oauthbearertoken", "name": "Bearer token", "description": "A fixed bearer token"}
    ],
    "WWW_AUTHENTICATE_HEADER": 'Bearer realm="directory"',
}


@contextlib.contextmanager
def started() -> Iterator[Target]:
    _configured()
    from django.core.management import call_command  # noqa: PLC0415 - only once Django has its settings
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - likewise
    from django.db import connections  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory() as folder:
        connections.close_all()
        connections.settings["default"]["NAME"] = str(Path(folder) / "directory.sqlite3")
        call_command("migrate", run_syncdb=True, verbosity=0)
        connections.close_all()
        with serve(get_wsgi_application()) as origin:
            yield Target(f"{origin}/scim/v2")
        connections.close_all()


def _configured() -> None:
    """Django keeps its settings for the whole process: said once, before anything of it is imported."""
    import django  # noqa: PLC0415 - only where this server is wanted
    from django.conf import settings  # noqa: PLC0415 - likewise

    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        AUTH_USER_MODEL="directory.User",
        BEARER_TOKEN=TOKEN,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "servers.real.directory", "django_scim"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=["servers.real.directory.web.bearer"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # quick; nobody signs in
        ROOT_URLCONF="servers.real.directory.web",
        SCIM_SERVICE_PROVIDER=_SCIM,
        SECRET_KEY=TOKEN,
        USE_TZ=True,
    )
    for name in ("django", "django_scim"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    django.setup()
