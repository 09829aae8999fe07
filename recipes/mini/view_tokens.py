"""Packed tokens as rows of bytes, for arrays on disk that grow; and tokens of pictures at hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.backbone.mini import load_mini
from imgrank.tokens import PackedTokens, TokenShape, joined

BATCH = 64


def pack_rows(packed: PackedTokens) -> npt.NDArray[np.uint8]:
    """(N, bytes of one picture): tokens, scales, embedding."""
    parts = (packed.quantised, packed.scales, packed.embedding)
    return np.hstack([np.ascontiguousarray(part).reshape(len(packed), -1).view(np.uint8) for part in parts])


def unpack_rows(rows: npt.NDArray[np.uint8], shape: TokenShape) -> PackedTokens:
    """What `pack_rows` packed."""
    ends = np.cumsum([shape.rows * shape.width, 2 * shape.rows])
    tokens, scales, embedding = (np.ascontiguousarray(part) for part in np.split(rows, ends, axis=1))
    quantised = tokens.view(np.int8).reshape(-1, shape.rows, shape.width)
    return PackedTokens(quantised, scales.view(np.float16), embedding.view(np.float16), shape.moments)


def tokens_of_pictures(pictures: npt.NDArray[np.uint8]) -> PackedTokens:
    """Packed tokens of (N, 224, 224, 3) uint8."""
    backbone = load_mini()
    return joined([backbone.encode_images(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)])
