"""Many pictures at once: order, memory, threads, and what happens to the bad ones."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgrank.decode import Loaded, decode_bytes, load_images, picture
from imgrank.decode.budget import Budget
from imgrank.records import ImageFile, Unreadable
from tests.decode.making import encoded, quarters

SIDE = 32


def image_file(path: Path | str) -> ImageFile:
    return ImageFile(str(path), os.path.getsize(path) if os.path.exists(path) else 0, 0)


def load(files, **options):
    options.setdefault("is_known", lambda digest: False)
    return load_images(files, SIDE, "bicubic", **options)


@pytest.fixture
def pictures(tmp_path):
    """Twelve pictures of different sizes and colours, and three that are none, mixed."""
    for number in range(12):
        image = Image.fromarray(quarters(40 + 97 * (number % 3), 40)).point(lambda value, n=number: value // (n + 1))
        (tmp_path / f"{number:02}.png").write_bytes(encoded(image, "PNG"))
    (tmp_path / "03b.png").write_bytes(b"")
    (tmp_path / "07b.png").write_bytes(b"%PDF-1.7")
    (tmp_path / "11b.png").write_bytes(encoded(Image.new("RGB", (50, 50)), "PNG")[:60])
    return [image_file(path) for path in sorted(tmp_path.iterdir())]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_everything_comes_in_order_and_as_it_would_alone(pictures, workers):
    results = list(load(pictures, workers=workers))
    assert [item.file.path if isinstance(item, Loaded) else item.path for item in results] == [f.path for f in pictures]
    for file, item in zip(pictures, results, strict=True):
        if isinstance(item, Loaded):
            data = Path(file.path).read_bytes()
            assert item.digest == xxhash.xxh3_128(data).hexdigest()
            assert np.array_equal(item.pixels, decode_bytes(data, file.path, SIDE, "bicubic"))
    assert sum(isinstance(item, Unreadable) for item in results) == 3


def test_what_is_known_is_not_decoded(pictures):
    digests = {item.digest for item in load(pictures) if isinstance(item, Loaded)}
    known = set(sorted(digests)[::2])
    for item in load(pictures, is_known=known.__contains__):
        if isinstance(item, Loaded):
            assert (item.pixels is None) == (item.digest in known)


def test_is_known_is_asked_in_the_callers_thread(pictures):
    asked = set()
    list(load(pictures, is_known=lambda digest: asked.add(threading.get_ident()) or False))
    assert asked == {threading.get_ident()}


def test_no_file_gives_nothing():
    assert list(load([])) == []


def test_files_are_taken_no_further_than_a_fixed_look_ahead(pictures):
    good = next(file for file in pictures if file.path.endswith("00.png"))
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield good

    results = load(endless())
    for _ in range(5):
        next(results)
    time.sleep(0.2)
    assert taken < 300
    results.close()


def test_closing_ends_the_threads(pictures):
    before = set(threading.enumerate())  # one of another test's may end meanwhile
    results = load(pictures * 50)
    next(results)
    assert set(threading.enumerate()) - before
    results.close()
    assert set(threading.enumerate()) <= before


def test_an_error_of_the_caller_ends_the_threads(pictures):
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError):
        list(load(pictures, is_known=lambda digest: 1 / 0))
    assert set(threading.enumerate()) <= before


def test_files_that_changed_since_they_were_found_are_named(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    files = [
        image_file(tmp_path / "folder.jpg"),
        ImageFile(str(tmp_path / "gone.jpg"), 10, 0),
        ImageFile("nul\0.jpg", 1, 0),
    ]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        files.append(ImageFile(str(tmp_path / "pipe.jpg"), 10, 0))
    results = list(load(files))
    assert all(isinstance(item, Unreadable) for item in results)
    assert results[1].reason == "it no longer exists"


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_ends_the_process_promptly(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(Image.fromarray(quarters(900, 900)), "PNG"))
    script = f"""
import itertools, sys
from imgrank.decode import load_images
from imgrank.records import ImageFile
files = itertools.repeat(ImageFile({str(tmp_path / "a.png")!r}, 1, 0))
try:
    for item in load_images(files, 32, "bicubic", is_known=lambda digest: False):
        print("going", flush=True)
except KeyboardInterrupt:
    sys.exit(7)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"going\n"
    process.send_signal(2)
    _, errors = process.communicate(timeout=600)
    assert (process.returncode, errors) == (7, b"")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=12))
def test_the_budget_is_never_exceeded_but_by_one_alone_and_nobody_starves(parts):
    budget, holders, lock, overspent = Budget(), [], threading.Lock(), []

    def work(part):
        with budget.spend(part):
            with lock:
                holders.append(min(part, 1.0))
                overspent.append(sum(holders) > 1.0 + 1e-9)
            with lock:
                holders.remove(min(part, 1.0))

    threads = [threading.Thread(target=work, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(overspent) == len(parts)
    assert not any(overspent)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that has nothing to give yet")
def test_a_file_that_gives_nothing_is_named(tmp_path, monkeypatch):
    """As /proc/kmsg does: a regular file to the system, whose reading would have to wait."""
    os.mkfifo(tmp_path / "later.jpg")
    monkeypatch.setattr(picture, "stat", SimpleNamespace(S_ISREG=lambda mode: True))
    reader = os.open(tmp_path / "later.jpg", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "later.jpg", os.O_WRONLY)
    try:
        [item] = load([image_file(tmp_path / "later.jpg")])
    finally:
        os.close(reader)
        os.close(writer)
    assert item == Unreadable(str(tmp_path / "later.jpg"), "reading it gives nothing")
