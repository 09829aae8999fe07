"""A ranker to explain that needs no weights: it scores how much red a picture holds."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.scoring.scorers import Resources
from imgrank.tokens import TextTokens
from tests.fakes import RedBackbone

SIDE = RedBackbone.preprocessing.side


class RedRanker:
    """As much of a Ranker as an explanation asks for."""

    adapter = "none"
    max_megapixels = DEFAULT_MAX_MEGAPIXELS

    def __init__(self) -> None:
        self.backbone = RedBackbone()
        self.resources = Resources()

    def sentence(self, text: str) -> TextTokens:
        return self.backbone.encode_sentence(text)

    def __enter__(self) -> RedRanker:
        return self

    def __exit__(self, *_: object) -> None: ...


def painted(path: Path, *spots: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> str:
    """A grey picture of 280 x 280 with spots: (left, upper, right, lower) in a colour."""
    picture = Image.new("RGB", (280, 280), (90, 90, 90))
    for box, colour in spots:
        picture.paste(colour, box)
    picture.save(path)
    return str(path)


RED, GREEN = (255, 0, 0), (0, 255, 0)
UPPER_LEFT, LOWER_RIGHT = (20, 20, 80, 80), (200, 200, 260, 260)
