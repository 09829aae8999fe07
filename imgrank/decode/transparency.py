"""What shows through a transparent picture: white, or black where on white nothing of it could be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from PIL import Image

_WHITE, _BLACK = "white", "black"
_HARDLY_SEEN = 230  # brightness on white from which nothing stands out
_SEEN = 64  # of 255: what is less opaque is a trace
_STRAIGHT = {"La": "LA", "RGBa": "RGBA"}  # colours that were multiplied by their opacity -> plain ones


def laid_on(
    image: Image.Image, ground: str, to_srgb: Callable[[Image.Image], Image.Image] | None = None
) -> Image.Image:
    """A picture with transparency as RGB, over the colour `ground`; `to_srgb` first makes of its colours what they
    mean."""
    picture = _rgba(image)
    if to_srgb is not None:
        meant = to_srgb(picture.convert("RGB"))
        meant.putalpha(picture.getchannel("A"))
        picture = meant
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), picture).convert("RGB")


def ground_of(bands: Iterable[Image.Image]) -> str:
    """The colour that a picture, which comes in bands, is laid on: as soon as something stands out on white, white."""
    has_shape = False
    for band in bands:
        rgba = _rgba(band)
        least, most = _range(rgba.getchannel("A"))
        if least == 255 or _range(laid_on(rgba, _WHITE).convert("L"))[0] < _HARDLY_SEEN:
            return _WHITE
        has_shape = has_shape or most >= _SEEN
    return _BLACK if has_shape else _WHITE


def _range(grey: Image.Image) -> tuple[int, int]:
    counts = np.flatnonzero(grey.histogram())
    return int(counts[0]), int(counts[-1])


def _rgba(image: Image.Image) -> Image.Image:
    return image.convert(_STRAIGHT.get(image.mode, image.mode)).convert("RGBA")
