"""Tokens of an index in place of a Ranker's: what training and evaluation ask for, with no picture at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from imgrank.detail.measure import WIDTH, Detail
from imgrank.errors import UsageError
from imgrank.pictures import EncodedPictures
from imgrank.ranker import Ranker
from imgrank.records import ImageFile, Progress, Unreadable


class IndexTokens:
    """Tokens of an index in place of a Ranker's: what training and evaluation ask for, with no picture at hand.

    The ranker is the caller's to close. Raises what `Ranker.open_index` raises.
    """

    def __init__(self, ranker: Ranker, where: str | Path) -> None:
        self.backbone = ranker.backbone
        self.sentence = ranker.sentence
        self.pictures = ranker.open_index(where)

    def encode(
        self,
        files: Sequence[str | Path],
        *,
        mirrored: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> EncodedPictures:
        """Tokens of those pictures that the index holds, in the order asked; the others are named. No mirror images."""
        if mirrored:
            raise UsageError("An index holds no mirrored images.")
        known, reasons = set(self.pictures.paths), {bad.path: bad.reason for bad in self.pictures.skipped}
        asked = [str(file) for file in files]
        found = [path for path in asked if path in known]
        lost = (Unreadable(path, reasons.get(path, "it is not in the index")) for path in asked if path not in known)
        packed = self.pictures.read(found)
        progress(Progress(len(asked), len(asked), "reading"))
        return EncodedPictures(tuple(ImageFile(path, 0, 0) for path in found), packed, tuple(lost))

    def detail_of(
        self, files: Sequence[str | Path], *, progress: Callable[[Progress], None] = lambda _: None
    ) -> Detail:
        """As `Ranker.detail_of`; an index holds no detail, so that no number is one."""
        return np.full((len(files), WIDTH), np.nan, np.float32)
