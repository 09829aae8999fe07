"""Why a picture cannot be read, in words for the user."""

from __future__ import annotations

import math
import struct

from PIL import UnidentifiedImageError

from imgrank.errors import UsageError

DEFAULT_MAX_MEGAPIXELS = 500.0

_NO_DECODER = (NotImplementedError, KeyError, UnidentifiedImageError)


class DecodeError(Exception):
    """Bytes that are no picture we can read; `reason` may stand in `Unreadable`.

    `is_of_decoder` says that a decoder refused them, and another one may not.
    """

    def __init__(self, reason: str, is_of_decoder: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_of_decoder = reason, is_of_decoder


def checked_megapixels(limit: float) -> float:
    """A limit of decoding that is one; 0 decodes nothing. Raises UsageError."""
    if not (math.isfinite(limit) and limit >= 0):
        raise UsageError(f"max_megapixels is {limit}; it must be a finite number, 0 or more.")
    return limit


def too_many_pixels(size: tuple[int, int], kind: str, allowed: float) -> DecodeError:
    """The header promises more pixels than may be decoded."""
    width, height = size
    megapixels = width * height / 1e6
    return DecodeError(
        f"too large: {width} x {height} pixels ({megapixels:,.0f} megapixels); "
        f"up to {allowed:,.0f} megapixels of {kind} are decoded"
    )


def too_many_scans(allowed: int) -> DecodeError:
    """A JPEG that goes over its pixels time and again, each time as long as a whole decoding."""
    return DecodeError(f"a JPEG image of more than {allowed} scans of its size, which would take too long to decode")


def cut_off(kind: str) -> DecodeError:
    """The beginning is there, the end is not."""
    return DecodeError(f"the {kind} image is cut off: its end is missing")


def damaged(kind: str, error: Exception) -> DecodeError:
    """What a decoder's exception means, without the decoder's own words."""
    text = str(error).lower()
    if isinstance(error, MemoryError):
        return DecodeError(f"the {kind} image needs more memory than there is")
    if isinstance(error, EOFError) or "truncated" in text or "end of file" in text or "buffer is not large" in text:
        return cut_off(kind)
    if (
        isinstance(error, (NotImplementedError, KeyError, UnidentifiedImageError))
        or "unsupported" in text
        or "unknown" in text
    ):
        return DecodeError(f"the {kind} image is damaged, or of a kind that cannot be read", is_of_decoder=True)
    if isinstance(error, (struct.error, IndexError)):
        return DecodeError(f"the {kind} image is cut off or damaged", is_of_decoder=True)
    return DecodeError(f"the {kind} image is damaged", is_of_decoder=True)
