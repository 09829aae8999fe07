"""What a picture is made into."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

FULL_SIZE = 1 << 30  # as `side`, with proportions kept: the picture as it is

_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


@dataclass(frozen=True, slots=True)
class Target:
    """Squashed to the square of `side`, or else made to fit within it with its proportions kept.

    `interpolation` is bicubic or bilinear; `max_megapixels` bounds what is decoded at all.
    """

    side: int
    squash: bool
    interpolation: str
    max_megapixels: float

    def size(self, original: tuple[int, int]) -> tuple[int, int]:
        """Width and height to make of a picture of the `original` size; never larger unless squashed."""
        if self.squash:
            return self.side, self.side
        scale = min(1.0, self.side / max(original))
        return max(1, round(original[0] * scale)), max(1, round(original[1] * scale))

    @property
    def resampling(self) -> Image.Resampling:
        """The interpolation in Pillow's terms; KeyError on another name is a programmer's mistake."""
        return _RESAMPLING[self.interpolation]
