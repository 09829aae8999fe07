"""What an explanation holds."""

from __future__ import annotations

from dataclasses import dataclass

from imgrank.arrays import Floats
from imgrank.records import ScorerName


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled picture that looks like the one explained.

    Attributes:
        path: The picture.
        likeness: The cosine of their embeddings, 1 for the same picture.
        said: What people said of it, such as "34 years" or "more in 5 of 6 answers".
    """

    path: str
    likeness: float
    said: str


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a picture has its score.

    Attributes:
        path: The picture.
        sentence: What it was ordered by.
        score: What `Ranker.rank` gives it, in `unit`.
        influence: (G, G) float, the picture in G x G equal parts from its upper left: by how much the score falls
            where that part is blurred. Above 0 the part speaks for the sentence, below 0 against it.
        unit: The unit of the score, or None.
        scorer: Who answered, as in `Ranking.scorer`.
        adapter: The trained ranker that answered, or None.
        relevant: False where the picture does not show what the sentence is about.
        examples: Labelled pictures like it, nearest first; none where the ranker kept none.
        notes: What should be known of it, a line each, as in `Ranking.notes`.
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
    notes: tuple[str, ...] = ()
