"""What a picture is made into, and how: any mode of picture, of any size, to a small RGB one.

It is converted and averaged down band by band. Bands keep memory at the decoded picture itself, however large;
averaging whole blocks first and interpolating the rest is what Pillow's `reducing_gap=4.0` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image

from imgrank.decode.colour import Colours, colours_of

MOST_SQUARES = 3  # along the longer side; what is longer still is squashed a little
FULL_SIZE = 1 << 30  # as `side`, with proportions kept: the picture as it is

_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


@dataclass(frozen=True, slots=True)
class Target:
    """Squashed to the square of `side`, or else made to fit within it with its proportions kept.

    With `crop` only what is at most 4 : 3 is squashed to the square, as far as training by random crops changes
    proportions; of what is longer the shorter side becomes `side` and the longer one keeps its proportion, up to
    three times `side`, so that squares cut from it show everything. With `pad` the longer side becomes `side`, whether
    that makes the picture smaller or larger, and who asked adds the rest of the square.
    `interpolation` is bicubic or bilinear; `max_megapixels` bounds what is decoded at all.
    """

    side: int
    squash: bool
    interpolation: str
    max_megapixels: float
    crop: bool = False
    pad: bool = False

    def size(self, original: tuple[int, int]) -> tuple[int, int]:
        """Width and height to make of a picture of the `original` size; never larger unless a square is wanted."""
        if self.squash:
            return self._strip(*original) if self.crop else (self.side, self.side)
        scale = self.side / max(original) if self.pad else min(1.0, self.side / max(original))
        return max(1, round(original[0] * scale)), max(1, round(original[1] * scale))

    def _strip(self, width: int, height: int) -> tuple[int, int]:
        if 3 * max(width, height) <= 4 * min(width, height):
            return self.side, self.side
        longer = min(self.side * max(width, height) // min(width, height), MOST_SQUARES * self.side)
        return (longer, self.side) if width > height else (self.side, longer)

    @property
    def resampling(self) -> Image.Resampling:
        """The interpolation in Pillow's terms; KeyError on another name is a programmer's mistake."""
        return _RESAMPLING[self.interpolation]


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
        least, most = _extremes(rgba.getchannel("A"))
        if least == 255 or _extremes(laid_on(rgba, _WHITE).convert("L"))[0] < _HARDLY_SEEN:
            return _WHITE
        has_shape = has_shape or most >= _SEEN
    return _BLACK if has_shape else _WHITE


def _extremes(grey: Image.Image) -> tuple[int, int]:
    counts = np.flatnonzero(grey.histogram())
    return int(counts[0]), int(counts[-1])


def _rgba(image: Image.Image) -> Image.Image:
    return image.convert(_STRAIGHT.get(image.mode, image.mode)).convert("RGBA")


_BAND_PIXELS = 1_000_000
GAP = 4  # JPEG's scaling and blocks leave so many times the side to interpolate; with less the order strays


@dataclass(frozen=True, slots=True)
class _Scale:
    """The numbers that become black and white."""

    black: float
    white: float


def shrink(image: Image.Image, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    """A loaded image of any mode as sRGB of `size`: alpha over white, 16-bit and float scaled, never clipped."""
    width, height = image.size
    factor = max(1, width // (GAP * size[0])), max(1, height // (GAP * size[1]))
    colours = colours_of(image)
    # What is transparent lies on its ground in sRGB, as everywhere; all else costs less once it is small.
    early, late = (colours, None) if image.has_transparency_data else (None, colours)
    reduced = _reduced(image, factor, early, late)
    small = reduced.resize(size, resampling, box=(0, 0, width / factor[0], height / factor[1]))
    return small if late is None else late.to_srgb(small)


def _reduced(image: Image.Image, factor: tuple[int, int], early: Colours | None, late: Colours | None) -> Image.Image:
    """The image made smaller by a whole factor: RGB, turned by `early`; or as it is where `late` takes it so."""
    mode = image.mode if late is not None and late.mode == image.mode else "RGB"
    if image.mode == mode and not image.has_transparency_data:
        return image if factor == (1, 1) else image.reduce(factor)
    as_rgb = _converter(image, early)
    canvas = Image.new("RGB", (ceil(image.width / factor[0]), ceil(image.height / factor[1])))
    rows = factor[1] * max(1, _BAND_PIXELS // (image.width * factor[1]))
    for number, band in enumerate(_bands(image, rows)):
        canvas.paste(as_rgb(band).reduce(factor), (0, number * rows // factor[1]))
    return canvas


def rgb_converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What makes parts of this loaded image sRGB, all of them on one scale."""
    return _converter(image, colours_of(image))


