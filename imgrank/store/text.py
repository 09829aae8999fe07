"""Text tokens by sentence: one small checksummed file each."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
from xxhash import xxh3_64_intdigest, xxh3_128_hexdigest

from imgrank.atomic import write_atomic
from imgrank.paths import text_dir
from imgrank.tokens import TextTokens

_VERSION = 3  # raise it when the layout changes, or the last digits of what is made
_HEAD = struct.Struct("<Q4I")  # checksum, L, D_t, E, and 1 where states half-way up follow the tokens


class TextStore:
    """Text tokens of one backbone. Any fault is a miss, and nothing is ever raised for it."""

    def __init__(self, fingerprint: str) -> None:
        self._folder = text_dir() / fingerprint

    def get(self, sentence: str) -> TextTokens | None:
        """The tokens of a sentence, or None."""
        try:
            data = self._path(sentence).read_bytes()
            checksum, length, width, embedding, has_middle = _HEAD.unpack_from(data)
        except (OSError, struct.error):
            return None
        body, count = data[8:], length * width
        if len(data) != _HEAD.size + 4 * (count * (1 + has_middle) + embedding) or checksum != self._checksum(
            sentence, body
        ):
            return None
        values = np.frombuffer(data, "<f4", offset=_HEAD.size).astype(np.float32)
        tokens, *middle = values[: len(values) - embedding].reshape(1 + has_middle, length, width)
        return TextTokens(tokens, values[len(values) - embedding :], middle=middle[0] if middle else None)

    def put(self, sentence: str, text: TextTokens) -> None:
        """Keep the tokens of a sentence."""
        sizes = struct.pack("<4I", *text.tokens.shape, len(text.embedding), text.middle is not None)
        parts = [text.tokens, *([] if text.middle is None else [text.middle]), text.embedding]
        body = sizes + b"".join(part.astype("<f4").tobytes() for part in parts)
        path = self._path(sentence)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, struct.pack("<Q", self._checksum(sentence, body)) + body)

    def _path(self, sentence: str) -> Path:
        return self._folder / f"{xxh3_128_hexdigest(_bytes(sentence))}.tok"

    def _checksum(self, sentence: str, body: bytes) -> int:
        # Seeded with all that the tokens depend on: a whole file of another sentence fails too.
        owner = f"{_VERSION} {self._folder.name} {sentence}"
        return xxh3_64_intdigest(body, xxh3_64_intdigest(_bytes(owner)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
