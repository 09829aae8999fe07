"""From a picture and a sentence to an explanation: parts of it washed out in turn, and labelled pictures like it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from imgrank.adapter.registry import kept_rows_path
from imgrank.arrays import Floats
from imgrank.counting import counted
from imgrank.decode import load_images, open_image
from imgrank.discover import discover
from imgrank.errors import NothingToRank, UsageError
from imgrank.labels import PairTask, ValueTask, read_labels
from imgrank.paths import printable
from imgrank.records import Asked, Progress, ScorerName, Unreadable
from imgrank.scoring.asking import WITHOUT_DETAIL, answer, ask, choose, terms_of
from imgrank.scoring.choosing import Choice
from imgrank.scoring.question import Answer, Question

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
            where that part is blurred. Above 0 the part speaks for the sentence, below 0 against it.
        unit: The unit of the score, or None.
        scorer: Who answered, as in `Ranking.scorer`.
        adapter: The trained ranker that answered, or None.
        relevant: False where the picture does not show what the sentence is about.
        examples: Labelled pictures like it, nearest first; none where the ranker kept none.
        notes: What should be known of it, a line each, as in `Ranking.notes`.
        asked: Which trained ranker was asked, and why, as in `Ranking.asked`.
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
    pixels = _pixels(ranker, str(image))
    shown = _without_bars(ranker, str(image))
    score, where = influence(pixels[shown], lambda some: asking.scores(_put_back(some, pixels, shown)))
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
        asked=first.verdict.asked,
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


GRID = 14  # parts a side of the map
WINDOWS = 7  # places a side at which the window stands
WINDOW = 2 / 7  # its side, as a share of the picture's
BLUR = 1 / 8  # what is left of a washed-out part: its colours, no edges; as a share of the side

Score = Callable[[Pixels], Floats]


def influence(pixels: Pixels, score: Score) -> tuple[float, Floats]:
    """The score of a picture (height, width, 3), and by how much it falls where a part is washed out (GRID, GRID).

    `score` takes pictures (N, height, width, 3) and gives (N,). A part gets the mean of the windows that touch it, each
    weighed by how much of the part it covers.
    """
    masks = windows(*pixels.shape[:2])
    scores = score(np.concatenate([pixels[None], washed_out(pixels, masks)]))
    cover = parts(masks.astype(np.float64))
    falls = scores[0] - scores[1:]
    return float(scores[0]), np.tensordot(falls, cover, axes=1) / cover.sum(axis=0)


def windows(height: int, width: int) -> npt.NDArray[np.bool_]:
    """(WINDOWS * WINDOWS, height, width): True where the window stands; together they cover the picture."""
    down, across = _along(height), _along(width)
    return (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, height, width)


def _along(side: int) -> npt.NDArray[np.bool_]:
    size = round(side * WINDOW)
    places = np.arange(side)
    starts = np.rint(np.linspace(0, side - size, WINDOWS))[:, None]
    return (places >= starts) & (places < starts + size)


def washed_out(pixels: Pixels, masks: npt.NDArray[np.bool_]) -> Pixels:
    """(N, height, width, 3): the picture, blurred where each of N masks is True."""
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(min(pixels.shape[:2]) * BLUR)))
    return np.where(masks[..., None], blurred, pixels)


def parts(maps: Floats, grid: int = GRID) -> Floats:
    """Means of maps (..., height, width) over equal parts (..., grid, grid); the sides need not divide."""
    down, across = (np.rint(np.linspace(0, size, grid + 1)).astype(int) for size in maps.shape[-2:])
    sums = np.add.reduceat(np.add.reduceat(maps, across[:-1], axis=-1), down[:-1], axis=-2)
    result: Floats = sums / np.outer(np.diff(down), np.diff(across))
    return result


SHOWN = 4
MOST_COMPARED = 2000  # what `train` read is stored, and costs nothing; a cleared store must not cost minutes


def nearest_examples(
    ranker: Ranker, question: Question, image: str, progress: Callable[[Progress], None]
) -> tuple[Example, ...]:
    """At most SHOWN labelled pictures, nearest first; none where zero-shot answers or the adapter kept no rows."""
    choice = choose(question, ranker)
    said = {} if choice is None else _said(choice)
    paths = [path for path in said if os.path.isfile(path)]
    if not paths:
        return ()
    pictures = ranker.encode([image, *paths[:: -(-len(paths) // MOST_COMPARED)]], progress=progress)
    embeddings = pictures.packed.embedding.astype(np.float64)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    likeness = embeddings @ embeddings[0]
    nearest = 1 + np.argsort(-likeness[1:], kind="stable")[:SHOWN]
    files = pictures.files
    return tuple(Example(files[n].path, float(likeness[n]), said[files[n].path]) for n in nearest)


def _said(choice: Choice) -> dict[str, str]:
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