def _converter(image: Image.Image, colours: Colours | None) -> Callable[[Image.Image], Image.Image]:
    if _holds_numbers(image):
        plain = partial(_from_numbers, scale=_scale(image))
    elif image.has_transparency_data:
        to_srgb = None if colours is None else colours.to_srgb
        return partial(laid_on, ground=ground_of(_some_bands(image)), to_srgb=to_srgb)
    else:
        plain = partial(Image.Image.convert, mode="RGB")
    return plain if colours is None else partial(_in_srgb, colours=colours, plain=plain)


def _in_srgb(image: Image.Image, colours: Colours, plain: Callable[[Image.Image], Image.Image]) -> Image.Image:
    return colours.to_srgb(image if image.mode == colours.mode else plain(image))


def _bands(image: Image.Image, rows: int) -> Iterator[Image.Image]:
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _some_bands(image: Image.Image) -> Iterator[Image.Image]:
    return _bands(image, max(1, _BAND_PIXELS // image.width))


# Greyscale of more than 8 bits


def _holds_numbers(image: Image.Image) -> bool:
    return image.mode[0] in "IF"


def _scale(image: Image.Image) -> _Scale:
    """16-bit counts its whole range; wider numbers the smallest usual range that holds them, or their own."""
    if image.mode.startswith("I;16"):
        return _Scale(0, 65535)
    low, high = _range(image)
    usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((limit for limit in usual if low >= 0 and high <= limit), None)
    return _Scale(low, high) if white is None else _Scale(0, white)


def _range(image: Image.Image) -> tuple[float, float]:
    """The least and the greatest of the finite numbers; 0, 0 where there are none."""
    lows, highs = [], []
    for band in _some_bands(image):
        values = _numbers(band)
        finite = values[np.isfinite(values)]
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    return min(lows, default=0.0), max(highs, default=0.0)


def _numbers(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(image).astype(np.float64)


def _from_numbers(image: Image.Image, scale: _Scale) -> Image.Image:
    """A PNG may name one number that stands for nothing, and there white shows."""
    grey, clear = _eight_bits(image, scale), image.info.get("transparency")
    if isinstance(clear, int):
        grey = Image.fromarray(np.where(_numbers(image) == clear, np.uint8(255), np.asarray(grey)))
    return grey.convert("RGB")


def _eight_bits(image: Image.Image, scale: _Scale) -> Image.Image:
    values = np.nan_to_num(_numbers(image), nan=scale.black, posinf=scale.white, neginf=scale.black)
    span = scale.white - scale.black or 1.0
    return Image.fromarray(np.rint((values - scale.black) * (255 / span)).astype(np.uint8))


class Luma:
    """A loaded image of any mode as 8 bits of brightness: alpha over white, 16-bit and float scaled, never clipped.

    It lies as in its file; `orientation` (EXIF's, 1 to 8) says how it is to be turned.
    """

    def __init__(self, image: Image.Image, orientation: int = 1) -> None:
        self.width, self.height = image.size
        self.orientation = orientation
        self._image = image
        self._as_rgb = rgb_converter(image)
        self._is_plain = image.mode == "L" and not image.has_transparency_data and colours_of(image) is None

    def rows(self, top: int, bottom: int) -> npt.NDArray[np.uint8]:
        """(bottom - top, width) uint8."""
        band = self._image.crop((0, top, self.width, bottom))
        return np.asarray(band if self._is_plain else self._as_rgb(band).convert("L"))
