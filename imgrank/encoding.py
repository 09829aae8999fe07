"""From files to stored tokens: recall what the store knows, decode and encode the rest, in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import xxhash

from imgrank.backbone.contract import Backbone
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, Loaded, load_images
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore
from imgrank.tokens import PackedTokens

FEWEST = 64  # pictures between two writes to the store

Batch = list[tuple[int, Loaded]]  # with their positions


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
    Ctrl-C ends it early, with the result marked partial; where nothing was done yet it goes on up.
    """
    run = _Run(files, backbone, store, mirrored, max_megapixels)
    run.recall()
    try:
        run.encode_missing(progress)
    except KeyboardInterrupt:
        if not run.keys:
            raise
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
        with _Tower(self.backbone, self.mirrored, self._keep) as tower:
            for batch in self._batches(missing, progress):
                tower.encode(batch)

    def _batches(self, missing: Sequence[int], progress: Callable[[Progress], None]) -> Iterator[Batch]:
        """Pictures that need the tower, as many at a time as suit it."""
        batch: Batch = []
        for done, (position, item) in enumerate(zip(missing, self._load(missing), strict=True), 1):
            if isinstance(item, Unreadable):
                self.skipped.append(item)
            elif item.pixels is None:
                self.store.remember([item.file], [item.digest])
                self.keys[position] = self._key(item.digest)
            else:
                batch.append((position, item))
            if batch and (len(batch) >= _at_a_time(self.backbone) or done == len(missing)):
                yield batch
                batch = []
            progress(Progress(done, len(missing), "encoding"))

    def _load(self, missing: Sequence[int]) -> Iterator[Loaded | Unreadable]:
        made = self.backbone.preprocessing
        return load_images(
            [self.files[position] for position in missing],
            made.side,
            made.interpolation,
            is_known=lambda digest: self.store.has(self._key(digest)),
            max_megapixels=self.max_megapixels,
        )

    def result(self) -> Encoded:
        kept = sorted(self.keys)
        return Encoded(
            files=tuple(self.files[position] for position in kept),
            keys=tuple(self.keys[position] for position in kept),
            skipped=tuple(self.skipped),
            fresh=self.fresh,
            partial=self.partial,
        )

    def _keep(self, batch: Batch, packed: PackedTokens) -> None:
        files, digests = [item.file for _, item in batch], [item.digest for _, item in batch]
        keys = [self._key(digest) for digest in digests]
        self.store.put(files, keys, packed)
        if self.mirrored:
            self.store.remember(files, digests)
        self.keys.update(zip((position for position, _ in batch), keys, strict=True))
        self.fresh += len(batch)

    def _key(self, digest: str) -> str:
        return xxhash.xxh3_128_hexdigest(f"mirrored {digest}".encode()) if self.mirrored else digest


class _Tower:
    """Takes batches in turn, and gives each to `keep` with its tokens.

    A GPU works in a thread of its own while the next batch gathers; the processor is busy with pictures anyway.
    """

    def __init__(self, backbone: Backbone, mirrored: bool, keep: Callable[[Batch, PackedTokens], None]) -> None:
        self._backbone, self._mirrored, self._keep = backbone, mirrored, keep
        self._thread = None if backbone.device == "cpu" else ThreadPoolExecutor(1, thread_name_prefix="imgrank-encode")
        self._running: tuple[Batch, Future[PackedTokens]] | None = None

    def encode(self, batch: Batch) -> None:
        """Begin this batch; the one before is kept when this returns."""
        if self._thread is None:
            self._keep(batch, self._tokens(batch))
            return
        before, self._running = self._running, (batch, self._thread.submit(self._tokens, batch))
        _settle(before, self._keep)

    def __enter__(self) -> _Tower:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            _settle(self._running, self._keep)

    def _tokens(self, batch: Batch) -> PackedTokens:
        pixels = np.stack([item.pixels for _, item in batch if item.pixels is not None])
        return self._backbone.encode_images(pixels[:, :, ::-1] if self._mirrored else pixels)


def _settle(running: tuple[Batch, Future[PackedTokens]] | None, keep: Callable[[Batch, PackedTokens], None]) -> None:
    if running is not None:
        keep(running[0], running[1].result())


def _at_a_time(backbone: Backbone) -> int:
    """The least multiple of what the backbone runs at once that is worth a write."""
    return -(-FEWEST // backbone.batch_size) * backbone.batch_size
