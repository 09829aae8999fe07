"""Pictures of nothing: stars, stripes, noise, shapes and text, which surely show no subject of any query."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 224


def abstract_pictures(count: int, seed: int = 0) -> np.ndarray:
    """(count, 224, 224, 3) uint8, each kind in turn."""
    rng = np.random.default_rng(seed)
    return np.stack([np.asarray(KINDS[k % len(KINDS)](rng).convert("RGB")) for k in range(count)])


def _colour(rng: np.random.Generator, low: int = 0, high: int = 256) -> tuple[int, ...]:
    return tuple(int(part) for part in rng.integers(low, high, 3))


def _box(rng: np.random.Generator, most: int) -> tuple[int, ...]:
    x, y = rng.integers(-20, SIDE, 2)
    width, height = rng.integers(3, most, 2)
    return int(x), int(y), int(x + width), int(y + height)


def stars(rng: np.random.Generator) -> Image.Image:
    """Glowing spots and discs on a dark ground, as in pictures of the sky."""
    image = Image.new("RGB", (SIDE, SIDE), _colour(rng, 0, 30))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 8)):
        draw.ellipse(_box(rng, 120), fill=_colour(rng, 80, 256))
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(2, 14))))
    draw = ImageDraw.Draw(image)
    for x, y in rng.integers(0, SIDE, (rng.integers(0, 200), 2)):
        draw.ellipse((int(x), int(y), int(x + rng.integers(0, 4)), int(y + rng.integers(0, 4))), fill=(255, 255, 240))
    return image


def shapes(rng: np.random.Generator) -> Image.Image:
    """Ellipses, boxes and polygons in any colours."""
    image = Image.new("RGB", (SIDE, SIDE), _colour(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 25)):
        draw_one = (draw.ellipse, draw.rectangle)[rng.integers(2)]
        draw_one(_box(rng, 140), fill=_colour(rng), outline=_colour(rng))
        draw.polygon([tuple(map(int, corner)) for corner in rng.integers(0, SIDE, (3, 2))], outline=_colour(rng))
    return image.filter(ImageFilter.GaussianBlur(float(rng.choice([0, 0, 1, 4]))))


def stripes(rng: np.random.Generator) -> Image.Image:
    """Waves at any angle and pitch, alone or crossed."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = np.zeros((SIDE, SIDE))
    for _ in range(rng.integers(1, 3)):
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(3, 60)
        waves += np.sin(pitch * 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)))
    return _tinted(np.sign(waves) if rng.random() < 0.5 else waves, rng)


def clouds(rng: np.random.Generator) -> Image.Image:
    """Noise of several scales: grain, marble, fog."""
    total = np.zeros((SIDE, SIDE))
    rough = rng.uniform(0.3, 1.2)
    for size in (4, 8, 16, 32, 64, 128):
        noise = Image.fromarray(rng.normal(size=(size, size)).astype(np.float32))
        total += np.asarray(noise.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / size**rough
    return _tinted(total, rng)


def writing(rng: np.random.Generator) -> Image.Image:
    """Lines of letters on paper or on a screen."""
    dark = rng.random() < 0.3
    image = Image.new("RGB", (SIDE, SIDE), _colour(rng, 0, 50) if dark else _colour(rng, 200, 256))
    draw, height = ImageDraw.Draw(image), int(rng.integers(9, 30))
    for y in range(int(rng.integers(0, 40)), SIDE, height + 3):
        letters = "".join(chr(code) for code in rng.integers(33, 126, rng.integers(5, 45)))
        draw.text((8, y), letters, fill=_colour(rng, 180, 256) if dark else _colour(rng, 0, 90), font_size=height)
    return image


def _tinted(values: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Values from one colour to another."""
    share = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    low, high = np.array(_colour(rng)), np.array(_colour(rng))
    return Image.fromarray((low + share[..., None] * (high - low)).astype(np.uint8))


KINDS: tuple[Callable[[np.random.Generator], Image.Image], ...] = (stars, shapes, stripes, clouds, writing)


if __name__ == "__main__":
    sheet = abstract_pictures(20).reshape(4, 5, SIDE, SIDE, 3).transpose(0, 2, 1, 3, 4).reshape(4 * SIDE, 5 * SIDE, 3)
    Image.fromarray(sheet).save("abstract.png")
