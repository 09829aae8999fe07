"""What the pipeline asks of any backbone: two functions, and the facts that name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imgrank.tokens import KindEvidence, PackedTokens, TextTokens, TokenShape


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pixels are made: squash to side x side, then (pixel / 255 - mean) / std by channel."""

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str  # "bicubic" or "bilinear"


class Backbone(Protocol):
    """A frozen CLIP seen as images -> tokens and sentences -> tokens.

    `name` is what the user asked for, `fingerprint` 16 hex digits over everything that shapes the
    tokens, `text_width` the width D_t of text tokens, `device` where the image tower runs. Loading is
    lazy: the attributes are known without building a tower, each tower is built on first use. Calls with
    `batch_size` pictures, or a multiple, waste nothing; it may shrink where memory turns out too small.
    """

    name: str
    fingerprint: str
    shape: TokenShape
    text_width: int
    preprocessing: Preprocessing
    device: str

    @property
    def batch_size(self) -> int: ...

    def encode_images(self, pixels: npt.NDArray[np.uint8]) -> PackedTokens:
        """(N, side, side, 3) uint8 RGB, already squashed, to tokens. The result for a picture never
        depends on its batch mates: batches are padded to one fixed size."""
        ...

    def encode_sentence(self, sentence: str) -> TextTokens:
        """Text tokens of one sentence; its embedding lives in the space of the image embeddings."""
        ...

    def kinds(self, sentence: str) -> KindEvidence | None:
        """What `encode_sentence` says of kinds, without a model; None where it says nothing."""
        ...
