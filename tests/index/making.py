"""Made pictures, a backbone whose tokens depend on the pixels alone, and what an index must hold of them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from imgrank.discover import discover
from imgrank.index.building import Built, IndexOptions, build_index
from imgrank.index.locations import Location
from imgrank.index.reading import Indexed, open_indexes
from imgrank.index.sources import ALL, Shard, find_items
from imgrank.order import order
from tests.fakes import FakeBackbone


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8 + number, 6), (number * 20 % 256, number // 12, 0)).save(out, "PNG")
    return out.getvalue()


def write_pictures(folder: Path, count: int) -> Path:
    """Pictures of which every third is the one before it again, so that scores tie."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"img{number}.png").write_bytes(picture(number - (number % 3 == 2)))
    return folder


def build(source: Path | str, out: Path | str, backbone=None, *, shard: Shard = ALL, **options) -> Built:
    given = {name: options.pop(name) for name in ("part_rows", "max_megapixels", "detail") if name in options}
    chosen = IndexOptions(**{"part_rows": 4} | given)
    items = find_items([str(source)], shard=shard)
    return build_index(items, Location(out), backbone or FakeBackbone(), options=chosen, **options)


def opened(*locations: Path | str) -> Indexed:
    return open_indexes([str(location) for location in locations], FakeBackbone.fingerprint, "fake")


def tokens(indexed: Indexed) -> dict[str, bytes]:
    """By path, all bits of its tokens."""
    blocks, names = list(indexed.blocks()), iter(indexed.paths)
    found = {
        next(names): block.quantised[n].tobytes() + block.scales[n].tobytes() + block.embedding[n].tobytes()
        for block in blocks
        for n in range(len(block))
    }
    assert len(found) == len(indexed.paths) == sum(map(len, blocks))
    return found


def expected(source: Path) -> dict[str, bytes]:
    """The same, made one picture at a time without an index."""
    from imgrank.decode import decode_bytes

    found = {}
    for file in discover([str(source)]).files:
        pixels = decode_bytes(Path(file.path).read_bytes(), file.path, 8, "bicubic")
        one = FakeBackbone().encode_images(pixels[None])
        found[file.path] = one.quantised[0].tobytes() + one.scales[0].tobytes() + one.embedding[0].tobytes()
    return found


def ordered(indexed: Indexed) -> tuple:
    """The order by a score that many pictures share."""
    scores = np.concatenate([block.quantised[:, 0, 0] % 3 for block in indexed.blocks()]).astype(float)
    return order(scores.tolist(), list(indexed.paths)), indexed.skipped
