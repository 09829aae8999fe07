"""Several terms as one order: "a beach" plus a picture, less "people". A mix is a scorer as its terms are.

Terms are answered by different scorers in different units. The rule that brings them to one scale: of each term, how
many standard deviations of the whole folder a picture stands above its mean, times the term's weight; the score is
the weighted mean. So a term that all pictures share changes nothing. Where a thing is denied, pictures that show none
of it are much alike (`levelled`): "a beach" minus "people" is to find beaches, and not what is least like people.
Minus mirrors plus: along a scale it turns the order, and of a thing it is plus of its lack, so that "minus dogs" is
what "no dogs" is. The spread never counts for less than `LEAST_SPREAD` of what the scorer's values differ by as a rule:
what hardly differs hardly counts. A picture that lacks a term's subject has less of it than all that show it.

Spreads are whole numbers added up, and terms are added as whole numbers, so that no order of pictures, parts or terms
moves a digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import fsum
from operator import or_
from pathlib import Path

import numpy as np

from imgrank.arrays import Flags, Floats
from imgrank.counting import counted
from imgrank.paths import printable, quoted
from imgrank.records import Asked, Doubt
from imgrank.rounding import digits_of
from imgrank.scoring.answered import answered_term
from imgrank.scoring.detail import DetailScorer
from imgrank.scoring.question import Answer, Evidence, Question, Scored, Tally, TermEvidence, Verdict
from imgrank.scoring.scorers import Places, Resources, Score, Scorer, joined_answer, joined_fits, lacking
from imgrank.tokens import PackedTokens, Reads, TokenShape

LEAST_SPREAD = 0.005  # of a scorer's scale
LEVEL = 1.0  # spreads below the mean, from about where a picture shows none of a thing
LACKS = 1.0  # of a scorer's scale, below the least that shows the subject
LACKING_HALF = 0.5  # of the weight of all that is wanted, from which a picture stands last
SPARE_DIGITS = 3  # beyond those that hold, in which terms are added


@dataclass(frozen=True, slots=True, eq=False)
class MixTerm:
    """A question that is ready to be put to pictures, and how much it counts."""

    scorer: Scorer
    weight: float

    @property
    def denied(self) -> float:
        """1.0 where a thing is denied of which a higher score shows more, -1.0 where a lower one does, else 0.0."""
        presence = self.scorer.presence
        return presence if presence * self.weight < 0 else 0.0


@dataclass(frozen=True, slots=True)
class TermScale:
    """What brings one term to the common scale, from the whole folder: mean and spread of its scores, and the score of
    pictures that lack its subject. `shared` where it tells no pictures apart; `denied` as in `MixTerm`."""

    mean: float
    spread: float
    lacking: float
    shared: bool
    denied: float

    @staticmethod
    def of(said: TermEvidence, scale: float, denied: float) -> TermScale:
        """From scores that differ by `scale` as a rule."""
        known, lack = said.tally, said.evidence.lacking
        least = round((known.least or 0) - LACKS * scale * 10.0**known.digits)
        whole = known + Tally(known.digits, lack, lack * least, lack * least**2)
        spread = (whole.spread**2 + (LEAST_SPREAD * scale) ** 2) ** 0.5
        return TermScale(whole.mean, spread, least * 10.0**-known.digits, whole.spread == 0, denied)

    def __call__(self, scores: Floats, relevant: Flags) -> Floats:
        """(N,) spreads above the mean; what is not relevant stands below all that is."""
        spreads: Floats = (np.where(relevant, scores, self.lacking) - self.mean) / self.spread
        return self.denied * levelled(self.denied * spreads) if self.denied else spreads


def levelled(spreads: Floats) -> Floats:
    """(N,) spreads above the mean of how much of a thing is shown, which count in full far above it, and ever less
    below: 0 stays 0, their order stays, and none comes below -1.21."""
    result: Floats = (spreads + np.sqrt((spreads + LEVEL) ** 2 + 1) - (LEVEL**2 + 1) ** 0.5) / 2
    return result


@dataclass(frozen=True, slots=True, eq=False)
class MixScorer:
    """Several terms. Before it is `settled` it only finds out how their scores are spread."""

    question: Question
    terms: tuple[MixTerm, ...]
    notes: tuple[str, ...] = ()
    scales: tuple[TermScale, ...] | None = None

    @property
    def scale(self) -> float:
        """The coarsest of the terms decides which digits hold."""
        if self.scales is None:
            return 1.0
        each = [one for one in zip(self.terms, self.scales, strict=True) if not one[1].shared]
        widest = max((abs(term.weight) * term.scorer.scale / own.spread for term, own in each), default=1.0)
        return widest / self._whole

    @property
    def presence(self) -> float:
        """A mix is about no one thing."""
        return 0.0

    @property
    def depends_on(self) -> Hashable:
        """Its terms, their weights and scales."""
        return "mix", frozenset((term.scorer.depends_on, term.weight) for term in self.terms), self.scales

    @property
    def adapter_files(self) -> tuple[Path, ...]:
        """Those of all terms, each once."""
        return tuple(dict.fromkeys(file for term in self.terms for file in term.scorer.adapter_files))

    def with_adapter_files(self, paths: Sequence[Path]) -> MixScorer:
        """Each term with its own."""
        new = dict(zip(self.adapter_files, paths, strict=True))
        moved = (
            replace(term, scorer=term.scorer.with_adapter_files([new[file] for file in term.scorer.adapter_files]))
            if term.scorer.adapter_files
            else term
            for term in self.terms
        )
        return replace(self, terms=tuple(moved))

    def reads(self, shape: TokenShape) -> Reads:
        """What any of its terms reads."""
        return reduce(or_, (term.scorer.reads(shape) for term in self.terms))

    def open(self, resources: Resources) -> Score:
        """The mix, or, before it is settled, nothing but what its terms say of all pictures together."""
        scores = [term.scorer.open(resources) for term in self.terms]
        return lambda packed: self.of_terms([score(packed) for score in scores])

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are."""
        return joined_answer(parts, self.verdict)

    def settled(self, evidence: Evidence) -> MixScorer:
        """The same with the scales that hold for all pictures together."""
        each = zip(self.terms, evidence.terms, strict=True)
        scales = (TermScale.of(said, term.scorer.scale, term.denied) for term, said in each)
        return replace(self, scales=tuple(scales))

    def of_terms(self, parts: Sequence[Scored]) -> Scored:
        """Some pictures' part of the answer, from that of each term; no score before the mix is settled."""
        relevant = np.ones(len(parts[0].relevant), bool) if self.scales is None else self._relevant(parts)
        said = tuple(term_evidence(term.scorer, part) for term, part in zip(self.terms, parts, strict=True))
        scores = np.zeros(len(relevant)) if self.scales is None else self._mixed(parts)
        evidence = replace(Evidence.of(np.zeros(len(relevant)), relevant), terms=said)
        return Scored(scores, relevant, evidence, fits=self._fits(parts))

    def verdict(self, evidence: Evidence) -> Verdict:
        """Confident where every term that is wanted is, and some picture shows enough of them; who answers each."""
        said = [_verdict(term.scorer, one.evidence) for term, one in zip(self.terms, evidence.terms, strict=True)]
        wanted = [one for one, term in zip(said, self.terms, strict=True) if term.weight > 0]
        notes = [
            f"{quoted(term.scorer.question.sentence)!r}: {note}"
            for term, one in zip(self.terms, said, strict=True)
            for note in one.notes
        ]
        told = "; ".join(_told(term, one) for term, one in zip(self.terms, said, strict=True))
        unsure = next((one.doubt for one in wanted if not one.confident), None)
        doubt = Doubt.cancelled if self._cancels else Doubt.absent if evidence.none_fits else unsure
        sure = 0.0 if evidence.none_fits or self._cancels else min((one.confidence for one in wanted), default=1.0)
        return Verdict(
            scorer="mix",
            adapter=None,
            unit=None,
            confident=doubt is None,
            confidence=sure,
            asked=Asked(None, None, f"a mix of {counted(len(self.terms), 'term')}", told),
            notes=(*self.notes, *notes, *lacking(evidence, "what the mix is about")),
            terms=tuple(
                answered_term(term.scorer.question, one, term.weight)
                for term, one in zip(self.terms, said, strict=True)
            ),
            doubt=doubt or Doubt.absent,
        )

    @property
    def _cancels(self) -> bool:
        """Whether each term is taken away as much as it is added: "cats" less "cats"."""
        weights: dict[Hashable, list[float]] = defaultdict(list)
        for term in self.terms:
            scorer = term.scorer
            if isinstance(scorer, DetailScorer):
                weights[scorer.asked.quality].append(term.weight * scorer.asked.turn)
            else:
                weights[scorer.depends_on].append(term.weight)
        return all(fsum(each) == 0 for each in weights.values())

    @property
    def _whole(self) -> float:
        return fsum(abs(term.weight) for term in self.terms)

    def _told_apart(self, parts: Sequence[Scored]) -> Iterator[tuple[MixTerm, TermScale, Scored]]:
        """The terms that not all pictures share."""
        each = zip(self.terms, self.scales or (), parts, strict=True)
        return (one for one in each if not one[1].shared)

    def _relevant(self, parts: Sequence[Scored]) -> Flags:
        """A picture stands last where it lacks the subject of half of what is wanted, or more."""
        wanted = [(term.weight, part.relevant) for term, _, part in self._told_apart(parts) if term.weight > 0]
        if not wanted:
            return np.ones(len(parts[0].scores), bool)
        shares = sorted(wanted, key=lambda one: one[0])
        lacks = sum((weight * ~flags for weight, flags in shares), np.zeros(len(parts[0].scores)))
        result: Flags = lacks < LACKING_HALF * fsum(weight for weight, _ in shares) * (1 - 1e-12)
        return result

    def _fits(self, parts: Sequence[Scored]) -> Flags | None:
        """Whether pictures fit every term that can tell, and show none of what is to be less; None where none can."""
        each = zip(self.terms, parts, strict=True)
        known = [
            part.relevant & part.fits if term.weight > 0 else ~(part.relevant & part.fits)
            for term, part in each
            if part.fits is not None
        ]
        return np.logical_and.reduce(known) if known else None

    def _mixed(self, parts: Sequence[Scored]) -> Floats:
        """The weighted mean over the terms, added as whole numbers: no order of terms moves a digit."""
        digits = digits_of(self.scale)
        unit = 10.0 ** -(digits + SPARE_DIGITS)
        total = np.zeros(len(parts[0].scores), np.int64)
        for term, scale, part in self._told_apart(parts):
            share = term.weight / self._whole * scale(part.scores, part.relevant)
            total += np.rint(share / unit).astype(np.int64)
        return np.asarray(np.round(total * unit, digits) + 0.0)


