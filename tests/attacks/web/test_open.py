"""Whoever is not the own browser of `imgrank open` gets nothing, and nobody gets out of its folder."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import imgrank.web.server
from tests.web.making import Client
from tests.web.viewing import opened, pictures, tree

GETS = [
    "/",
    "/state",
    "/pictures",
    "/picture/full/0",
    "/facts",
    "/facts/0",
    "/groups/day",
    "/skipped",
    "/history",
    "/models",
]
GETS += ["/why/words/0?sentence=x", "/static/open/main.js", "/static/vendor/preact.js", "/teach/", "/teach/state"]
POSTS = ["/order", "/plan", "/apply", "/undo", "/finish", "/rate", "/teach", "/pause", "/look", "/export", "/reveal"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGRANK_HOME", str(tmp_path_factory.mktemp("home")))
        yield pictures(tmp_path_factory.mktemp("attacked") / "photos", ("cat", "dog", "owl"))


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with opened(folder) as (_, client):
        yield client


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("cookie", [None, "", "imgrank-{port}=", "imgrank-{port}=wrong"])
def test_without_the_token_there_is_nothing(client: Client, path: str, cookie: str | None) -> None:
    reply = client.ask(path, headers={"Cookie": cookie and cookie.format(port=client.port)})
    assert reply.status == 403 and b"imgrank open" in reply.body and b".jpg" not in reply.body


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_another_pages_wish_is_none(client: Client, folder: Path, path: str, origin: str | None) -> None:
    body = {"action": "trash", "numbers": [0, 1], "plan": "x", "run": 1, "stars": 5, "sentence": "x"}
    assert client.ask(path, body, headers={"Origin": origin}).status == 403


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_a_wish_is_posted_and_nothing_else(client: Client, path: str, method: str) -> None:
    reply = client.ask(path, None if method in ("GET", "HEAD") else {}, method)
    assert reply.status in (307, 404, 405)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"\xff", b"[" * 9000, b'{"a": 1' + b"0" * 400 + b"e9999}", b"{}"]
)
def test_what_is_no_wish_is_answered_in_a_sentence_and_changes_nothing(
    client: Client, folder: Path, path: str, body: bytes
) -> None:
    before = tree(folder)
    reply = client.ask(path, body)
    assert reply.status in (200, 400) and b"Traceback" not in reply.body
    assert tree(folder) == before


@pytest.mark.parametrize(
    "number", ["-1", "1e3", "99999", "9" * 400, "..%2f..%2fetc%2fpasswd", "0%00", "%D9%A3", "", "x"]
)
@pytest.mark.parametrize("about", ["picture/full", "picture/small", "picture/huge", "picture/..", "facts", "why/map"])
def test_pictures_are_named_by_their_numbers_alone(client: Client, about: str, number: str) -> None:
    reply = client.ask(f"/{about}/{number}")
    assert reply.status in (307, 400, 404) and b"\xff\xd8" not in reply.body and b"root:" not in reply.body


@pytest.mark.parametrize("start", ["-1", "x", "9" * 400, "1e3", "%D9%A3"])
def test_a_start_that_is_none_is_refused(client: Client, start: str) -> None:
    assert client.ask(f"/pictures?from={start}").status == 404


@pytest.mark.parametrize(
    "name", ["open/../../app.py", "open%2fmain.js%00", "../viewer/app.py", "open/types.d.ts", "open", ""]
)
def test_nothing_but_the_pages_own_files_is_static(client: Client, name: str) -> None:
    reply = client.ask(f"/static/{name}")
    assert reply.status in (307, 404) and b"import" not in reply.body


def test_a_large_body_is_not_read(client: Client) -> None:
    assert client.ask("/order", b"x", headers={"Content-Length": str(9 << 20)}).status == 413


@pytest.mark.parametrize("path", [*GETS, "/nothing"])
def test_every_reply_forbids_keeping_framing_sniffing_and_foreign_scripts(client: Client, path: str) -> None:
    headers = client.ask(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"


def test_from_a_file_the_page_goes_on_by_itself(client: Client) -> None:
    sent = {"Cookie": None, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    reply = client.ask(f"/?token={client.token}", headers=sent)
    assert reply.status == 200 and b"url=/" in reply.body and "samesite=strict" in reply.headers["set-cookie"].lower()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"POST /order HTTP/1.1\r\nHost: {host}\r\n", b"{whole}{"])
def test_who_owes_a_request_is_not_waited_for(client: Client, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"127.0.0.1:{client.port}"
    whole = (
        f"POST /order HTTP/1.1\r\nHost: {host}\r\nCookie: {client.cookie}\r\nOrigin: http://{host}\r\n"
        "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(imgrank.web.server, "PATIENCE", 1.5)
        with socket.create_connection(("127.0.0.1", client.port), 120) as raw:
            raw.sendall(begun.replace(b"{host}", host.encode()).replace(b"{whole}", whole.encode()))
            assert raw.recv(100) == b""
    assert client.ask("/state").status == 200
