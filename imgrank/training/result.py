"""What a training run came to: measured, saved, and told on a card."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import AdapterHeader, Query, ValMetrics
from imgrank.arrays import Floats
from imgrank.evaluation.predictions import zero_shot
from imgrank.learning.dataset import BackboneFacts, Dataset
from imgrank.learning.fit_closed import average
from imgrank.learning.metrics import Difference, ScorerMetrics
from imgrank.learning.task import ValueRows
from imgrank.tokens import TextTokens
from imgrank.training.blend_weight import best_blend_weight, size
from imgrank.training.fitting import Fitted, Learnt
from imgrank.training.loop import Epoch


@dataclass(frozen=True, slots=True, eq=False)
class TrainedQuery:
    """One query on rows that were not trained on: what was saved, beside ridge and zero-shot on the same rows.

    Attributes:
        query: The first of its phrasings.
        phrasings: All words for it.
        trained_on: The number of rows that it was trained on.
        rows: The number of measured rows.
        unit: The unit of the values, or None.
        blend_weight: The network's part in what answers, 0 to 1; the rest is the closed form.
        parts: By how much each part helps.
        adapter: What was saved.
        ridge: Ridge regression on the same tokens.
        zero_shot: The sentence alone.
        versus_ridge: What was saved less ridge, in SRCC, or for answers in pair accuracy.
        versus_words: What was saved less the sentence alone, likewise.
        misses: The pictures furthest off, with prediction and true value.
        predicted: (rows,) predictions; for answers, by how much left stands above right.
        true: (rows,) true values; for answers, 1 where left was preferred, -1 right, 0 neither.
    """

    query: str
    phrasings: tuple[str, ...]
    trained_on: int
    rows: int
    unit: str | None
    blend_weight: float
    parts: tuple[Contribution, ...]
    adapter: ScorerMetrics
    ridge: ScorerMetrics
    zero_shot: ScorerMetrics
    versus_ridge: Difference
    versus_words: Difference
    misses: tuple[Miss, ...]
    predicted: Floats
    true: Floats


@dataclass(frozen=True, slots=True)
class Contribution:
    """A part of an answer: its share of the whole, how well it orders alone, and what it adds to all others.

    Both figures are SRCC, or for answers 2 x accuracy - 1, on rows that the part had not seen; `alone` and `adds` of
    the network are None where it was not tried.
    """

    name: str
    share: float
    alone: float | None
    adds: float | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A picture and how far off it was."""

    image: str
    predicted: float
    true: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainingResult:
    """A saved ranker and how training went.

    Attributes:
        path: The ranker's file.
        card: Its card, in Markdown.
        backbone: The backbone that it was trained with.
        queries: Figures of each query.
        epochs: What each epoch of the network came to.
        best_epoch: The one that was kept, from 1; 0 where there was none.
        cross_validated: Whether the figures come from folds of the train and val rows.
        interrupted: Whether training was stopped before its end.
        seconds: Wall time.
        notes: Lines for the user.
    """

    path: Path
    card: Path
    backbone: str
    queries: tuple[TrainedQuery, ...]
    epochs: tuple[Epoch, ...]
    best_epoch: int
    cross_validated: bool
    interrupted: bool
    seconds: float
    notes: tuple[str, ...]


def measure(
    learnt: Learnt, dataset: Dataset, sentence: Callable[[str], TextTokens], unit: str | None, cross_validated: bool
) -> TrainedQuery:
    """Figures of one query on its unseen rows."""
    task, rows = learnt.task, learnt.unseen.rows
    predicted, resamples = learnt.unseen.blended(learnt.blend_weight), task.resamples(rows)
    trained_on = len(task.in_split("train", "val") if cross_validated else task.in_split("train"))
    by_text = task.predict(lambda pictures: zero_shot(task, dataset.packed[pictures], sentence), rows)
    return TrainedQuery(
        query=task.query,
        phrasings=task.task.phrasings,
        trained_on=trained_on,
        rows=len(rows),
        unit=unit,
        blend_weight=learnt.blend_weight,
        parts=_contributions(learnt),
        adapter=task.metrics(rows, predicted, resamples),
        ridge=task.metrics(rows, learnt.ridge, resamples),
        zero_shot=task.metrics(rows, by_text, resamples, in_unit=False),
        versus_ridge=task.gain(rows, predicted, learnt.ridge, resamples),
        versus_words=task.gain(rows, predicted, by_text, resamples),
        misses=_misses(task, learnt, predicted) if isinstance(task, ValueRows) else (),
        predicted=predicted,
        true=task.true[rows],
    )


