"""Many files: their pixels, or what is measured of them in full; read and decoded ahead, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.decode.ahead import Refused, Work, read_ahead
from imgrank.decode.picture import decode_bytes, measure_pixels, read_file
from imgrank.decode.shrink import Luma
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS
from imgrank.records import ImageFile, Unreadable

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
    pad: bool = False,
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
