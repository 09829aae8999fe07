"""What stands beside an adapter: the card, with how well it does and where it fails, and a picture of its training."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import Query
from imgrank.counting import counted
from imgrank.evaluation.report_formats import (
    ACCENT,
    BASELINE,
    INK,
    PALE,
    Panel,
    draw_panels,
    finish,
    predicted_against_true,
    table_rows,
    verdict,
)
from imgrank.learning.metrics import ScorerMetrics
from imgrank.paths import printable
from imgrank.training.result import TrainedQuery, TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def card_text(adapter: Adapter, result: TrainingResult, source: str) -> str:
    """The card in Markdown."""
    how = (
        "cross-validation over the train and val rows: each row was predicted by a model that had not seen it, nor, "
        "for an answer about a pair, either of its two images. The same predictions decided how much the network "
        "contributes"
        if result.cross_validated
        else "the val rows. The same rows decided the epoch and how much the network contributes"
    )
    lines = [
        f"# {adapter.name}",
        "",
        f"A ranker for imgrank with the image model {adapter.backbone} (fingerprint {adapter.fingerprint}), trained on "
        f"{printable(os.path.basename(source))}. It is {_kind(adapter)}.",
        "",
        f"Metrics come from {how}. Intervals are 95 % bootstrap intervals.",
    ]
    if result.notes:
        lines += ["", *(f"- {note}" for note in result.notes)]
    if adapter.header.terms:
        lines += ["", f"Terms: {adapter.header.terms}"]
    for query, saved in zip(result.queries, adapter.queries, strict=True):
        lines += ["", *_query_lines(query), *_subject(saved)]
    return "\n".join(lines) + "\n"


def sections(query: TrainedQuery) -> Mapping[str, ScorerMetrics]:
    """What stands beside each other: the saved adapter and the two baselines on the same rows."""
    return {"this ranker": query.adapter, BASELINE: query.ridge, "zero-shot": query.zero_shot}


def _query_lines(query: TrainedQuery) -> list[str]:
    head, *rows = table_rows(sections(query))
    return [
        f"## {printable(query.query)}",
        "",
        f"Phrasings: {', '.join(map(printable, query.phrasings))}. Unit: {query.unit or 'none given'}. "
        f"Trained on {counted(query.trained_on, 'row')}, measured on {query.rows}.",
        "",
        _line(head),
        "|---" * len(head) + "|",
        *map(_line, rows),
        "",
        f"On these rows {verdict(query.ridge, query.versus_ridge, 'this ranker')}. Plain ridge is one ridge regression "
        "on the same tokens, learnt from the same rows.",
        *_parts(query),
        *_misses(query),
    ]


def _subject(saved: Query) -> list[str]:
    """How images of another kind are recognised."""
    if saved.subject is None:
        return ["", "It had too few training images to recognise images of another kind; any image gets a value."]
    return [
        "",
        "It ranks images of another kind last: those that are less similar to the nearest of "
        f"{counted(len(saved.subject.known), 'training image')} than held-out training images are, by a margin.",
    ]


RIDGES = "averaged ridges (an average of several ridge regressions, on different views of an image)"


def _kind(adapter: Adapter) -> str:
    if adapter.model is None:
        return f"{RIDGES}, without a neural network"
    return f"{RIDGES} and a neural network of {adapter.model.parameter_count():,} parameters"


def _parts(query: TrainedQuery) -> list[str]:
    """Which parts answer, and by how much each of them helps."""
    metric = "SRCC" if math.isfinite(query.adapter.srcc.value) else "2 x accuracy - 1"
    rows = [(part.name, f"{part.share:.0%}", _figure(part.alone), _figure(part.adds)) for part in query.parts]
    return [
        "",
        f"The parts of the answer: the share of each, its {metric} alone, and what it adds to all other parts, on rows "
        "that it had not seen; for the network, at the share that did best. The network contributes only if the whole "
        "95 % interval of what it adds is above zero.",
        "",
        _line(("part", "share", "alone", "adds")),
        "|---|--:|--:|--:|",
        *map(_line, rows),
    ]


def _figure(value: float | None) -> str:
    return "not tried" if value is None else f"{value:.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _misses(query: TrainedQuery) -> list[str]:
    if not query.misses:
        return []
    told = (
        f"- {printable(Path(m.image).name)}: predicted {m.predicted:.4g}, labelled {m.true:.4g}" for m in query.misses
    )
    return ["", "Largest errors:", "", *told]


A_ROW = 2
LEGEND_ROOM = 1.4  # how much higher an axis is than its curves
FIFTHS = 5


def plot_training(result: TrainingResult, path: Path) -> None:
    """Draw the learning curve, and a panel for each query. Raises UsageError as `draw_panels` does."""
    panels: list[Panel] = [partial(_learning_curve, result=result)] if result.epochs else []
    panels += [partial(_query, query=query, result=result) for query in result.queries]
    draw_panels([panels[at : at + A_ROW] for at in range(0, len(panels), A_ROW)], path)


def _learning_curve(axes: Axes, result: TrainingResult) -> None:
    """Losses on the left, falling; the val figure on the right, rising; the epoch that was kept."""
    numbers = [epoch.number for epoch in result.epochs]
    for name, losses, colour in (
        ("value loss", [epoch.value_loss for epoch in result.epochs], PALE),
        ("order loss", [epoch.order_loss for epoch in result.epochs], INK),
    ):
        if any(math.isfinite(loss) and loss for loss in losses):
            axes.plot(numbers, losses, color=colour, linewidth=1.4, label=name)
    axes.plot([], [], color=ACCENT, linewidth=1.6, label="val figure (right)")
    folds = result.cross_validated
    kept = f"kept: epoch {result.best_epoch}{', by all folds' if folds else ''}"
    axes.axvline(result.best_epoch, color=ACCENT, linewidth=0.8, linestyle=":", label=kept)
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True)
    axes.set_ylabel("training loss")
    axes.set_ylim(0, LEGEND_ROOM * axes.get_ylim()[1])
    right = axes.twinx()
    right.plot(numbers, [epoch.metric for epoch in result.epochs], color=ACCENT, linewidth=1.6)
    low, high = right.get_ylim()
    right.set_ylim(low, low + LEGEND_ROOM * (high - low))
    right.set_ylabel(_figure_name(result), color=ACCENT)
    right.spines["top"].set_visible(False)
    finish(axes, f"Learning curve{', first of the folds' if folds else ''}")


def _figure_name(result: TrainingResult) -> str:
    are_values = {math.isfinite(query.adapter.srcc.value) for query in result.queries}
    if len(are_values) > 1:
        return "val SRCC, or 2 x accuracy - 1"
    return "val SRCC" if True in are_values else "val 2 x accuracy - 1"


def _query(axes: Axes, query: TrainedQuery, result: TrainingResult) -> None:
    name = f'"{printable(query.query)}"'
    if math.isfinite(query.adapter.srcc.value):
        how = "cross-validated" if result.cross_validated else "val"
        title = f"{name}, {how}: SRCC {query.adapter.srcc.value:.3f}, MAE {query.adapter.mae.value:.3g}"
        predicted_against_true(axes, query.true, query.predicted, "this ranker", title, query.unit)
    else:
        _answers(axes, query, name)


def _answers(axes: Axes, query: TrainedQuery, name: str) -> None:
    """Of people's answers without ties: how often the adapter agrees, in fifths by how sure it is."""
    told = query.true != 0
    predicted, true = query.predicted[told], query.true[told]
    fifths = [part for part in np.array_split(np.argsort(np.abs(predicted), kind="stable"), FIFTHS) if len(part)]
    right = [float((np.sign(predicted[part]) == true[part]).mean()) for part in fifths]
    axes.bar(range(len(fifths)), right, 0.8, color=INK, label=f"{counted(len(predicted), 'answer')} it had not seen")
    axes.axhline(0.5, color=ACCENT, linewidth=1.2, label="chance")
    axes.set_xticks(range(len(fifths)), ["least sure", *[""] * (len(fifths) - 2), "surest"][: len(fifths)])
    axes.set_ylim(0, 1.2)  # room for the legend
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_ylabel("agrees with the person")
    axes.set_xlabel("how far apart it puts the images, in fifths")
    finish(axes, f"{name}: {query.adapter.pair_accuracy.value:.0%} of the answers")
