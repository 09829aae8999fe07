"""What detail at full size tells apart, and how fast it is measured.

    python benchmarks/detail.py FOLDER [--crop MEGAPIXELS] [--side N] [--adapter]

FOLDER holds photographs as a camera wrote them. Of the brightness of each a copy as it is and blurred, shaken, noisy
and compressed ones are made, all JPEG of quality 95. AUC is over pairs of different scenes: how often the photograph
stands on the right side of another one's copy. A burst is five frames of one scene, one of them not blurred, each moved
a little and with noise of its own. A second table has the same of the variance of a plain Laplacian. `--crop` cuts so
many megapixels from the middle, to save time, and `--side` shrinks the photographs so that the longer side has N
pixels; `--adapter` asks the trained ranker the same, on tokens of 224 pixels.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import convolve, convolve1d, gaussian_filter, laplace

from imgrank.decode import measure_pixels
from imgrank.detail.measure import measure
from imgrank.detail.qualities import Quality, amount

Pixels = npt.NDArray[np.float32]
Change = Callable[[Pixels, np.random.Generator], Pixels]
QUALITY = 95
FRAMES, BURSTS = 5, 2


def blurred(pixels: Pixels, _: np.random.Generator, sigma: float) -> Pixels:
    """Out of focus by so many pixels."""
    return gaussian_filter(pixels, sigma, truncate=3.0)


def shaken(pixels: Pixels, _: np.random.Generator, length: int, axis: int) -> Pixels:
    """Moved by so many pixels."""
    return convolve1d(pixels, np.ones(length, np.float32) / length, axis)


def shaken_slanting(pixels: Pixels, _: np.random.Generator, length: float) -> Pixels:
    """Moved by so many pixels along a diagonal."""
    places = np.linspace(-0.5, 0.5, 65) * length / 2**0.5
    near = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(-2, 3)))  # (places, 5) shares of whole pixels
    line = np.einsum("pi,pj->ij", near, near).astype(np.float32) / len(places)
    return convolve(pixels, line)


def noisy(pixels: Pixels, random: np.random.Generator, sigma: float) -> Pixels:
    """Noise of `sigma` levels in middle grey, more in bright parts."""
    return pixels + random.standard_normal(pixels.shape, np.float32) * sigma * np.sqrt(0.25 + 0.75 * pixels / 128)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was done, and the quality in which the photograph then differs, by sign."""

    name: str
    quality: Quality
    sign: float
    change: Change | None
    jpeg: int = QUALITY


SHARP, NOISE, MOTION, BLOCKS = Quality.sharpness, Quality.noise, Quality.motion, Quality.blocks
ROWS = (
    *(Row(f"blur, sigma {s} px", SHARP, -1, partial(blurred, sigma=s)) for s in (1, 2, 4)),
    Row("motion, 2 px across", SHARP, -1, partial(shaken, length=2, axis=1)),
    Row("motion, 2 px down", SHARP, -1, partial(shaken, length=2, axis=0)),
    Row("motion, 2 px slanting", SHARP, -1, partial(shaken_slanting, length=2)),
    Row("motion, 6 px across", SHARP, -1, partial(shaken, length=6, axis=1)),
    Row("motion, 12 px down", SHARP, -1, partial(shaken, length=12, axis=0)),
    Row("motion, 12 px down", MOTION, 1, partial(shaken, length=12, axis=0)),
    *(Row(f"noise, sigma {s}", NOISE, 1, partial(noisy, sigma=s)) for s in (2, 4, 8)),
    Row("noise, sigma 4", SHARP, -1, partial(noisy, sigma=4)),
    Row("JPEG quality 30", BLOCKS, 1, None, 30),
)


