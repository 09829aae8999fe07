"""From files to their detail at full size: recall what the store knows, decode and measure the rest, in input order.

Detail stands in a store of its own: it does not depend on a backbone, and outlives a change of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, Looked, look_at_images
from imgrank.detail.measure import DETAIL_VERSION, WIDTH, Detail, measure
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore, open_store
from imgrank.tokens import PackedTokens, TokenShape

DETAIL_FINGERPRINT = blake2b(f"imgrank detail {DETAIL_VERSION}".encode(), digest_size=8).hexdigest()

_SHAPE = TokenShape(tokens=0, width=0, embedding=WIDTH)
_AT_ONCE = 16  # pictures between two writes to the store


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Detail of pictures in input order: `detail` (N, WIDTH), not a number in the rows of files that could not be
    decoded at full size, which `skipped` names; `fresh` counts those that were decoded now; `partial` is True after
    an interruption."""

    detail: Detail
    skipped: tuple[Unreadable, ...]
    fresh: int
    partial: bool = False

    @property
    def known(self) -> npt.NDArray[np.intp]:
        """Positions of the files that were measured."""
        return np.flatnonzero(~np.isnan(self.detail[:, 0]))


def open_detail_store(*, cache: bool = True, note: Callable[[str], None]) -> TokenStore:
    """Where detail is kept, as `open_store` opens it."""
    return open_store(DETAIL_FINGERPRINT, _SHAPE, cache=cache, note=note)


class Details:
    """Detail of files, from a store that is opened when the first is asked for."""

    def __init__(self, *, cache: bool, note: Callable[[str], None], max_megapixels: float) -> None:
        self._cache, self._note, self._max_megapixels = cache, note, max_megapixels
        self._store: TokenStore | None = None

    def of(self, files: Sequence[ImageFile], progress: Callable[[Progress], None]) -> Measured:
        """As `measure_files` gives it."""
        if self._store is None:
            self._store = open_detail_store(cache=self._cache, note=self._note)
        return measure_files(files, self._store, progress, self._max_megapixels)

    def close(self) -> None:
        """Let go of the store's files."""
        if self._store is not None:
            self._store.close()
            self._store = None


def measure_files(
    files: Sequence[ImageFile],
    store: TokenStore,
    progress: Callable[[Progress], None],
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
) -> Measured:
    """The detail of files, from the store or measured now. Ctrl-C ends it early, with the result marked partial."""
    run = _Run(files, store, max_megapixels)
    run.recall()
    partial = False
    try:
        run.measure_missing(progress)
    except KeyboardInterrupt:
        partial = True
    finally:
        run.keep()
        store.flush()
    return Measured(run.detail(), tuple(run.skipped), run.fresh, partial)


@dataclass(slots=True)
class _Run:
    """One walk over the files; `digests` grows as pictures are done, by position in `files`."""

    files: Sequence[ImageFile]
    store: TokenStore
    max_megapixels: float
    digests: dict[int, str] = field(default_factory=dict)
    skipped: list[Unreadable] = field(default_factory=list)
    fresh: int = 0
    _waiting: list[tuple[int, Looked[Detail]]] = field(default_factory=list)

    def recall(self) -> None:
        """Take what the store knows by path, size and time."""
        recalled = {n: digest for n, digest in enumerate(self.store.recall(self.files)) if digest is not None}
        have = self.store.have(list(recalled.values()))
        self.digests = {n: digest for (n, digest), known in zip(recalled.items(), have, strict=True) if known}

    def measure_missing(self, progress: Callable[[Progress], None]) -> None:
        """Read what is not known yet; decode and measure what is not known by its content either."""
        missing = [position for position in range(len(self.files)) if position not in self.digests]
        looked = look_at_images(
            [self.files[position] for position in missing],
            measure,
            is_known=self.store.has,
            max_megapixels=self.max_megapixels,
        )
        for done, (position, item) in enumerate(zip(missing, looked, strict=True), 1):
            self._take(position, item)
            progress(Progress(done, len(missing), "measuring detail"))

    def keep(self) -> None:
        """Write what was measured and is not in the store yet."""
        items = [item for _, item in self._waiting]
        rows = [item.seen for item in items if item.seen is not None]
        if rows:
            self.store.put([item.file for item in items], [item.digest for item in items], _packed(np.stack(rows)))
        self.digests.update((position, item.digest) for position, item in self._waiting)
        self.fresh += len(items)
        self._waiting.clear()

    def detail(self) -> Detail:
        """(N, WIDTH) rows of all files; not a number where there is none."""
        detail = np.full((len(self.files), WIDTH), np.nan, np.float32)
        places = sorted(self.digests)
        found = self.store.read([self.digests[place] for place in places])
        detail[places] = np.where(found.missing[:, None], np.nan, found.packed.embedding.astype(np.float32))
        return detail

    def _take(self, position: int, item: Looked[Detail] | Unreadable) -> None:
        if isinstance(item, Unreadable):
            self.skipped.append(item)
        elif item.seen is None:
            self.store.remember([item.file], [item.digest])
            self.digests[position] = item.digest
        else:
            self._waiting.append((position, item))
            if len(self._waiting) >= _AT_ONCE:
                self.keep()


def _packed(detail: Detail) -> PackedTokens:
    count = len(detail)
    return PackedTokens(np.zeros((count, 0, 0), np.int8), np.zeros((count, 0), np.float16), detail.astype(np.float16))
