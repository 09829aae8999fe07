"""From files to what is measured of each: recall what the store knows, decode and measure the rest, in input order.

What is measured stands in a store of its own: it does not depend on a backbone, and outlives a change of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, MeasuredPicture, measure_images
from imgrank.detail.measure import DETAIL_VERSION, WIDTH, Detail, measure
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore, open_store
from imgrank.tokens import PackedTokens, TokenShape

Row = npt.NDArray[Any]
IsKnown = Callable[[str], bool]
_AT_ONCE = 16  # pictures between two writes to the store


class Measure(Protocol):
    """What is measured of a picture, and the form in which the store keeps it."""

    @property
    def fingerprint(self) -> str:
        """Names the store: another for each version of the arithmetic."""
        ...

    @property
    def shape(self) -> TokenShape: ...

    @property
    def step(self) -> str:
        """What is being done, in a few words."""
        ...

    def measure(
        self, files: Sequence[ImageFile], is_known: IsKnown, max_megapixels: float
    ) -> Iterator[MeasuredPicture[Row] | Unreadable]:
        """The row of each file, in order; none where `is_known` says so of its digest."""
        ...

    def pack(self, rows: Row) -> PackedTokens: ...

    def unpack(self, packed: PackedTokens) -> Row: ...


class DetailMeasure:
    """Detail at full size, as `imgrank.detail.measure` measures it: (WIDTH,) float32 a picture."""

    fingerprint = blake2b(f"imgrank detail {DETAIL_VERSION}".encode(), digest_size=8).hexdigest()
    shape = TokenShape(tokens=0, width=0, embedding=WIDTH)
    step = "measuring detail"

    def measure(
        self, files: Sequence[ImageFile], is_known: IsKnown, max_megapixels: float
    ) -> Iterator[MeasuredPicture[Row] | Unreadable]:
        """Decode at full size, and measure in the thread that decodes."""
        return measure_images(files, measure, is_known=is_known, max_megapixels=max_megapixels)

    def pack(self, rows: Row) -> PackedTokens:
        """As embeddings."""
        count = len(rows)
        return PackedTokens(np.zeros((count, 0, 0), np.int8), np.zeros((count, 0), np.float16), rows.astype(np.float16))

    def unpack(self, packed: PackedTokens) -> Row:
        """(N, WIDTH) float32."""
        return packed.embedding.astype(np.float32)


DETAIL_FINGERPRINT = DetailMeasure.fingerprint


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was measured of N pictures, in input order.

    `values` (N, ...) holds a row a picture; `known` are the positions of those that could be decoded, and the other
    rows mean nothing; `skipped` names those; `fresh` counts those that were decoded now; `partial` is True after an
    interruption.
    """

    values: Row
    known: npt.NDArray[np.intp]
    skipped: tuple[Unreadable, ...]
    fresh: int
    partial: bool = False

    @property
    def detail(self) -> Detail:
        """The values, not a number where there is none: for numbers with a point."""
        lacking = np.ones(len(self.values), bool)
        lacking[self.known] = False
        return np.where(lacking[:, None], np.float32(np.nan), self.values)


class Measuring:
    """Measures files, with a store that is opened when the first is asked for."""

    def __init__(self, what: Measure, *, cache: bool, note: Callable[[str], None], max_megapixels: float) -> None:
        self._what, self._max_megapixels = what, max_megapixels
        self._open = partial(open_store, what.fingerprint, what.shape, cache=cache, note=note)
        self._store: TokenStore | None = None

    def of(self, files: Sequence[ImageFile], progress: Callable[[Progress], None]) -> Measured:
        """What is measured of files, from the store or now. Ctrl-C ends it early, with the result marked partial."""
        if self._store is None:
            self._store = self._open()
        return measure_files(self._what, files, self._store, progress, self._max_megapixels)

    def close(self) -> None:
        """Let go of the store's files."""
        if self._store is not None:
            self._store.close()
            self._store = None


def measure_files(
    what: Measure,
    files: Sequence[ImageFile],
    store: TokenStore,
    progress: Callable[[Progress], None],
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
) -> Measured:
    """As `Measuring.of`, with a store that is the caller's."""
    run = _Run(what, files, store, max_megapixels)
    run.recall()
    partial = False
    try:
        run.measure_missing(progress)
    except KeyboardInterrupt:
        partial = True
    finally:
        run.keep()
        store.flush()
    return run.result(partial)


@dataclass(slots=True)
class _Run:
    """One walk over the files; `digests` grows as pictures are done, by position in `files`."""

    what: Measure
    files: Sequence[ImageFile]
    store: TokenStore
    max_megapixels: float
    digests: dict[int, str] = field(default_factory=dict)
    skipped: list[Unreadable] = field(default_factory=list)
    fresh: int = 0
    _waiting: list[tuple[int, MeasuredPicture[Row]]] = field(default_factory=list)

    def recall(self) -> None:
        """Take what the store knows by path, size and time."""
        recalled = {n: digest for n, digest in enumerate(self.store.recall(self.files)) if digest is not None}
        have = self.store.have(list(recalled.values()))
        self.digests = {n: digest for (n, digest), known in zip(recalled.items(), have, strict=True) if known}

    def measure_missing(self, progress: Callable[[Progress], None]) -> None:
        """Read what is not known yet; decode and measure what is not known by its content either."""
        missing = [position for position in range(len(self.files)) if position not in self.digests]
        measured = self.what.measure(
            [self.files[position] for position in missing], self.store.has, self.max_megapixels
        )
        for done, (position, item) in enumerate(zip(missing, measured, strict=True), 1):
            self._take(position, item)
            progress(Progress(done, len(missing), self.what.step))

    def keep(self) -> None:
        """Write what was measured and is not in the store yet."""
        items = [item for _, item in self._waiting]
        rows = [item.seen for item in items if item.seen is not None]
        if rows:
            packed = self.what.pack(np.stack(rows))
            self.store.put([item.file for item in items], [item.digest for item in items], packed)
        self.digests.update((position, item.digest) for position, item in self._waiting)
        self.fresh += len(items)
        self._waiting.clear()

    def result(self, partial: bool) -> Measured:
        """Rows of all files, zero where there is none."""
        places = sorted(self.digests)
        found = self.store.read([self.digests[place] for place in places])
        rows = self.what.unpack(found.packed)
        values = np.zeros((len(self.files), *rows.shape[1:]), rows.dtype)
        values[places] = rows
        known = np.array(places, np.intp)[~found.missing]
        return Measured(values, known, tuple(self.skipped), self.fresh, partial)

    def _take(self, position: int, item: MeasuredPicture[Row] | Unreadable) -> None:
        if isinstance(item, Unreadable):
            self.skipped.append(item)
        elif item.seen is None:
            self.store.remember([item.file], [item.digest])
            self.digests[position] = item.digest
        else:
            self._waiting.append((position, item))
            if len(self._waiting) >= _AT_ONCE:
                self.keep()