def term_evidence(scorer: Scorer, part: Scored) -> TermEvidence:
    """What some pictures say of one term."""
    return TermEvidence(part.evidence, Tally.of(part.scores, part.relevant, digits_of(scorer.scale)))


def _verdict(scorer: Scorer, evidence: Evidence) -> Verdict:
    """What a term says for itself: of pictures without its subject the mix tells, of those too small the term."""
    return scorer.verdict(evidence if isinstance(scorer, DetailScorer) else replace(evidence, lacking=0))


def _told(term: MixTerm, verdict: Verdict) -> str:
    """One term in words."""
    question = term.scorer.question
    less = "less " if term.weight < 0 else ""
    times = "" if abs(term.weight) == 1 else f" (weight {abs(term.weight):g})"
    if question.low is not None and question.like is not None:
        ends = (printable(", ".join(end.paths)) for end in (question.low, question.like))
        return f"{less}the scale from {' to '.join(ends)}{times}"
    if question.like is not None:
        return f"{less}similarity to {printable(', '.join(question.like.paths))}{times}"
    by = {
        "adapter": verdict.asked.predicted_by(verdict.adapter),
        "detail": f"{verdict.asked.quantity}, measured at full size",
    }
    return f"{less}{quoted(question.sentence)!r} by {by.get(verdict.scorer, 'similarity')}{times}"


def mixed(mix: MixScorer, blocks: Iterator[PackedTokens], resources: Resources, pictures: Hashable = None) -> Answer:
    """The whole answer of a mix that is not settled. `pictures` names them where the terms' scores may be kept."""
    kept = {} if pictures is None else resources.terms.over(pictures)
    missing = {term.scorer.depends_on: term.scorer for term in mix.terms if term.scorer.depends_on not in kept}
    found: dict[Hashable, list[Scored]] = {key: [] for key in missing}
    if missing:
        scores = {key: scorer.open(resources) for key, scorer in missing.items()}
        for packed in blocks:
            for key, score in scores.items():
                found[key].append(score(packed))
    whole = kept | {key: _joined(parts) for key, parts in found.items()}
    if pictures is not None:
        resources.terms.keep(pictures, whole)
    parts = [whole[term.scorer.depends_on] for term in mix.terms]
    settled = mix.settled(mix.of_terms(parts).evidence)
    return settled.conclude([settled.of_terms(parts)], resources)


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.relevant for part in parts]),
        sum((part.evidence for part in parts), Evidence()),
        fits=joined_fits(parts),
    )
