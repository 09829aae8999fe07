"""Pictures to tokens, the one way for files, indexes and workers: read and decoded ahead, encoded in batches, handed to
a sink in input order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.backbone.contract import Backbone, together
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, decode_bytes, measure_pixels
from imgrank.decode.load_many import READERS, Named, Opened, Refused, Work, read_ahead
from imgrank.detail.measure import Detail, measure
from imgrank.records import Progress
from imgrank.tokens import PackedTokens

FEWEST = 64  # pictures between two writes of a sink

Item = TypeVar("Item", bound=Named)
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a backbone takes of a picture, and its detail at full size where that was asked for."""

    pixels: Pixels
    detail: Detail | None = None


Picture = Opened[Item, Decoded]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How pictures are decoded: for which backbone, how large at most, and what more is wanted of them.

    `guarded` decodes each of them in another process: for workers, which a crash must not end.
    """

    side: int
    interpolation: str
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS
    crop: bool = False
    pad: tuple[int, int, int] | None = None
    detail: bool = False
    guarded: bool = False

    @staticmethod
    def of(backbone: Backbone, max_megapixels: float, detail: bool = False, guarded: bool = False) -> Decoding:
        """As this backbone takes its pictures."""
        made = backbone.preprocessing
        return Decoding(made.side, made.interpolation, max_megapixels, made.crop, made.pad, detail, guarded)

    def decode(self, data: bytes, path: str) -> Decoded:
        """Raises DecodeError."""
        limit, guarded = self.max_megapixels, self.guarded
        pixels = decode_bytes(data, path, self.side, self.interpolation, limit, self.crop, self.pad, guarded=guarded)
        return Decoded(pixels, measure_pixels(data, path, measure, limit, guarded=guarded) if self.detail else None)


@dataclass(frozen=True, slots=True)
class Origin(Generic[Item]):
    """Where pictures come from: how their bytes are read, by how many threads, and whether their sizes are wanted."""

    read: Callable[[Item], bytes]
    readers: int = READERS
    measure: Callable[[bytes, str], tuple[int, int] | None] = lambda *_: None


class Sink(Protocol[Item]):
    """Where tokens go."""

    def is_known(self, digest: str) -> bool:
        """Whether it has what is made of these bytes, so that they need not be decoded."""
        ...

    def know(self, picture: Picture[Item]) -> None:
        """Take a picture that it has already."""
        ...

    def refuse(self, refused: Refused[Item]) -> None:
        """Take what could not be read."""
        ...

    def keep(self, pictures: Sequence[Picture[Item]], tokens: PackedTokens) -> None:
        """Take pictures with their tokens, row for row."""
        ...


def encode(
    items: Sequence[Item],
    backbone: Backbone,
    origin: Origin[Item],
    sink: Sink[Item],
    decoding: Decoding,
    *,
    mirrored: bool = False,
    at_once: int | None = None,
    to_the_end: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Hand every one of `items` to the sink; `at_once` pictures make a batch, or as many as suit the backbone.

    What was encoded when something goes wrong is kept. Ctrl-C goes on up; with `to_the_end`, once what was decoded by
    then is encoded as well.
    """
    if not items:  # to ask for the batch size loads torch
        return
    most = at_once or _at_a_time(backbone)
    work: Work[Item, Decoded] = Work(origin.read, decoding.decode, origin.measure)
    ahead = read_ahead(items, work, is_known=sink.is_known, readers=origin.readers)
    batch: list[Picture[Item]] = []
    with _Tower(backbone, mirrored, sink.keep) as tower:
        try:
            for done, one in enumerate(ahead, 1):
                if isinstance(one, Refused):
                    sink.refuse(one)
                elif one.made is None:
                    sink.know(one)
                else:
                    batch.append(one)
                if batch and (len(batch) >= most or done == len(items)):
                    gathered, batch = batch, []
                    tower.encode(gathered)
                progress(Progress(done, len(items), "encoding"))
        except KeyboardInterrupt:
            if batch and to_the_end:
                tower.encode(batch)
            raise


class _Tower(Generic[Item]):
    """Takes batches in turn, and gives each to `keep` with its tokens.

    A GPU works in a thread of its own while the next batch gathers; the processor is busy with pictures anyway.
    """

    def __init__(
        self, backbone: Backbone, mirrored: bool, keep: Callable[[Sequence[Picture[Item]], PackedTokens], None]
    ) -> None:
        self._backbone, self._mirrored, self._keep = backbone, mirrored, keep
        self._thread = None if backbone.device == "cpu" else ThreadPoolExecutor(1, thread_name_prefix="imgrank-encode")
        self._running: tuple[Sequence[Picture[Item]], Future[PackedTokens]] | None = None

    def encode(self, batch: Sequence[Picture[Item]]) -> None:
        """Begin this batch; the one before is kept when this returns."""
        if self._thread is None:
            self._keep(batch, self._tokens(batch))
            return
        before, self._running = self._running, (batch, self._thread.submit(self._tokens, batch))
        self._settle(before)

    def __enter__(self) -> _Tower[Item]:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._settle(self._running)

    def _settle(self, running: tuple[Sequence[Picture[Item]], Future[PackedTokens]] | None) -> None:
        if running is not None:
            self._keep(running[0], running[1].result())

    def _tokens(self, batch: Sequence[Picture[Item]]) -> PackedTokens:
        return tokens_of([one.made for one in batch if one.made is not None], self._backbone, self._mirrored)


def tokens_of(pictures: Sequence[Decoded], backbone: Backbone, mirrored: bool = False) -> PackedTokens:
    """Tokens of decoded pictures, with their detail where each has it. They do not depend on their batch mates."""
    if not pictures:
        return PackedTokens.empty(0, backbone.shape)
    pixels = [one.pixels[:, ::-1] if mirrored else one.pixels for one in pictures]
    details = [one.detail for one in pictures if one.detail is not None]
    tokens = backbone.encode_images(together(pixels))
    return replace(tokens, detail=np.stack(details)) if len(details) == len(pictures) else tokens


def _at_a_time(backbone: Backbone) -> int:
    """The least multiple of what the backbone runs at once that is worth a write."""
    return -(-FEWEST // backbone.batch_size) * backbone.batch_size
