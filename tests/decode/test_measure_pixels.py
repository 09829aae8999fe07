"""Pictures of every mode at their full size: brightness, some rows at a time."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from imgrank.decode import DecodeError, MeasuredPicture, measure_images, measure_pixels
from imgrank.records import ImageFile, Unreadable
from tests.decode.making import encoded

GREY = np.tile(np.arange(0, 250, 2, dtype=np.uint8), (90, 1))


def whole(luma):
    top = luma.rows(0, 40)
    return np.concatenate([top, luma.rows(40, luma.height)])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "CMYK", "I;16"])
def test_brightness_is_that_of_the_picture_in_every_mode(mode):
    image = Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(GREY).convert(mode)
    found = measure_pixels(encoded(image, "TIFF"), "made.tif", whole)
    assert found.shape == GREY.shape
    assert np.abs(found.astype(int) - GREY).max() <= 1


def test_a_jpeg_is_decoded_in_full():
    colours = Image.merge("RGB", [Image.fromarray(np.roll(GREY, shift, 1)) for shift in (0, 20, 40)])
    data = encoded(colours, "JPEG", quality=97)
    found = measure_pixels(data, "made.jpg", whole)
    assert found.shape == GREY.shape
    assert np.abs(found.astype(int) - np.asarray(colours.convert("L")).astype(int)).mean() < 2


def test_what_is_too_large_is_not_decoded():
    data = encoded(Image.fromarray(np.zeros((1000, 1100), np.uint8)), "PNG")
    with pytest.raises(DecodeError, match="too large"):
        measure_pixels(data, "made.png", whole, max_megapixels=1.0)


def test_a_look_at_many_keeps_their_order_and_names_the_bad(tmp_path):
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(encoded(Image.fromarray(GREY[: 20 + number]), "PNG"))
    (tmp_path / "2b.png").write_bytes(b"")
    files = [ImageFile(str(path), os.path.getsize(path), 0) for path in sorted(tmp_path.iterdir())]
    seen = list(measure_images(files, lambda luma: luma.height, is_known=lambda digest: False))
    assert [item.seen for item in seen if isinstance(item, MeasuredPicture)] == [20, 21, 22, 23]
    assert [item.path for item in seen if isinstance(item, Unreadable)] == [str(tmp_path / "2b.png")]
    known = list(measure_images(files[:1], lambda luma: luma.height, is_known=lambda digest: True))
    assert isinstance(known[0], MeasuredPicture)
    assert known[0].seen is None
