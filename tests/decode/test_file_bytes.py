"""The part of an AVIF that is to be seen, as ISO/IEC 14496-12 has it: four fractions around the middle."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imgrank.decode import raster
from imgrank.decode.file_bytes import clean_aperture
from imgrank.decode.shrink import Target
from tests.decode.making import encoded, quarters


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def clap(width: int, height: int, across: int = 0, down: int = 0, per: int = 1) -> bytes:
    return box(b"clap", struct.pack(">IIIIiIiI", width, per, height, per, across, per, down, per))


def avif(aperture: bytes, item: int = 1, primary: int = 1, wide: bool = False) -> bytes:
    """A file whose first item has some other property, and whose `item` has the aperture."""
    kinds = box(b"ipco", box(b"ispe", b"\0" * 12) + aperture)
    number = (lambda value: struct.pack(">H", 0x8000 | value)) if wide else (lambda value: bytes([0x80 | value]))
    uses = struct.pack(">I", 2) + b"".join(
        struct.pack(">HB", n, 1 + (n == item)) + number(1) + (number(2) if n == item else b"") for n in (1, 2)
    )
    ipma = box(b"ipma", b"\0\0\0" + bytes([wide]) + uses)
    body = box(b"pitm", b"\0\0\0\0" + struct.pack(">H", primary)) + box(b"iprp", kinds + ipma)
    return box(b"ftyp", b"avif\0\0\0\0mif1") + box(b"meta", b"\0\0\0\0" + body) + box(b"mdat", b"\0" * 20)


@pytest.mark.parametrize("wide", [False, True])
def test_a_part_is_cut_around_the_middle(wide):
    assert clean_aperture(avif(clap(40, 20), wide=wide), (100, 60)) == (30, 20, 70, 40)
    assert clean_aperture(avif(clap(40, 20, -30, 20), wide=wide), (100, 60)) == (0, 40, 40, 60)
    assert clean_aperture(avif(clap(80, 40, 60, -20, per=2), wide=wide), (100, 60)) == (60, 10, 100, 30)


def test_what_is_not_to_be_cut_is_left_whole():
    assert clean_aperture(avif(clap(100, 60)), (100, 60)) is None
    assert clean_aperture(avif(clap(40, 20, 90)), (100, 60)) is None  # outside
    assert clean_aperture(avif(clap(40, 20, per=0)), (100, 60)) is None
    assert clean_aperture(avif(clap(40, 20), item=2), (100, 60)) is None
    assert clean_aperture(encoded(Image.new("RGB", (10, 10)), "AVIF"), (10, 10)) is None


@given(st.binary(max_size=200), st.integers(0, 150))
def test_any_bytes_are_survived(noise, at):
    whole = avif(clap(40, 20))
    clean_aperture(noise, (100, 60))
    clean_aperture(whole[:at] + noise + whole[at + len(noise) :], (100, 60))


def test_only_that_part_is_seen(monkeypatch):
    monkeypatch.setattr(raster, "clean_aperture", lambda data, size: (0, 0, 32, 32))
    data = encoded(Image.fromarray(quarters(64, 64)), "AVIF", quality=95)
    image = raster.read_raster(data, "AVIF", Target(100, False, "bicubic", 500.0))
    assert image.size == (32, 32)
    assert np.abs(np.asarray(image).astype(int) - (220, 30, 40)).mean() < 8
