"""Many pictures: their pixels, or what is measured of them in full; read, hashed and decoded ahead, in order.

Threads work while the caller does, within a fixed memory.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import xxhash

from imgrank.decode.guarded import end_idle_workers
from imgrank.decode.picture import decode_bytes, measure_pixels, read_file
from imgrank.decode.shrink import Luma
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS, DecodeError
from imgrank.records import ImageFile, Unreadable

READERS = 4

_MOST_WORKERS = 32
_READ_AHEAD = 64
_BYTES_AHEAD = 128 << 20
_UNKNOWN = 1 << 20  # bytes that are reckoned for what does not say its length
_MADE_AHEAD = 256  # enough to fill the next batch while the backbone works on one


class Named(Protocol):
    """A picture that is not read yet."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int | None: ...


Item = TypeVar("Item", bound=Named)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Work(Generic[Item, Made]):
    """What is done with each picture: `read` its bytes, and `make` something of them and its path.

    Both run in threads, and raise DecodeError. `measure` gives width and height from the header, or None.
    """

    read: Callable[[Item], bytes]
    make: Callable[[bytes, str], Made]
    measure: Callable[[bytes, str], tuple[int, int] | None] = lambda *_: None


@dataclass(frozen=True, slots=True)
class Opened(Generic[Item, Made]):
    """A picture that was read: digest is the xxh3-128 of its bytes in hex, `length` their number.

    `made` is None where the digest was known already.
    """

    item: Item
    digest: str
    length: int
    size: tuple[int, int] | None
    made: Made | None


@dataclass(frozen=True, slots=True)
class Refused(Generic[Item]):
    """A picture that could not be read, or made into anything; then digest and length are known."""

    item: Item
    reason: str
    digest: str | None = None
    length: int | None = None


def read_ahead(
    items: Iterable[Item],
    work: Work[Item, Made],
    *,
    is_known: Callable[[str], bool],
    workers: int | None = None,
    readers: int = READERS,
) -> Iterator[Opened[Item, Made] | Refused[Item]]:
    """Yield what became of each of `items`, in its order.

    `is_known` is called with a digest in the caller's own thread; where it is true nothing is made. Reading runs ahead
    in `readers` threads and making in `workers` (one a core by default); closing the iterator ends them.
    """
    with _Ahead(work, is_known, workers or cores(), readers) as ahead:
        yield from ahead.run(iter(items))


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    return min(os.cpu_count() or 1, _MOST_WORKERS)


@dataclass(frozen=True, slots=True)
class _Read(Generic[Item]):
    item: Item
    digest: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Job(Generic[Made]):
    size: int
    future: Future[Made]


