"""What a probe of a SCIM 1.1 server is given: a small client that is strict about every answer."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from servers import loopback

from .good11 import MOUNT, OPERATOR, GoodServer11
from .probing import Client, Response, _unique
from .protocol import Data
from .running import MOUNT as MOUNT_OF_CLIENT
from .running import WsgiApp, mounted
from .schema11 import CORE, ENTERPRISE

Probe = Callable[["Client11"], None]
PROBES11: Final[dict[str, Probe]] = {}
"""Defect → the probe that sees it."""

ADA: Final = "Ada.Falk@fjord.example"
BASE: Final = f"http://good.example{MOUNT}"


def sees(*defects: str) -> Callable[[Probe], Probe]:
    """Decorate a probe with the names of the defects that it sees."""

    def register(probe: Probe) -> Probe:
        for name in defects:
            if name in PROBES11:
                raise ValueError(f"{name} has two probes")
            PROBES11[name] = probe
        return probe

    return register


def basic(password: str = "good-token") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{OPERATOR}:{password}".encode()).decode()}


def full_user(name: str = ADA) -> Data:
    """A user as Okta creates one, with the enterprise extension."""
    return {
        "schemas": [CORE, ENTERPRISE],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": "Falk"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Ada Falk",
        "locale": "en_US",
        "externalId": f"00u-{name}",
        "groups": [],
        "password": "x7Qm2LdA",
        "active": True,
        ENTERPRISE: {"employeeNumber": "9042", "department": "Harbour"},
    }


@contextlib.contextmanager
def serve(app: WsgiApp) -> Iterator[str]:
    """Serve a SCIM 1.1 server on a free loopback port; yields ``http://127.0.0.1:PORT/scim/v1``."""
    with loopback.serve(mounted(app, prefix=MOUNT)) as origin:
        yield origin + MOUNT


class Client11(Client):
    """Requests to one server, in process. Every method fails with an AssertionError."""

    def __init__(self, server: GoodServer11) -> None:
        self.app = _moved(mounted(server, prefix=MOUNT))

    def send(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        media_type = {"Content-Type": "application/json; charset=utf-8"} if body is not None else {}
        accept = {"Accept": "application/json", "Accept-Charset": "utf-8"}
        return super().send(method, target, body, media_type | accept | (headers or {}))

    def json(self, response: Response, *statuses: int) -> Any:
        """The body of an answer with one of the statuses, if it is flawless JSON."""
        assert response.status_code in (statuses or (200,)), f"{response.status_code} {response.text[:300]}"
        media_type, _, rest = response.headers.get("content-type", "").partition(";")
        assert media_type.lower() == "application/json"
        assert rest.strip().lower() in {"", "charset=utf-8"}
        try:
            return json.loads(response.content.decode(), object_pairs_hook=_unique)
        except ValueError as error:
            raise AssertionError(f"no clean JSON: {error}") from error

    def error(self, response: Response, status: int, scim_type: str | None = None) -> Data:
        """The answer of that status, if it says what is wrong as SCIM 1.1 and Okta want it."""
        assert scim_type is None, "SCIM 1.1 has no scimType"
        found = self.json(response, status)
        assert isinstance(found, dict)
        assert isinstance(found.get("Errors"), list)
        assert found["Errors"]
        for one in found["Errors"]:
            assert str(one.get("code")) == str(status)
            assert one.get("description")
            assert "Traceback" not in one["description"]
        assert status != 404 or found.get("detail")
        return found

    def page(self, target: str) -> Data:
        """A list that is right in itself."""
        page = self.json(self.send("GET", target))
        assert isinstance(page, dict)
        assert page.get("schemas") == [CORE]
        for name in ("totalResults", "startIndex", "itemsPerPage"):
            assert type(page.get(name)) is int, name
        assert isinstance(page.get("Resources"), list)
        assert page["itemsPerPage"] == len(page["Resources"])
        return page

    def find(self, filter_: str, endpoint: str = "/Users") -> list[str | None]:
        """The ids of what a filter finds, asked for as Okta asks."""
        page = self.page(f"{endpoint}?filter={quote(filter_)}&startIndex=1&count=100")
        assert page["totalResults"] == len(page["Resources"])
        return [one.get("id") for one in page["Resources"]]

    def user(self, name: str = ADA, /, **attributes: Any) -> str:
        body = {"schemas": [CORE], "userName": name, "active": True} | attributes
        return str(self.create("/Users", body)["id"])

    def full(self) -> str:
        return str(self.create("/Users", full_user())["id"])

    def group(self, name: str = "Crew", /, *members: str, **attributes: Any) -> str:
        """Create a group as Okta does, and add members by one PATCH; its id."""
        id_ = str(self.create("/Groups", {"schemas": [CORE], "displayName": name} | attributes)["id"])
        if members:
            self.change(f"/Groups/{id_}", members=[{"value": one, "display": f"name of {one}"} for one in members])
        return id_

    def raw_change(self, target: str, /, **attributes: Any) -> Response:
        """A PATCH of SCIM 1.1: a part of the resource."""
        return self.send("PATCH", target, {"schemas": [CORE], **attributes})

    def change(self, target: str, /, **attributes: Any) -> Data:
        """A PATCH that must be accepted; the resource as it is read back, which is what a 200 must show."""
        response = self.raw_change(target, **attributes)
        if response.status_code == 204:
            return self.read(target)
        shown = self.json(response)
        read = self.read(target)
        assert shown == read
        return read

    def put(self, target: str, body: Data) -> Data:
        """A PUT that must be accepted; the resource as it is read back, which is what the answer must show."""
        shown = self.json(self.send("PUT", target, body))
        read = self.read(target)
        assert shown == read
        return read


def _moved(app: WsgiApp) -> WsgiApp:
    """The client sends below the mount point of SCIM 2.0; what it calls is below that of SCIM 1.1."""

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(MOUNT_OF_CLIENT)
        return app(environ | {"PATH_INFO": MOUNT + path}, start_response)

    return outer
