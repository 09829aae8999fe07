"""`imgrank open` as typed: its first line, its end by Ctrl-C, a kill in the middle of a change, what a browser gets."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from typer import Typer
from typer.testing import CliRunner

import imgrank.web.server
import imgrank.web.viewer.room
from imgrank.cli import browser
from imgrank.cli import open as opening
from imgrank.errors import UsageError
from tests.web.making import Client, until
from tests.web.viewing import finished, pictures, tree

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{20,})\n")


@contextmanager
def running(folder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """The command, once it says where it is; killed at the end."""
    words = [sys.executable, "-m", "imgrank", "open", str(folder), "--no-open", "--port", "0"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"IMGRANK_HOME": str(home)}
    )
    assert process.stdout is not None
    try:
        said = ADDRESS.fullmatch(process.stdout.readline())
        assert said is not None
        yield process, Client(int(said[1]), said[2])
    finally:
        process.kill()
        process.wait(300)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_it_in_peace_whatever_goes_on(tmp_path: Path) -> None:
    with running(pictures(tmp_path / "photos"), tmp_path / "home") as (process, client):
        client.ask("/order", {"sentence": "a cat"})
        until(lambda: client.ask("/state").json()["count"] > 0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, "")
    assert err == "imgrank: this page is for you alone; press Ctrl-C to stop.\n"


def test_a_change_that_was_killed_in_the_middle_is_taken_back(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos", ("cat", "dog"))
    for n in range(120):
        (folder / f"copy {n}.jpg").write_bytes((folder / "cat.jpg").read_bytes() + b"%d" % n)
    before = tree(tmp_path / "photos")
    with running(folder, tmp_path / "home") as (process, client):
        until(lambda: client.ask("/state").json()["count"] == 122, 120)
        numbers = list(range(122))
        plan = client.ask("/plan", {"action": "move", "numbers": numbers, "folder": str(tmp_path / "out")}).json()
        client.ask("/apply", {"plan": plan["plan"]})
        until(lambda: client.ask("/state").json()["job"]["done"] > 3)
        process.kill()
        process.wait(300)
    assert tree(folder) != before
    with running(folder, tmp_path / "home") as (_, client):
        run = client.ask("/state").json()["undo"]
        told = client.ask("/undo", {"run": run["run"]}).json()
        assert finished(client, told["job"]["number"])["fault"] == ""
    assert tree(folder) == before and not (tmp_path / "out").exists()


def test_the_browser_is_handed_a_private_file_and_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeRoom:
        def __init__(self, *_: object) -> None: ...
        def start(self) -> None: ...
        def close(self) -> None: ...

    address, opened = "http://127.0.0.1:1/?token=secret", list[str]()

    def browse(url: str) -> bool:
        path = Path(unquote(urlparse(url).path))
        assert url.startswith("file:") and "secret" not in url and address in path.read_text()
        assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600
        opened.append(str(path))
        return True

    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(imgrank.web.viewer.room, "Room", FakeRoom)
    monkeypatch.setattr(imgrank.web.server, "serve", lambda _room, _port, ready: ready(address))
    monkeypatch.setattr(browser.webbrowser, "open", browse)
    app = Typer()
    app.command()(opening.open_folder)
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert result.stdout == f"{address}\n" and len(opened) == 1
    assert not os.path.exists(opened[0])


@pytest.mark.parametrize("name", ["nowhere", "a file"])
def test_what_is_no_folder_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").write_text("x")
    app = Typer()
    app.command()(opening.open_folder)
    assert isinstance(CliRunner().invoke(app, [str(tmp_path / name), "--no-open"]).exception, UsageError)
