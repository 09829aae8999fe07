"""A second decoder for what Pillow does not read: libvips, where the extra `vips` is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from PIL import Image

from imgrank.decode.raster import check_size, made_into
from imgrank.decode.shrink import Target
from imgrank.decode.unreadable import DecodeError, damaged

KINDS = frozenset({"AVIF", "TIFF"})  # of which Pillow lacks some, and libvips reads more
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_INKS = 4


def has_second() -> bool:
    """Whether libvips is at hand."""
    return find_spec("pyvips") is not None


def read_again(data: bytes, kind: str, target: Target) -> Image.Image:
    """The picture in `data` made into `target`, upright. Raises DecodeError."""
    import pyvips

    try:
        opened = pyvips.Image.new_from_buffer(data, "", access="sequential")
        check_size((opened.width, opened.height), kind, target.max_megapixels)
        return made_into(_as_pillow(opened.autorot()), kind, target, data=None, orientation=1)
    except pyvips.Error as error:
        raise damaged(kind, error) from error


def _as_pillow(opened: Any) -> Image.Image:  # noqa: ANN401 (pyvips has no types)
    """8 bits a channel; inks stay inks, and all else becomes grey or RGB."""
    names = opened.get_fields()
    profile = opened.get("icc-profile-data") if "icc-profile-data" in names else None
    if opened.interpretation == "cmyk" and opened.bands >= _INKS:
        inks = opened[:_INKS] >> 8 if opened.format == "ushort" else opened[:_INKS]
        return _made("CMYK", inks.cast("uchar"), profile)
    if opened.interpretation in ("multiband", "histogram"):
        opened = opened.scaleimage() if opened.bands <= _INKS else opened[0].scaleimage()
    else:
        opened = opened.colourspace("b-w" if opened.bands <= 2 else "srgb").cast("uchar")
    if opened.bands not in _MODES:
        raise DecodeError("an image of more channels than colours need")
    return _made(_MODES[opened.bands], opened, profile)


def _made(mode: str, opened: Any, profile: bytes | None) -> Image.Image:  # noqa: ANN401
    image = Image.frombytes(mode, (opened.width, opened.height), opened.write_to_memory())
    if profile is not None:
        image.info["icc_profile"] = profile
    return image
