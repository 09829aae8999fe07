"""The scorer of the photograph itself: how sharp, shaken, noisy or blocky pictures are, measured at their full size."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from imgrank.detail.qualities import AskedQuality, Quality, amount, asked_quality
from imgrank.records import Asked
from imgrank.rounding import rounded
from imgrank.scoring.parsing import plain_order
from imgrank.scoring.question import Evidence, Question, Scored, Verdict
from imgrank.scoring.scorers import WithoutAdapter
from imgrank.tokens import Packed, Reads, TokenShape


def quality_in(sentence: str) -> AskedQuality | None:
    """The quality of the photograph that a sentence asks for, whatever order it asks for it in."""
    order = plain_order(sentence)
    asked = asked_quality(order.text)
    return None if asked is None else replace(asked, turn=asked.turn * order.turn)


# What shipped queries stand for where the photographs themselves are at hand, and which end of it
MEASURED = {
    "blurry": AskedQuality(Quality.sharpness, -1.0),
    "noisy": AskedQuality(Quality.noise, 1.0),
    "jpeg artifacts": AskedQuality(Quality.blocks, 1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class DetailScorer(WithoutAdapter):
    """A quality of the photograph, by what stands beside the tokens in `PackedTokens.detail`."""

    question: Question
    asked: AskedQuality
    scale: float = 1.0

    @property
    def depends_on(self) -> Hashable:
        """The quality, and which way."""
        return "detail", self.asked

    def reads(self, shape: TokenShape) -> Reads:
        """No tokens."""
        return Reads(tokens=False)

    def verdict(self, evidence: Evidence) -> Verdict:
        """Every photograph has some of it."""
        quality, is_turned = self.asked.quality.value, self.asked.turn < 0
        asked = Asked(
            query=None,
            similarity=None,
            reason=f"it asks for the {quality} of the photograph",
            quantity=f"{quality}, least first" if is_turned else quality,
            shipped=True,
            minus=quality if is_turned else "",
        )
        return Verdict("detail", None, None, True, 1.0, asked)

    def _score(self, packed: Packed) -> Scored:
        if packed.detail is None:
            raise ValueError("these tokens come without detail")
        scores = rounded(self.asked.turn * amount(self.asked.quality, packed.detail))
        everything = np.ones(len(packed), bool)
        return Scored(scores, everything, Evidence.of(np.zeros(len(packed)), everything))
