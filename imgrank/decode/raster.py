"""Bytes of a format that Pillow reads -> a small upright RGB picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from imgrank.arrays import Floats
from imgrank.decode.budget import spend
from imgrank.decode.colour import colours_of, named_profile
from imgrank.decode.file_bytes import check_scans, clean_aperture, gif_sizes, without_metadata
from imgrank.decode.frames import mend_planes, telling_frame, turn_to_page
from imgrank.decode.shrink import GAP, Luma, Target, shrink
from imgrank.decode.sniff import HEIC, JXL, PHOTOSHOP
from imgrank.decode.unreadable import (
    DEFAULT_MAX_MEGAPIXELS,
    DecodeError,
    cut_off,
    damaged,
    too_many_pixels,
)

# Named here because Pillow's own search for a plugin imports every one it has.
_PLUGINS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
_PILLOW_NAMES = {"WebP": "WEBP", "JPEG 2000": "JPEG2000", HEIC: "HEIF", JXL: "JXL", PHOTOSHOP: "PSD"}

# Our own cap is checked before any pixel is allocated, and counts what each format needs while it is
# decoded: a JPEG can be decoded small, a progressive one takes 6 bytes a pixel, AVIF 12, WebP 16,
# JPEG 2000 and JPEG XL 20, all others 4 to 7. Each share of 500 megapixels is then about a gigabyte.
_SHARE_OF_CAP = {"JPEG": 1.0, HEIC: 0.4, "AVIF": 0.2, "WebP": 0.15, "JPEG 2000": 0.12, JXL: 0.12}
_PROGRESSIVE_SHARE = 0.4
_USUAL_SHARE = 0.5
Image.MAX_IMAGE_PIXELS = None
# Pillow's blocks of 16 MB would stay with each thread when freed; glibc always gives back more than 32 MB at once.
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]  # Pillow gives it no type

# Pillow warns about odd metadata, which is no news to someone who orders pictures.
warnings.filterwarnings("ignore", module=r"PIL\.")

_T = TypeVar("_T")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_raster(
    data: bytes, kind: str, target: Target, *, orientation: int | None = None, profile: bytes | None = None
) -> Image.Image:
    """The picture in `data`, which is of `kind`, made into `target`: RGB, upright by its EXIF orientation.

    `orientation` and `profile` stand in where the picture itself names none. Raises DecodeError.
    """

    def use(image: Image.Image) -> Image.Image:
        _give_profile(image, lambda: profile)
        return made_into(image, kind, target, data, orientation)

    return _opened(data, kind, target.max_megapixels, use)


def measure_raster(data: bytes, kind: str, measure: Callable[[Luma], _T], max_megapixels: float) -> _T:
    """What `measure` makes of the picture in `data` at its full size, while its memory is held. Raises DecodeError."""

    def in_full(image: Image.Image) -> _T:
        share = _checked_share(image, kind, max_megapixels)
        if kind == "JPEG" and image.mode == "RGB" and colours_of(image) is None:
            image.draft("L", image.size)  # brightness is what a JPEG stores; colours need not be made
        with spend(image.width * image.height / (share * DEFAULT_MAX_MEGAPIXELS * 1e6)):
            image.load()
            return measure(Luma(image, _orientation(image) or 1))

    return _opened(data, kind, max_megapixels, in_full)


def _opened(data: bytes, kind: str, max_megapixels: float, use: Callable[[Image.Image], _T]) -> _T:
    if kind == "GIF":  # opening one makes the whole canvas of its first frame
        for size in gif_sizes(data, 1):
            check_size(size, kind, max_megapixels)
    if kind == "JPEG 2000" and _lacks_its_end(data):
        raise cut_off(kind)
    try:
        return _with_pillow(data, kind, use)
    except DecodeError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        bare = without_metadata(data) if kind == "PNG" else data
        if len(bare) == len(data):
            raise damaged(kind, error) from error
    # Pillow refuses long texts, long profiles and broken checksums of either.
    return _opened(bare, kind, max_megapixels, use)


def _with_pillow(data: bytes, kind: str, use: Callable[[Image.Image], _T]) -> _T:
    with Image.open(io.BytesIO(data), formats=(pillow_name(kind),)) as image:
        if kind == "JPEG":
            check_scans(data, image.size)
        turn_to_page(image)
        mend_planes(image)
        if frame := telling_frame(image, data, kind):
            image.seek(frame)
        _give_profile(image, lambda: named_profile(data, kind, image))
        return use(image)


def _give_profile(image: Image.Image, named: Callable[[], bytes | None]) -> None:
    """The profile that it names, to an image that brings none."""
    if not image.info.get("icc_profile") and (profile := named()):
        image.info["icc_profile"] = profile


def pillow_name(kind: str) -> str:
    """What Pillow calls a format that `picture_kind` names."""
    return _PILLOW_NAMES.get(kind, kind)


def _lacks_its_end(codestream: bytes) -> bool:
    """OpenJPEG fills a cut JPEG 2000 with grey and says nothing; between start of data (SOD) and end of
    codestream (EOC) no other 0xff is followed by so large a byte."""
    return codestream.find(b"\xff\xd9", codestream.find(b"\xff\x93")) < 0


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The image turned and mirrored as an EXIF orientation (1 to 8) says."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def upright_map(values: Floats, orientation: int) -> Floats:
    """(rows, columns) of values over an image as it lies in its file -> over the upright image."""
    turned = upright(Image.fromarray(values.astype(np.float32)), orientation)
    return np.asarray(turned, np.float64)


def cost(size: tuple[int, int], kind: str) -> float:
    """The part of the memory for pictures that one of this size and kind takes while it is decoded."""
    return size[0] * size[1] / (_SHARE_OF_CAP.get(kind, _USUAL_SHARE) * DEFAULT_MAX_MEGAPIXELS * 1e6)


def check_size(size: tuple[int, int], kind: str, max_megapixels: float, share: float | None = None) -> None:
    """Raise DecodeError where a picture of this size must not be decoded."""
    allowed = max_megapixels * (share or _SHARE_OF_CAP.get(kind, _USUAL_SHARE))
    if size[0] * size[1] > allowed * 1e6:
        raise too_many_pixels(size, kind, allowed)


def made_into(
    image: Image.Image, kind: str, target: Target, data: bytes | None = None, orientation: int | None = None
) -> Image.Image:
    """An opened picture made into `target`, and closed.

    `data` is what it was opened from, None where all of it is seen; `orientation` as `read_raster` takes it. Raises
    DecodeError where it is too large.
    """
    share = _checked_share(image, kind, target.max_megapixels)
    seen = clean_aperture(data, image.size) if data is not None and kind == "AVIF" else None
    size = target.size(image.size if seen is None else (seen[2] - seen[0], seen[3] - seen[1]))
    pixels = image.width * image.height
    if kind == "JPEG":
        image.draft(image.mode, (GAP * size[0], GAP * size[1]))
        pixels = pixels if image.info.get("progressive") else image.width * image.height
    with spend(pixels / (share * DEFAULT_MAX_MEGAPIXELS * 1e6)):
        image.load()
        small = shrink(image if seen is None else image.crop(seen), size, target.resampling)
        named = _orientation(image)
        image.close()  # frees the pixels before the next picture may take their place
    return upright(small, named or orientation or 1)


def _checked_share(image: Image.Image, kind: str, max_megapixels: float) -> float:
    """The share of the cap that a picture of this kind may take. Raises DecodeError where it is too large."""
    share = _PROGRESSIVE_SHARE if image.info.get("progressive") else _SHARE_OF_CAP.get(kind, _USUAL_SHARE)
    check_size(image.size, kind, max_megapixels, share)
    return share


def _orientation(image: Image.Image) -> int | None:
    """Read after loading: a TIFF is turned upright by Pillow as it loads, and says so.

    A JPEG XL is upright whatever its EXIF says, unless it is a JPEG in another dress.
    """
    if image.format == "JXL" and not getattr(image, "jpeg", False):
        return 1
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - broken EXIF raises anything, and the pixels are fine
        return None
