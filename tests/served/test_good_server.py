"""The good server on loopback: connections, addresses, many clients, TLS."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from urllib.parse import urlsplit

import httpx
import pytest
from servers.good import GoodServer
from servers.protocol import MAX_BODY, PATCH_OP
from servers.running import serve
from support.cost import ends

TOKEN = {"Authorization": "Bearer good-token"}


def test_connections_are_kept_alive() -> None:
    with serve(GoodServer()) as url:
        host = urlsplit(url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=5)
        sockets = set()
        for number in range(3):
            body = json.dumps({"userName": f"ü{number}"})
            connection.request("POST", "/scim/v2/Users", body.encode(), TOKEN | {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert (response.status, response.version) == (201, 11)
            created = json.loads(response.read())
            sockets.add(connection.sock)
            assert created["meta"]["location"] == f"{url}/Users/{created['id']}"
            connection.request("DELETE", f"/scim/v2/Users/{created['id']}", headers=TOKEN)
            response = connection.getresponse()
            assert (response.status, response.getheader("Content-Length"), response.read()) == (204, None, b"")
        assert len(sockets) == 1
        connection.close()


def test_a_refused_body_does_not_spoil_the_connection() -> None:
    with serve(GoodServer()) as url, httpx.Client(headers=TOKEN) as client:
        refused = client.post(f"{url}/Users", content=b" " * (MAX_BODY + 1))
        assert (refused.status_code, refused.json()["status"]) == (413, "413")
        assert client.post(f"{url}/Users", content=b"{}", headers={"Authorization": "x"}).status_code == 401
        assert client.get(f"{url}/Users").json()["totalResults"] == 0


def test_the_host_header_makes_the_locations() -> None:
    with serve(GoodServer()) as url, httpx.Client(headers=TOKEN | {"Host": "idm.example:8443"}) as client:
        response = client.post(f"{url}/Users", json={"userName": "ada"})
        assert response.headers["location"].startswith("http://idm.example:8443/scim/v2/Users/")


def test_nothing_is_outside_the_mount_point() -> None:
    with serve(GoodServer()) as url, httpx.Client(headers=TOKEN) as client:
        for path in ("/", "/Users", "/scim/v2x/Users"):
            assert client.get(url.removesuffix("/scim/v2") + path).status_code == 404
        assert client.request("BREW", f"{url}/Users").status_code == 405


def test_many_clients_at_once() -> None:
    """Of 40 creates of one name, one is made; 40 members all join; the dates of changes differ."""
    with serve(GoodServer()) as url, httpx.Client(headers=TOKEN) as admin:
        ids = [admin.post(f"{url}/Users", json={"userName": f"u{n}"}).json()["id"] for n in range(40)]
        group = admin.post(f"{url}/Groups", json={"displayName": "Crew"}).json()["id"]
        statuses: list[int] = []

        def work(mine: list[str]) -> None:
            with httpx.Client(headers=TOKEN) as client:
                for id_ in mine:
                    statuses.append(client.post(f"{url}/Users", json={"userName": "same"}).status_code)
                    add = {"op": "add", "path": "members", "value": [{"value": id_}]}
                    client.patch(f"{url}/Groups/{group}", json={"schemas": [PATCH_OP], "Operations": [add]})

        threads = [threading.Thread(target=work, args=(ids[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert sorted(statuses) == [201] + [409] * 39
        assert len(admin.get(f"{url}/Groups/{group}").json()["members"]) == 40
        times = [one["meta"]["lastModified"] for one in admin.get(f"{url}/Users").json()["Resources"]]
        assert len(set(times)) == 41


def test_the_server_ends_although_clients_stay() -> None:
    with ends(), serve(GoodServer()) as url:
        port = urlsplit(url).port
        assert port is not None
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        assert httpx.get(f"{url}/Users", headers=TOKEN).status_code == 200
    for one in idle:
        one.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_tls() -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with serve(GoodServer(), tls=tls) as url, httpx.Client(headers=TOKEN, verify=trusted) as client:
        assert url.startswith("https://")
        location = client.post(f"{url}/Users", json={"userName": "ada"}).headers["location"]
        assert location.startswith(url)
        assert client.get(location).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/Users")
        assert client.get(location).status_code == 200
