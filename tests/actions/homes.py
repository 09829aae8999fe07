"""A journal of the tests' own; each folder whose tests change files imports it into its conftest."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from imgrank.actions import boundary


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("IMGRANK_HOME", str(folder))
    return folder


@pytest.fixture
def place(monkeypatch):
    """Pictures and journal in memory where that can be had: syncing costs nothing there."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        monkeypatch.setenv("IMGRANK_HOME", str(Path(folder) / "home"))
        yield Path(folder) / "tree"


@pytest.fixture(autouse=True)
def silence():
    """Nobody listens to boundaries after a test."""
    yield
    boundary.listen(None)
