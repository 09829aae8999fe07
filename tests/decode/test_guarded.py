"""HEIC and RAW are decoded elsewhere: a crash there is one picture's trouble, not the run's."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from imgrank.decode import DecodeError, decode_bytes, guarded
from imgrank.decode.target import Target
from tests.decode.making import dng, encoded, quarters

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 400


@pytest.mark.parametrize(("data", "name", "extra"), [(HEIC, "a.heic", "heic"), (dng(), "a.dng", "raw")])
def test_an_absent_extra_is_named(monkeypatch, data, name, extra):
    monkeypatch.setattr(guarded, "find_spec", lambda library: None)
    with pytest.raises(DecodeError, match=rf'pip install "imgrank\[{extra}\]"'):
        decode_bytes(data, name, 32, "bicubic")


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
    pytest.importorskip("pillow_heif", reason="needs the extra heic")
    for _ in range(3):
        with pytest.raises(DecodeError, match="HEIC picture"):
            decode_bytes(HEIC, "a.heic", 32, "bicubic")


@pytest.mark.parametrize(("flip", "turns"), [(0, 0), (3, 2), (5, -1), (6, 1)])
def test_a_raw_preview_is_turned_as_the_camera_was(flip, turns):
    """LibRaw's flip names how the stored picture must be turned: 3 by 180 degrees, 5 left, 6 right."""
    pytest.importorskip("rawpy", reason="needs the extra raw")
    from imgrank.decode import worker

    stored = np.ascontiguousarray(np.rot90(quarters(64, 64), turns))
    preview = SimpleNamespace(data=encoded(Image.fromarray(stored), "JPEG"))
    raw = SimpleNamespace(extract_thumb=lambda: preview, sizes=SimpleNamespace(flip=flip))
    image = worker._preview(raw, Target(32, True, "bicubic", 500.0))
    assert np.abs(np.asarray(image)[4:12, 4:12] - quarters()[4:12, 4:12].astype(int)).mean() < 4
    assert worker._preview(raw, Target(65, True, "bicubic", 500.0)) is None
