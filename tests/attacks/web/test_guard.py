"""Whoever is not this page's own browser gets nothing: each test is one attack."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.making import Client, make_controller, photos, served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked")
    photos(folder / "photos")
    (folder / "secret.png").write_bytes((folder / "photos" / "photo 0.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with served(make_controller(folder)) as client:
        yield client


PATHS = ["/", "/state", "/static/label.js", "/step/answer", "/picture/small/x", "/why/words/x", "/why/map/x"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "cookie", [None, "", "imgrank=x", "imgrank-{port}=", "imgrank-{port}=wrong", "a=\x01;;=", "imgrank-{port}=é"]
)
def test_without_the_token_there_is_nothing(client: Client, path: str, cookie: str | None) -> None:
    sent = None if cookie is None else cookie.format(port=client.port)
    reply = client.ask(path, headers={"Cookie": sent})
    assert reply.status == 403
    assert b"older person" not in reply.body and client.token.encode() not in reply.body


@pytest.mark.parametrize("token", ["", "wrong", "A" * 43])
def test_a_wrong_token_in_the_address_gets_no_cookie(client: Client, token: str) -> None:
    reply = client.ask(f"/?token={token}", headers={"Cookie": None})
    assert reply.status == 403 and "set-cookie" not in reply.headers


def test_the_right_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(client: Client) -> None:
    reply = client.ask(f"/?token={client.token}", headers={"Cookie": None})
    assert (reply.status, reply.headers["location"]) == (303, "/")
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and f"imgrank-{client.port}=" in cookie


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "[::1]:{port}",
        "0.0.0.0:{port}",
        "127.0.0.1:{port}@evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/state", "/"])
def test_a_name_rebound_to_this_machine_is_refused(client: Client, path: str, host: str | None) -> None:
    reply = client.ask(path, headers={"Host": None if host is None else host.format(port=client.port)})
    assert reply.status in (400, 421)
    assert b"older person" not in reply.body


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}", ""],
)
def test_another_pages_script_can_neither_change_nor_read(client: Client, folder: Path, origin: str) -> None:
    sent = {"Origin": origin.format(port=client.port)}
    before = (folder / "labels.csv").read_bytes()
    assert client.ask("/step/answer", {"turn": 0, "given": "left"}, headers=sent).status == 403
    assert client.ask("/state", headers=sent).status == 403
    assert (folder / "labels.csv").read_bytes() == before


def test_a_change_must_say_where_it_comes_from(client: Client) -> None:
    assert client.ask("/step/answer", {"turn": 0, "given": "left"}, headers={"Origin": None}).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/picture/small/x", "/state", "/static/label.js", "/why/words/x", "/why/map/x"])
def test_another_page_cannot_embed_what_is_here(client: Client, path: str, site: str) -> None:
    assert client.ask(path, headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}).status == 403


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_another_page_is_no_request(client: Client, kind: str | None) -> None:
    assert client.ask("/step/answer", {"turn": 0, "given": "left"}, headers={"Content-Type": kind}).status == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_only_a_post_changes_anything(client: Client, folder: Path, method: str) -> None:
    before = (folder / "labels.csv").read_bytes()
    body = None if method in ("GET", "HEAD") else {"turn": 0, "given": "left"}
    assert client.ask("/step/answer", body, method).status >= 400
    assert (folder / "labels.csv").read_bytes() == before


def test_no_other_origin_is_ever_allowed(client: Client) -> None:
    asking = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    reply = client.ask("/step/answer", {}, "OPTIONS", asking)
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "name",
    [
        "photo%200.png",
        "photo 0.png".replace(" ", "+"),
        "..%2f..%2fsecret.png",
        "%2e%2e%2fsecret.png",
        "../secret.png",
        "..",
        "%2fetc%2fpasswd",
        "C:%5csecret.png",
        "secret.png%00",
        "0",
        "-1",
        "%ff",
        "",
        "a" * 3000,
    ],
)
@pytest.mark.parametrize("about", ["picture/small", "picture/large", "picture/..", "why/words", "why/map", "why/.."])
def test_a_picture_can_be_asked_for_by_its_opaque_name_alone(client: Client, about: str, name: str) -> None:
    reply = client.ask(f"/{about}/{name}")
    assert reply.status == 404
    assert b"\xff\xd8" not in reply.body and str(client.port).encode() not in reply.body


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/guard.py", "index.html", "label.js%00", "__init__.py", "/etc/passwd"]
)
def test_nothing_but_the_pages_own_files_is_static(client: Client, name: str) -> None:
    assert client.ask(f"/static/{name}").status == 404


def test_the_state_names_no_path_outside_what_the_user_typed(client: Client, folder: Path) -> None:
    state = client.ask("/state").json()
    for picture in state["question"]:
        assert set(picture) == {"id", "name"}
        assert "/" not in picture["name"] and str(folder) not in picture["id"]


@pytest.mark.parametrize("form", ["words", "map"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_reason_is_read_and_never_written(client: Client, form: str, method: str) -> None:
    picture = client.ask("/state").json()["question"][0]["id"]
    assert client.ask(f"/why/{form}/{picture}").status == 200
    assert client.ask(f"/why/{form}/{picture}", {}, method).status == 405


@pytest.mark.parametrize("form", ["Words", "jpeg", "words.json", "%2e%2e", "map%00", ""])
def test_a_reason_has_two_forms_alone(client: Client, form: str) -> None:
    picture = client.ask("/state").json()["question"][0]["id"]
    assert client.ask(f"/why/{form}/{picture}").status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 4000])
def test_what_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    assert client.ask("/step/answer", body).status == 400


@pytest.mark.parametrize("turn", [None, "0", 0.0, -1, 10**30, [], {}])
def test_a_turn_that_is_none_is_stale(client: Client, folder: Path, turn: object) -> None:
    before = (folder / "labels.csv").read_bytes()
    assert client.ask("/step/answer", {"turn": turn, "given": "left"}).status == 409
    assert (folder / "labels.csv").read_bytes() == before


@pytest.mark.parametrize("length", ["5000", "99999999999999999999", "-1", "1e9", "", "٣"])
def test_a_large_or_endless_body_is_not_read(client: Client, length: str) -> None:
    with socket.create_connection(("127.0.0.1", client.port), 120) as raw:
        head = (
            f"POST /step/answer HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nCookie: {client.cookie}\r\n"
            f"Origin: http://127.0.0.1:{client.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        raw.sendall(head.encode())
        assert raw.recv(64).split()[1] in (b"400", b"411", b"413")


def test_a_body_in_chunks_is_not_read(client: Client) -> None:
    sent = {"Content-Length": None, "Transfer-Encoding": "chunked"}
    assert client.ask("/step/answer", b"2\r\n{}\r\n0\r\n\r\n", headers=sent).status == 411


def test_two_host_headers_are_one_too_many(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.port), 120) as raw:
        hosts = f"Host: 127.0.0.1:{client.port}\r\nHost: evil.example\r\n"
        head = f"GET /state HTTP/1.1\r\n{hosts}Cookie: {client.cookie}\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(64).split()[1] in (b"400", b"421")


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/?token=wrong"])
@pytest.mark.parametrize("cookie", [True, False])
def test_every_reply_forbids_keeping_framing_sniffing_and_foreign_scripts(
    client: Client, path: str, cookie: bool
) -> None:
    headers = client.ask(path, headers={} if cookie else {"Cookie": None}).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "server" not in headers


def test_it_listens_on_loopback_alone(client: Client) -> None:
    socket.create_connection(("127.0.0.1", client.port), 60).close()
    with pytest.raises(OSError):
        socket.create_connection((_another_address(), client.port), 60).close()


def _another_address() -> str:
    """An address of this machine that a server on all addresses would answer at."""
    if sys.platform == "linux":
        return "127.0.0.2"  # Linux has all of 127.0.0.0/8
    try:
        own = socket.gethostbyname(socket.gethostname())
    except OSError:
        own = "127.0.0.1"
    if own.startswith("127."):
        pytest.skip("on this system a server is seen to listen on 127.0.0.1 alone only from another address of it")
    return own


def test_a_websocket_is_not_spoken(client: Client) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "a" * 24,
        "Sec-WebSocket-Version": "13",
    }
    assert client.ask("/state", headers=upgrade).status in (200, 400, 403, 404, 426)
    assert client.ask("/state").status == 200
