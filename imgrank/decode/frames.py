"""Which of the pictures in a file stands for it: not its thumbnail, nor the blank frame before an animation."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageStat, TiffImagePlugin

from imgrank.decode.file_bytes import gif_sizes

ANIMATED = frozenset({"GIF", "PNG", "WebP", "AVIF"})

_BITS, _PLANAR, _IN_PLANES = 258, 284, 2
_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_MOST_PAGES = 64
_THUMBNAIL_SIDE = 320  # a first page up to this side may be a small copy of a later one
_THUMBNAIL_OF = 4  # times its side

_BLANK = 16.0  # standard deviation of brightness, of 255, from which a frame shows something
_AS_GOOD = 0.9  # of the liveliest frame's: the first of those is taken
_MOST_FRAMES = 48
_MOST_PIXELS = 50e6  # of all frames that are looked at: about a second
_LARGEST = 10e6  # pixels of a frame: they are decoded beside what the memory of pictures is reckoned for
_SEEN_AT = 64


def turn_to_page(image: Image.Image) -> None:
    """Turn a TIFF to its first page that is no small copy of another one."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    if _is_reduced(image):
        image.seek(next((number for number in _pages(image) if not _is_reduced(image)), 0))
    elif max(image.size) <= _THUMBNAIL_SIDE:
        first = image.size
        image.seek(next((number for number in _pages(image) if _is_small_copy(first, image.size)), 0))


def mend_planes(image: Image.Image) -> None:
    """Pillow takes planes of 16 bits that are not compressed for planes of 8, and shows noise."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or image.tag_v2.get(_PLANAR) != _IN_PLANES:
        return
    if set(image.tag_v2.get(_BITS, ())) == {16} and all(tile.codec_name == "raw" for tile in image.tile):
        order = "L" if image.tag_v2.prefix == b"II" else "B"
        image.tile = [
            tile._replace(args=(f"{tile.args[0][0]};16{order}", *tile.args[1:]))
            for tile in image.tile
            if isinstance(tile.args, tuple)
        ]


def telling_frame(image: Image.Image, data: bytes, kind: str) -> int:
    """The number of the frame of an animation that stands for it: the first, where that shows something.

    Otherwise the first one that shows about as much as any. `image` is what `data` holds, not loaded yet.
    """
    if kind not in ANIMATED or not getattr(image, "is_animated", False):
        return 0
    pixels = image.width * image.height
    if pixels > _LARGEST:
        return 0
    most = int(min(_MOST_FRAMES, _MOST_PIXELS / pixels))
    if kind == "GIF":  # a frame that lies outside makes the picture larger
        most = sum(width * height <= _LARGEST for width, height in gif_sizes(data, most))
    shown: list[float] = []
    with Image.open(io.BytesIO(data), formats=(image.format or "",)) as frames:
        for shows in _each_frame(frames, most):
            if not shown and shows >= _BLANK:
                return 0
            shown.append(shows)
    return next((n for n, shows in enumerate(shown) if shows >= _AS_GOOD * max(shown) and shows >= _BLANK), 0)


def _is_reduced(page: TiffImagePlugin.TiffImageFile) -> bool:
    tags = page.tag_v2
    return bool(int(tags.get(_SUBFILE_TYPE, 0)) & 1) or tags.get(_OLD_SUBFILE_TYPE) == 2


def _is_small_copy(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a page of `size` is a small copy of one of the `other` size, in either orientation."""
    short, long = sorted(size)
    other_short, other_long = sorted(other)
    return other_long >= _THUMBNAIL_OF * long and abs(short - other_short * long / other_long) <= 1


def _pages(image: Image.Image) -> Iterator[int]:
    """The number of each page, with the image turned to it."""
    for number in range(_MOST_PAGES):
        try:
            image.seek(number)
        except EOFError:
            return
        yield number


def _each_frame(frames: Image.Image, most: int) -> Iterator[float]:
    """How much each of the first frames shows; a broken one ends them."""
    for number in range(most):
        try:
            frames.seek(number)
            yield _shows(frames)
        except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything, and others of its frames are fine
            return


def _shows(frame: Image.Image) -> float:
    small = frame.convert("RGBA")
    small.thumbnail((_SEEN_AT, _SEEN_AT), Image.Resampling.BOX)
    on_white = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    return float(ImageStat.Stat(on_white.convert("L")).stddev[0])
