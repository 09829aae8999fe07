"""An answer as users get it: who answered each term, and the whole ranking."""

from __future__ import annotations

from imgrank.backbone.contract import Backbone
from imgrank.records import AnsweredTerm, RankedImage, Ranking, Unreadable
from imgrank.scoring.question import Question, Verdict


def answered_term(question: Question, verdict: Verdict, weight: float = 1.0) -> AnsweredTerm:
    """A question and who answered it, for the user."""
    like = () if question.like is None else question.like.paths
    low = () if question.low is None else question.low.paths
    text = question.sentence if question.like is None else None
    return AnsweredTerm(weight, verdict.scorer, verdict.adapter, verdict.unit, text, like, low)


def terms_told(question: Question, verdict: Verdict) -> tuple[AnsweredTerm, ...]:
    """What was asked, term by term, and who answered each."""
    return verdict.terms or (answered_term(question, verdict),)


def ranking_of(
    query: str,
    terms: tuple[AnsweredTerm, ...],
    verdict: Verdict,
    backbone: Backbone,
    *,
    images: tuple[RankedImage, ...] = (),
    skipped: tuple[Unreadable, ...] = (),
    encoded: int = 0,
    seconds: float = 0.0,
    partial: bool = False,
) -> Ranking:
    """The whole, as users get it."""
    return Ranking(
        query=query,
        images=images,
        skipped=skipped,
        backbone=backbone.name,
        fingerprint=backbone.fingerprint,
        scorer=verdict.scorer,
        adapter=verdict.adapter,
        unit=verdict.unit,
        confident=verdict.confident,
        device=backbone.device,
        encoded=encoded,
        seconds=seconds,
        partial=partial,
        notes=verdict.notes,
        confidence=verdict.confidence,
        asked=verdict.asked,
        terms=terms,
        doubt=verdict.doubt,
    )
