"""From a picture and a sentence to an explanation: parts of it washed out in turn, and labelled pictures like it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.adapter.registry import kept_rows_path
from imgrank.arrays import Floats
from imgrank.counting import counted
from imgrank.decode import load_images, open_image
from imgrank.detail.measure import LEAST_SIDE
from imgrank.detail.qualities import AskedQuality
from imgrank.discover import discover
from imgrank.errors import NothingToRank, UsageError
from imgrank.explaining.at_full_size import ENDS, SAID, measure_places
from imgrank.explaining.influence import GRID, Pixels, influence
from imgrank.labels import PairTask, ValueTask, read_labels
from imgrank.paths import printable
from imgrank.records import Asked, ImageFile, Progress, ScorerName, Unreadable
from imgrank.scoring.asking import Settled, answer
from imgrank.scoring.choosing import Choice
from imgrank.scoring.question import Answer, Question
from imgrank.scoring.scorers import Scorer
from imgrank.scoring.terms import terms_of

if TYPE_CHECKING:
    from imgrank.ranker import Ranker


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
            where that part is blurred. Above 0 the part speaks for the sentence, below 0 against it. Where `scorer` is
            `detail`: by how many octaves that part has more of what is asked for than the middle of the picture.
        unit: The unit of the score, or None.
        scorer: Who answered, as in `Ranking.scorer`.
        adapter: The trained ranker that answered, or None.
        relevant: False where the picture does not show what the sentence is about.
        examples: Labelled pictures like it, nearest first; none where the ranker kept none.
        notes: What should be known of it, a line each, as in `Ranking.notes`.
        asked: Which trained ranker was asked, and why, as in `Ranking.asked`.
        ends: In words, what parts above 0 do or are, and what parts below 0.
        shares: Where the sentence is a mix, each of its terms with its share of the order, below 0 where less of it is
            asked for: everything else here is of the first one.
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
    asked: Asked | None = None
    ends: tuple[str, str] = ("raises the score", "lowers the score")
    shares: tuple[tuple[str, float], ...] = ()

    @property
    def explained(self) -> str:
        """What the score and the map are of: the sentence, or the first term of its mix."""
        return self.shares[0][0] if self.shares else self.sentence


MIXED = "sort orders this by a mix of {}; the score and the map here are of '{}' alone"


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

    Returns:
        The score, and `influence` (G, G): by how much the score falls where that part is blurred.

    Raises:
        UsageError: The sentence is empty, or `image` does not name one file.
        NothingToRank: The picture cannot be read.
    """
    question = Question(sentence.strip(), opposite)
    if not question.sentence:
        raise UsageError('A sentence is missing; give one, such as "older person".')
    return explain_question(ranker, image, question, examples=examples, progress=progress)


