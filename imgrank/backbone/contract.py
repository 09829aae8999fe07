"""What the pipeline asks of any backbone: two functions, and the facts that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from imgrank.tokens import KindEvidence, PackedTokens, TextTokens, TokenShape

BLACK = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pixels are made: squash to side x side, then (pixel / 255 - mean) / std by channel.

    With `crop` only pictures of up to 4 : 3 are squashed; of longer ones the shorter side becomes `side`, and the tower
    sees two or three squares that cover them. With `pad`, a colour, the longer side becomes `side`, and the colour
    fills the square.
    """

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str  # "bicubic" or "bilinear"
    crop: bool = False
    pad: tuple[int, int, int] | None = None

    def facts(self) -> dict[str, Any]:
        """What a fingerprint is taken of: each fact where it matters, so that what was known without it stays known."""
        facts = {**asdict(self), "pad": self.pad if self.pad != BLACK else True}
        return {name: value for name, value in facts.items() if name not in ("crop", "pad") or value}


Pixels = npt.NDArray[np.uint8]


def together(pictures: Sequence[Pixels]) -> Pixels | Sequence[Pixels]:
    """Pictures as `Backbone.encode_images` takes them: in one array where they are of one size."""
    return np.stack(pictures) if len({one.shape for one in pictures}) == 1 else pictures


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

    def encode_images(self, pixels: Pixels | Sequence[Pixels]) -> PackedTokens:
        """N pictures, uint8 RGB, to tokens: (N, side, side, 3), or where `preprocessing.crop` N arrays whose shorter
        side is `side`. The result for a picture never depends on its batch mates: batches are padded to one size."""
        ...

    def encode_sentence(self, sentence: str) -> TextTokens:
        """Text tokens of one sentence; its embedding lives in the space of the image embeddings."""
        ...

    def kinds(self, sentence: str) -> KindEvidence | None:
        """What `encode_sentence` says of kinds, without a model; None where it says nothing."""
        ...
