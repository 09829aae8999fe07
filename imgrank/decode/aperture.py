"""The clean aperture of an AVIF: the part of its pixels that is the picture, which Pillow does not cut out."""

from __future__ import annotations

from imgrank.decode.boxes import properties

Box = tuple[int, int, int, int]  # left, top, right, bottom


def clean_aperture(data: bytes, size: tuple[int, int]) -> Box | None:
    """The part of the primary picture, of this `size`, that is to be seen; None where all of it is."""
    try:
        return next((_cut(part.body, size) for part in properties(data) if part.name == b"clap"), None)
    except (IndexError, ValueError, ZeroDivisionError):
        return None


def _cut(clap: memoryview, size: tuple[int, int]) -> Box | None:
    """Eight numbers: width, height and the offset of the middle across and down, each a fraction."""
    numbers = [int.from_bytes(clap[at : at + 4], "big", signed=at >= 16 and at % 8 == 0) for at in range(0, 32, 4)]
    width, height, across, down = (numbers[n] / numbers[n + 1] for n in range(0, 8, 2))
    left, top = (size[0] - width) / 2 + across, (size[1] - height) / 2 + down
    box = (round(left), round(top), round(left + width), round(top + height))
    fits = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if fits and box != (0, 0, *size) else None
