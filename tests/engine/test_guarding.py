"""A picture that ends its decoder is a row with the reason; its neighbours are read."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgrank.engine.guarding import CRASHED, Decoding, prepare_guarded
from imgrank.index.items import SourceItem
from imgrank.index.pictures import prepare
from imgrank.records import Unreadable

DECODING = Decoding(16, "bicubic", 500.0)
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
    from imgrank.engine import guarding

    guarding._CHILD.end()


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
    made = prepare_guarded(items, DECODING)
    plain = [prepare(item, DECODING.side, DECODING.interpolation) for item in items]
    assert [one.row for one in made] == [one.row for one in plain]
    for one, other in zip(made, plain, strict=True):
        assert (one.pixels is None) == (other.pixels is None)
        assert one.pixels is None or np.array_equal(one.pixels, other.pixels)


def test_a_picture_that_crashes_its_decoder_costs_itself_alone(poisoned, tmp_path):
    poisoned()
    made = prepare_guarded(write(tmp_path, 10, poison_at=(0, 6)), DECODING)
    assert [n for n, one in enumerate(made) if one.row.error == CRASHED] == [0, 6]
    assert sum(one.pixels is not None for one in made) == 8


def test_a_picture_that_hangs_its_decoder_costs_itself_alone(poisoned, tmp_path):
    poisoned(hangs=True)
    made = prepare_guarded(write(tmp_path, 3, poison_at=(1,)), DECODING, seconds=15)
    assert [one.row.error for one in made] == [None, CRASHED, None]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_child_that_was_killed_is_replaced(poisoned, tmp_path):
    from imgrank.engine import guarding

    items = write(tmp_path, 4)
    prepare_guarded(items, DECODING)
    os.kill(guarding._CHILD._process.pid, signal.SIGKILL)
    assert all(one.pixels is not None for one in prepare_guarded(items, DECODING))
