"""ImageFile -> pixels, or Unreadable with its reason.

Knows files, formats and pixels. Must not know backbones, tokens or what the pixels are for: the side of
the square and the interpolation come in as plain arguments.
"""

from imgrank.decode.load_many import Loaded, MeasuredPicture, load_images, measure_images
from imgrank.decode.picture import decode_bytes, measure_pixels, open_image
from imgrank.decode.raster import upright_map
from imgrank.decode.shrink import Luma
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS, DecodeError, checked_megapixels

__all__ = [
    "DEFAULT_MAX_MEGAPIXELS",
    "DecodeError",
    "Loaded",
    "Luma",
    "MeasuredPicture",
    "checked_megapixels",
    "decode_bytes",
    "load_images",
    "measure_images",
    "measure_pixels",
    "open_image",
    "upright_map",
]
