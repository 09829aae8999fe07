"""Stand-ins for a backbone that need no weights, for every room's tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xxhash import xxh3_64_intdigest

from imgrank.backbone.contract import Preprocessing
from imgrank.tokens import PackedTokens, TextTokens, TokenShape, pack


def tokens_by(keys: Sequence[bytes], shape: TokenShape) -> PackedTokens:
    """Random tokens that depend on each key alone."""
    made = PackedTokens.empty(len(keys), shape)
    for n, key in enumerate(keys):
        random = np.random.default_rng(xxh3_64_intdigest(key))
        made.quantised[n] = random.integers(-127, 128, made.quantised.shape[1:])
        made.scales[n] = random.random(made.scales.shape[1:])
        made.embedding[n] = random.standard_normal(made.embedding.shape[1:])
    return made


class FakeBackbone:
    """Tokens depend on the pixels alone, those of a sentence on its letters; `encoded` counts pictures."""

    name = "fake"
    fingerprint = "0123456789abcdef"
    shape = TokenShape(tokens=3, width=5, embedding=7)
    text_width = 4
    preprocessing = Preprocessing(8, (0.0,) * 3, (1.0,) * 3, "bicubic")
    device = "cpu"
    batch_size = 16

    def __init__(self) -> None:
        self.encoded = 0

    def encode_images(self, pixels):
        self.encoded += len(pixels)
        return tokens_by([picture.tobytes() for picture in pixels], self.shape)

    def encode_sentence(self, sentence):
        random = np.random.default_rng(list(sentence.encode()))
        vector = random.standard_normal(self.shape.embedding).astype(np.float32)
        tokens = random.standard_normal((3, self.text_width)).astype(np.float32)
        return TextTokens(tokens, vector / np.linalg.norm(vector))

    def kinds(self, sentence):
        return None


class RedBackbone(FakeBackbone):
    """Embeds a picture as (its mean red, its mean green); the sentence "red" points at the first."""

    name, fingerprint = "red", "0" * 16
    shape = TokenShape(1, 2, 2)
    text_width = 2
    preprocessing = Preprocessing(56, (0.5,) * 3, (0.5,) * 3, "bicubic")

    def encode_images(self, pixels: np.ndarray) -> PackedTokens:
        means = pixels.reshape(len(pixels), -1, 3).mean(axis=1).astype(np.float32)[:, :2] + 1
        return pack(means[:, None], means)

    def encode_sentence(self, sentence: str) -> TextTokens:
        vector = np.array([1.0, 0.0] if "red" in sentence else [0.0, 1.0], np.float32)
        return TextTokens(vector[None], vector)
