"""Made pictures and made tokens, and a walk over the store as the pipeline takes it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from xxhash import xxh3_64_intdigest, xxh3_128_hexdigest

from imgrank.paths import tokens_dir
from imgrank.records import ImageFile
from imgrank.store import TokenStore, open_store
from imgrank.tokens import PackedTokens, TokenShape

SHAPE = TokenShape(tokens=3, width=5, embedding=7)
FINGERPRINT = "0123456789abcdef"
OLD_NS = 1_500_000_000_000_000_000  # long before any test runs


def folder() -> Path:
    return tokens_dir() / FINGERPRINT


def segment(number: int = 0) -> Path:
    return folder() / f"segment-{number}.tok"


def index() -> Path:
    return folder() / "index.sqlite"


def digest_of(content: bytes) -> str:
    return xxh3_128_hexdigest(content)


def encode(digests: list[str], shape: TokenShape = SHAPE) -> PackedTokens:
    """Tokens that depend on the digest alone, as a backbone's depend on the pixels alone."""
    made = PackedTokens.empty(len(digests), shape)
    for i, digest in enumerate(digests):
        random = np.random.default_rng(xxh3_64_intdigest(digest.encode()))
        made.quantised[i] = random.integers(-127, 128, made.quantised.shape[1:])
        made.scales[i] = random.random(made.scales.shape[1:])
        made.embedding[i] = random.standard_normal(made.embedding.shape[1:])
    return made


def same(a: PackedTokens, b: PackedTokens) -> bool:
    """Bit for bit."""
    pairs = [(a.quantised, b.quantised), (a.scales, b.scales), (a.embedding, b.embedding)]
    return all(x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in pairs)


def write_picture(path: Path, content: bytes, mtime_ns: int = OLD_NS) -> ImageFile:
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return ImageFile(str(path), len(content), mtime_ns)


def write_pictures(where: Path, count: int) -> list[ImageFile]:
    where.mkdir(exist_ok=True)
    return [write_picture(where / f"{i}.jpg", b"picture %d" % i) for i in range(count)]


@dataclass
class Walk:
    """What one walk gave: tokens in input order, how many pictures were encoded, hashed, and what was said."""

    packed: PackedTokens | None = None
    encoded: int = 0
    hashed: int = 0
    notes: list[str] = field(default_factory=list)


def walk(files: list[ImageFile], *, cache: bool = True, batch: int = 4) -> Walk:
    """Open the store, sort `files` as the pipeline does, close it."""
    result = Walk()
    with open_store(FINGERPRINT, SHAPE, cache=cache, note=result.notes.append) as store:
        walk_with(store, files, result, batch)
    return result


def walk_with(store: TokenStore, files: list[ImageFile], result: Walk, batch: int = 4) -> None:
    recalled = store.recall(files)
    digests = [d if d is not None and store.has(d) else None for d in recalled]
    waiting = [i for i, digest in enumerate(digests) if digest is None]
    for start in range(0, len(waiting), batch):
        some = waiting[start : start + batch]
        for i in some:
            digests[i] = digest_of(Path(files[i].path).read_bytes())
        result.hashed += len(some)
        known = [i for i in some if store.has(str(digests[i]))]
        store.remember([files[i] for i in known], [str(digests[i]) for i in known])
        fresh = [i for i in some if i not in known]
        result.encoded += len(fresh)
        names = [str(digests[i]) for i in fresh]
        store.put([files[i] for i in fresh], names, encode(names))
    found = store.read([str(digest) for digest in digests])
    assert not found.missing.any()
    result.packed = found.packed


def expected(files: list[ImageFile]) -> PackedTokens:
    """What a walk must give, whatever the store does."""
    return encode([digest_of(Path(file.path).read_bytes()) for file in files])
