"""From a picture and a sentence to an explanation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.decode import load_images
from imgrank.discover import discover
from imgrank.errors import NothingToRank, UsageError
from imgrank.explaining.examples import nearest_examples
from imgrank.explaining.occlusion import influence
from imgrank.explaining.records import Explanation
from imgrank.paths import printable
from imgrank.records import Progress, Unreadable
from imgrank.scoring.asking import WITHOUT_DETAIL, answer, ask, terms_of
from imgrank.scoring.question import Answer, Question

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

AT_FULL_SIZE = "sort measures this at full size; what is explained here is the order by small copies of the images"
MIXED = "sort orders this by a mix of {}; explain each of these alone to see what raises it"

Pixels = npt.NDArray[np.uint8]


def explain(
    ranker: Ranker,
    image: str | Path,
    sentence: str,
    *,
    opposite: str | None = None,
    examples: bool = True,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Explanation:
    """Why `ranker` gives a picture its score: how it falls where parts are blurred, and labelled pictures like it.

    Takes as long as ranking fifty pictures.

    Args:
        ranker: Who gave the score.
        image: The picture.
        sentence: What it was ordered by.
        opposite: The other end of the scale, as in `Ranker.rank`.
        examples: Whether to look for labelled pictures like it.
        progress: Is told how far it is.

    Raises:
        UsageError: The sentence is empty, or `image` does not name one file.
        NothingToRank: The picture cannot be read.
    """
    question = Question(sentence.strip(), opposite)
    if not question.sentence:
        raise UsageError('A sentence is missing, such as "older person".')
    return explain_question(ranker, image, question, examples=examples, progress=progress)


def explain_question(
    ranker: Ranker,
    image: str | Path,
    question: Question,
    *,
    examples: bool = True,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Explanation:
    """As `explain`, for a question that is one term: a sentence, or pictures to be like. Raises what it raises."""
    asking = _Asking(ranker, question)
    score, where = influence(_pixels(ranker, str(image)), asking.scores)
    first = asking.first
    return Explanation(
        path=str(image),
        sentence=question.sentence,
        score=score,
        influence=where,
        unit=first.verdict.unit,
        scorer=first.verdict.scorer,
        adapter=first.verdict.adapter,
        relevant=bool(first.relevant[0]),
        examples=nearest_examples(ranker, question, str(image), progress) if examples else (),
        notes=_notes(ranker, question, first),
    )


def _notes(ranker: Ranker, question: Question, first: Answer) -> tuple[str, ...]:
    """Where `sort` would not ask just this, that is said."""
    notes = tuple(AT_FULL_SIZE if note == WITHOUT_DETAIL else note for note in first.verdict.notes)
    sentence = question.opposite is None and question.like is None
    terms = terms_of(question.sentence, ranker) if sentence else ()
    named = (f"{'less ' if term.weight < 0 else ''}'{term.text}'" for term in terms)
    return (*notes, MIXED.format(", ".join(named))) if terms else notes


class _Asking:
    """Asks the ranker about pixels; `first` is what it said of the picture as it is."""

    first: Answer

    def __init__(self, ranker: Ranker, question: Question) -> None:
        self._ranker, self._scorer = ranker, ask(question, ranker)

    def scores(self, pixels: Pixels) -> npt.NDArray[np.float64]:
        ranker = self._ranker
        packed = ranker.backbone.encode_images(pixels)

        def asked(rows: slice) -> Answer:
            blocks = [packed[rows]]
            return answer(self._scorer, lambda: iter(blocks), ranker.resources)

        self.first = asked(slice(0, 1))
        return asked(slice(None)).scores


def _pixels(ranker: Ranker, image: str) -> Pixels:
    found = discover([image])
    made = ranker.backbone.preprocessing
    if [file.path for file in found.files] != [image] and not found.skipped:
        raise UsageError(f"{printable(image)} is not a single image; name the image to explain.")
    loaded = [
        *load_images(
            found.files, made.side, made.interpolation, is_known=lambda _: False, crop=made.crop, pad=made.pad
        ),
        *found.skipped,
    ]
    if isinstance(loaded[0], Unreadable):
        raise NothingToRank(f"{printable(image)} cannot be explained: {loaded[0].reason}.")
    assert loaded[0].pixels is not None
    return loaded[0].pixels
