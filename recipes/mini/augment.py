"""Views of a picture for training: crops, mirrors, colour, and degradations of a known amount."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

SIDE = 224


def squash(image: Image.Image) -> Image.Image:
    """The plain view, as the shipped preprocessing makes it: the whole picture, squashed to a square."""
    return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def random_view(image: Image.Image, source: str, view: int, rng: random.Random) -> Image.Image:
    """View 0 is the plain one; later views keep whatever the set's label depends on."""
    if view == 0:
        return squash(image)
    if source == "captions":
        image = _mirror(image, rng) if view > 1 else ImageOps.mirror(image)
        return colour(squash(crop(image, rng, 0.4) if view > 1 else image), rng, 0.25)
    if source == "age":
        return _gray(colour(squash(crop(_mirror(image, rng), rng, 0.75)), rng, 0.3), rng, 0.2)
    if source == "car_year":
        return _gray(colour(squash(crop(_mirror(image, rng), rng, 0.6)), rng, 0.4), rng, 0.3)
    if source == "quality":
        return squash(crop(_mirror(image, rng), rng, 0.7))
    if source == "blood_cells":
        return colour(squash(_dihedral(image, view)), rng, 0.15)
    raise ValueError(f"no views are defined for {source!r}")


def degrade(image: Image.Image, kind: str, level: float, rng: random.Random) -> Image.Image:
    """A squashed picture made worse by `level` in [0, 1]; 0 leaves it as it is."""
    image = squash(image)
    if level == 0:
        return image
    if kind == "blur":
        return image.filter(ImageFilter.GaussianBlur(4.0 * level))
    if kind == "noise":
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 60 * level, (SIDE, SIDE, 3))
        return Image.fromarray(np.clip(np.asarray(image, float) + noise, 0, 255).astype(np.uint8))
    if kind == "jpeg":
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=round(60 * (1 - level) ** 2 + 3))
        return Image.open(buffer).convert("RGB")
    if kind == "exposure":
        return Image.fromarray(
            (255 * (np.asarray(image) / 255.0) ** (1 + 3.0 * level) * (1 - 0.5 * level)).astype(np.uint8)
        )
    if kind == "contrast":
        return ImageEnhance.Contrast(image).enhance(1 - 0.9 * level)
    raise ValueError(f"unknown degradation {kind!r}")


def styled(image: Image.Image, style: str, rng: random.Random) -> Image.Image:
    """A picture in one of the styles that words name: see `phrases.STYLES`."""
    if style == "bw":
        return ImageOps.grayscale(image).convert("RGB")
    if style == "sepia":
        return ImageOps.colorize(ImageOps.grayscale(image), (40, 20, 0), (255, 240, 200))
    if style == "blur":
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.012, 0.04) * min(image.size)))
    if style == "vivid":
        return ImageEnhance.Color(image).enhance(rng.uniform(1.8, 3))
    if style == "sketchy":
        return _sketched(ImageOps.grayscale(image), rng.uniform(2, 5))
    values = np.asarray(image) / 255
    if style == "dark":
        values = values ** rng.uniform(1.3, 2.2) * rng.uniform(0.15, 0.4)
    elif style == "bright":
        values = values ** rng.uniform(0.4, 0.7) * rng.uniform(1.1, 1.5)
    elif style == "noise":
        draws = np.random.default_rng(rng.getrandbits(32))
        values = values + draws.normal(0, rng.uniform(25, 60) / 255, values.shape)
    else:
        raise ValueError(f"unknown style {style!r}")
    return Image.fromarray((255 * values.clip(0, 1)).astype(np.uint8))


def _sketched(grey: Image.Image, radius: float) -> Image.Image:
    """Colour dodge with its own blurred negative: lines on white."""
    blurred = np.asarray(ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(radius)), float)
    lines = np.asarray(grey, float) * 255 / (256 - blurred)
    return Image.fromarray(lines.clip(0, 255).astype(np.uint8)).convert("RGB")


def crop(image: Image.Image, rng: random.Random, smallest: float) -> Image.Image:
    """A random part of at least `smallest` of the area."""
    area = rng.uniform(smallest, 1.0)
    ratio = rng.uniform(0.8, 1.25)
    width = min(1.0, (area * ratio) ** 0.5)
    height = min(1.0, (area / ratio) ** 0.5)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    w, h = image.size
    return image.crop((int(left * w), int(top * h), round((left + width) * w), round((top + height) * h)))


def _mirror(image: Image.Image, rng: random.Random) -> Image.Image:
    return ImageOps.mirror(image) if rng.random() < 0.5 else image


def _dihedral(image: Image.Image, view: int) -> Image.Image:
    image = ImageOps.mirror(image) if view % 2 else image
    return image.rotate(90 * (view // 2 % 4), expand=True)


def colour(image: Image.Image, rng: random.Random, strength: float) -> Image.Image:
    """Brightness, contrast and saturation changed by up to `strength`."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(rng.uniform(1 - strength, 1 + strength))
    return image


def _gray(image: Image.Image, rng: random.Random, chance: float) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB") if rng.random() < chance else image
