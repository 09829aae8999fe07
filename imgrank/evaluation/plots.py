"""A picture of a report: predicted against true, and how the error goes with the value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.errors import UsageError
from imgrank.evaluation.report import QueryReport, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]
INK, ACCENT, PALE = "#22303c", "#d1495b", "#8d99a6"
DECILES = 10
FEWEST_IN_BIN = 3


def plot_report(report: Report, path: Path) -> None:
    """Draw a row of two panels for each query that has values. Raises UsageError where that cannot be."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("Plots need matplotlib: pip install 'imgrank[plots]'.") from None
    queries = [query for query in report.queries if np.isfinite(query.ridge.srcc.value)]
    if not queries:
        raise UsageError("There is nothing to plot: these labels are answers about pairs, without values.")
    figure = Figure(figsize=(10, 4.4 * len(queries)), layout="constrained", facecolor="white")
    panels = figure.subplots(len(queries), 2, squeeze=False)
    for (left, right), query in zip(panels, queries, strict=True):
        _predicted_against_true(left, query)
        _error_by_decile(right, query)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise UsageError(f"The plot could not be written to {path}: {error}.") from error


def _predicted_against_true(axes: Axes, query: QueryReport) -> None:
    said = query.predictions
    predicted, who = (said.ridge, "ridge") if said.score is None else (said.score, "adapter")
    section = query.ridge if said.score is None else query.score
    rng = np.random.default_rng(0)
    levels = np.unique(said.true)
    # Classes would hide each other: they are spread a little around their value.
    spread = 0.15 * float(np.diff(levels).min()) if len(levels) <= 20 else 0.0
    axes.scatter(
        said.true + spread * rng.uniform(-1, 1, len(said.true)),
        predicted,
        s=14,
        alpha=max(0.15, min(0.7, 60 / len(said.true))),
        color=INK,
        linewidths=0,
        label=f"{who}: {len(said.true)} pictures",
    )
    ends = np.array([said.true.min(), said.true.max()])
    axes.plot(ends, ends, color=ACCENT, linewidth=1.2, label="predicted = true")
    axes.set_xlabel(_with_unit("true value", query))
    axes.set_ylabel(_with_unit("predicted", query))
    axes.set_title(f'"{query.query}": SRCC {section.srcc.value:.3f}, MAE {section.mae.value:.3g}', loc="left")
    _finish(axes)


def _error_by_decile(axes: Axes, query: QueryReport) -> None:
    said = query.predictions
    bins = _deciles(said.true)
    places = np.arange(len(bins))
    scorers = [("ridge", said.ridge, PALE)] if said.score is None else []
    if said.score is not None:
        scorers = [("adapter", said.score, INK), ("ridge", said.ridge, PALE)]
    width = 0.8 / len(scorers)
    for n, (name, predicted, colour) in enumerate(scorers):
        errors = [float(np.abs(predicted - said.true)[rows].mean()) for rows in bins]
        axes.bar(places + (n - (len(scorers) - 1) / 2) * width, errors, width * 0.92, color=colour, label=name)
    axes.set_xticks(places, [_span(said.true[rows]) for rows in bins], rotation=35, ha="right", fontsize=8)
    axes.set_xlabel(_with_unit("true value, a tenth of the pictures a bar", query))
    axes.set_ylabel(_with_unit("mean absolute error", query))
    axes.set_title("Error by decile", loc="left")
    _finish(axes)


def _deciles(true: Floats) -> list[npt.NDArray[np.intp]]:
    """Rows of each tenth by value; equal values stay together."""
    edges = np.unique(np.quantile(true, np.linspace(0, 1, DECILES + 1)))
    place = np.searchsorted(edges[1:-1], true, side="right")
    bins = [np.flatnonzero(place == n) for n in range(max(1, len(edges) - 1))]
    return [rows for rows in bins if len(rows) >= min(FEWEST_IN_BIN, len(true))]


def _span(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.4g}" if low == high else f"{low:.4g}–{high:.4g}"


def _with_unit(text: str, query: QueryReport) -> str:
    return f"{text} ({query.unit})" if query.unit else text


def _finish(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e3e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=8)
