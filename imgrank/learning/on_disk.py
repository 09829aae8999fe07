"""Tokens of more pictures than memory holds: in a file that is read where it is looked at, and gone with its reader."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imgrank.paths import tokens_dir
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.tokens import PackedTokens, TokenShape

if TYPE_CHECKING:
    from imgrank.learning.dataset import TokenSource

SHARE_OF_MEMORY = 0.25
PIECE = 2048  # pictures encoded between two writes
UNKNOWN_MEMORY = 8 << 30  # where the system does not tell


@dataclass(frozen=True, slots=True)
class Read:
    """Pictures with their tokens, in memory or on disk; and those that could not be read."""

    files: tuple[ImageFile, ...]
    packed: PackedTokens
    skipped: tuple[Unreadable, ...]


def read_tokens(
    source: TokenSource,
    images: Sequence[str],
    mirrored: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    most: int | None = None,
) -> Read:
    """Tokens of pictures; where they would take more than `most` bytes (a quarter of the memory), they stay on disk."""
    if len(images) * row_bytes(source.backbone.shape) <= (memory_for_tokens() if most is None else most):
        whole = source.encode(images, mirrored=mirrored, progress=progress)
        return Read(whole.files, whole.packed, whole.skipped)
    return _in_pieces(source, images, mirrored, progress)


def row_bytes(shape: TokenShape) -> int:
    """What a picture's tokens take."""
    return shape.rows * (shape.width + 2) + 2 * shape.embedding


def memory_for_tokens() -> int:
    """Bytes that tokens may take in memory."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        whole = UNKNOWN_MEMORY
    return int(SHARE_OF_MEMORY * whole)


def _in_pieces(
    source: TokenSource, images: Sequence[str], mirrored: bool, progress: Callable[[Progress], None]
) -> Read:
    packed = mapped(len(images), source.backbone.shape)
    files: list[ImageFile] = []
    skipped: list[Unreadable] = []
    for start in range(0, len(images), PIECE):

        def of_all(done: Progress, start: int = start) -> None:
            progress(replace(done, done=start + done.done, total=len(images)))

        piece = source.encode(images[start : start + PIECE], mirrored=mirrored, progress=of_all)
        rows = slice(len(files), len(files) + len(piece.files))
        packed.quantised[rows], packed.scales[rows] = piece.packed.quantised, piece.packed.scales
        packed.embedding[rows] = piece.packed.embedding
        files += piece.files
        skipped += piece.skipped
    return Read(tuple(files), packed[: len(files)], tuple(skipped))


def mapped(count: int, shape: TokenShape) -> PackedTokens:
    """Room for `count` pictures in files that no folder lists; their bytes are memory that the system may drop."""
    folder = tokens_dir()
    folder.mkdir(parents=True, exist_ok=True)
    columns: list[npt.NDArray[Any]] = []
    sizes = ((shape.rows, shape.width), (shape.rows,), (shape.embedding,))
    for kind, size in zip((np.int8, np.float16, np.float16), sizes, strict=True):
        file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the map holds it open as long as it is read
        columns.append(np.memmap(file, dtype=kind, mode="w+", shape=(count, *size)))
    return PackedTokens(columns[0], columns[1], columns[2], shape.moments)
