"""The brightness of a picture at its full size, a few rows at a time, so that memory stays at the decoded picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from imgrank.decode.colour import colours_of
from imgrank.decode.shrink import rgb_converter


class Luma:
    """A loaded image of any mode as 8 bits of brightness: alpha over white, 16-bit and float scaled, never clipped."""

    def __init__(self, image: Image.Image) -> None:
        self.width, self.height = image.size
        self._image = image
        self._as_rgb = rgb_converter(image)
        self._is_plain = image.mode == "L" and not image.has_transparency_data and colours_of(image) is None

    def rows(self, top: int, bottom: int) -> npt.NDArray[np.uint8]:
        """(bottom - top, width) uint8."""
        band = self._image.crop((0, top, self.width, bottom))
        return np.asarray(band if self._is_plain else self._as_rgb(band).convert("L"))
