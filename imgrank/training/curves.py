"""A picture of a training: how it went, epoch by epoch, and what it came to on rows it had not seen."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgrank.evaluation.plots import ACCENT, INK, PALE, Panel, draw_panels, finish, predicted_against_true
from imgrank.paths import printable
from imgrank.training.result import TrainedQuery, TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
        predicted_against_true(axes, query.true, query.predicted, "this adapter", title, query.unit)
    else:
        _answers(axes, query, name)


def _answers(axes: Axes, query: TrainedQuery, name: str) -> None:
    """Of people's answers without ties: how often the adapter agrees, in fifths by how sure it is."""
    told = query.true != 0
    predicted, true = query.predicted[told], query.true[told]
    fifths = [part for part in np.array_split(np.argsort(np.abs(predicted), kind="stable"), FIFTHS) if len(part)]
    right = [float((np.sign(predicted[part]) == true[part]).mean()) for part in fifths]
    axes.bar(range(len(fifths)), right, 0.8, color=INK, label=f"{len(predicted)} answers it had not seen")
    axes.axhline(0.5, color=ACCENT, linewidth=1.2, label="chance")
    axes.set_xticks(range(len(fifths)), ["least sure", *[""] * (len(fifths) - 2), "surest"][: len(fifths)])
    axes.set_ylim(0, 1.2)  # room for the legend
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_ylabel("agrees with the person")
    axes.set_xlabel("how far apart it puts the images, in fifths")
    finish(axes, f"{name}: {query.adapter.pair_accuracy.value:.0%} of the answers")
