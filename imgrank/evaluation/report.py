"""`evaluate`: an adapter, its pairwise order, ridge and zero-shot side by side on the same pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imgrank.arrays import Floats
from imgrank.counting import counted
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.errors import LabelsError, UsageError
from imgrank.evaluation.predictions import (
    AdapterScores,
    Answering,
    MeasuredQuality,
    WhoAnswers,
    who_answers_each,
    zero_shot,
)
from imgrank.evaluation.set_aside import learnt_images
from imgrank.index_tokens import IndexTokens
from imgrank.labels import SPLITS, Labels, ValueTask, read_labels
from imgrank.learning.baselines import baseline, ridge_views
from imgrank.learning.dataset import Dataset, TokenSource, read_dataset
from imgrank.learning.metrics import Difference, ScorerMetrics
from imgrank.learning.task import PairRows, Rows, TaskRows, ValueRows
from imgrank.paths import printable
from imgrank.ranker import Ranker
from imgrank.records import Progress

PAIRS_DRAWN = 4096
Answers = Answering | MeasuredQuality


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Of M pairs: the pair head's `probability` (M,) that the first stands above the second, and whether it did.

    `won` (M,) is 1 or 0, or 0.5 where people called it a tie.
    """

    probability: Floats
    won: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What each scorer says of the N measured rows; what the adapter says is None where none answers.

    For values: predictions in the query's unit (zero-shot has none). For answers: by how much left stands
    above right. `chances` are of the answers, or of pairs of values drawn at random.
    """

    true: Floats
    score: Floats | None
    pairs: Floats | None
    ridge: Floats
    zero_shot: Floats
    chances: Chances | None = None


@dataclass(frozen=True, slots=True, eq=False)
class QueryReport:
    """One query on its measured rows, by each scorer: SRCC, KRCC, PLCC, MAE, pair accuracy and accuracy.

    Attributes:
        query: What was asked.
        n: The number of measured rows.
        split: Which rows those are: train, val, test or all.
        unit: The unit of the values, or None.
        score: The ranker's scores.
        pairs: Its comparisons of pairs.
        ridge: Ridge regression on the same tokens.
        zero_shot: Likeness to the words.
        versus_ridge: Ranker less ridge, with its 95 % interval; in SRCC for values and in pair accuracy for answers.
            None where no ranker answers.
        predictions: What each scorer says of each row.
        quality: What of the photograph is measured at full size in place of a ranker, or None.
        learnt: On how many of the rows the ranker was trained (of answers: on both images), as far as that is known.
    """

    query: str
    n: int
    split: str
    unit: str | None
    score: ScorerMetrics
    pairs: ScorerMetrics
    ridge: ScorerMetrics
    zero_shot: ScorerMetrics
    versus_ridge: Difference | None
    predictions: Predictions
    quality: str | None = None
    learnt: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything that was measured.

    Attributes:
        adapter: The ranker, or None where no query found one.
        backbone: Who encoded the pictures.
        queries: One report a query.
        notes: Lines for the user.
    """

    adapter: str | None
    backbone: str
    queries: tuple[QueryReport, ...]
    notes: tuple[str, ...] = ()


