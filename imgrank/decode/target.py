"""What a picture is made into."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

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
