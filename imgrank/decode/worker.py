"""The process that decodes HEIC and RAW: pictures come in on standard input, small ones go out."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from PIL import Image

from imgrank.decode.guarded import send
from imgrank.decode.raster import check_size, read_raster
from imgrank.decode.reasons import DecodeError, damaged
from imgrank.decode.shrink import shrink
from imgrank.decode.sniff import HEIC, RAW
from imgrank.decode.target import Target

if TYPE_CHECKING:
    import rawpy

# LibRaw says how far a picture was turned in its own numbers; these are EXIF's.
_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}


def main() -> None:
    """Answer each request until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not garble the answers
    requests = sys.stdin.buffer
    while line := requests.readline():
        head = json.loads(line)
        data = requests.read(head["bytes"])
        try:
            image = _read(data, head["kind"], Target(**head["target"]))
        except DecodeError as error:
            send(answers, {"reason": error.reason}, b"")
        else:
            pixels = image.tobytes()
            send(answers, {"size": image.size, "bytes": len(pixels)}, pixels)


def _read(data: bytes, kind: str, target: Target) -> Image.Image:
    if kind == HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener()
        return read_raster(data, HEIC, target)
    return _read_raw(data, target)


def _read_raw(data: bytes, target: Target) -> Image.Image:
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            check_size((raw.sizes.raw_width, raw.sizes.raw_height), RAW, target.max_megapixels)
            return _preview(raw, target) or _developed(raw, target)
    except DecodeError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise damaged(RAW, error) from error


def _preview(raw: rawpy.RawPy, target: Target) -> Image.Image | None:
    """The JPEG that the camera put beside the sensor's values, where it is large enough to stand for them."""
    import rawpy

    try:
        preview = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if not isinstance(preview.data, bytes):  # a bitmap, and then a tiny one
        return None
    developed = max(raw.sizes.width, raw.sizes.height) // 2
    with Image.open(io.BytesIO(preview.data), formats=("JPEG",)) as header:
        if max(header.size) < min(target.side, developed):
            return None
    return read_raster(preview.data, "JPEG", target, orientation=_ORIENTATION_OF_FLIP.get(raw.sizes.flip))


def _developed(raw: rawpy.RawPy, target: Target) -> Image.Image:
    image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    return shrink(image, target.size(image.size), target.resampling)
