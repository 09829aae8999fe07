"""One part of an index under each compression: bytes a picture, seconds to write and to read.

    python benchmarks/index_format.py [--crops N]

Tokens are real: random crops of the example photographs through `mini`.
"""

from __future__ import annotations

import argparse
import io
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from imgrank.backbone.load import load_backbone
from imgrank.index.format import ROW_GROUP, TOKEN_COLUMNS, IndexRow, IndexRows, Manifest, to_table, tokens_of
from imgrank.tokens import PackedTokens, TokenShape

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
CODECS = (("none", None), ("lz4", None), ("zstd", 1), ("zstd", 3), ("zstd", 9))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=int, default=40, help="crops of each of the 24 photographs")
    rows, shape = index_rows(parser.parse_args().crops)
    table = to_table(rows, Manifest("mini", "", 0, shape))
    print(f"{len(rows)} pictures, {table.nbytes / len(rows):.0f} bytes each in memory")
    for codec, level in CODECS:
        out = io.BytesIO()
        started = time.perf_counter()
        pq.write_table(
            table,
            out,
            row_group_size=ROW_GROUP,
            compression=codec,
            compression_level=level,
            use_dictionary=["error"],
            write_page_checksum=True,
        )
        written = time.perf_counter()
        read = pq.read_table(io.BytesIO(out.getvalue()), columns=list(TOKEN_COLUMNS), page_checksum_verification=True)
        tokens_of(read, shape)
        seconds = time.perf_counter() - written
        name = f"{codec} {level or ''}".strip()
        size = len(out.getvalue()) / len(rows)
        print(f"{name:8} {size:6.0f} bytes a picture, written {written - started:.3f} s, read {seconds:.3f} s")


def index_rows(crops: int) -> tuple[IndexRows, TokenShape]:
    """Rows of `crops` random crops of each photograph."""
    backbone, rng = load_backbone("mini", "cpu"), np.random.default_rng(0)
    pixels = [crop(Image.open(photo), rng) for photo in sorted(PHOTOS.glob("*.jpg")) for _ in range(crops)]
    packed: PackedTokens = backbone.encode_images(np.stack(pixels))
    rows = tuple(IndexRow(f"photos/{n:06}.jpg", f"{n:032x}", 100_000 + n, n, 640, 480) for n in range(len(pixels)))
    return IndexRows(rows, packed), backbone.shape


def crop(photo: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """A random square of the photograph, as the backbone takes it."""
    side = int(rng.uniform(0.4, 1) * min(photo.size))
    left, top = (int(rng.integers(0, edge - side + 1)) for edge in photo.size)
    square = photo.convert("RGB").crop((left, top, left + side, top + side))
    return np.asarray(square.resize((224, 224), Image.Resampling.BICUBIC))


if __name__ == "__main__":
    main()