def explain_question(
    ranker: Ranker,
    image: str | Path,
    question: Question,
    *,
    examples: bool = True,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Explanation:
    """As `explain`, for a question that is not yet a mix: a sentence, or pictures to be like. Raises what it raises."""
    is_sentence = question.opposite is None and question.like is None
    terms = terms_of(question.sentence, ranker) if is_sentence else ()
    if not terms:
        return _of_one_term(ranker, image, question, examples, progress)
    first = _of_one_term(ranker, image, Question(terms[0].text or ""), examples, progress)
    whole = sum(abs(term.weight) for term in terms)
    shares = tuple((term.text or "", term.weight / whole) for term in terms)
    terms_told = ", ".join(f"{'less ' if share < 0 else ''}'{text}' ({abs(share):.0%})" for text, share in shares)
    notes = (*first.notes, MIXED.format(terms_told, terms[0].text))
    return replace(first, sentence=question.sentence, shares=shares, notes=notes)


def _of_one_term(
    ranker: Ranker, image: str | Path, question: Question, examples: bool, progress: Callable[[Progress], None]
) -> Explanation:
    settled = Settled(question, ranker)
    if settled.quality is not None:
        return _measured(ranker, image, settled, settled.quality)
    asking = _Asking(ranker, settled.scorer(detailed=False))
    pixels = _pixels(ranker, str(image))
    shown = _without_bars(ranker, str(image))
    score, where = influence(pixels[shown], lambda some: asking.scores(_put_back(some, pixels, shown)))
    near = nearest_examples(ranker, settled.choice, str(image), progress) if examples else ()
    found = _explanation(image, asking.first, score, where, question)
    return replace(found, examples=near)


def _explanation(image: str | Path, answered: Answer, score: float, where: Floats, question: Question) -> Explanation:
    verdict = answered.verdict
    return Explanation(
        path=str(image),
        sentence=question.sentence,
        score=score,
        influence=where,
        unit=verdict.unit,
        scorer=verdict.scorer,
        adapter=verdict.adapter,
        relevant=bool(answered.relevant[0]),
        notes=(*verdict.asked.told_of_scores, *verdict.notes),
        asked=verdict.asked,
    )


def _measured(ranker: Ranker, image: str | Path, settled: Settled, asked: AskedQuality) -> Explanation:
    """Of who measures at full size: where the picture has what is asked for."""
    file = _only_file(str(image))
    seen = file if isinstance(file, Unreadable) else measure_places(file, asked.quality, GRID, ranker.max_megapixels)
    if isinstance(seen, Unreadable):
        raise _unreadable(seen)
    answered = answer(settled.scorer(detailed=True), lambda: iter([seen.packed]), ranker.resources)
    if not answered.relevant[0]:
        raise _unreadable(Unreadable(str(image), f"an image of fewer than {LEAST_SIDE} pixels is too small to measure"))
    ends = ENDS[asked.quality]
    found = _explanation(image, answered, float(answered.scores[0]), asked.turn * seen.where, settled.question)
    return replace(
        found,
        ends=ends if asked.turn > 0 else (ends[1], ends[0]),
        notes=(*found.notes, SAID[asked.quality]),
    )


class _Asking:
    """Asks the ranker about pixels; `first` is what it said of the picture as it is."""

    first: Answer

    def __init__(self, ranker: Ranker, scorer: Scorer) -> None:
        self._ranker, self._scorer = ranker, scorer

    def scores(self, pixels: Pixels) -> npt.NDArray[np.float64]:
        ranker = self._ranker
        packed = ranker.backbone.encode_images(pixels)

        def asked(rows: slice) -> Answer:
            blocks = [packed[rows]]
            return answer(self._scorer, lambda: iter(blocks), ranker.resources)

        self.first = asked(slice(0, 1))
        return asked(slice(None)).scores


def _only_file(image: str) -> ImageFile | Unreadable:
    found = discover([image])
    if [file.path for file in found.files] != [image] and not found.skipped:
        raise UsageError(f"{printable(image)} is not a single image; give one image to explain.")
    return found.files[0] if found.files else found.skipped[0]


def _pixels(ranker: Ranker, image: str) -> Pixels:
    file, made = _only_file(image), ranker.backbone.preprocessing
    if isinstance(file, Unreadable):
        raise _unreadable(file)
    [loaded] = load_images(
        [file],
        made.side,
        made.interpolation,
        is_known=lambda _: False,
        max_megapixels=ranker.max_megapixels,
        crop=made.crop,
        pad=made.pad,
    )
    if isinstance(loaded, Unreadable):
        raise _unreadable(loaded)
    assert loaded.pixels is not None
    return loaded.pixels


def _unreadable(one: Unreadable) -> NothingToRank:
    return NothingToRank(f"{printable(one.path)} cannot be explained: {one.reason}.")


def _without_bars(ranker: Ranker, image: str) -> tuple[slice, slice]:
    """Where a picture stands among pixels that have bars beside it: a map is laid over the picture alone."""
    made = ranker.backbone.preprocessing
    if made.pad is None:
        return slice(None), slice(None)
    width, height = open_image(image, made.side).size
    lengths = [max(1, round(length * made.side / max(width, height))) for length in (height, width)]
    if min(lengths) < GRID:  # no map of so few pixels
        return slice(None), slice(None)
    rows, columns = (slice((made.side - each) // 2, (made.side - each) // 2 + each) for each in lengths)
    return rows, columns


def _put_back(some: Pixels, whole: Pixels, shown: tuple[slice, slice]) -> Pixels:
    put = np.repeat(whole[None], len(some), axis=0)
    put[:, shown[0], shown[1]] = some
    return put


SHOWN = 4
MOST_COMPARED = 2000  # what `train` read is stored, and costs nothing; a cleared store must not cost minutes


def nearest_examples(
    ranker: Ranker, choice: Choice | None, image: str, progress: Callable[[Progress], None]
) -> tuple[Example, ...]:
    """At most SHOWN labelled pictures, nearest first; none where no query was chosen or its adapter kept no rows."""
    labels = {} if choice is None else _labels(choice)
    paths = [path for path in labels if os.path.isfile(path)]
    if not paths:
        return ()
    pictures = ranker.encode([image, *paths[:: -(-len(paths) // MOST_COMPARED)]], progress=progress)
    embeddings = pictures.packed.embedding.astype(np.float64)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    similarity = np.minimum(embeddings @ embeddings[0], 1.0)
    nearest = 1 + np.argsort(-similarity[1:], kind="stable")[:SHOWN]
    files = pictures.files
    return tuple(Example(files[n].path, float(similarity[n]), labels[files[n].path]) for n in nearest)


def _labels(choice: Choice) -> dict[str, str]:
    """What people said about each picture of this query, in words."""
    rows = kept_rows_path(choice.adapter.path or Path())
    try:
        labels = read_labels(str(rows), skip_bad=True)
    except UsageError:  # none were kept, or somebody wrote into them
        return {}
    task = next((task for task in labels.tasks if task.query == choice.query.name), None)
    if isinstance(task, ValueTask):
        unit = f" {choice.query.unit}" if choice.query.unit else ""
        return {path: f"{value:g}{unit}" for path, value in zip(task.images, task.values, strict=True)}
    return {} if task is None else _answers(task)


def _answers(task: PairTask) -> dict[str, str]:
    won: dict[str, float] = defaultdict(float)
    asked: dict[str, int] = defaultdict(int)
    for left, right, preferred in zip(task.left, task.right, task.preferred, strict=True):
        for path, points in ((left, (1 + preferred) / 2), (right, (1 - preferred) / 2)):
            won[path] += points
            asked[path] += 1
    return {path: f"more in {won[path]:g} of {counted(count, 'answer')}" for path, count in asked.items()}
