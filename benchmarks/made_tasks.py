"""Drawn pictures of tasks that no photograph of the labelled sets knows: what a researcher's own folder may hold.

    python benchmarks/made_tasks.py FOLDER --count 700

Each task has one quantity that is drawn, and much beside it that changes at random. Values are the quantity's own;
every third picture is of the val split. `small_data.py --drawn` learns them from a few.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from small_queries import Labelled, SmallQuery

SIDE = 256
Rng = np.random.Generator


def colour(rng: Rng, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in rng.integers(low, high, 3))
    return red, green, blue


def backdrop(rng: Rng, low: int = 90, high: int = 230) -> Image.Image:
    """A soft blend of a few random colours."""
    small = rng.integers(low, high, (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def grain(image: Image.Image, rng: Rng, strength: float = 6) -> Image.Image:
    noisy = np.asarray(image, np.float64) + rng.normal(0, strength, (SIDE, SIDE, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def place(rng: Rng, radius: float) -> tuple[float, float, float, float]:
    x, y = rng.uniform(radius, SIDE - radius, 2)
    return x - radius, y - radius, x + radius, y + radius


def dots(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How many dots, of any colour and size."""
    image, count = backdrop(rng), 1 + round(level * 29)
    draw, size, shade = ImageDraw.Draw(image), rng.uniform(4, 12), colour(rng, 0, 90)
    for _ in range(count):
        draw.ellipse(place(rng, size * rng.uniform(0.8, 1.2)), fill=shade)
    return image, count


