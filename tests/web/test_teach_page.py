"""docs/how-to/label-by-comparing.md: every command on it, typed in order, with a person at the page."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import forked
from tests.docs.pages import ROOT, blocks
from tests.web.making import Client, until

PAGE = ROOT / "docs" / "how-to" / "label-by-comparing.md"
COMMANDS = [line for block in blocks(PAGE) if block.language == "sh" for line in block.text.splitlines()]
ANSWERS = 12
WARM = {"horses.jpg": 0, "goldfish.jpg": 3, "coffee.jpg": 3, "chickens.jpg": 2, "parrot.jpg": 2, "cat.jpg": 2}


def typed(command: str) -> list[str]:
    """As the shell would run it, by this Python's imgrank."""
    name, *words = shlex.split(command)
    assert name == "imgrank"
    return [sys.executable, "-m", "imgrank", *words]


def teach(client: Client, answers: int) -> None:
    """Answer as somebody who likes warm colours, then train and wait."""
    for _ in range(answers):
        state = client.ask("/state").json()
        left, right = (WARM.get(picture["name"], 1) for picture in state["question"])
        given = "left" if left > right else "right" if right > left else "tie"
        assert client.ask("/step/answer", {"turn": state["turn"], "given": given}).status == 200
    told = client.ask("/step/train", {"name": "warmer-colours"}).json()
    assert told["error"] is None
    until(lambda: client.ask("/state").json()["training"]["stage"] in ("done", "failed"), 500)
    training = client.ask("/state").json()["training"]
    assert training["stage"] == "done", training["said"]
    assert len(training["after"]) == len(training["before"])


@pytest.mark.skipif(os.name == "nt", reason="the page is written for a Unix shell, and ends by Ctrl-C")
def test_from_a_folder_to_an_own_ranker(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environment = {**os.environ, "IMGRANK_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    label, *later = COMMANDS
    process = subprocess.Popen(typed(label), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = urlsplit(process.stdout.readline().strip())
    try:
        teach(Client(address.port or 0, parse_qs(address.query)["token"][0]), ANSWERS)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == 0
    printed = {command: forked.imgrank(*shlex.split(command)[1:], cwd=tmp_path, env=environment) for command in later}
    assert len(later) == 5
    for command, done in printed.items():
        out, errors = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0, errors
        if " sort " in command:
            assert len(out.splitlines()) == 5
            assert "no ranker was trained" not in errors
        elif " adapters " in command:
            assert "warmer-colours" in out
        elif " explain " in command:
            assert "by warmer-colours" in out and re.search(" answers?: ", out)
            assert ("scores more by" in out) == ("--against" in command)
        else:
            assert f"{ANSWERS} answers" in out
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")
