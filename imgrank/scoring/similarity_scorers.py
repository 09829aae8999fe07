"""Scorers without a trained adapter: nearness to pictures, a place between some, likeness to a sentence."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from imgrank.arrays import Flags, Floats
from imgrank.records import Asked, Doubt
from imgrank.rounding import rounded
from imgrank.scoring.calibration import ConfidenceWeights
from imgrank.scoring.question import Evidence, Question, Scored, Verdict
from imgrank.scoring.scorers import RELEVANT_FROM, WithoutAdapter, lacking
from imgrank.scoring.similarity import Aim, Line, TextAxis, likeness
from imgrank.scoring.unrelated import Unrelated
from imgrank.tokens import Packed, Reads, TokenShape, whole


@dataclass(frozen=True, slots=True, eq=False)
class PictureScorer(WithoutAdapter):
    """Nearness to a picture, or to some."""

    question: Question
    aim: Aim
    scale: float = 1.0

    @property
    def presence(self) -> float:
        """Of what the pictures show."""
        return 1.0

    @property
    def depends_on(self) -> Hashable:
        """The direction."""
        return "like", self.aim.vector.tobytes()

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings."""
        return Reads(tokens=False)

    def verdict(self, evidence: Evidence) -> Verdict:
        """A picture that is named is always near to something."""
        named = self.question.like
        reason = "an image was named" if named is None or len(named.paths) == 1 else "images were named"
        return Verdict("like", None, None, True, 1.0, Asked(None, None, reason))

    def _score(self, packed: Packed) -> Scored:
        scores, relevant = rounded(likeness(packed, self.aim)), np.ones(len(packed), bool)
        return Scored(scores, relevant, Evidence.of(scores, relevant))


@dataclass(frozen=True, slots=True, eq=False)
class BetweenScorer(WithoutAdapter):
    """Where pictures stand on the line from some pictures, at 0, to others, at 1; they may pass both."""

    question: Question
    line: Line

    @property
    def scale(self) -> float:
        """The nearer the ends, the more a cosine counts."""
        return max(1.0, 1.0 / self.line.length)

    @property
    def depends_on(self) -> Hashable:
        """Both ends."""
        return "between", self.line.low.tobytes(), self.line.high.tobytes()

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings and tokens."""
        return Reads()

    def verdict(self, evidence: Evidence) -> Verdict:
        """Every picture stands somewhere on it."""
        return Verdict("between", None, None, True, 1.0, Asked(None, None, "images name both ends"))

    def _score(self, packed: Packed) -> Scored:
        scores, relevant = rounded(self.line(whole(packed)), self.scale), np.ones(len(packed), bool)
        return Scored(scores, relevant, Evidence.of(np.zeros(len(packed)), relevant))


@dataclass(frozen=True, slots=True, eq=False)
class LikenessScorer(WithoutAdapter):
    """Likeness to the sentence, or along the scale that it names; where it `denies`, what lacks it comes first."""

    question: Question
    axis: TextAxis
    asked: Asked
    sureness: ConfidenceWeights
    unrelated: Unrelated | None = None
    understood: bool = True
    notes: tuple[str, ...] = ()
    denies: bool = False
    scale: float = 1.0

    @property
    def presence(self) -> float:
        """Of what the sentence names, unless it names a scale with two ends."""
        return self.axis.turn if self.axis.other is None else 0.0

    @property
    def depends_on(self) -> Hashable:
        """The words: they say what the axis is."""
        return "likeness", self.question.sentence, self.question.opposite, self.axis.turn

    def reads(self, shape: TokenShape) -> Reads:
        """Embeddings, and the moments that kinds follow from."""
        return Reads(tokens=False, moments=self.axis.rows(shape.width))

    def verdict(self, evidence: Evidence) -> Verdict:
        """Whether the sentence is shown here at all; of a denial, whether any picture lacks what it denies."""
        about = self.axis.end if self.axis.subject is None else self.axis.subject
        is_scale_or_denial = self.denies or self.axis.subject is not None
        if not self.understood or (evidence.none_fits and is_scale_or_denial):
            sure, least = 0.0, 1.0
        elif self.denies:
            sure, least = self.sureness.chance_lacking(evidence), RELEVANT_FROM
        else:
            sure, least = self.sureness.confidence(evidence, about.coverage, about.words), self.sureness.threshold
        is_turned = self.axis.turn < 0 and self.axis.other is None
        asked = replace(self.asked, minus="similarity") if is_turned else self.asked
        notes, doubt = self.notes + lacking(evidence), Doubt.absent if self.understood else Doubt.unread
        return Verdict("zero-shot", None, None, sure >= least, sure, asked, notes, doubt=doubt)

    def _score(self, packed: Packed) -> Scored:
        along = self.axis(packed)
        relevant = np.ones(len(packed), bool)
        subject, shown_from = self.axis.subject, self.sureness.shown_from
        if subject is not None and subject.coverage and shown_from is not None:  # cosines alone stay below it
            relevant = along.likeness >= shown_from
        fits = self._fits(along.likeness, relevant)
        evidence = Evidence.of(along.likeness, relevant, fits)
        if self.unrelated is not None:
            beside = self.unrelated.beside(packed, along.likeness, -1.0 if self.denies else 1.0)
            evidence = replace(evidence, unrelated=beside.to_others, ahead=beside.ahead)
        return Scored(rounded(along.scores), relevant, evidence, fits=fits)

    def _fits(self, likeness: Floats, relevant: Flags) -> Flags | None:
        """Which pictures surely show what is said, or surely lack what is denied; None where it is not known. Between
        the two lie those that may show it."""
        reaches = self.sureness.shown_from if self.denies else self.sureness.fits_from
        return None if reaches is None else relevant & ((likeness >= reaches) != self.denies)
