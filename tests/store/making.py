"""Made pictures and made tokens, and the pipeline's own walk over the store."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from PIL import Image
from xxhash import xxh3_128_digest, xxh3_128_hexdigest

from imgrank.backbone.contract import Preprocessing
from imgrank.encoding import encode_files
from imgrank.paths import tokens_dir
from imgrank.records import ImageFile, Progress
from imgrank.store import TokenStore, View, open_store
from imgrank.tokens import PackedTokens, TextTokens, TokenShape
from tests.fakes import tokens_by

SIDE = 4
SHAPE = TokenShape(tokens=3, width=5, embedding=7)
FINGERPRINT = "0123456789abcdef"
OLD_NS = 1_500_000_000_000_000_000  # long before any test runs


def folder() -> Path:
    return tokens_dir() / FINGERPRINT


def segment(number: int = 0) -> Path:
    return folder() / f"segment-{number}.tok"


def index() -> Path:
    return folder() / "index.sqlite"


def picture_of(content: bytes) -> bytes:
    """A bitmap of one size whose pixels are a hash of `content`."""
    return _bitmap(xxh3_128_digest(content))


def _bitmap(seed: bytes) -> bytes:
    pixels = np.frombuffer(seed * SIDE, np.uint8)[: 3 * SIDE**2].reshape(SIDE, SIDE, 3)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "BMP")
    return out.getvalue()


def digest_of(content: bytes) -> str:
    """The hash of that picture's file."""
    return xxh3_128_hexdigest(picture_of(content))


class Tower:
    """A backbone that knows which file its pixels stood in, and gives the tokens that `encode` gives."""

    name, fingerprint, shape, text_width, device = "fake", FINGERPRINT, SHAPE, 1, "cpu"
    preprocessing = Preprocessing(SIDE, (0.0,) * 3, (1.0,) * 3, "bicubic")

    def __init__(self, batch_size: int = 16) -> None:
        self.batch_size, self.encoded = batch_size, 0

    def encode_images(self, pixels: npt.NDArray[np.uint8]) -> PackedTokens:
        self.encoded += len(pixels)
        return encode([xxh3_128_hexdigest(_bitmap(picture.tobytes()[:16])) for picture in pixels])

    def encode_sentence(self, sentence: str) -> TextTokens:
        raise NotImplementedError

    def kinds(self, sentence):
        return None


def encode(digests: list[str], shape: TokenShape = SHAPE) -> PackedTokens:
    """Tokens that depend on the digest alone, as a backbone's depend on the pixels alone."""
    return tokens_by([digest.encode() for digest in digests], shape)


def same(a: PackedTokens, b: PackedTokens) -> bool:
    """Bit for bit."""
    pairs = [(a.quantised, b.quantised), (a.scales, b.scales), (a.embedding, b.embedding)]
    return all(x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in pairs)


def write_picture(path: Path, content: bytes, mtime_ns: int = OLD_NS) -> ImageFile:
    data = picture_of(content)
    path.write_bytes(data)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return ImageFile(str(path), len(data), mtime_ns)


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


def walk(files: list[ImageFile], *, cache: bool = True, batch: int = 16) -> Walk:
    """Open the store, encode `files` as the pipeline does, `batch` at a time between two writes, close it."""
    result = Walk()
    with open_store(FINGERPRINT, SHAPE, cache=cache, note=result.notes.append) as store:
        walk_with(store, files, result, batch=batch)
    return result


def walk_with(
    store: TokenStore, files: list[ImageFile], result: Walk, view: View = View.plain, batch: int = 16
) -> None:
    def count(progress: Progress) -> None:
        result.hashed = progress.total

    tower = Tower(batch)
    with patch("imgrank.encode.FEWEST", batch):
        encoded = encode_files(files, tower, store, count, view)
    assert encoded.files == tuple(files) and not encoded.skipped
    found = store.read(encoded.digests, view)
    assert not found.missing.any()
    result.packed, result.encoded = found.packed, tower.encoded


def expected(files: list[ImageFile]) -> PackedTokens:
    """What a walk must give, whatever the store does."""
    return encode([xxh3_128_hexdigest(Path(file.path).read_bytes()) for file in files])
