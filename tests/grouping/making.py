"""Bursts made of the example photographs: one moment seen in several ways."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from imgrank.grouping import Copies
from imgrank.grouping.copies import copy_of

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
WAYS = {
    "as it is": lambda image: image,
    "cut": lambda image: _part(image, 0.06, 0.04, 0.97, 0.93),
    "shifted": lambda image: _part(image, 0.07, 0.0, 1.0, 0.94),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(image.width / 150)),
    "smaller": lambda image: image.resize((image.width // 3, image.height // 3)),
    "mirrored": ImageOps.mirror,
    "turned a little": lambda image: _part(image.rotate(1.5), 0.04, 0.04, 0.96, 0.96),
}


def _part(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))


@functools.cache
def photographs() -> tuple[tuple[str, Image.Image], ...]:
    return tuple(
        (path.stem, ImageOps.exif_transpose(Image.open(path)).convert("RGB")) for path in sorted(PHOTOS.glob("*.jpg"))
    )


def row_of(image: Image.Image) -> np.ndarray:
    return copy_of(np.asarray(image.resize((128, 128), Image.Resampling.BILINEAR, reducing_gap=2.0)))


@functools.cache
def shoot() -> tuple[tuple[str, ...], Copies]:
    """The name of what each picture shows, and small copies of all of them."""
    names = [name for name, _ in photographs() for _ in WAYS]
    rows = np.stack([row_of(way(image)) for _, image in photographs() for way in WAYS.values()])
    return tuple(names), Copies.of_rows(rows, np.arange(len(rows)))


def some(copies: Copies, which: list[int]) -> Copies:
    return Copies(copies.grey[which], copies.colour[which], copies.known[which])
