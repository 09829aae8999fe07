"""Pictures to measure with: photographs of any size, pasted together from `examples/photos` with a camera's noise.

Many files come from few pictures: a comment makes each file's bytes its own, and decoding it costs what it costs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from figures import ROOT
from PIL import Image

NOISE = 4.0  # standard deviation, of 255: a small sensor at low light
FROM_A_CAMERA = 2e6  # pixels; what is smaller was made small and lost its noise
Size = tuple[int, int]


def photographs() -> list[Image.Image]:
    """The pictures of `examples/photos`."""
    return [Image.open(path).convert("RGB") for path in sorted((ROOT / "examples" / "photos").glob("*.jpg"))]


def paste_together(photos: Sequence[Image.Image], size: Size, rng: np.random.Generator) -> Image.Image:
    """One photograph over the whole picture, parts of others in their own size upon it, and a camera's noise."""
    width, height = size
    picture = photos[rng.integers(len(photos))].resize(size, Image.Resampling.BICUBIC)
    for _ in range(min(60, width * height // 200_000)):
        part = photos[rng.integers(len(photos))]
        picture.paste(part, (int(rng.integers(width)), int(rng.integers(height))))
    if width * height < FROM_A_CAMERA:
        return picture
    tile = rng.normal(0, NOISE, (min(height, 1024), min(width, 1024), 1)).astype(np.int16)
    rows, columns = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    noise = np.tile(tile, (rows, columns, 1))[:height, :width]
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def jpeg(picture: Image.Image) -> bytes:
    """As cameras write it (quality 90), or the web (85): baseline, 4:2:0."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90 if picture.width * picture.height >= FROM_A_CAMERA else 85)
    return out.getvalue()


def with_comment(data: bytes, number: int) -> bytes:
    """The same JPEG with a comment, so that its hash is its own."""
    text = f"copy {number}".encode()
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[2:]


def small_size(rng: np.random.Generator) -> Size:
    """200 to 300 pixels a side."""
    return int(rng.integers(200, 301)), int(rng.integers(200, 301))


def mixed_size(rng: np.random.Generator) -> Size:
    """A folder of anything: four in five from the web (0.1 to 2 MP), the others from cameras (4 to 24 MP)."""
    megapixels = rng.uniform(0.1, 2) if rng.random() < 0.8 else rng.choice([4, 8, 12, 16, 24])
    return round((megapixels * 1.5e6) ** 0.5), round((megapixels * 1e6 / 1.5) ** 0.5)


CAMERA: Size = (4000, 3000)  # 12 MP


def write_folder(folder: Path, files: int, sizes: Iterator[Size], different: int) -> list[Path]:
    """`files` JPEGs in a new folder, made of `different` pictures of the next sizes."""
    folder.mkdir(parents=True)
    rng, photos = np.random.default_rng(0), photographs()
    sources = [jpeg(paste_together(photos, next(sizes), rng)) for _ in range(min(different, files))]
    paths = [folder / f"{number:05}.jpg" for number in range(files)]
    for number, path in enumerate(paths):
        path.write_bytes(with_comment(sources[number % len(sources)], number))
    return paths