class _Ahead(Generic[Item, Made]):
    """Two queues in step, both bounded: items being read, then pictures being made.

    Each has threads of its own, so that an item need not wait for its reading behind long decodes.
    """

    def __init__(self, work: Work[Item, Made], is_known: Callable[[str], bool], workers: int, readers: int) -> None:
        self._work, self._is_known = work, is_known
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="imgrank-read")
        self._makers = ThreadPoolExecutor(workers, thread_name_prefix="imgrank-decode")
        self._reading: deque[_Job[_Read[Item] | Refused[Item]]] = deque()
        self._making: deque[Future[Opened[Item, Made] | Refused[Item]]] = deque()
        self._unmade: deque[_Job[Opened[Item, Made] | Refused[Item]]] = deque()  # of these, from the first not done
        self._bytes = 0  # held by what was read and is not made yet, or will be read

    def __enter__(self) -> _Ahead[Item, Made]:
        return self

    def __exit__(self, *_: object) -> None:
        for threads in (self._readers, self._makers):
            threads.shutdown(wait=False, cancel_futures=True)
        for threads in (self._readers, self._makers):
            threads.shutdown(wait=True)
        end_idle_workers()

    def run(self, items: Iterator[Item]) -> Iterator[Opened[Item, Made] | Refused[Item]]:
        """Keep both queues filled and yield the head of the second."""
        while True:
            self._read_on(items)
            while self._may_start_making():
                self._start_making(self._reading.popleft())
                self._read_on(items)
            if not self._making:
                return
            yield self._making.popleft().result()

    def _read_on(self, items: Iterator[Item]) -> None:
        while self._unmade and self._unmade[0].future.done():
            self._bytes -= self._unmade.popleft().size
        while len(self._reading) < _READ_AHEAD and self._bytes < _BYTES_AHEAD:
            item = next(items, None)
            if item is None:
                return
            size = _UNKNOWN if item.size is None else item.size
            self._reading.append(_Job(size, self._readers.submit(self._read, item)))
            self._bytes += size

    def _may_start_making(self) -> bool:
        """Never wait for an item while a picture that is made could be handed out."""
        if not self._reading or len(self._making) >= _MADE_AHEAD:
            return False
        return self._reading[0].future.done() or not self._making

    def _start_making(self, job: _Job[_Read[Item] | Refused[Item]]) -> None:
        read = job.future.result()
        self._bytes -= job.size
        if isinstance(read, Refused):
            self._making.append(_finished(read))
        elif self._is_known(read.digest):
            self._making.append(self._makers.submit(self._opened, read, None))
        else:
            making = self._makers.submit(self._made, read)
            self._unmade.append(_Job(len(read.data), making))
            self._bytes += len(read.data)
            self._making.append(making)

    def _read(self, item: Item) -> _Read[Item] | Refused[Item]:
        try:
            data = self._work.read(item)
        except DecodeError as error:
            return Refused(item, error.reason)
        return _Read(item, xxhash.xxh3_128_hexdigest(data), data)

    def _made(self, read: _Read[Item]) -> Opened[Item, Made] | Refused[Item]:
        try:
            made = self._work.make(read.data, read.item.path)
        except DecodeError as error:
            return Refused(read.item, error.reason, read.digest, len(read.data))
        return self._opened(read, made)

    def _opened(self, read: _Read[Item], made: Made | None) -> Opened[Item, Made]:
        size = self._work.measure(read.data, read.item.path)
        return Opened(read.item, read.digest, len(read.data), size, made)


def _finished(result: Refused[Item]) -> Future[Opened[Item, Made] | Refused[Item]]:
    future: Future[Opened[Item, Made] | Refused[Item]] = Future()
    future.set_result(result)
    return future


_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture that was read: digest is the xxh3-128 of its bytes in hex, pixels (side, side, 3) uint8 RGB, or of a
    longer one way where squares will be cropped from it.

    `pixels` is None where the digest was known already.
    """

    file: ImageFile
    digest: str
    pixels: npt.NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class MeasuredPicture(Generic[_Seen]):
    """A picture that was measured in full: digest as `Loaded` has it, and what was measured, None where the digest
    was known already."""

    file: ImageFile
    digest: str
    seen: _Seen | None


def load_images(
    files: Iterable[ImageFile],
    side: int,
    interpolation: str,
    *,
    is_known: Callable[[str], bool],
    workers: int | None = None,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    crop: bool = False,
    pad: tuple[int, int, int] | None = None,
) -> Iterator[Loaded | Unreadable]:
    """Yield each of `files` in its order, Loaded or Unreadable with the reason.

    `is_known` and `workers` are those of `read_ahead`, `crop` and `pad` are those of `decode_bytes`.
    """
    make = partial(
        decode_bytes, side=side, interpolation=interpolation, max_megapixels=max_megapixels, crop=crop, pad=pad
    )
    for one in read_ahead(files, Work(read_path, make), is_known=is_known, workers=workers):
        if isinstance(one, Refused):
            yield Unreadable(one.item.path, one.reason)
        else:
            yield Loaded(one.item, one.digest, one.made)


def measure_images(
    files: Iterable[ImageFile],
    measure: Callable[[Luma], _Seen],
    *,
    is_known: Callable[[str], bool],
    workers: int | None = None,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
) -> Iterator[MeasuredPicture[_Seen] | Unreadable]:
    """As `load_images`, but each picture is decoded at its full size, and only what `measure` makes of it is kept.

    `measure` runs in the thread that decodes, while the picture counts against the memory that pictures may take.
    """
    make: Callable[[bytes, str], _Seen] = partial(measure_pixels, measure=measure, max_megapixels=max_megapixels)
    for one in read_ahead(files, Work(read_path, make), is_known=is_known, workers=workers):
        if isinstance(one, Refused):
            yield Unreadable(one.item.path, one.reason)
        else:
            yield MeasuredPicture(one.item, one.digest, one.made)


def read_path(file: ImageFile) -> bytes:
    """The bytes of a file. Raises DecodeError."""
    return read_file(file.path)
