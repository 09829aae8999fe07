"""The pictures of one folder and their tokens, in memory: a question touches no file. One truth for all threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from imgrank.path_order import path_order
from imgrank.records import ImageFile, Unreadable
from imgrank.tokens import PackedTokens, joined

Numbers = npt.NDArray[np.intp]
Detail = npt.NDArray[np.float32]

MOST_BLOCKS = 24  # small blocks that may stand side by side before they are joined
BLOCK = 4096  # pictures a block, once they are joined


@dataclass(frozen=True, slots=True)
class Difference:
    """What a look at the folder found: files to read, and numbers of pictures that are gone.

    A file that was `changed` is among both.
    """

    fresh: tuple[ImageFile, ...]
    gone: tuple[int, ...]
    changed: int


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The library at one version: N pictures by their numbers and paths, and their tokens block by block.

    `detail` (N, K) was measured of them at full size; None where it was not, of any of them.
    """

    version: int
    numbers: Numbers
    paths: tuple[str, ...]
    blocks: tuple[PackedTokens, ...]
    detail: Detail | None


@dataclass(slots=True, eq=False)
class _Block:
    numbers: Numbers
    packed: PackedTokens


@dataclass(slots=True)
class _State:
    files: list[ImageFile] = field(default_factory=list)  # by number
    gone: set[int] = field(default_factory=set)
    number_of: dict[str, int] = field(default_factory=dict)
    blocks: list[_Block] = field(default_factory=list)
    detail: dict[int, Detail] = field(default_factory=dict)
    skipped: dict[str, Unreadable] = field(default_factory=dict)
    tried: dict[str, ImageFile] = field(default_factory=dict)  # what could not be read, as it was then
    version: int = 0
    epoch: int = 0


