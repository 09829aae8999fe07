"""The scorer of the photograph itself: how sharp, shaken, noisy or blocky pictures are, measured at their full size."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from imgrank.counting import agreeing, counted
from imgrank.detail.measure import LEAST_SIDE, is_measurable
from imgrank.detail.qualities import AskedQuality, Quality, amount, asked_quality
from imgrank.records import Asked, Doubt
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
    notes: tuple[str, ...] = ()
    understood: bool = True
    scale: float = 1.0

    @property
    def depends_on(self) -> Hashable:
        """The quality, and which way."""
        return "detail", self.asked

    def reads(self, shape: TokenShape) -> Reads:
        """No tokens."""
        return Reads(tokens=False)

    def verdict(self, evidence: Evidence) -> Verdict:
        """Every photograph has some of it that is large enough to measure."""
        quality, is_turned = self.asked.quality.value, self.asked.turn < 0
        asked = Asked(
            query=None,
            similarity=None,
            reason=f"it asks for the {quality} of the photograph",
            quantity=f"{quality}, least first" if is_turned else quality,
            shipped=True,
            minus=quality if is_turned else "",
        )
        sure = self.understood and (not evidence.count or evidence.lacking < evidence.count)
        notes = self.notes + _too_small(evidence)
        doubt = Doubt.unmeasured if self.understood else Doubt.unread
        return Verdict("detail", None, None, sure, float(sure), asked, notes, doubt=doubt)

    def _score(self, packed: Packed) -> Scored:
        if packed.detail is None:
            raise ValueError("these tokens come without detail")
        scores = rounded(self.asked.turn * amount(self.asked.quality, packed.detail))
        measurable = is_measurable(packed.detail)
        return Scored(scores, measurable, Evidence.of(np.zeros(len(packed)), measurable))


def _too_small(evidence: Evidence) -> tuple[str, ...]:
    """How many pictures say nothing of any quality."""
    if not evidence.lacking:
        return ()
    images = f"{counted(evidence.lacking, 'image')} of fewer than {LEAST_SIDE} pixels across"
    come = "" if evidence.lacking == evidence.count else f" and {agreeing(evidence.lacking, 'comes', 'come')} last"
    return (f"{images} {agreeing(evidence.lacking, 'is', 'are')} too small to measure at full size{come}",)
