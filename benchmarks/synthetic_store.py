"""Folders of made-up picture files whose tokens stand in the store already: nothing needs to be encoded."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import xxhash

from imgrank.backbone.mini import load_mini
from imgrank.discover import discover
from imgrank.store import open_store
from imgrank.tokens import PackedTokens, TokenShape

AT_ONCE = 4096
LONG_AGO = 1_600_000_000  # seconds; files changed a moment ago are read again, which is not to be measured


def random_tokens(count: int, shape: TokenShape, rng: np.random.Generator) -> PackedTokens:
    """Tokens of `count` pictures with numbers of a usual size."""
    quantised = rng.integers(-90, 91, (count, shape.tokens, shape.width), np.int8)
    scales = rng.uniform(0.01, 0.05, (count, shape.tokens)).astype(np.float16)
    return PackedTokens(quantised, scales, rng.normal(0, 0.03, (count, shape.embedding)).astype(np.float16))


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
            store.put(some, digests[rows], random_tokens(len(some), backbone.shape, rng))
    return digests