def to_adapter(
    name: str, backbone: BackboneFacts, outcome: Fitted, queries: tuple[TrainedQuery, ...], terms: str
) -> Adapter:
    """Everything that goes into the file."""
    header = AdapterHeader(
        name=name,
        backbone=backbone.name,
        fingerprint=backbone.fingerprint,
        config=outcome.config,
        queries=tuple(
            _query(learnt, its, outcome.cross_validated) for learnt, its in zip(outcome.learnt, queries, strict=True)
        ),
        terms=terms,
        has_model=outcome.model is not None,
    )
    return Adapter(header, None if outcome.model is None else outcome.model.eval())


def _query(learnt: Learnt, measured: TrainedQuery, cross_validated: bool) -> Query:
    """Closed forms give standardised values; answers have no unit, and theirs takes the network's size."""
    unseen, srcc, right = learnt.unseen, measured.adapter.srcc, measured.adapter.pair_accuracy
    if not learnt.task.has_unit:
        heard = unseen.network if learnt.blend_weight > 0 else None
        closed = learnt.closed.form(scale=1.0 if heard is None else size(unseen.closed) / size(heard))
    else:
        closed = learnt.closed.form(learnt.mean, learnt.scale)
    return Query(
        phrasings=learnt.task.task.phrasings,
        embeddings=np.stack([text.embedding for text in learnt.task.texts]),
        unit=measured.unit,
        mean=learnt.mean,
        scale=learnt.scale,
        scorer="adapter" if learnt.blend_weight == 1 else "ridge" if learnt.blend_weight == 0 else "blend",
        blend_weight=learnt.blend_weight,
        relevance=learnt.relevance,
        closed=closed,
        subject=learnt.subject,
        metrics=ValMetrics(
            rows=measured.rows,
            srcc=_known(srcc.value),
            mae=_known(measured.adapter.mae.value),
            ridge_srcc=_known(measured.ridge.srcc.value),
            ridge_mae=_known(measured.ridge.mae.value),
            zero_shot_srcc=_known(measured.zero_shot.srcc.value),
            srcc_low=_known(srcc.ci.low),
            srcc_high=_known(srcc.ci.high),
            pair_accuracy=_known(right.value),
            pair_accuracy_low=_known(right.ci.low),
            pair_accuracy_high=_known(right.ci.high),
            ridge_pair_accuracy=_known(measured.ridge.pair_accuracy.value),
            zero_shot_pair_accuracy=_known(measured.zero_shot.pair_accuracy.value),
            trained_on=measured.trained_on,
            cross_validated=cross_validated,
            lead=_lead(measured),
        ),
    )


def _lead(measured: TrainedQuery) -> float:
    """By how much at least it orders better than the words alone, and than chance; 0 where nothing tells."""
    of = measured.adapter
    over_chance = of.srcc.ci.low if _known(of.srcc.value) is not None else of.pair_accuracy.ci.low - 0.5
    return min(filter(math.isfinite, (over_chance, measured.versus_words.ci.low)), default=0.0)


def _contributions(learnt: Learnt) -> tuple[Contribution, ...]:
    """Of the network on the unseen rows, of each view on the rows that it learnt from, each time without them."""
    unseen, closed = learnt.unseen, learnt.closed
    tried = unseen.network is not None
    network = Contribution(
        "network",
        learnt.blend_weight,
        unseen.metric(1.0) if tried else None,
        unseen.metric(learnt.blend_weight or best_blend_weight(unseen)) - unseen.metric(0.0) if tried else None,
    )
    whole = learnt.task.order_metric(closed.rows, closed.left_out)
    views = []
    for view in closed.views:
        others = [other for other in closed.views if other is not view]
        without = learnt.task.order_metric(closed.rows, average(others)) if others else 0.0
        alone = learnt.task.order_metric(closed.rows, view.left_out)
        views.append(Contribution(view.name, (1 - learnt.blend_weight) * view.share, alone, whole - without))
    return (*views, network)


def _misses(task: ValueRows, learnt: Learnt, predicted: Floats) -> tuple[Miss, ...]:
    rows = learnt.unseen.rows
    worst = np.argsort(-np.abs(predicted - task.values[rows]), kind="stable")[:5]
    return tuple(Miss(task.task.images[rows[n]], float(predicted[n]), float(task.values[rows[n]])) for n in worst)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