def ripeness(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """Green to red fruit, under changing light."""
    image = backdrop(rng)
    draw, light = ImageDraw.Draw(image), rng.uniform(0.6, 1.1)
    for _ in range(rng.integers(1, 5)):
        box = place(rng, rng.uniform(30, 60))
        body = np.array([60 + 160 * level, 160 - 130 * level, 40]) * light + rng.normal(0, 14, 3)
        draw.ellipse(box, fill=tuple(int(part) for part in body.clip(0, 255)))
        draw.line((box[0] + 30, box[1] - 8, box[0] + 34, box[1] + 8), fill=(90, 60, 30), width=4)
    return image.filter(ImageFilter.GaussianBlur(1.2)), level


def stroke_weight(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How thick the strokes of scribbles are."""
    image = Image.new("RGB", (SIDE, SIDE), colour(rng, 180))
    draw, ink = ImageDraw.Draw(image), colour(rng, 0, 120)
    for _ in range(rng.integers(4, 10)):
        points = [tuple(point) for point in rng.uniform(10, SIDE - 10, (rng.integers(3, 6), 2))]
        draw.line(points, fill=ink, width=round(1 + level * 13), joint="curve")
    return image, level


def rust(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How much of a metal plate is rusty."""
    plate = np.full((SIDE, SIDE, 3), rng.uniform(110, 190)) + rng.normal(0, 5, (SIDE, SIDE, 1))
    cells = np.asarray(Image.fromarray(rng.random((12, 12)).astype(np.float32)).resize((SIDE, SIDE), 3))
    rough = cells + rng.normal(0, 0.04, cells.shape)
    rusty = rough < np.quantile(rough, level * 0.9)
    tone = np.array([140, 70, 30]) + rng.normal(0, 12, 3)
    plate[rusty] = tone + rng.normal(0, 14, (int(rusty.sum()), 1))
    return Image.fromarray(plate.clip(0, 255).astype(np.uint8)), level


def fog(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How thick the fog before a skyline is."""
    image = Image.new("RGB", (SIDE, SIDE), colour(rng, 130, 230))
    draw = ImageDraw.Draw(image)
    for at in range(-10, SIDE, 24):
        width, height = rng.integers(16, 44), rng.integers(40, 190)
        draw.rectangle((at, SIDE - height, at + width, SIDE), fill=colour(rng, 20, 120))
    veil = Image.new("RGB", (SIDE, SIDE), (int(rng.integers(190, 230)),) * 3)
    return grain(Image.blend(image, veil, level * 0.85), rng, 3), level


def fill_level(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How full a glass is, wherever it stands."""
    image, height, width = backdrop(rng), rng.uniform(90, 170), rng.uniform(40, 90)
    x, y = rng.uniform(10, SIDE - width - 10), rng.uniform(10, SIDE - height - 10)
    draw, liquid = ImageDraw.Draw(image), colour(rng, 30, 200)
    draw.rectangle((x, y + height * (1 - level * 0.95), x + width, y + height), fill=liquid)
    draw.rectangle((x, y, x + width, y + height), outline=(250, 250, 250), width=3)
    return image, level


def sun_height(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How high a disc stands over a horizon."""
    horizon = rng.uniform(0.7, 0.85) * SIDE
    image = Image.new("RGB", (SIDE, SIDE), colour(rng, 120, 220))
    draw, radius, x = ImageDraw.Draw(image), rng.uniform(10, 26), rng.uniform(30, SIDE - 30)
    y = horizon - radius - level * (horizon - 2 * radius)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour(rng, 200))
    draw.rectangle((0, horizon, SIDE, SIDE), fill=colour(rng, 20, 110))
    return grain(image, rng, 4), level


def cracks(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How many cracks run over a wall."""
    image, count = grain(backdrop(rng, 150, 220), rng, 10), round(level * 14)
    draw, shade = ImageDraw.Draw(image), colour(rng, 10, 70)
    for _ in range(count):
        steps = rng.normal(0, 12, (12, 2)) + rng.normal(0, 10, 2)
        points = np.cumsum(np.vstack([rng.uniform(0, SIDE, (1, 2)), steps]), axis=0)
        draw.line([tuple(point) for point in points], fill=shade, width=int(rng.integers(1, 4)))
    return image, count


def roundness(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """From thin ellipses to circles, turned any way."""
    image = backdrop(rng)
    for _ in range(rng.integers(1, 4)):
        radius = rng.uniform(25, 60)
        shape = Image.new("L", (SIDE, SIDE))
        ratio, middle = 0.2 + 0.8 * level, SIDE / 2
        ImageDraw.Draw(shape).ellipse(
            (middle - radius, middle - radius * ratio, middle + radius, middle + radius * ratio), fill=255
        )
        shift = tuple(rng.uniform(-60, 60, 2))
        turned = shape.rotate(rng.uniform(0, 180), Image.Resampling.BICUBIC, translate=shift)
        image.paste(colour(rng, 0, 256), mask=turned)
    return image, level


def tilt(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How steeply a pattern of stripes falls, from level to upright."""
    y, x = np.mgrid[:SIDE, :SIDE]
    angle, length = level * np.pi / 2, rng.uniform(8, 30)
    wave = np.sin((x * np.sin(angle) + y * np.cos(angle)) * 2 * np.pi / length + rng.uniform(0, 6))[..., None]
    mixed = np.array(colour(rng)) * (wave + 1) / 2 + np.array(colour(rng)) * (1 - wave) / 2
    return grain(Image.fromarray(mixed.clip(0, 255).astype(np.uint8)), rng, 10), level


def crowding(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How near to each other a fixed number of squares stand."""
    image, spread = backdrop(rng), 18 + (1 - level) * 70
    draw, middle, shade = ImageDraw.Draw(image), rng.uniform(90, SIDE - 90, 2), colour(rng, 0, 256)
    for x, y in middle + rng.normal(0, spread, (14, 2)):
        draw.rectangle((x - 7, y - 7, x + 7, y + 7), fill=shade)
    return image, level


def gloss(rng: Rng, level: float) -> tuple[Image.Image, float]:
    """How sharp the highlight on a ball is."""
    y, x = np.mgrid[:SIDE, :SIDE]
    (cx, cy), radius = rng.uniform(90, SIDE - 90, 2), rng.uniform(50, 85)
    inside = np.square(x - cx) + np.square(y - cy) < radius**2
    far = np.hypot(x - cx + radius * 0.35, y - cy + radius * 0.35) / radius
    body = np.array(colour(rng, 40, 180)) * (1 - 0.4 * far[..., None]).clip(0.2)
    shine = 255 * np.exp(-np.square(far * (1 + 7 * level)))[..., None] * (0.25 + 0.75 * level)
    picture = np.asarray(backdrop(rng), np.float64).copy()
    picture[inside] = (body + shine)[inside]
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8)), level


TASKS: dict[str, Callable[[Rng, float], tuple[Image.Image, float]]] = {
    "more dots": dots,
    "riper fruit": ripeness,
    "thicker strokes": stroke_weight,
    "rustier": rust,
    "foggier": fog,
    "fuller glass": fill_level,
    "higher sun": sun_height,
    "more cracks": cracks,
    "rounder": roundness,
    "steeper stripes": tilt,
    "more crowded": crowding,
    "glossier": gloss,
}


def write_tasks(folder: Path, count: int) -> None:
    """Draw `count` pictures of each task, and their labels.csv (image, query, value, split)."""
    rows = []
    for number, (sentence, make) in enumerate(TASKS.items()):
        name = sentence.replace(" ", "_")
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            rng = np.random.default_rng([number, index])
            image, value = make(rng, float(rng.random()))
            image.save(folder / name / f"{index:04}.png")
            rows.append((f"{name}/{index:04}.png", sentence, value, "val" if index % 3 == 2 else "train"))
    with open(folder / "labels.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "query", "value", "split"), *rows])


def read_tasks(folder: Path) -> list[Labelled]:
    """The tasks of a folder that `write_tasks` made."""
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_labelled(sentence, [row for row in rows if row["query"] == sentence]) for sentence in TASKS]


def _labelled(sentence: str, rows: list[dict[str, str]]) -> Labelled:
    return Labelled(
        SmallQuery(sentence, "drawn", ""),
        tuple(row["image"] for row in rows),
        np.array([float(row["value"]) for row in rows]),
        ("",) * len(rows),
        np.array([row["split"] == "train" for row in rows]),
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=700)
    args = parser.parse_args()
    write_tasks(args.folder, args.count)


if __name__ == "__main__":
    main()
