"""The page is told of what comes, also where a folder was made anew in the place of the one before."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from imgrank.web.viewer import watching

PATIENCE = 120  # seconds


def test_a_folder_made_anew_at_once_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # as on a disk that gives a freed number to the next folder
    monkeypatch.setattr(watching, "_identity", lambda path: (1, 1) if os.path.isdir(path) else None)
    folder, told = tmp_path / "photos.jpg.d", threading.Event()
    folder.mkdir()
    watch = watching.Watch(str(folder), False, lambda _: told.set())
    watch.start()
    try:
        _until_told(told, lambda n: (folder / f"first{n}.jpg").write_bytes(b"x"))
        told.clear()
        shutil.rmtree(folder)
        folder.mkdir()
        assert told.wait(PATIENCE)  # of the folder itself
        _until_told(told, lambda n: (folder / f"second{n}.jpg").write_bytes(b"x"))
    finally:
        watch.close()


def _until_told(told: threading.Event, change: Callable[[int], object]) -> None:
    told.clear()
    for number in range(PATIENCE):
        change(number)
        if told.wait(1):
            return
    raise AssertionError("nothing was told")


def test_what_comes_before_watching_has_begun_is_looked_for(tmp_path: Path) -> None:
    told = threading.Event()
    watch = watching.Watch(str(tmp_path), False, lambda _: told.set())
    (tmp_path / "early.jpg").write_bytes(b"x")
    watch.start()
    try:
        assert told.wait(PATIENCE)
    finally:
        watch.close()