def evaluate(
    labels: str | Path | Labels,
    *,
    adapter: str = "auto",
    backbone: str = "mini",
    device: str = "auto",
    split: str | None = None,
    skip_bad: bool = False,
    column: Collection[str] = (),
    source: TokenSource | None = None,
    index: str | Path | None = None,
    cache: bool = True,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Measure a ranker on labelled pictures, beside ridge regression and zero-shot, with 95 % bootstrap intervals.

    Ridge learns from the other rows (train, and val where test is measured); where there are none, from the
    measured rows outside each row's group.

    Args:
        labels: A labels file, or `Labels` from `imgrank.labels`.
        adapter: As in `Ranker`.
        backbone: As in `Ranker`.
        device: As in `Ranker`.
        split: Which rows to measure: by default test, val, or all, whichever there is first.
        skip_bad: Leave faulty rows out instead of refusing the file.
        column: As in `imgrank.labels.read_labels`.
        source: Where tokens come from, instead of a `Ranker` of its own.
        index: An index that has the pictures' tokens: no picture is read.
        cache: As in `Ranker`.
        max_megapixels: As in `Ranker`.
        progress: Is told how far encoding is.

    Returns:
        A report for each query: the ranker, ridge and zero-shot on the same rows.

    Raises:
        LabelsError: The labels have faults, or no row of that split.
        UsageError: There is no such split.
        AdapterError: The ranker cannot be used.
        BackboneError: The backbone cannot be used.
    """
    with ExitStack() as opened:
        if index is not None:
            source = IndexTokens(opened.enter_context(Ranker(backbone, device=device, cache=cache)), index)
        pictures = set(source.pictures.paths) if isinstance(source, IndexTokens) else None
        known = (
            labels
            if isinstance(labels, Labels)
            else read_labels(str(labels), skip_bad=skip_bad, pictures=pictures, column=column)
        )
        if source is None:
            source = opened.enter_context(Ranker(backbone, device=device, cache=cache, max_megapixels=max_megapixels))
        dataset = read_dataset(known, source, skip_bad=skip_bad, progress=progress)
        return report(who_answers_each(dataset, source, adapter, progress), source, split)


def report(answering: WhoAnswers, source: TokenSource, split: str | None = None) -> Report:
    """The same from a dataset and who answers each of its tasks."""
    dataset = answering.dataset
    views = ridge_views(dataset.packed)
    queries, notes = [], list(answering.notes)
    for rows, answers in zip(dataset.tasks, answering.each, strict=True):
        measured, train, name = measured_rows(rows, split)
        if not len(measured):
            notes.append(f'"{printable(rows.query)}" has no rows in the split {name} and is left out')
            continue
        if answers is None:
            notes.append(f'no ranker fits "{printable(rows.query)}", so only plain ridge and zero-shot are measured')
        known = _known_images(rows, measured, answers)
        notes += _told_of_learnt(rows, known, answers) or _told_of_shared(rows, measured, train)
        predictions = _predict(dataset, rows, measured, train, answers, source, views)
        learnt = sum(number == _sides(rows) for number in known)
        queries.append(replace(_query_report(rows, measured, name, answers, predictions), learnt=learnt))
    if not queries:
        raise LabelsError(f"No query of {printable(dataset.labels.source)} has rows in the split {split}.")
    names = dict.fromkeys(one.name for one in answering.each if one is not None and one.name is not None)
    left_out = (f"left out: {fault}" for fault in dataset.labels.left_out)
    told = (*dataset.labels.notes, *left_out, *notes)
    return Report(", ".join(names) or None, source.backbone.name, tuple(queries), told)


def _sides(rows: TaskRows) -> int:
    """How many images a row has."""
    return 1 if isinstance(rows.task, ValueTask) else 2


def _known_images(rows: TaskRows, measured: Rows, answers: Answers | None) -> list[int]:
    """Of each measured row: how many of its images the adapter learnt from."""
    if not isinstance(answers, Answering):
        return [0] * len(measured)
    path = answers.choice.adapter.path
    learnt = frozenset() if path is None else learnt_images(path, answers.choice.query.name)
    task = rows.task
    sides = (task.images,) if isinstance(task, ValueTask) else (task.left, task.right)
    return [sum(os.path.abspath(side[n]) in learnt for side in sides) for n in measured]


def _told_of_learnt(rows: TaskRows, known: Sequence[int], answers: Answers | None) -> list[str]:
    """A line where the adapter is measured on what it learnt from, or on pairs with an image that it did."""
    some, whole = sum(number > 0 for number in known), sum(number == _sides(rows) for number in known)
    if not (some and isinstance(answers, Answering)):
        return []
    name, of_rows = printable(answers.adapter.name), f'of the {counted(len(known), "row")} of "{rows.query}"'
    if _sides(rows) == 1:
        was = f"was trained on {whole:,} {printable(of_rows)}"
    else:
        was = f"was trained on an image of {some:,} {printable(of_rows)}, on both images of {whole:,}"
    return [f"{name} {was}: its metrics here are better than on other images, and so is its lead over plain ridge"]


def _told_of_shared(rows: TaskRows, measured: Rows, train: Rows) -> list[str]:
    """A line where pairs to measure on share images with the rows of the file that are there to learn from."""
    if isinstance(rows, ValueRows):
        return []
    shared = int(rows.shows(measured, rows.pictures(train)).sum())
    if not shared:
        return []
    return [
        f'{shared:,} of the {counted(len(measured), "row")} of "{printable(rows.query)}" have an image that is also in '
        "rows to learn from: metrics here, also those of plain ridge, are better than on other images"
    ]


def measured_rows(rows: TaskRows, split: str | None) -> tuple[Rows, Rows, str]:
    """The rows to measure on, the rows that ridge may learn from, and the name of the split."""
    present = [name for name in ("test", "val") if len(rows.in_split(name))]
    name = split or (present[0] if present else "all")
    if name == "all":
        return np.arange(len(rows)), np.zeros(0, np.intp), name
    if name not in SPLITS:
        raise UsageError(f'There is no split "{printable(name)}"; the splits are {", ".join(SPLITS)} and all.')
    learnt_from = {"test": ("train", "val", ""), "val": ("train", ""), "train": ()}[name]
    return rows.in_split(name), rows.in_split(*learnt_from), name


def _predict(
    dataset: Dataset,
    rows: TaskRows,
    measured: Rows,
    train: Rows,
    answers: Answers | None,
    source: TokenSource,
    views: Sequence[Floats],
) -> Predictions:
    if isinstance(rows, ValueRows):
        packed = dataset.packed[rows.rows[measured]]
        scored = None if answers is None else answers(packed)
        return Predictions(
            true=rows.values[measured],
            score=None if scored is None else scored.value,
            pairs=None if scored is None or scored.strength is None else _in_unit(scored.strength, scored.value),
            ridge=baseline(views, rows, measured, train),
            zero_shot=zero_shot(rows, packed, source.sentence),
            chances=None if answers is None or scored is None else _drawn_chances(answers, scored, rows, measured),
        )
    by_text = rows.predict(lambda pictures: zero_shot(rows, dataset.packed[pictures], source.sentence), measured)
    answered = _Answered() if answers is None else _answer(answers, rows, dataset, measured)
    ridge = baseline(views, rows, measured, train)
    true = rows.preferred[measured]
    return Predictions(true, answered.score, answered.pairs, ridge, by_text, answered.chances)


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    """Of M answers: by how much left stands above right, by score and by the pair head; and its chances."""

    score: Floats | None = None
    pairs: Floats | None = None
    chances: Chances | None = None


def _answer(answers: Answers, rows: PairRows, dataset: Dataset, measured: Rows) -> _Answered:
    pictures = np.union1d(rows.left[measured], rows.right[measured])
    scored = answers(dataset.packed[pictures])
    left, right = np.searchsorted(pictures, rows.left[measured]), np.searchsorted(pictures, rows.right[measured])
    score, probability = scored.value[left] - scored.value[right], answers.chances(scored, left, right)
    if probability is None or scored.strength is None:
        return _Answered(score)
    chances = Chances(probability, (1 + rows.preferred[measured]) / 2)
    return _Answered(score, scored.strength[left] - scored.strength[right], chances)


def _drawn_chances(answers: Answers, scored: AdapterScores, rows: ValueRows, measured: Rows) -> Chances | None:
    """Of pairs whose values differ: which is more is known there."""
    drawn = np.random.default_rng(0).integers(0, len(measured), (2, PAIRS_DRAWN))
    values = rows.values[measured]
    left, right = drawn[:, values[drawn[0]] != values[drawn[1]]]
    probability = answers.chances(scored, left, right)
    return None if probability is None else Chances(probability, (values[left] > values[right]).astype(np.float64))


def _in_unit(strength: Floats, value: Floats) -> Floats:
    """The values that the score head gave, handed out again in the pairwise order: an order has no unit."""
    handed = np.empty_like(value)
    handed[np.argsort(strength, kind="stable")] = np.sort(value)
    return handed


def _query_report(
    rows: TaskRows, measured: Rows, split: str, answers: Answers | None, predictions: Predictions
) -> QueryReport:
    resamples = rows.resamples(measured)
    has_unit = answers is None or answers.has_unit

    def section(predicted: Floats | None, in_unit: bool = True) -> ScorerMetrics:
        if predicted is None:
            return ScorerMetrics()
        return rows.metrics(measured, predicted, resamples, in_unit=in_unit)

    return QueryReport(
        query=rows.query,
        n=len(measured),
        split=split,
        unit=None if answers is None else answers.unit,
        score=section(predictions.score, has_unit),
        pairs=section(predictions.pairs, has_unit),
        ridge=section(predictions.ridge),
        zero_shot=section(predictions.zero_shot, in_unit=False),
        versus_ridge=None
        if predictions.score is None
        else rows.gain(measured, predictions.score, predictions.ridge, resamples),
        predictions=predictions,
        quality=None if answers is None else answers.quality,
    )
