"""A picture that ends its decoder is a row with the reason; its neighbours are read."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgrank.decode import guarded
from imgrank.encode import Decoding
from imgrank.index.items import SourceItem
from imgrank.index.pictures import prepare
from imgrank.records import Unreadable

PLAIN = Decoding(16, "bicubic")
DECODING = Decoding(16, "bicubic", guarded=True)
CRASHED = "the JPEG decoder crashed on it or took too long"
# A decoder that dies of one picture, in the child alone: the child finds it where Python looks for modules at start.
POISON = b"\xff\xd8\xff\xe0poison"
PLUGIN = """
import os, PIL.Image
_open = PIL.Image.open
def open(file, *rest, **named):
    if getattr(file, "getvalue", bytes)().startswith({poison!r}):
        os.abort() if not {hangs} else __import__("time").sleep(600)
    return _open(file, *rest, **named)
PIL.Image.open = open
"""


@pytest.fixture
def poisoned(tmp_path, monkeypatch):
    """Children whose JPEG decoder aborts, or hangs, on POISON."""

    def make(hangs: bool = False) -> None:
        folder = tmp_path / "plugin"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(PLUGIN.format(poison=POISON, hangs=hangs))
        monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        fresh_child()

    fresh_child()
    yield make
    fresh_child()


def fresh_child() -> None:
    guarded.end_idle_workers()


def made_of(items) -> list:
    return list(prepare(items, DECODING, workers=2))


def write(folder: Path, count: int, poison_at: tuple[int, ...] = ()) -> list[SourceItem]:
    items = []
    for number in range(count):
        buffer = io.BytesIO()
        Image.new("RGB", (20 + number, 12), (number, 0, 200)).save(buffer, "JPEG")
        path = folder / f"{number}.jpg"
        path.write_bytes(POISON if number in poison_at else buffer.getvalue())
        items.append(SourceItem(str(path), str(path)))
    return items


def test_rows_and_pixels_are_those_of_the_plain_way(poisoned, tmp_path):
    items = [*write(tmp_path, 40), Unreadable("gone.jpg", "no such file"), SourceItem("none.jpg", "none.jpg")]
    made = made_of(items)
    plain = list(prepare(items, PLAIN))
    assert [one.row for one in made] == [one.row for one in plain]
    for one, other in zip(made, plain, strict=True):
        assert (one.made is None) == (other.made is None)
        assert one.made is None or np.array_equal(one.made.pixels, other.made.pixels)


def test_a_picture_that_crashes_its_decoder_costs_itself_alone(poisoned, tmp_path):
    poisoned()
    made = made_of(write(tmp_path, 10, poison_at=(0, 6)))
    assert [n for n, one in enumerate(made) if one.row.error == CRASHED] == [0, 6]
    assert sum(one.made is not None for one in made) == 8


@pytest.fixture
def brief_for_poison(monkeypatch):
    """Little time for POISON, and for all others what a slow machine may take until a child has begun."""
    here, ask = threading.local(), guarded._ask_a_worker

    def asked(request, memory):
        here.seconds = 3.0 if request.data == POISON else 600.0
        return ask(request, memory)

    class Watch(guarded._Watch):
        def __init__(self, stop):
            super().__init__(stop)
            self._left = here.seconds

    monkeypatch.setattr(guarded, "_ask_a_worker", asked)
    monkeypatch.setattr(guarded, "_Watch", Watch)


def test_a_picture_that_hangs_its_decoder_costs_itself_alone(poisoned, brief_for_poison, tmp_path):
    poisoned(hangs=True)
    made = made_of(write(tmp_path, 3, poison_at=(1,)))
    assert [one.row.error for one in made] == [None, CRASHED, None]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_was_killed_is_replaced(poisoned, tmp_path):
    data = write(tmp_path, 1)[0]
    pixels = Path(data.path).read_bytes()
    DECODING.decode(pixels, "a.jpg")
    (worker,) = guarded._IDLE._workers
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    assert DECODING.decode(pixels, "a.jpg").pixels.shape == (16, 16, 3)


def test_detail_is_measured_by_a_worker_too(poisoned, tmp_path):
    items = write(tmp_path, 5)
    plain = list(prepare(items, replace(PLAIN, detail=True)))
    made = list(prepare(items, replace(DECODING, detail=True), workers=2))
    for one, other in zip(made, plain, strict=True):
        assert np.abs(one.made.detail - other.made.detail).max() < 0.2