def jpeg(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    Image.fromarray(np.rint(pixels).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def copies(pixels: Pixels, random: np.random.Generator) -> Iterator[bytes]:
    """The photograph, then a copy for each row; equal changes are made once."""
    yield jpeg(pixels)
    made: dict[str, bytes] = {}
    for row in ROWS:
        if row.name not in made:
            made[row.name] = jpeg(row.change(pixels, random) if row.change else pixels, row.jpeg)
        yield made[row.name]


def auc(photographs: npt.NDArray[np.float64], changed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N,) of each photograph, the share of other scenes' copies that it stands above."""
    others = ~np.eye(len(photographs), dtype=bool)
    above = (photographs[:, None] > changed) + 0.5 * (photographs[:, None] == changed)
    return np.array([above[n][others[n]].mean() for n in range(len(photographs))])


def burst(pixels: Pixels, random: np.random.Generator) -> list[bytes]:
    """Five frames of one scene, the first one sharp."""
    frames = []
    for frame in range(FRAMES):
        top, left = random.integers(0, 9, 2)
        moved = pixels[top : top + pixels.shape[0] - 8, left : left + pixels.shape[1] - 8]
        if frame and random.random() < 0.5:
            moved = blurred(moved, random, random.uniform(0.8, 3))
        elif frame:
            moved = shaken(moved, random, int(random.integers(3, 13)), int(random.integers(0, 2)))
        frames.append(jpeg(noisy(moved, random, 1.5)))
    return frames


def read(path: Path, side: int | None, crop: float | None) -> Pixels:
    """The photograph's brightness."""
    with Image.open(path) as image:
        picture = image.convert("L")
    if crop and (part := (crop * 1e6 / (picture.width * picture.height)) ** 0.5) < 1:
        width, height = round(picture.width * part), round(picture.height * part)
        left, top = (picture.width - width) // 2, (picture.height - height) // 2
        picture = picture.crop((left, top, left + width, top + height))
    if side:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32)


def by_detail(files: list[bytes]) -> dict[Quality, npt.NDArray[np.float64]]:
    """Of each file the amount of each quality."""
    measured = [measure_pixels(data, "made.jpg", measure) for data in files]
    detail = np.stack(measured).astype(np.float16).astype(np.float32)
    return {quality: amount(quality, detail) for quality in Quality}


def by_laplacian(files: list[bytes]) -> npt.NDArray[np.float64]:
    """Of each file how much a plain Laplacian of all its pixels varies."""
    pictures = (np.asarray(Image.open(io.BytesIO(data)), np.float32) for data in files)
    return np.array([laplace(picture).var() for picture in pictures], np.float64)


def by_adapter(files: list[bytes]) -> dict[Quality, npt.NDArray[np.float64]]:
    """As `by_detail`, from the trained queries; motion counts as blur."""
    from imgrank import Ranker

    said = {SHARP: ("blurry", -1), MOTION: ("blurry", 1), NOISE: ("noisy", 1), BLOCKS: ("jpeg artifacts", 1)}
    found = {}
    with tempfile.TemporaryDirectory() as folder, Ranker(adapter="mini-adapter") as ranker:
        for n, data in enumerate(files):
            Path(folder, f"{n}.jpg").write_bytes(data)
        for quality, (sentence, sign) in said.items():
            scores = {int(Path(image.path).stem): image.score for image in ranker.rank([folder], sentence).images}
            found[quality] = sign * np.array([scores[n] for n in range(len(files))])
    return found


def table(found: dict[Quality, npt.NDArray[np.float64]], names: list[str], head: str) -> None:
    """Print the AUC of each row, and the scenes that it fails for."""
    print(f"\n| {head} | asked for | AUC | scenes below .8 |\n|---|---|--:|---|")
    for n, row in enumerate(ROWS, 1):
        if row.quality not in found:
            continue
        values = found[row.quality].reshape(len(names), -1) * -row.sign
        by_scene = auc(values[:, 0], values[:, n])
        low = ", ".join(f"{name} {share:.2f}" for name, share in zip(names, by_scene, strict=True) if share < 0.8)
        print(f"| {row.name} | {row.quality.value} | {by_scene.mean():.3f} | {low} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--crop", type=float)
    options.add_argument("--side", type=int)
    options.add_argument("--adapter", action="store_true")
    asked = options.parse_args()
    paths = sorted(path for path in asked.folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".webp"})
    random, files, first, tried = np.random.default_rng(0), [], 0, 0
    spent = pixels_measured = 0.0
    details: dict[Quality, list[npt.NDArray[np.float64]]] = {quality: [] for quality in Quality}
    plain = []
    for path in paths:
        pixels = read(path, asked.side, asked.crop)
        made = list(copies(pixels, random))
        started = time.process_time()
        found = by_detail(made)
        spent += time.process_time() - started
        pixels_measured += len(made) * pixels.shape[0] * pixels.shape[1]
        for quality, values in found.items():
            details[quality].append(values)
        plain.append(by_laplacian(made))
        files += made if asked.adapter else []
        for _ in range(BURSTS):
            tried += 1
            first += int(by_detail(burst(pixels, random))[SHARP].argmax() == 0)
        print(f"{path.name}: {pixels.shape[1]} x {pixels.shape[0]}", file=sys.stderr, flush=True)
    names = [path.stem for path in paths]
    table({quality: np.concatenate(values) for quality, values in details.items()}, names, "detail at full size")
    table({SHARP: np.concatenate(plain)}, names, "plain Laplacian")
    if asked.adapter:
        table(by_adapter(files), names, "trained ranker, 224 px")
    print(f"\nBursts of {FRAMES}: the sharp frame first in {first} of {tried}.")
    rate = pixels_measured / 12e6 / spent
    print(f"Decoding and measuring: {rate:.1f} pictures of 12 megapixels a second of one core.")


if __name__ == "__main__":
    main()