class Library:
    """Numbers are given once and never to another picture. `version` grows with each change, `epoch` where a known
    picture went or got another name. Pictures that links lead out of the folder are left out."""

    guarded = False  # whether pictures are decoded in another process, whatever their kind

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        self.given = folder
        self._lock = threading.RLock()
        self._state = _State()
        self._snapshot: Snapshot | None = None

    @property
    def version(self) -> int:
        """Grows with each change."""
        return self._state.version

    @property
    def epoch(self) -> int:
        """Grows where a known picture went, or got another name."""
        return self._state.epoch

    @property
    def count(self) -> int:
        """How many pictures there are."""
        state = self._state
        return len(state.files) - len(state.gone)

    @property
    def skipped(self) -> tuple[Unreadable, ...]:
        """What could not be read, and why."""
        with self._lock:
            return tuple(self._state.skipped.values())

    def file(self, number: int) -> ImageFile | None:
        """A picture that is there, by its number; None where there is none, or it now leads out of the folder."""
        with self._lock:
            if not 0 <= number < len(self._state.files) or number in self._state.gone:
                return None
            file = self._state.files[number]
        return file if self.holds(file.path) else None

    def place(self, number: int) -> str | None:
        """The file that a file manager shows for a picture; None where there is no such picture."""
        file = self.file(number)
        return None if file is None else file.path

    def close(self) -> None:
        """Let go of what lies on the disk for this page alone."""

    def names(self, start: int = 0) -> tuple[list[str | None], int]:
        """The path of each picture below the folder, from number `start` on (None: gone), and the epoch."""
        with self._lock:
            state = self._state
            some = enumerate(state.files[start:], start)
            return [None if n in state.gone else self.name(file.path) for n, file in some], state.epoch

    def name(self, path: str) -> str:
        """A path as seen from the folder."""
        return os.path.relpath(path, self.given)

    def holds(self, path: str) -> bool:
        """Whether a path really stands in the folder."""
        try:
            return os.path.commonpath([self.folder, os.path.realpath(path)]) == self.folder
        except ValueError:  # another drive on Windows
            return False

    @property
    def can_measure(self) -> bool:
        """Whether the pictures can be measured at full size."""
        return True

    def compare(self, found: Sequence[ImageFile]) -> Difference:
        """What is new and what is gone. A file that only got another name keeps its number, and is neither."""
        with self._lock:
            state = self._state
            known = {path: state.files[number] for path, number in state.number_of.items()}
            there = {file.path for file in found}
            fresh = [file for file in found if known.get(file.path) != file and not self._is_skipped(file)]
            gone = [path for path in known if path not in there]
            changed = [file.path for file in fresh if file.path in known]
            fresh = self._renamed(fresh, gone)
            numbers = tuple(state.number_of[path] for path in (*gone, *changed) if path in state.number_of)
            state.skipped = {path: each for path, each in state.skipped.items() if path in there}
            return Difference(tuple(file for file in fresh if self.holds(file.path)), numbers, len(changed))

    def add(self, files: Sequence[ImageFile], packed: PackedTokens) -> range:
        """Take in pictures that were read; their numbers."""
        with self._lock:
            state = self._state
            first = len(state.files)
            state.files.extend(files)
            state.number_of.update((file.path, first + n) for n, file in enumerate(files))
            if len(files):
                state.blocks.append(_Block(np.arange(first, first + len(files), dtype=np.intp), packed))
            for file in files:
                state.skipped.pop(file.path, None)
                state.tried.pop(file.path, None)
            state.version += 1
        return range(first, first + len(files))

    def skip(self, skipped: Iterable[Unreadable], files: Sequence[ImageFile] = ()) -> None:
        """Remember what cannot be read; `files` are as they were when that was tried."""
        by_path = {file.path: file for file in files}
        with self._lock:
            for each in skipped:
                self._state.skipped[each.path] = each
                if each.path in by_path:
                    self._state.tried[each.path] = by_path[each.path]

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget pictures that are gone, or were changed and come anew."""
        if not numbers:
            return
        with self._lock:
            state = self._state
            for number in numbers:
                state.gone.add(number)
                path = state.files[number].path
                if state.number_of.get(path) == number:
                    del state.number_of[path]
                state.detail.pop(number, None)
            for block in state.blocks:
                keep = ~np.isin(block.numbers, numbers)
                if not keep.all():
                    block.numbers, block.packed = block.numbers[keep], block.packed[np.flatnonzero(keep)]
            state.blocks = [block for block in state.blocks if len(block.numbers)]
            state.version += 1
            state.epoch += 1

    def exchange(self, numbers: Numbers, pieces: Sequence[PackedTokens]) -> None:
        """Other tokens, (N,) `numbers` in the order of `pieces`, in place of all. Pictures that have none are known no
        more: another look finds them."""
        with self._lock:
            state = self._state
            there = np.isin(numbers, list(state.number_of.values()))
            blocks, start = [], 0
            for piece in pieces:
                keep = np.flatnonzero(there[start : start + len(piece)])
                blocks.append(_Block(numbers[start : start + len(piece)][keep], piece[keep]))
                start += len(piece)
            state.blocks = [block for block in blocks if len(block.numbers)]
            known = {int(number) for block in state.blocks for number in block.numbers}
            for path, number in list(state.number_of.items()):
                if number not in known:
                    state.gone.add(number)
                    del state.number_of[path]
            state.version += 1
            state.epoch += 1

    def measured(self, detail: dict[int, Detail]) -> None:
        """Keep what was measured of pictures at full size."""
        with self._lock:
            self._state.detail.update(detail)
            self._state.version += 1

    def numbers(self) -> list[int]:
        """The pictures that are there."""
        with self._lock:
            return sorted(self._state.number_of.values())

    def unmeasured(self) -> list[int]:
        """The pictures of which no detail is known."""
        with self._lock:
            return [n for n in self._state.number_of.values() if n not in self._state.detail]

    def snapshot(self) -> Snapshot:
        """The library as it is now."""
        with self._lock:
            if self._snapshot is None or self._snapshot.version != self._state.version:
                self._join()
                self._snapshot = self._taken()
            return self._snapshot

    def _taken(self) -> Snapshot:
        state = self._state
        blocks = tuple(block.packed for block in state.blocks)
        numbers = [block.numbers for block in state.blocks]
        whole = np.concatenate(numbers) if numbers else np.empty(0, np.intp)
        paths = tuple(state.files[number].path for number in whole.tolist())
        known = len(whole) > 0 and all(number in state.detail for number in whole.tolist())
        detail = np.stack([state.detail[number] for number in whole.tolist()]) if known else None
        return Snapshot(state.version, whole, paths, blocks, detail)

    def _join(self) -> None:
        """Small blocks become few: a scorer works best on many pictures at once."""
        blocks = self._state.blocks
        if len(blocks) <= max(MOST_BLOCKS, 2 * self.count // BLOCK):
            return
        numbers = np.concatenate([block.numbers for block in blocks])
        packed = joined([block.packed for block in blocks])
        self._state.blocks = [
            _Block(numbers[start : start + BLOCK], packed[start : start + BLOCK])
            for start in range(0, len(numbers), BLOCK)
        ]

    def _renamed(self, fresh: list[ImageFile], gone: list[str]) -> list[ImageFile]:
        """Give files that have the size and time of one that went its number; returns the others.

        `gone` loses the names that were found again under another.
        """
        state = self._state
        lost: dict[tuple[int, int], list[str]] = {}
        for path in gone:
            file = state.files[state.number_of[path]]
            lost.setdefault((file.size, file.mtime_ns), []).append(path)
        others = []
        for file in sorted(fresh, key=lambda each: path_order(each.path)):
            same = lost.get((file.size, file.mtime_ns), [])
            if len(same) != 1 or file.path in state.number_of or not self.holds(file.path):
                others.append(file)
                continue
            old = same.pop()
            gone.remove(old)
            number = state.number_of.pop(old)
            state.number_of[file.path] = number
            state.files[number] = file
            state.version += 1
            state.epoch += 1
        return others

    def _is_skipped(self, file: ImageFile) -> bool:
        return self._state.tried.get(file.path) == file
