"""The base URL of an endpoint, and what may be appended to it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx

from scim_compat.errors import SettingError
from scim_compat.wire.strict_json import sanitise


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A base URL in parts. ``url`` has neither a trailing slash nor a query."""

    url: str
    query: str
    path: str
    netloc: str
    host: str
    scheme: str

    @classmethod
    def parse(cls, text: str) -> BaseUrl:
        """Raises SettingError if no request can be sent to that URL."""
        text = text.strip()
        if any(char.isspace() or not char.isprintable() for char in text):
            raise SettingError("The base URL has white space in it.")
        # First, so that no later message quotes a URL with a password in it.
        if "@" in text.partition("://")[2].partition("/")[0]:
            raise SettingError("The base URL has a user name in it: take it out, and use `--auth basic` instead.")
        try:
            parts = urlsplit(text)
            url = httpx.URL(f"{parts.scheme}://{parts.netloc}", port=parts.port)  # .port checks its range
        except (httpx.InvalidURL, ValueError):  # their text may quote a password with a slash in it
            raise SettingError("The base URL cannot be read: check its host and port.") from None
        if parts.scheme not in ("http", "https"):
            raise SettingError(
                "The base URL must start with https:// (or http://), such as https://host.example/scim/v2."
            )
        if not url.host:
            raise SettingError(
                "The base URL has no host.", hint="Expected something like https://host.example/scim/v2."
            )
        if "#" in text:
            raise SettingError("The base URL has a fragment (#…), which is never sent: take it out.")
        path = quote(parts.path.rstrip("/"), safe="/%!$&'()*+,;=:@-._~[]")
        netloc = url.netloc.decode("ascii")
        return cls(f"{parts.scheme}://{netloc}{path}", parts.query, path, netloc, url.host, parts.scheme)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.scheme == "https" else 80)

    def for_httpx(self, target: bytes) -> httpx.URL:
        """A URL for transports that know nothing of the raw target, which goes out as it is."""
        origin = self.origin
        try:
            return httpx.URL(origin + quote(target, safe="/?&=%+-_.~!$'()*,;:@[]"))
        except httpx.InvalidURL:  # httpx has a limit of 64 kB, the network has none
            return httpx.URL(origin)


def check_target(target: str) -> None:
    """Raises ValueError for a request target that no request line can hold."""
    if not target.startswith("/"):
        raise ValueError(f"The request target must start with a slash: {sanitise(target)!r}.")
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in target):
        raise ValueError(f"The request target has a space or line break: {sanitise(target)!r}. Encode it.")
