"""Pictures with their tokens: found, filtered, encoded and measured, from files and from indexes.

What a `Ranker` puts in order, and what training and evaluation learn from. Knows no sentence and no scorer.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgrank.backbone.contract import Backbone
from imgrank.choices import GroupBy
from imgrank.counting import agreeing, counted
from imgrank.detail.measure import WIDTH, Detail, is_measurable
from imgrank.discover import Discovered, discover, told_of_others
from imgrank.encoding import Encoded, encode_files
from imgrank.errors import NothingToRank, StoreError, UsageError
from imgrank.facts import FactsReader
from imgrank.filtering import NO_FILTERS, Filters, filtered
from imgrank.index.reading import Indexed, is_index, open_indexes
from imgrank.measuring import Measuring
from imgrank.path_order import path_order
from imgrank.paths import printable, quoted
from imgrank.patterns import Exclusion
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore, View
from imgrank.tokens import PackedTokens, joined

READ_AT_ONCE = 4096
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """Tokens of pictures in input order, and what could not be read.

    Attributes:
        files: N pictures.
        packed: Their tokens, row for row.
        skipped: Files that could not be read, each with its reason.
    """

    files: tuple[ImageFile, ...]
    packed: PackedTokens
    skipped: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FoundPictures:
    """Files, and pictures of indexes, that pass the filters; `notes` tell what does not stand among them."""

    files: Discovered
    indexed: Indexed
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PicturesToRank:
    """What is put in order: files whose tokens stand in the store, then pictures of indexes.

    `detail` (files, WIDTH) was measured of the files at full size, None where nobody asked or indexes lack theirs.
    """

    encoded: Encoded
    indexed: Indexed
    skipped: tuple[Unreadable, ...]
    detail: Detail | None = None

    @property
    def paths(self) -> list[str]:
        return [*(file.path for file in self.encoded.files), *self.indexed.paths]

    @property
    def files(self) -> list[ImageFile]:
        """Those of `paths`; of an index nothing more is known."""
        return [*self.encoded.files, *(ImageFile(path, 0, 0) for path in self.indexed.paths)]

    def by_path(self) -> npt.NDArray[np.intp]:
        """The places of `paths` by their names: ties must not stand as parts of an index happen to be named."""
        paths = self.paths
        return np.array(sorted(range(len(paths)), key=lambda place: path_order(paths[place])), np.intp)

    @property
    def name(self) -> bytes:
        """A name that other pictures, or these in another order, do not have."""
        name = blake2b("\0".join(self.encoded.digests).encode())
        name.update(b"" if self.detail is None else self.detail.tobytes())
        for part in self.indexed.parts:
            name.update(f"{part.location.where}\0{part.name}".encode(errors="surrogateescape") + part.kept.tobytes())
        return name.digest()


class PictureReader:
    """Reads pictures with one backbone and its store; `details` and `facts` read what is not tokens."""

    def __init__(
        self,
        backbone: Backbone,
        store: TokenStore,
        details: Measuring,
        facts: FactsReader,
        max_megapixels: float,
        verify: bool,
    ) -> None:
        self._backbone, self._store, self._details, self._facts = backbone, store, details, facts
        self._max_megapixels, self._verify = max_megapixels, verify

    def encode(
        self, files: Sequence[str | Path], mirrored: bool = False, progress: Report = lambda _: None
    ) -> EncodedPictures:
        """As `Ranker.encode`."""
        indexes = [str(file) for file in files if is_index(str(file))]
        if indexes:
            return self._encode_with(indexes, files, mirrored, progress)
        found = discover([str(file) for file in files])
        given, view = as_given(found, files), View.mirrored if mirrored else View.plain
        try:
            encoded, packed = self._encode_and_read(given, view, progress)
        except StoreError:  # rows were damaged or removed meanwhile: encode those again
            encoded, packed = self._encode_and_read(given, view, progress)
        return EncodedPictures(encoded.files, packed, found.skipped + encoded.skipped)

    def detail_of(self, files: Sequence[str | Path], progress: Report) -> Detail:
        """As `Ranker.detail_of`."""
        given = as_given(discover([str(file) for file in files]), files)
        measured = self._details.of(given, progress)
        if measured.partial:
            raise KeyboardInterrupt
        unknown = np.full(WIDTH, np.nan, np.float32)
        found = np.where(is_measurable(measured.detail)[:, None], measured.detail, unknown)
        rows = {file.path: row for file, row in zip(given, found, strict=True)}
        return np.array([rows.get(str(file), unknown) for file in files], np.float32).reshape(-1, WIDTH)

    def open(self, indexes: Sequence[str], found: Discovered, filters: Filters = NO_FILTERS) -> Indexed:
        """The pictures of indexes, without those that `found` has and what the filters exclude."""
        if not indexes:
            return Indexed((), (), (), self._backbone.shape, detailed=False)
        without = _NotTwice({file.path for file in found.files}, filters.exclusion)
        return open_indexes(indexes, self._backbone.fingerprint, self._backbone.name, without)

    def find(
        self,
        sources: Sequence[str],
        listed: Sequence[str | Path],
        recursive: bool,
        filters: Filters,
        by: GroupBy,
        progress: Report,
    ) -> FoundPictures:
        """What there is to rank, before anything is decoded; `by` is how it is to be grouped.

        Raises NothingToRank where there is nothing, UsageError where an index lacks what is asked for.
        """
        indexes = [source for source in sources if is_index(source)]
        others = [source for source in sources if not is_index(source)]
        with without_collector():
            found = discover(
                others, listed=[str(path) for path in listed], recursive=recursive, exclude=filters.exclusion
            )
        _refuse_without_facts(indexes, filters, by)
        indexed = self.open(indexes, found, filters)
        if not (found.files or found.skipped or indexed.paths or indexed.skipped):
            raise nothing_found(sources, found.subfolders, found.others)
        kept, notes = self._filtered(found, filters, progress)
        return FoundPictures(kept, indexed, told_of_others(found.others) + notes)

    def gather(self, found: FoundPictures, progress: Report, *, detailed: bool) -> PicturesToRank:
        """The pictures with their tokens; where `detailed`, without those that cannot be measured at full size."""
        indexed = found.indexed
        pictures = self._encode(found.files, indexed, progress)
        if not detailed or pictures.encoded.partial or (indexed.paths and not indexed.detailed):
            return pictures
        measured = self._details.of(pictures.encoded.files, progress)
        kept = measured.known
        if measured.partial and not len(kept):
            raise KeyboardInterrupt
        if not len(kept) and not indexed.paths:
            return pictures
        encoded = replace(pictures.encoded.only(kept.tolist()), partial=measured.partial)
        skipped = pictures.skipped + measured.skipped
        return replace(pictures, encoded=encoded, skipped=skipped, detail=measured.detail[kept])

    def tokens(self, pictures: PicturesToRank) -> Iterator[PackedTokens]:
        """Tokens of the files, with their detail where it was measured."""
        start = 0
        for block in self._store.read_blocks(pictures.encoded.digests, READ_AT_ONCE):
            detail = None if pictures.detail is None else pictures.detail[start : start + len(block)]
            yield replace(block, detail=detail)
            start += len(block)

    def _filtered(self, found: Discovered, filters: Filters, progress: Report) -> tuple[Discovered, tuple[str, ...]]:
        """What the filters keep, before anything is decoded, and a line about what they leave out."""
        if not filters.need_facts:
            return found, ()
        kept = filtered(filters, self._facts.of(found.files, progress))
        if not kept.kept and found.files:
            raise NothingToRank(f"{kept.note}.")
        return replace(found, files=tuple(found.files[n] for n in kept.kept)), (kept.note,)

    def _encode_with(
        self, indexes: Sequence[str], files: Sequence[str | Path], mirrored: bool, progress: Report
    ) -> EncodedPictures:
        if mirrored:
            raise UsageError(f"The index {printable(indexes[0])} holds no mirrored images.")
        others = self.encode([file for file in files if not is_index(str(file))], mirrored, progress)
        indexed = self.open(indexes, Discovered(others.files, ()))
        packed = joined([others.packed, *indexed.blocks()])
        known = tuple(ImageFile(path, 0, 0) for path in indexed.paths)
        return EncodedPictures(others.files + known, packed, others.skipped + indexed.skipped)

    def _encode(self, found: Discovered, indexed: Indexed, progress: Report) -> PicturesToRank:
        encoded = self._encoded(found.files, progress)
        skipped = found.skipped + encoded.skipped + indexed.skipped
        if not encoded.files and not indexed.paths and not encoded.partial:
            first = f" {printable(skipped[0].path)}: {skipped[0].reason}." if skipped else ""
            none = (
                "The image could not be read."
                if len(skipped) == 1
                else f"None of {counted(len(skipped), 'image')} could be read."
            )
            raise NothingToRank(none + first)
        return PicturesToRank(encoded, indexed, skipped)

    def _encoded(self, files: Sequence[ImageFile], progress: Report, view: View = View.plain) -> Encoded:
        return encode_files(files, self._backbone, self._store, progress, view, self._max_megapixels, self._verify)

    def _encode_and_read(
        self, files: Sequence[ImageFile], view: View, progress: Report
    ) -> tuple[Encoded, PackedTokens]:
        """Raises StoreError where rows have gone since they were encoded."""
        encoded = self._encoded(files, progress, view)
        if encoded.partial:
            raise KeyboardInterrupt
        whole = self._store.read_blocks(encoded.digests, max(len(encoded.digests), 1), view)
        return encoded, next(whole, PackedTokens.empty(0, self._backbone.shape))


@contextmanager
def without_collector() -> Iterator[None]:
    """Within, no garbage is looked for: many small records would have it search all of torch, and make none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _NotTwice:
    """Paths that an index need not give: those of files that were found, and what is excluded."""

    paths: set[str]
    exclusion: Exclusion

    def __contains__(self, path: object) -> bool:
        return path in self.paths or self.exclusion.covers(str(path))


