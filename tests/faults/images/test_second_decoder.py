"""Made pictures are what another decoder makes of them, with their profile, orientation and transparency.

pytest -m soak tests/faults/images/test_second_decoder.py -s
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from imgrank.decode import DecodeError
from imgrank.decode.picture import _read
from imgrank.decode.shrink import FULL_SIZE, Target
from tests.faults.images.grammar import FORMATS, made

pyvips = pytest.importorskip("pyvips", reason="needs the extra vips")

WHOLE = Target(FULL_SIZE, False, "bicubic", 500.0)
# Of 255: what the mean, and all but a hundredth of the values, may differ by. Decoders round colours, and draw chroma
# to full size, in ways of their own; profiles are looked up in tables.
MEAN, MOST, SUBSAMPLED = 2.0, 12.0, 2.5


def ours(data: bytes) -> np.ndarray:
    return np.asarray(_read(data, "made", WHOLE)).astype(int)


def theirs(data: bytes) -> np.ndarray:
    """Upright, in sRGB, over white; over black too, one upon the other, where hardly anything stands out on white."""
    image = pyvips.Image.new_from_buffer(data, "").autorot()
    alpha = None
    if image.hasalpha():
        alpha, image = image[image.bands - 1], image[: image.bands - 1]
        if image.format == "ushort":
            alpha = alpha / 257
    if "icc-profile-data" in image.get_fields():
        image = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True)
    image = image.colourspace("srgb").cast("uchar")
    pixels = np.asarray(image).astype(float)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    if alpha is None:
        return pixels
    share = np.asarray(alpha).astype(float).reshape(pixels.shape[:2])[..., None] / 255
    on_white, on_black = pixels * share + 255 * (1 - share), pixels * share
    return np.stack([on_white, on_black]) if _hardly_stands_out(on_white) else on_white


def _hardly_stands_out(pixels: np.ndarray) -> bool:
    return bool((pixels @ (0.299, 0.587, 0.114)).min() > 226)


def differs(data: bytes) -> tuple[float, float]:
    found, other = ours(data), theirs(data)
    assert found.shape == other.shape[-3:], (found.shape, other.shape)
    each = [np.abs(found - one) for one in (other if other.ndim == 4 else other[None])]
    apart = min(each, key=lambda one: float(one.mean()))
    return float(apart.mean()), float(np.quantile(apart, 0.99))


def judged(format_: str, count: int, seed: int) -> list[str]:
    """What differs, of `count` pictures."""
    chance, faults = random.Random(f"{format_} {seed}"), []
    means = []
    for number in range(count):
        one = made(format_, chance)
        try:
            mean, most = differs(one.data)
        except (DecodeError, AssertionError, pyvips.Error) as error:
            faults.append(f"{number}: {one.said}: {error!r}"[:400])
            continue
        means.append(mean)
        slack = SUBSAMPLED if "subsampling': '4:2" in one.said else 1
        if mean > slack * MEAN or most > slack * MOST:
            faults.append(f"{number}: {one.said}: mean {mean:.2f}, 99 % {most:.0f}")
    print(f"{format_}: {count} pictures, {len(faults)} differ; mean difference {np.mean(means):.3f} of 255")
    return faults


@pytest.mark.parametrize("format_", FORMATS)
def test_some_of_each_format(format_):
    assert judged(format_, 25, 0) == []


@pytest.mark.soak
@pytest.mark.parametrize("format_", FORMATS)
def test_a_thousand_of_each_format(format_):
    assert judged(format_, 1000, 1) == []
