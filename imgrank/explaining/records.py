"""What an explanation holds."""

from __future__ import annotations

from dataclasses import dataclass

from imgrank.arrays import Floats
from imgrank.records import ScorerName


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled picture that looks like the one explained.

    `likeness` is the cosine of their embeddings, 1 for the same picture; `said` is what people said of it,
    such as "34 years" or "more in 5 of 6 answers".
    """

    path: str
    likeness: float
    said: str


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a picture has its score.

    `influence` (G, G) goes over the picture in equal parts, from its upper left: by how much the score falls where
    that part is washed out. Above 0 the part speaks for the sentence, below 0 against it. `score` is what `sort`
    gives, in `unit`; `adapter` is None where no trained ranker answered; `relevant` is False where the picture does
    not show what the sentence is about. `examples` are the nearest labelled pictures first, none where the
    ranker kept none.
    """

    path: str
    sentence: str
    score: float
    influence: Floats
    unit: str | None
    scorer: ScorerName
    adapter: str | None
    relevant: bool
    examples: tuple[Example, ...] = ()
