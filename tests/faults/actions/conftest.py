"""A home for the journal, and pictures (any bytes will do: no room here looks into them)."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def trash(tmp_path_factory):
    """A trash of the tests' own, before send2trash reads where it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("xdg")))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("IMGRANK_HOME", str(folder))
    return folder
