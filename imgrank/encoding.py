"""From files to stored tokens: recall what the store knows, decode and encode the rest, in input order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import xxhash

from imgrank.backbone.contract import Backbone
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, Loaded, load_images
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore

BATCH = 64  # pictures between two writes to the store


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pictures whose tokens stand in the store, in input order, and what was left out.

    `keys` name their rows in the store; `fresh` counts the pictures that ran through the image tower;
    `partial` is True after an interruption.
    """

    files: tuple[ImageFile, ...]
    keys: tuple[str, ...]
    skipped: tuple[Unreadable, ...]
    fresh: int
    partial: bool = False


def encode_files(
    files: Sequence[ImageFile],
    backbone: Backbone,
    store: TokenStore,
    progress: Callable[[Progress], None],
    mirrored: bool = False,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
) -> Encoded:
    """Make sure that the store holds tokens of every readable file, or of its mirror image.

    Pictures of more than `max_megapixels` are not decoded but left out, unless their tokens are stored already.
    Ctrl-C ends it early, with the result marked partial.
    """
    run = _Run(files, backbone, store, mirrored, max_megapixels)
    run.recall()
    try:
        run.encode_missing(progress)
    except KeyboardInterrupt:
        run.partial = True
    return run.result()


@dataclass(slots=True)
class _Run:
    """One walk over the files; `keys` and `skipped` grow as pictures are done, by position in `files`."""

    files: Sequence[ImageFile]
    backbone: Backbone
    store: TokenStore
    mirrored: bool
    max_megapixels: float
    keys: dict[int, str] = field(default_factory=dict)
    skipped: list[Unreadable] = field(default_factory=list)
    fresh: int = 0
    partial: bool = False

    def recall(self) -> None:
        """Take what the store knows by path, size and time."""
        for position, digest in enumerate(self.store.recall(self.files)):
            if digest is not None and self.store.has(self._key(digest)):
                self.keys[position] = self._key(digest)

    def encode_missing(self, progress: Callable[[Progress], None]) -> None:
        """Read what is not known yet; encode what is not known by its content either."""
        missing = [position for position in range(len(self.files)) if position not in self.keys]
        made = self.backbone.preprocessing
        loaded = load_images(
            [self.files[position] for position in missing],
            made.side,
            made.interpolation,
            is_known=lambda digest: self.store.has(self._key(digest)),
            max_megapixels=self.max_megapixels,
        )
        batch: list[tuple[int, Loaded]] = []
        for done, (position, item) in enumerate(zip(missing, loaded, strict=True), 1):
            if isinstance(item, Unreadable):
                self.skipped.append(item)
            elif item.pixels is None:
                self.store.remember([item.file], [item.digest])
                self.keys[position] = self._key(item.digest)
            else:
                batch.append((position, item))
            if len(batch) == BATCH or (batch and done == len(missing)):
                self._encode(batch)
                batch = []
            progress(Progress(done, len(missing), "encoding"))

    def result(self) -> Encoded:
        kept = sorted(self.keys)
        return Encoded(
            files=tuple(self.files[position] for position in kept),
            keys=tuple(self.keys[position] for position in kept),
            skipped=tuple(self.skipped),
            fresh=self.fresh,
            partial=self.partial,
        )

    def _encode(self, batch: Sequence[tuple[int, Loaded]]) -> None:
        pixels = np.stack([item.pixels for _, item in batch if item.pixels is not None])
        packed = self.backbone.encode_images(pixels[:, :, ::-1] if self.mirrored else pixels)
        files, digests = [item.file for _, item in batch], [item.digest for _, item in batch]
        keys = [self._key(digest) for digest in digests]
        self.store.put(files, keys, packed)
        if self.mirrored:
            self.store.remember(files, digests)
        self.keys.update(zip((position for position, _ in batch), keys, strict=True))
        self.fresh += len(batch)

    def _key(self, digest: str) -> str:
        return xxhash.xxh3_128_hexdigest(f"mirrored {digest}".encode()) if self.mirrored else digest
