"""Many pictures: read, hashed and decoded in threads while the caller works, in order, within a fixed memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import xxhash

from imgrank.decode.guarded import end_idle_workers
from imgrank.decode.luma import Luma
from imgrank.decode.picture import decode_bytes, look_at, read_file
from imgrank.decode.reasons import DEFAULT_MAX_MEGAPIXELS, DecodeError
from imgrank.records import ImageFile, Unreadable

_MOST_WORKERS = 32
_READERS = 4
_READ_AHEAD = 64
_BYTES_AHEAD = 128 << 20
_DECODED_AHEAD = 256  # enough to fill the next batch while the backbone works on one

_T = TypeVar("_T")
_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture that was read: digest is the xxh3-128 of its bytes in hex, pixels (side, side, 3) uint8 RGB, or
    longer one way where squares will be cropped from it.

    `pixels` is None where the digest was known already.
    """

    file: ImageFile
    digest: str
    pixels: npt.NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class Looked(Generic[_Seen]):
    """A picture that was looked at in full: digest as `Loaded` has it, and what the look gave, None where the digest
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
) -> Iterator[Loaded | Unreadable]:
    """Yield each of `files` in its order, Loaded or Unreadable with the reason.

    `is_known` is called with a digest in the caller's own thread; where it is true nothing is decoded.
    Reading and decoding run ahead in `workers` threads (one a core by default); closing the iterator
    ends them. `crop` is that of `decode_bytes`.
    """
    decode = partial(_decode, side=side, interpolation=interpolation, max_megapixels=max_megapixels, crop=crop)
    with _Loader(is_known, decode, _as_loaded, workers or _cores()) as loader:
        yield from loader.run(iter(files))


def look_at_images(
    files: Iterable[ImageFile],
    look: Callable[[Luma], _Seen],
    *,
    is_known: Callable[[str], bool],
    workers: int | None = None,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
) -> Iterator[Looked[_Seen] | Unreadable]:
    """As `load_images`, but each picture is decoded at its full size, and only what `look` makes of it is kept.

    `look` runs in the thread that decodes, while the picture counts against the memory that pictures may take.
    """
    decode = partial(_look, look=look, max_megapixels=max_megapixels)
    waiting: _Loader[Looked[_Seen]] = _Loader(is_known, decode, _as_looked, workers or _cores())
    with waiting as loader:
        yield from loader.run(iter(files))


@dataclass(frozen=True, slots=True)
class _Read:
    file: ImageFile
    digest: str
    data: bytes


def _read(file: ImageFile) -> _Read | Unreadable:
    try:
        data = read_file(file.path)
    except DecodeError as error:
        return Unreadable(file.path, error.reason)
    return _Read(file, xxhash.xxh3_128_hexdigest(data), data)


def _decode(read: _Read, side: int, interpolation: str, max_megapixels: float, crop: bool) -> Loaded | Unreadable:
    try:
        pixels = decode_bytes(read.data, read.file.path, side, interpolation, max_megapixels, crop)
    except DecodeError as error:
        return Unreadable(read.file.path, error.reason)
    return Loaded(read.file, read.digest, pixels)


def _look(read: _Read, look: Callable[[Luma], _Seen], max_megapixels: float) -> Looked[_Seen] | Unreadable:
    try:
        seen = look_at(read.data, read.file.path, look, max_megapixels)
    except DecodeError as error:
        return Unreadable(read.file.path, error.reason)
    return Looked(read.file, read.digest, seen)


def _as_loaded(read: _Read) -> Loaded:
    return Loaded(read.file, read.digest, None)


def _as_looked(read: _Read) -> Looked[_Seen]:
    return Looked(read.file, read.digest, None)


@dataclass(frozen=True, slots=True)
class _Job(Generic[_T]):
    size: int
    future: Future[_T]


class _Loader(Generic[_T]):
    """Two queues in step, both bounded: files being read, then pictures being decoded.

    Each has threads of its own, so that a file need not wait for its reading behind long decodes. `undecoded` is
    what becomes of a file whose digest is known.
    """

    def __init__(
        self,
        is_known: Callable[[str], bool],
        decode: Callable[[_Read], _T | Unreadable],
        undecoded: Callable[[_Read], _T],
        workers: int,
    ) -> None:
        self._is_known, self._decode, self._without_decoding = is_known, decode, undecoded
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="imgrank-read")
        self._decoders = ThreadPoolExecutor(workers, thread_name_prefix="imgrank-decode")
        self._reading: deque[_Job[_Read | Unreadable]] = deque()
        self._decoding: deque[_Job[_T | Unreadable]] = deque()
        self._undecoded: deque[_Job[_T | Unreadable]] = deque()  # of these, from the first that is not done
        self._bytes = 0  # held by files that were read and are not decoded yet, or will be read

    def __enter__(self) -> _Loader[_T]:
        return self

    def __exit__(self, *_: object) -> None:
        for threads in (self._readers, self._decoders):
            threads.shutdown(wait=False, cancel_futures=True)
        for threads in (self._readers, self._decoders):
            threads.shutdown(wait=True)
        end_idle_workers()

    def run(self, files: Iterator[ImageFile]) -> Iterator[_T | Unreadable]:
        """Keep both queues filled and yield the head of the second."""
        while True:
            self._read_ahead(files)
            while self._may_start_decoding():
                self._start_decoding(self._reading.popleft())
                self._read_ahead(files)
            if not self._decoding:
                return
            yield self._decoding.popleft().future.result()

    def _read_ahead(self, files: Iterator[ImageFile]) -> None:
        while self._undecoded and self._undecoded[0].future.done():
            self._bytes -= self._undecoded.popleft().size
        while len(self._reading) < _READ_AHEAD and self._bytes < _BYTES_AHEAD:
            file = next(files, None)
            if file is None:
                return
            self._reading.append(_Job(file.size, self._readers.submit(_read, file)))
            self._bytes += file.size

    def _may_start_decoding(self) -> bool:
        """Never wait for a file while a decoded picture could be handed out."""
        if not self._reading or len(self._decoding) >= _DECODED_AHEAD:
            return False
        return self._reading[0].future.done() or not self._decoding

    def _start_decoding(self, job: _Job[_Read | Unreadable]) -> None:
        read = job.future.result()
        if isinstance(read, _Read) and not self._is_known(read.digest):
            decoding = _Job(job.size, self._decoders.submit(self._decode, read))
            self._undecoded.append(decoding)
        else:
            known = read if isinstance(read, Unreadable) else self._without_decoding(read)
            decoding = _Job(0, _finished(known))
            self._bytes -= job.size
        self._decoding.append(decoding)


def _finished(result: _T) -> Future[_T]:
    future: Future[_T] = Future()
    future.set_result(result)
    return future


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    return min(os.cpu_count() or 1, _MOST_WORKERS)
