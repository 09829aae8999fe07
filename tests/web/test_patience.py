"""Connections: one that owes a request or does not take its answer is ended, one that asks again and again is not."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

import imgrank.web.server
from tests.web.making import Client, make_controller, photos, served, until


@pytest.mark.parametrize(
    "half", [b"", b"GET /sta", b"POST /step/skip HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
def test_half_a_request_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: bytes) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        with monkeypatch.context() as patch:
            patch.setattr(imgrank.web.server, "PATIENCE", 0.3)
            with socket.create_connection(("127.0.0.1", client.port), 120) as waiting, suppress(ConnectionResetError):
                waiting.sendall(half)
                while waiting.recv(4096):
                    pass
        assert client.ask("/state").status == 200


def test_many_who_never_ask_do_not_keep_others_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imgrank.web.server, "MOST_CONNECTIONS", 8)
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client, ExitStack() as open_ones:
        silent = [open_ones.enter_context(socket.create_connection(("127.0.0.1", client.port), 120)) for _ in range(40)]
        assert client.ask("/state").status == 200
        ended = 0
        for each in silent[:32]:
            with suppress(ConnectionResetError):
                assert not each.recv(1)
            ended += 1
        assert ended == 32


def test_a_connection_that_ends_badly_is_not_told_at_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        with monkeypatch.context() as patch:
            patch.setattr(imgrank.web.server._Bounded, "data_received", lambda *_: 1 // 0)
            with suppress(OSError, http.client.HTTPException):
                client.ask("/state")
        assert client.ask("/state").status == 200
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_page_that_asks_again_and_again_keeps_its_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imgrank.web.server, "PATIENCE", 3.0)
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        until(lambda: is_kept(client))


def is_kept(client: Client) -> bool:
    """Whether a connection outlasts twice the patience. An error where it is ended; False where a busy machine had let
    it wait, so that it may be."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=120)
    connection.connect()
    connection.auto_open = 0  # so that a connection that was ended is an error
    late, answered = False, time.monotonic()
    try:
        for _ in range(60):
            late = late or time.monotonic() - answered > 1
            connection.request("GET", "/state", headers={"Cookie": client.cookie})
            assert connection.getresponse().read()
            answered = time.monotonic()
            time.sleep(0.1)
    except (http.client.HTTPException, OSError):
        if not late:
            raise
        return False
    finally:
        connection.close()
    return True
