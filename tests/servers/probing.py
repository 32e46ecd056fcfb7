"""What a probe is given: a small client that is strict about every answer, and the registry of probes.

Probes are written from the RFC and know nothing of the harness; a test lets each one see its defects.
"""

from __future__ import annotations

import io
import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from .good import GoodServer
from .protocol import CORE_GROUP, CORE_USER, ENTERPRISE, FJORD, LIST_RESPONSE, PATCH_OP, Data
from .running import MOUNT, mounted

Probe = Callable[["Client"], None]
PROBES: Final[dict[str, Probe]] = {}
"""Defect → the probe that sees it."""


def sees(*defects: str) -> Callable[[Probe], Probe]:
    """Decorate a probe with the names of the defects that it sees."""

    def register(probe: Probe) -> Probe:
        for name in defects:
            if name in PROBES:
                raise ValueError(f"{name} has two probes")
            PROBES[name] = probe
        return probe

    return register


def full_user(name: str = "Ada.Åström@Fjord.example") -> Data:
    """A user with everything that an identity provider maps by default."""
    return {
        "schemas": [CORE_USER, ENTERPRISE],
        "externalId": f"Ext-{name}",
        "userName": name,
        "active": True,
        "displayName": "Ada Åström 山",
        "title": "Chief  Surveyor of the & 'Great' Harbour",
        "name": {"formatted": "Ada M. Åström", "familyName": "Åström", "givenName": "Ada"},
        "emails": [
            {"primary": True, "type": "work", "value": name},
            {"type": "home", "value": "Ada@Home.example"},
        ],
        "phoneNumbers": [{"type": "work", "value": "+47 (55) 501-2"}, {"type": "mobile", "value": "55502"}],
        "addresses": [{"type": "work", "streetAddress": "Kaien 4", "locality": "Bergen", "postalCode": "5003"}],
        ENTERPRISE: {"employeeNumber": "9042", "department": "Harbour"},
        FJORD: {"berth": "B7", "pier": "P1"},
    }


@dataclass(frozen=True, slots=True)
class Response:
    status_code: int
    headers: dict[str, str]
    """Lower-case names."""
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Requests to one server, in process. Every method fails with an AssertionError."""

    def __init__(self, server: GoodServer) -> None:
        self.server = server
        self.app = mounted(server)

    def send(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        """One request; ``target`` is the path and query below the mount point, as it goes out.

        A body that is not bytes is sent as JSON. A header with an empty value is not sent. The WSGI call
        is made directly: an HTTP client would be most of the time that two thousand requests take.
        """
        path, _, query = target.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        wanted = {"Host": "good.example", "Authorization": "Bearer good-token", "User-Agent": "probe", "Accept": "*/*"}
        if body is not None:
            wanted |= {"Content-Type": "application/scim+json", "Content-Length": str(len(content))}
        wanted |= headers or {}
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": MOUNT + urllib.parse.unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "good.example",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
        }
        for name, value in wanted.items():
            key = name.upper().replace("-", "_")
            if value:
                environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
        seen: list[Any] = []
        answered = b"".join(self.app(environ, lambda *arguments: seen.extend(arguments)))
        return Response(int(seen[0].split()[0]), {name.lower(): value for name, value in seen[1]}, answered)

    def json(self, response: Response, *statuses: int) -> Any:
        """The body of an answer with one of the statuses, if it is flawless JSON."""
        assert response.status_code in (statuses or (200,)), f"{response.status_code} {response.text[:300]}"
        media_type, _, rest = response.headers.get("content-type", "").partition(";")
        assert media_type.lower() == "application/scim+json"
        assert rest.strip().lower() in {"", "charset=utf-8"}
        try:
            return json.loads(response.content.decode(), object_pairs_hook=_unique)
        except ValueError as error:
            raise AssertionError(f"no clean JSON: {error}") from error

    def error(self, response: Response, status: int, scim_type: str | None = None) -> Data:
        """The Error in an answer of that status (RFC 7644 §3.12)."""
        found = self.json(response, status)
        assert isinstance(found, dict)
        assert found.get("schemas") == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert found.get("status") == str(status)
        assert found.get("detail")
        assert "Traceback" not in found["detail"]
        assert scim_type is None or found.get("scimType") == scim_type
        return found

    def create(self, endpoint: str, body: Data) -> Data:
        created = self.json(self.send("POST", endpoint, body), 201)
        assert isinstance(created, dict)
        assert isinstance(created.get("id"), str)
        return created

    def user(self, name: str = "ada@fjord.example", /, **attributes: Any) -> str:
        """Create a user with a few attributes; its id."""
        body = {"schemas": [CORE_USER], "userName": name, "active": True} | attributes
        return str(self.create("/Users", body)["id"])

    def full(self) -> str:
        return str(self.create("/Users", full_user())["id"])

    def group(self, name: str = "Crew", /, *members: str, **attributes: Any) -> str:
        """Create a group and add members as Entra does, in one PATCH; its id."""
        body = {"schemas": [CORE_GROUP], "displayName": name} | attributes
        id_ = str(self.create("/Groups", body)["id"])
        if members:
            self.patch(f"/Groups/{id_}", {"op": "add", "path": "members", "value": [{"value": one} for one in members]})
        return id_

    def read(self, target: str) -> Data:
        found = self.json(self.send("GET", target))
        assert isinstance(found, dict)
        return found

    def raw_patch(self, target: str, *operations: Data) -> Response:
        return self.send("PATCH", target, {"schemas": [PATCH_OP], "Operations": list(operations)})

    def patch(self, target: str, *operations: Data) -> Data:
        """A PATCH that must be accepted; the resource as it is read back."""
        response = self.raw_patch(target, *operations)
        assert response.status_code in {200, 204}, f"{response.status_code} {response.text[:300]}"
        return self.read(target)

    def page(self, target: str) -> Data:
        """A ListResponse that is right in itself."""
        page = self.json(self.send("GET", target))
        assert isinstance(page, dict)
        assert page.get("schemas") == [LIST_RESPONSE]
        for name in ("totalResults", "startIndex", "itemsPerPage"):
            assert type(page.get(name)) is int, name
        assert isinstance(page.get("Resources"), list)
        assert page["itemsPerPage"] == len(page["Resources"])
        return page

    def find(self, filter_: str, endpoint: str = "/Users") -> list[str | None]:
        """The ids of what a filter finds."""
        page = self.page(f"{endpoint}?filter={urllib.parse.quote_plus(filter_)}")
        assert page["totalResults"] == len(page["Resources"])
        return [one.get("id") for one in page["Resources"]]

    def members(self, group: str) -> list[str]:
        """The ids of a group's members, sorted."""
        entries = self.read(f"/Groups/{group}").get("members", [])
        assert all(isinstance(one, dict) for one in entries)
        return sorted(str(one.get("value")) for one in entries)


class _Shown(Data):
    """An object of an answer: a member that is not there is an AssertionError, as everything a probe sees."""

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not shown")


def _unique(pairs: list[tuple[str, Any]]) -> Data:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("an object has the same key twice")
    return _Shown(pairs)


def entry(resource: Data, attribute: str, type_: str) -> Data:
    """The only entry of that type, or an empty object."""
    found = [one for one in resource.get(attribute, []) if isinstance(one, dict) and one.get("type") == type_]
    assert len(found) <= 1, f"{attribute} has {len(found)} entries of type {type_}"
    return found[0] if found else _Shown()


def shown(resource: Data) -> Data:
    """A resource without what a change of another one may alter."""
    return {name: value for name, value in resource.items() if name != "meta"}
