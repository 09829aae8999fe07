"""From files to stored tokens: recall what the store knows, decode and encode the rest, in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from imgrank.backbone.contract import Backbone, together
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, Loaded, load_images
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore, View
from imgrank.tokens import PackedTokens

FEWEST = 64  # pictures between two writes to the store

Batch = list[tuple[int, Loaded]]  # with their positions


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pictures whose tokens stand in the store, in input order, and what was left out.

    `digests` and `view` name their rows in the store; `fresh` counts the pictures that ran through the image tower,
    `changed` the files whose bytes are others than their size and time led to, where all were read;
    `partial` is True after an interruption.
    """

    files: tuple[ImageFile, ...]
    digests: tuple[str, ...]
    view: View
    skipped: tuple[Unreadable, ...]
    fresh: int
    changed: int = 0
    partial: bool = False

    def only(self, kept: Sequence[int]) -> Encoded:
        """The same with the pictures at those positions alone."""
        return replace(self, files=tuple(self.files[n] for n in kept), digests=tuple(self.digests[n] for n in kept))


def encode_files(
    files: Sequence[ImageFile],
    backbone: Backbone,
    store: TokenStore,
    progress: Callable[[Progress], None],
    view: View = View.plain,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    verify: bool = False,
) -> Encoded:
    """Make sure that the store holds tokens of every readable file, in this view.

    `verify` has every file read and hashed, whatever its size and time say. Pictures of more than `max_megapixels`
    are not decoded but left out, unless their tokens are stored already.
    Ctrl-C ends it early, with the result marked partial; where nothing was done yet it goes on up.
    """
    run = _Run(files, backbone, store, view, max_megapixels, verify)
    run.recall()
    try:
        run.encode_missing(progress)
    except KeyboardInterrupt:
        if not run.digests:
            raise
        run.partial = True
    finally:
        store.flush()
    return run.result()


@dataclass(slots=True)
class _Run:
    """One walk over the files; `digests` and `skipped` grow as pictures are done, by position in `files`."""

    files: Sequence[ImageFile]
    backbone: Backbone
    store: TokenStore
    view: View
    max_megapixels: float
    verify: bool
    digests: dict[int, str] = field(default_factory=dict)
    skipped: list[Unreadable] = field(default_factory=list)
    fresh: int = 0
    changed: int = 0
    partial: bool = False
    _believed: dict[int, str] = field(default_factory=dict)

    def recall(self) -> None:
        """Take what the store knows by path, size and time."""
        recalled = {n: digest for n, digest in enumerate(self.store.recall(self.files)) if digest is not None}
        if self.verify:
            self._believed = recalled
            return
        have = self.store.have(list(recalled.values()), self.view)
        self.digests = {n: digest for (n, digest), known in zip(recalled.items(), have, strict=True) if known}

    def encode_missing(self, progress: Callable[[Progress], None]) -> None:
        """Read what is not known yet; encode what is not known by its content either."""
        missing = [position for position in range(len(self.files)) if position not in self.digests]
        with _Tower(self.backbone, self.view, self._keep) as tower:
            for batch in self._batches(missing, progress):
                tower.encode(batch)

    def _batches(self, missing: Sequence[int], progress: Callable[[Progress], None]) -> Iterator[Batch]:
        """Pictures that need the tower, as many at a time as suit it."""
        batch: Batch = []
        for done, (position, item) in enumerate(zip(missing, self._load(missing), strict=True), 1):
            if isinstance(item, Unreadable):
                self.skipped.append(item)
            else:
                self.changed += self._believed.get(position, item.digest) != item.digest
                if item.pixels is not None:
                    batch.append((position, item))
                else:
                    self.store.remember([item.file], [item.digest])
                    self.digests[position] = item.digest
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
            crop=made.crop,
            is_known=lambda digest: self.store.has(digest, self.view),
            max_megapixels=self.max_megapixels,
        )

    def result(self) -> Encoded:
        kept = sorted(self.digests)
        return Encoded(
            files=tuple(self.files[position] for position in kept),
            digests=tuple(self.digests[position] for position in kept),
            view=self.view,
            skipped=tuple(self.skipped),
            fresh=self.fresh,
            changed=self.changed,
            partial=self.partial,
        )

    def _keep(self, batch: Batch, packed: PackedTokens) -> None:
        digests = [item.digest for _, item in batch]
        self.store.put([item.file for _, item in batch], digests, packed, self.view)
        self.digests.update(zip((position for position, _ in batch), digests, strict=True))
        self.fresh += len(batch)


class _Tower:
    """Takes batches in turn, and gives each to `keep` with its tokens.

    A GPU works in a thread of its own while the next batch gathers; the processor is busy with pictures anyway.
    """

    def __init__(self, backbone: Backbone, view: View, keep: Callable[[Batch, PackedTokens], None]) -> None:
        self._backbone, self._view, self._keep = backbone, view, keep
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
        pixels = [item.pixels for _, item in batch if item.pixels is not None]
        seen = [one[:, ::-1] for one in pixels] if self._view is View.mirrored else pixels
        return self._backbone.encode_images(together(seen))


def _settle(running: tuple[Batch, Future[PackedTokens]] | None, keep: Callable[[Batch, PackedTokens], None]) -> None:
    if running is not None:
        keep(running[0], running[1].result())


def _at_a_time(backbone: Backbone) -> int:
    """The least multiple of what the backbone runs at once that is worth a write."""
    return -(-FEWEST // backbone.batch_size) * backbone.batch_size
