"""ImageFile -> pixels, or Unreadable with its reason.

Knows files, formats and pixels. Must not know backbones, tokens or what the pixels are for: the side of
the square and the interpolation come in as plain arguments.
"""

from imgrank.decode.load_many import Loaded, Looked, load_images, look_at_images
from imgrank.decode.luma import Luma
from imgrank.decode.picture import decode_bytes, look_at, open_image
from imgrank.decode.unreadable import DEFAULT_MAX_MEGAPIXELS, DecodeError

__all__ = [
    "DEFAULT_MAX_MEGAPIXELS",
    "DecodeError",
    "Loaded",
    "Looked",
    "Luma",
    "decode_bytes",
    "load_images",
    "look_at",
    "look_at_images",
    "open_image",
]
