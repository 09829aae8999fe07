"""ImageFile -> pixels, or Unreadable with its reason.

Knows files, formats and pixels. Must not know backbones, tokens or what the pixels are for: the side of
the square and the interpolation come in as plain arguments.
"""

from imgrank.decode.load import Loaded, load_images
from imgrank.decode.picture import decode_bytes, open_image
from imgrank.decode.reasons import DEFAULT_MAX_MEGAPIXELS, DecodeError

__all__ = ["DEFAULT_MAX_MEGAPIXELS", "DecodeError", "Loaded", "decode_bytes", "load_images", "open_image"]
