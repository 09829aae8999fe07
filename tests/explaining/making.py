"""A ranker to explain that needs no weights: it scores how much red a picture holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from imgrank.backbone.contract import Preprocessing
from imgrank.scoring.scorers import Resources
from imgrank.tokens import PackedTokens, TextTokens, TokenShape, pack

SIDE = 56


class RedBackbone:
    """Embeds a picture as (its mean red, its mean green); the sentence "red" points at the first."""

    name, fingerprint, device = "red", "0" * 16, "cpu"
    shape = TokenShape(1, 2, 2)
    text_width = 2
    preprocessing = Preprocessing(SIDE, (0.5,) * 3, (0.5,) * 3, "bicubic")

    def encode_images(self, pixels: np.ndarray) -> PackedTokens:
        means = pixels.reshape(len(pixels), -1, 3).mean(axis=1).astype(np.float32)[:, :2] + 1
        return pack(means[:, None], means)

    def encode_sentence(self, sentence: str) -> TextTokens:
        vector = np.array([1.0, 0.0] if "red" in sentence else [0.0, 1.0], np.float32)
        return TextTokens(vector[None], vector)

    def kinds(self, sentence):
        return None


class RedRanker:
    """As much of a Ranker as an explanation asks for."""

    adapter = "none"

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
