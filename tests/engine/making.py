"""Indexes of made-up tokens, with ties, unreadable rows and names that sort badly; and what is printed of an order."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from imgrank.backbone.contract import Backbone
from imgrank.backbone.fingerprint import TOKENS_VERSION
from imgrank.choices import Format
from imgrank.index.format import IndexRow, IndexRows, Manifest
from imgrank.index.locations import Location
from imgrank.output.write import write
from imgrank.records import RankedImage, Ranking
from imgrank.tokens import PackedTokens


def manifest_of(backbone: Backbone) -> Manifest:
    return Manifest(backbone.name, backbone.fingerprint, TOKENS_VERSION, backbone.shape)


def make_index(where: Path | str, backbone: Backbone, count: int, part_rows: int, seed: int = 0) -> Path | str:
    """`count` rows in parts of `part_rows`; every third row has the tokens of another, every seventh none."""
    location, manifest = Location(where), manifest_of(backbone)
    location.write_manifest(manifest)
    draw = np.random.default_rng(seed)
    for start in range(0, count, part_rows):
        numbers = range(start, min(start + part_rows, count))
        rows = tuple(row_of(number) for number in numbers)
        packed = PackedTokens.empty(sum(row.error is None for row in rows), backbone.shape)
        for n in range(len(packed)):
            source = np.random.default_rng(int(draw.integers(6))) if draw.random() < 0.3 else draw
            packed.quantised[n] = source.integers(-127, 128, packed.quantised.shape[1:])
            packed.scales[n] = source.random(packed.scales.shape[1:])
            packed.embedding[n] = source.standard_normal(packed.embedding.shape[1:])
        location.write_part(IndexRows(rows, packed), manifest)
    return where


def row_of(number: int) -> IndexRow:
    name = f"img{number * 37 % 1009}\udcff.jpg" if number % 5 == 0 else f"album {number % 4}/img{number}.jpg"
    if number % 7 == 6:
        return IndexRow(name, None, 10 if number % 2 else None, error="the file is empty")
    return IndexRow(name, f"{number:032x}", 10)


def printed(ranking: Ranking, images: Iterable[RankedImage]) -> str:
    """All that the csv format says of an order."""
    out = io.StringIO()
    write(ranking, images, Format.csv, out)
    return out.getvalue()
