"""Folders of made-up picture files whose tokens stand in the store already: nothing needs to be encoded."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import xxhash
from PIL import Image

from imgrank.backbone.load import load_backbone
from imgrank.backbone.mini import load_mini
from imgrank.discover import discover
from imgrank.store import open_store
from imgrank.tokens import PackedTokens, TokenShape

AT_ONCE = 4096
LONG_AGO = 1_600_000_000  # seconds; files changed a moment ago are read again, which is not to be measured
PHOTOS = Path(__file__).parents[1] / "examples" / "photos"


def random_tokens(count: int, shape: TokenShape, rng: np.random.Generator) -> PackedTokens:
    """Tokens of `count` pictures with numbers of a usual size."""
    quantised = rng.integers(-90, 91, (count, shape.rows, shape.width), np.int8)
    scales = rng.uniform(0.01, 0.05, (count, shape.rows)).astype(np.float16)
    embedding = rng.normal(0, 0.03, (count, shape.embedding)).astype(np.float16)
    return PackedTokens(quantised, scales, embedding, shape.moments)


def likely_tokens(count: int, rng: np.random.Generator) -> PackedTokens:
    """Tokens of `mini` of `count` pictures that are each a real one, a little moved: their kinds are as likely, and
    their bytes as hard to compress."""
    real = _real_tokens()
    packed = real[rng.integers(0, len(real), count)]
    packed.quantised[:] = (packed.quantised + rng.integers(-9, 10, packed.quantised.shape, np.int8)).clip(-127, 127)
    packed.embedding[:] += rng.normal(0, 0.01, packed.embedding.shape).astype(np.float16)
    return packed


@cache
def _real_tokens() -> PackedTokens:
    """Of random crops of the example photographs."""
    rng = np.random.default_rng(0)
    crops = [_crop(Image.open(photo), rng) for photo in sorted(PHOTOS.glob("*.jpg")) for _ in range(20)]
    return load_backbone("mini", "cpu").encode_images(np.stack(crops))


def _crop(photo: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """A random square of the photograph, as the backbone takes it."""
    side = int(rng.uniform(0.4, 1) * min(photo.size))
    left, top = (int(rng.integers(0, edge - side + 1)) for edge in photo.size)
    square = photo.convert("RGB").crop((left, top, left + side, top + side))
    return np.asarray(square.resize((224, 224), Image.Resampling.BICUBIC))


def make_stored_folder(folder: Path, count: int) -> list[str]:
    """`count` small files in a new folder, with tokens in the store of `IMGRANK_HOME`; their digests, in order."""
    folder.mkdir(parents=True)
    contents = [b"\xff\xd8\xff made-up picture %d" % number for number in range(count)]
    for number, content in enumerate(contents):
        path = folder / f"picture-{number:06}.jpg"
        path.write_bytes(content)
        os.utime(path, (LONG_AGO, LONG_AGO))
    files = discover([str(folder)]).files
    digests = [xxhash.xxh3_128_hexdigest(content) for content in contents]
    backbone, rng = load_mini(), np.random.default_rng(0)
    with open_store(backbone.fingerprint, backbone.shape, note=print) as store:
        for start in range(0, count, AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            some = files[rows]
            store.put(some, digests[rows], likely_tokens(len(some), rng))
    return digests
