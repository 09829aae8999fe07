"""HEIC and RAW are decoded elsewhere: a crash there is one picture's trouble, not the run's."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from imgrank.decode import DecodeError, decode_bytes, guarded, other_decoders, raster
from imgrank.decode.shrink import FULL_SIZE, Target
from tests.decode.making import dng, encoded, quarters, raw_with_preview

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 400


@pytest.mark.parametrize(("data", "package"), [(HEIC, "pi-heif"), (b"\xff\x0a" + b"\0" * 20, '"imgrank\\[jxl\\]"')])
def test_an_absent_library_is_named(monkeypatch, data, package):
    monkeypatch.setattr(guarded, "find_spec", lambda library: None)
    with pytest.raises(DecodeError, match=f"pip install {package}"):
        decode_bytes(data, "a.heic", 32, "bicubic")


@pytest.mark.parametrize(
    "start", ["import os; os.abort()", "import sys; sys.stdin.buffer.readline(); os._exit(1)", "print('nonsense')"]
)
def test_a_decoder_that_dies_costs_one_picture(monkeypatch, start):
    monkeypatch.setattr(guarded, "find_spec", lambda library: object())
    guarded.end_idle_workers()
    with monkeypatch.context() as broken:
        broken.setattr(guarded, "_START", start)
        for _ in range(2):
            with pytest.raises(DecodeError, match="crashed"):
                decode_bytes(HEIC, "a.heic", 32, "bicubic")
    if importlib.util.find_spec("rawpy"):
        assert decode_bytes(dng(), "a.dng", 32, "bicubic").shape == (32, 32, 3)


def test_a_decoder_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(guarded, "find_spec", lambda library: object())
    monkeypatch.setattr(guarded, "_SECONDS_A_PICTURE", 0.5)
    monkeypatch.setattr(guarded, "_START", "import time; time.sleep(600)")
    guarded.end_idle_workers()
    with pytest.raises(DecodeError, match="took too long"):
        decode_bytes(HEIC, "a.heic", 32, "bicubic")


def test_the_current_folder_cannot_slip_code_into_the_decoder(tmp_path, monkeypatch):
    pytest.importorskip("rawpy", reason="needs the extra raw")
    guarded.end_idle_workers()
    for module in ("PIL", "numpy", "rawpy", "json", "imgrank"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    assert decode_bytes(dng(), "a.dng", 32, "bicubic").shape == (32, 32, 3)
    assert not (tmp_path / "ran").exists()


def test_damaged_files_are_named_and_the_worker_lives_on():
    for _ in range(3):
        with pytest.raises(DecodeError, match="HEIC image"):
            decode_bytes(HEIC, "a.heic", 32, "bicubic")


@pytest.mark.parametrize(("kind", "name"), [("TIFF", "a.tif"), ("AVIF", "a.avif"), ("JPEG2000", "a.jp2")])
def test_every_decoder_that_may_crash_or_hang_is_guarded(monkeypatch, kind, name):
    monkeypatch.setattr(guarded, "_START", "import os; os.abort()")
    guarded.end_idle_workers()
    with pytest.raises(DecodeError, match="crashed"):
        decode_bytes(encoded(Image.new("RGB", (20, 20)), kind), name, 32, "bicubic")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold processes to it")
def test_a_decoder_has_a_limit_of_memory(monkeypatch):
    start = guarded._START.replace("; main()", "; import imgrank.decode.worker as w; w._LARGEST = 700 << 20; main()")
    monkeypatch.setattr(guarded, "_START", start)
    guarded.end_idle_workers()
    try:
        large = encoded(Image.new("RGB", (15000, 15000)), "TIFF", compression="tiff_lzw")
        with pytest.raises(DecodeError, match=r"needs more memory|crashed"):
            decode_bytes(large, "a.tif", 32, "bicubic")
        assert decode_bytes(encoded(Image.new("RGB", (20, 20)), "TIFF"), "a.tif", 32, "bicubic").shape == (32, 32, 3)
    finally:
        guarded.end_idle_workers()


def test_many_at_once_wait_for_memory_and_are_all_read(monkeypatch):
    """Each takes most of the memory that pictures may take: one after the other."""
    monkeypatch.setattr(raster, "DEFAULT_MAX_MEGAPIXELS", 0.02)
    monkeypatch.setattr(guarded, "_SECONDS_A_PICTURE", 600.0)  # six processes start at once, and a machine may be slow
    data = encoded(Image.fromarray(quarters(90, 90)), "TIFF")
    with ThreadPoolExecutor(6) as threads:
        seen = list(threads.map(lambda _: decode_bytes(data, "a.tif", 32, "bicubic"), range(12)))
    assert all(np.array_equal(one, seen[0]) for one in seen)


def test_the_wait_for_memory_costs_nobody_his_time(monkeypatch):
    now, given = [0.0], []

    class Timer:
        start = cancel = lambda self: None

        def __init__(self, seconds, _stop):
            given.append(seconds)

    monkeypatch.setattr(guarded, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(guarded, "threading", SimpleNamespace(Timer=Timer))
    monkeypatch.setattr(guarded, "_SECONDS_A_PICTURE", 60.0)
    with guarded._Watch(lambda: None) as watch:
        for reading, waiting in ((10.0, 1000.0), (5.0, 0.0)):
            now[0] += reading
            with watch.paused():
                now[0] += waiting
    assert given == [60.0, 50.0, 45.0]


# RAW


def camera_jpeg(side: int = 64) -> bytes:
    return encoded(Image.fromarray(quarters(side, side)), "JPEG")


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 1), (8, -1)])
def test_the_preview_of_a_raw_needs_no_extra_and_is_turned_as_the_camera_was(monkeypatch, orientation, turns):
    monkeypatch.setattr(other_decoders, "find_spec", lambda library: None)
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(quarters(64, 64), turns)))
    data = raw_with_preview(encoded(stored, "JPEG"), orientation, before=b"\xff\xd8\xff\xd8 noise \xff\xd8\xff\xc0")
    image = other_decoders.read_raw(data, Target(32, True, "bicubic", 500.0))
    assert np.abs(np.asarray(image)[4:12, 4:12] - quarters()[4:12, 4:12].astype(int)).mean() < 4


def test_the_largest_preview_is_taken_and_a_broken_one_passed_over(monkeypatch):
    monkeypatch.setattr(other_decoders, "find_spec", lambda library: None)
    small, large = encoded(Image.new("RGB", (40, 40), "red"), "JPEG"), camera_jpeg()
    broken = encoded(Image.new("RGB", (200, 200), "blue"), "JPEG")[:-400]
    data = raw_with_preview(small + large + broken)
    assert [preview.size for preview in other_decoders.previews(data)] == [(200, 200), (64, 64), (40, 40)]


def test_tiles_of_a_picture_are_no_preview_of_it():
    assert other_decoders.previews(raw_with_preview(camera_jpeg() * 4)) == []


def test_a_raw_without_a_large_preview_names_the_extra(monkeypatch):
    monkeypatch.setattr(other_decoders, "find_spec", lambda library: None)
    for target in (Target(65, True, "bicubic", 500.0), Target(FULL_SIZE, False, "bicubic", 500.0)):
        with pytest.raises(DecodeError, match=r'pip install "imgrank\[raw\]"'):
            other_decoders.read_raw(raw_with_preview(camera_jpeg()), target)


def test_raw_is_read_through_the_worker():
    pixels = decode_bytes(raw_with_preview(camera_jpeg(), 3), "a.nef", 32, "bicubic")
    assert np.abs(pixels[20:28, 20:28] - np.array([220, 30, 40])).mean() < 4
