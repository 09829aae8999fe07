"""The process that decodes what is guarded: pictures come in on standard input, and go out small, or grey."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from PIL import Image

from imgrank.decode import other_decoders, raster
from imgrank.decode.budget import spend, spend_from
from imgrank.decode.file_bytes import jxl_size
from imgrank.decode.guarded import send
from imgrank.decode.other_decoders import (
    VIPS_KINDS,
    has_second,
    is_deep_or_large,
    photoshop_size,
    read_again,
    read_photoshop,
)
from imgrank.decode.shrink import Luma, Target
from imgrank.decode.sniff import HEIC, JXL, PHOTOSHOP, RAW
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS, DecodeError

_LARGEST = 6 << 30  # bytes of memory where up to the usual number of megapixels may be decoded


def main() -> None:
    """Answer each request until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not garble the answers
    spend_from(_ParentsBudget(requests, answers))
    while line := requests.readline():
        head = json.loads(line)
        data = requests.read(head["bytes"])
        target = Target(**head["target"])
        try:
            _limit_memory(target.max_megapixels)
            image = _read(data, head["kind"], target)
        except DecodeError as error:
            send(answers, {"reason": error.reason}, b"")
        else:
            pixels = _brightness(image) if head["in_grey"] else image.tobytes()
            send(answers, {"size": image.size, "mode": "L" if head["in_grey"] else "RGB", "bytes": len(pixels)}, pixels)


class _ParentsBudget:
    """The memory that pictures may take, which the parent gives to all its processes: asked for over the pipe."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests, self._answers = requests, answers
        self._held = False

    @contextmanager
    def spend(self, part: float) -> Iterator[None]:
        """Wait until the parent allows it; given back with the answer. Whoever holds some already asks no more."""
        if not self._held:
            send(self._answers, {"cost": part}, b"")
            if not self._requests.readline():
                sys.exit()
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before


def _read(data: bytes, kind: str, target: Target) -> Image.Image:
    if kind == RAW:
        return other_decoders.read_raw(data, target)
    if kind == HEIC:
        import pi_heif

        pi_heif.register_heif_opener()
    if kind == JXL:
        return _read_jxl(data, target)
    if kind == PHOTOSHOP and is_deep_or_large(data):
        return _read_photoshop(data, target)
    try:
        return raster.read_raster(data, kind, target)
    except DecodeError as error:
        if kind not in VIPS_KINDS or not error.is_of_decoder:
            raise
        return _read_again(data, kind, target, error)


def _read_jxl(data: bytes, target: Target) -> Image.Image:
    """Opening one decodes it."""
    import pillow_jxl  # noqa: F401 (it tells Pillow of itself)

    size = jxl_size(data)
    if size is None:
        raise DecodeError(f"the {JXL} image is damaged")
    raster.check_size(size, JXL, target.max_megapixels)
    with spend(raster.cost(size, JXL)):
        return raster.read_raster(data, JXL, target)


def _read_photoshop(data: bytes, target: Target) -> Image.Image:
    size = photoshop_size(data)
    raster.check_size(size, PHOTOSHOP, target.max_megapixels)
    with spend(raster.cost(size, PHOTOSHOP)):
        return raster.made_into(read_photoshop(data), PHOTOSHOP, target)


def _read_again(data: bytes, kind: str, target: Target, first: DecodeError) -> Image.Image:
    if not has_second():
        raise DecodeError(f'{first.reason}; another decoder may read it: pip install "imgrank[vips]"') from first
    try:
        return read_again(data, kind, target)
    except DecodeError as error:
        raise (first if error.is_of_decoder else error) from error


def _brightness(image: Image.Image) -> bytes:
    luma = Luma(image)
    return np.ascontiguousarray(luma.rows(0, luma.height)).tobytes()


def _limit_memory(max_megapixels: float) -> None:
    """What asks for more gets none, and is one picture's trouble; where a system has no such limit, there is none."""
    with contextlib.suppress(ImportError, OSError, ValueError, OverflowError):  # of a number without bounds
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        wanted = int(_LARGEST * max(1.0, max_megapixels / DEFAULT_MAX_MEGAPIXELS))
        resource.setrlimit(resource.RLIMIT_AS, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