def nothing_found(sources: Sequence[str], subfolders: int = 0, others: Sequence[tuple[str, int]] = ()) -> NothingToRank:
    """What to say of sources without any picture."""
    named = ", ".join(f'"{printable(source)}"' for source in sources[:3]) or "the list"
    more = f" and {len(sources) - 3} more" if len(sources) > 3 else ""
    remedy = f"Use {{recursive}} to include {subfolders:,} subfolder{'s' * (subfolders != 1)}." if subfolders else ""
    passed_by = "".join(f" {line}." for line in told_of_others(others))
    return NothingToRank(f"No image was found in {named}{more}.{passed_by}", remedy)


def several(files: str | Path | Sequence[str | Path]) -> list[str]:
    """One path, or several, as strings. Raises UsageError on what is neither."""
    _check_paths(files)
    return [str(files)] if isinstance(files, (str, Path)) else [str(file) for file in files]


def _check_paths(files: object) -> None:
    if not isinstance(files, (str, Path, Iterable)) or isinstance(files, (bytes, bytearray)):
        told = f"{quoted(repr(files))} ({type(files).__name__})"
        raise UsageError(f"The images to rank must be one path or several, not {told}.")


def told_of_changed(count: int) -> tuple[str, ...]:
    """What is to be said of files whose bytes are others than their size and time led to."""
    if not count:
        return ()
    changed = counted(count, "file has new contents but its", "files have new contents but their")
    used = agreeing(count, "its cached encoding", "their cached encodings")
    return (f"{changed} old size and time; without --verify, {used} would have been used",)


def as_given(found: Discovered, files: Sequence[str | Path]) -> list[ImageFile]:
    """Discovered files back in the order in which they were named."""
    by_path = {file.path: file for file in found.files}
    return [by_path[str(file)] for file in files if str(file) in by_path]


def _refuse_without_facts(indexes: Sequence[str], filters: Filters, by: GroupBy) -> None:
    """An index holds tokens and paths: no dates, no cameras, no small copies."""
    needs = by.needs_facts or by.needs_copies
    asked = [*(["filters"] if filters.need_facts else []), *([f"groups by {by.value}"] if needs else [])]
    if indexes and asked:
        raise UsageError(
            f"{' and '.join(asked).capitalize()} need data from the image files, and the index "
            f"{printable(indexes[0])} does not hold it. Rank the image files instead of the index."
        )
