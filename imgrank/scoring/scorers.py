"""The protocol behind which all scorers stand: with a trained adapter, by similarity, by detail, and mixes of these.

Scores are rounded where they are made, by the scale of the query, so that whoever asks sees the same digits.
A scorer is a question that is ready to be put to pictures, here or, as it can be pickled, on another machine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.adapter.registry import Shelf
from imgrank.arrays import Flags
from imgrank.counting import agreeing, counted
from imgrank.records import NONE_SHOWS, ONE_LACKS
from imgrank.scoring.question import Answer, Evidence, KeptScores, Question, Scored, Verdict
from imgrank.tokens import Packed, Reads, TokenShape

RELEVANT_FROM = 0.5
SUBJECT_OF_SENTENCE = "what the sentence is about"

Score = Callable[[Packed], Scored]
Places = npt.NDArray[np.intp] | None
_Own = TypeVar("_Own", bound="WithoutAdapter")


@dataclass(frozen=True, slots=True)
class Resources:
    """What a process keeps between questions, so that the next one is cheaper; no score depends on it.

    `activations` is None where pictures are not asked about twice.
    """

    shelf: Shelf = field(default_factory=Shelf)
    activations: ActivationCache | None = None
    terms: KeptScores = field(default_factory=KeptScores)


class Scorer(Protocol):
    """Who answers a question."""

    @property
    def question(self) -> Question: ...

    @property
    def scale(self) -> float:
        """By how much its scores differ, as a rule: their digits follow from it."""
        ...

    @property
    def presence(self) -> float:
        """1.0 where a higher score is more of a thing, -1.0 where it is less of one, so that at the other end pictures
        lack it; 0.0 where both ends are something, as of a scale."""
        ...

    @property
    def depends_on(self) -> Hashable:
        """All that its scores depend on, beside the backbone and the pictures."""
        ...

    @property
    def adapter_files(self) -> tuple[Path, ...]:
        """The files that scoring needs."""
        ...

    def with_adapter_files(self, paths: Sequence[Path]) -> Scorer:
        """The same with those files in other places."""
        ...

    def reads(self, shape: TokenShape) -> Reads:
        """What of pictures of this shape its scores depend on."""
        ...

    def open(self, resources: Resources) -> Score:
        """The function from tokens to scores. Raises AdapterError where an adapter cannot be loaded."""
        ...

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """The whole answer from its parts, in their order.

        `places` is the order in which pictures of equal score are refined, where that is not the order of parts.
        """
        ...

    def verdict(self, evidence: Evidence) -> Verdict:
        """All but the scores, from what all pictures together say."""
        ...


class WithoutAdapter(ABC):
    """What scorers share that need no adapter: each picture gets its score at once, and keeps it."""

    __slots__ = ()

    @property
    def presence(self) -> float:
        """A scale, unless a scorer knows better."""
        return 0.0

    @property
    def adapter_files(self) -> tuple[Path, ...]:
        """None."""
        return ()

    def with_adapter_files(self: _Own, paths: Sequence[Path]) -> _Own:
        """Needs none."""
        return self

    def open(self, resources: Resources) -> Score:
        """Nothing is to be loaded."""
        return self._score

    def conclude(self, parts: Sequence[Scored], resources: Resources, places: Places = None) -> Answer:
        """Scores as they are."""
        return joined_answer(parts, self.verdict)

    @abstractmethod
    def verdict(self, evidence: Evidence) -> Verdict:
        """As a `Scorer` has it."""

    @abstractmethod
    def _score(self, packed: Packed) -> Scored: ...


def joined_answer(parts: Sequence[Scored], verdict: Callable[[Evidence], Verdict]) -> Answer:
    """The scores of all parts in their order, and the verdict on what they say together."""
    evidence = sum((part.evidence for part in parts), Evidence())
    scores = np.concatenate([part.scores for part in parts])
    relevant = np.concatenate([part.relevant for part in parts])
    return Answer(scores, relevant, verdict(evidence), joined_fits(parts))


def joined_fits(parts: Sequence[Scored]) -> Flags | None:
    """Which pictures of all parts fit, None where that cannot be told."""
    known = [part.fits for part in parts if part.fits is not None]
    return np.concatenate(known) if known and len(known) == len(parts) else None


def lacking(evidence: Evidence, subject: str = SUBJECT_OF_SENTENCE) -> tuple[str, ...]:
    """How many pictures lack the subject."""
    if evidence.lacking == evidence.count == 1:
        return (f"{ONE_LACKS} {subject}, so its score means little",)
    if evidence.lacking and evidence.lacking == evidence.count:
        return (f"{NONE_SHOWS} {subject}, so this order means little",)
    if evidence.lacking:
        images = counted(evidence.lacking, "image does", "images do")
        come = agreeing(evidence.lacking, "comes", "come")
        return (f"{images} not seem to show {subject} and {come} last",)
    return ()
