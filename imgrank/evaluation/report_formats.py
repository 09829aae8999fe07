"""A report as JSON, CSV, rows of a table, or plots. Changes no figure."""

from __future__ import annotations

import csv
import io
import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgrank.arrays import Floats
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.evaluation.report import Chances, QueryReport, Report
from imgrank.formats import PLOT_MARK
from imgrank.learning.metrics import Difference, Metric, ScorerMetrics
from imgrank.paths import printable, why

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PRINTED = ("srcc", "krcc", "plcc", "mae", "pair_accuracy")
BRIEF = ("srcc", "mae", "pair_accuracy")
SCORERS = ("score", "pairs", "ridge", "zero_shot")
BASELINE = "plain ridge"  # to people, who also read of the averaged ridges that may answer
PLOTS = (".png", ".pdf", ".svg")


def report_json(report: Report) -> str:
    """The report as scripts read it; a metric that cannot be told is null."""
    whole = {
        "adapter": report.adapter,
        "backbone": report.backbone,
        "queries": [
            {"query": q.query, "n": q.n, **{name: _section(getattr(q, name)) for name in SCORERS}}
            for q in report.queries
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False)


def report_csv(report: Report) -> str:
    """One line for each query, scorer and metric."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["query", "n", "scorer", "figure", "value", "ci_low", "ci_high"])
    for query in report.queries:
        for scorer in SCORERS:
            section: ScorerMetrics = getattr(query, scorer)
            for name, measured in section.by_name().items():
                if math.isfinite(measured.value):
                    ci = measured.ci
                    writer.writerow([query.query, query.n, scorer, name, measured.value, ci.low, ci.high])
    return out.getvalue()


def table_rows(sections: Mapping[str, ScorerMetrics], whole: bool = True) -> list[list[str]]:
    """A head, then one row a scorer: `0.853 [0.841, 0.866]` in each cell; what nobody fills is left out.

    Without `whole` only the metrics of BRIEF, and an interval of two of them: that fits a terminal of 80 columns.
    """
    filled = {name: section.by_name() for name, section in sections.items()}
    named = ScorerMetrics().by_name() if whole else BRIEF
    columns = [name for name in named if any(_known(metrics[name]) for metrics in filled.values())]
    rows = [["", *(name.replace("_", " ") for name in columns)]]
    for scorer, metrics in filled.items():
        if any(map(_known, metrics.values())):
            cells = [metric_text(metrics[name]) for name in columns]
            if not whole and len(columns) > 1:
                cells[-1] = cells[-1].partition(" ")[0]
            rows.append([scorer, *cells])
    return rows


def scorers(query: QueryReport) -> Mapping[str, ScorerMetrics]:
    """A query's sections by the names that people read."""
    named = {"ridge": BASELINE, "zero_shot": "zero-shot"}
    return {named.get(scorer, scorer): getattr(query, scorer) for scorer in SCORERS}


def verdict(ridge: ScorerMetrics, difference: Difference | None, who: str = "the adapter", learnt: str = "") -> str:
    """Whether a scorer beats plain ridge, in one line; `learnt` names rows of its training, which cannot tell."""
    if difference is None:
        return "no ranker fits this query"
    if not math.isfinite(difference.value):
        return f"these rows cannot tell whether {who} beats {BASELINE}"
    metric = "SRCC" if _known(ridge.srcc) else "pair accuracy"
    size = f"{difference.value:+.3f} {metric} [{difference.ci.low:+.3f}, {difference.ci.high:+.3f}]"
    if learnt:
        return f"{who} was trained on {learnt}, which cannot tell whether it beats {BASELINE} on other images: {size}"
    if difference.value <= 0:
        return f"{who} does not beat {BASELINE}: {size}"
    beats = "beats" if difference.is_real else "does not clearly beat"
    return f"{who} {beats} {BASELINE}: {size}"


def _section(section: ScorerMetrics) -> Mapping[str, object]:
    metrics = {name: measured for name, measured in section.by_name().items() if name in PRINTED}
    bounds = {name: [_number(m.ci.low), _number(m.ci.high)] for name, m in metrics.items()}
    return {**{name: _number(measured.value) for name, measured in metrics.items()}, "ci": bounds}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _known(measured: Metric) -> bool:
    return math.isfinite(measured.value)


def metric_text(measured: Metric) -> str:
    """A metric and its interval: `0.853 [0.841, 0.866]`, or a dash."""
    if not _known(measured):
        return "-"
    digits = 3 if abs(measured.value) < 10 else 1
    return f"{measured.value:.{digits}f} [{measured.ci.low:.{digits}f}, {measured.ci.high:.{digits}f}]"


Panel = Callable[["Axes"], None]
INK, ACCENT, PALE = "#22303c", "#d1495b", "#8d99a6"
TENTHS = 10
FEWEST_IN_BIN = 3


def check_plot(path: Path) -> None:
    """Raise UsageError where no plot can be written, before hours of measuring or over somebody's photograph."""
    if path.suffix.lower() not in PLOTS:
        raise UsageError(
            f"The plot cannot be saved as {printable(str(path))}; use a name that ends in {', '.join(PLOTS)}."
        )
    if not path.parent.is_dir():
        raise UsageError(
            f"The plot cannot be written to {printable(str(path))}: there is no folder {printable(str(path.parent))}."
        )


def plot_report(report: Report, path: Path) -> None:
    """Draw a row for each query: values, errors and probabilities, or of answers the last alone.

    Raises UsageError where matplotlib is missing, nothing can be drawn or the file cannot be written.
    """
    rows = [panels for query in report.queries if (panels := _panels(query))]
    if not rows:
        raise UsageError("There is nothing to plot: these are answers about pairs, and no ranker answers them.")
    draw_panels(rows, path)


def draw_panels(rows: Sequence[Sequence[Panel]], path: Path) -> None:
    """Panels in rows as one PNG. Raises UsageError where matplotlib is missing or the file cannot be written."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("Plots need matplotlib: pip install 'imgrank[plots]'.") from None
    columns = max(map(len, rows))
    figure = Figure(figsize=(5.2 * columns, 4.4 * len(rows)), layout="constrained", facecolor="white")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for its_axes, panels in zip(axes, rows, strict=True):
        for place, draw in zip(its_axes, panels, strict=False):
            draw(place)
        for empty in its_axes[len(panels) :]:
            empty.set_axis_off()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # letters that its font lacks
            made_by = {"Software": PLOT_MARK} if path.suffix.lower() == ".png" else {}
            figure.savefig(path, dpi=150, metadata=made_by)
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"The plot could not be written to {printable(str(path))}: {reason}.") from error


def predicted_against_true(axes: Axes, true: Floats, predicted: Floats, who: str, title: str, unit: str | None) -> None:
    """A dot a picture, and the line on which all would stand."""
    rng = np.random.default_rng(0)
    levels = np.unique(true)
    # Classes would hide each other: they are spread a little around their value.
    spread = 0.15 * float(np.diff(levels).min()) if 1 < len(levels) <= 20 else 0.0
    axes.scatter(
        true + spread * rng.uniform(-1, 1, len(true)),
        predicted,
        s=14,
        alpha=max(0.15, min(0.7, 60 / len(true))),
        color=INK,
        linewidths=0,
        label=f"{who}: {counted(len(true), 'image')}",
    )
    ends = np.array([true.min(), true.max()])
    axes.plot(ends, ends, color=ACCENT, linewidth=1.2, label="predicted = true")
    axes.set_xlabel(_with_unit("true value", unit))
    axes.set_ylabel(_with_unit("predicted", unit))
    finish(axes, title)


def finish(axes: Axes, title: str) -> None:
    """What all panels have in common."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e3e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(title, loc="left", fontsize=10, parse_math=False)


def _panels(query: QueryReport) -> list[Panel]:
    predictions = query.predictions
    panels: list[Panel] = []
    if np.isfinite(query.ridge.srcc.value):
        panels += [lambda axes: _values(axes, query), lambda axes: _error_by_tenth(axes, query)]
    if predictions.chances is not None and len(predictions.chances.probability):
        chances = predictions.chances
        panels.append(lambda axes: _reliability(axes, chances, query))
    return panels


def _values(axes: Axes, query: QueryReport) -> None:
    predictions = query.predictions
    predicted, who = (predictions.ridge, BASELINE) if predictions.score is None else (predictions.score, "adapter")
    section = query.ridge if predictions.score is None else query.score
    title = f'"{printable(query.query)}": SRCC {section.srcc.value:.3f}, MAE {section.mae.value:.3g}'
    predicted_against_true(axes, predictions.true, predicted, who, title, query.unit)


def _error_by_tenth(axes: Axes, query: QueryReport) -> None:
    predictions = query.predictions
    bins = _tenths(predictions.true)
    places = np.arange(len(bins))
    scorers = [(BASELINE, predictions.ridge, PALE)]
    if predictions.score is not None:
        scorers.insert(0, ("adapter", predictions.score, INK))
    width = 0.8 / len(scorers)
    for n, (name, predicted, colour) in enumerate(scorers):
        errors = [float(np.abs(predicted - predictions.true)[rows].mean()) for rows in bins]
        axes.bar(places + (n - (len(scorers) - 1) / 2) * width, errors, width * 0.92, color=colour, label=name)
    axes.set_xticks(places, [_span(predictions.true[rows]) for rows in bins], rotation=35, ha="right", fontsize=8)
    axes.set_xlabel(_with_unit("true value, a tenth of the images a bar", query.unit))
    axes.set_ylabel(_with_unit("mean absolute error", query.unit))
    finish(axes, "Error by decile")


def _reliability(axes: Axes, chances: Chances, query: QueryReport) -> None:
    """How often the likelier of two pictures is more, by how likely the pair head calls it."""
    stated = np.maximum(chances.probability, 1 - chances.probability)
    right = np.where(chances.probability >= 0.5, chances.won, 1 - chances.won)
    bin_of = np.minimum(((stated - 0.5) * 2 * TENTHS).astype(int), TENTHS - 1)
    fewest = max(FEWEST_IN_BIN, len(stated) // 200)  # a handful of pairs says nothing
    bins = [rows for n in range(TENTHS) if len(rows := np.flatnonzero(bin_of == n)) >= fewest]
    off = sum(len(rows) * abs(float(stated[rows].mean() - right[rows].mean())) for rows in bins) / len(stated)
    axes.plot([0.5, 1], [0.5, 1], color=ACCENT, linewidth=1.2, label="perfectly calibrated")
    axes.plot(
        [stated[rows].mean() for rows in bins],
        [right[rows].mean() for rows in bins],
        "o-",
        color=INK,
        markersize=5,
        label=counted(len(stated), "pair"),
    )
    shares = np.bincount(bin_of, minlength=TENTHS) / len(stated)
    heights = 0.2 * shares / shares.max()
    axes.bar(0.525 + 0.05 * np.arange(TENTHS), heights, 0.045, color=PALE, alpha=0.5, label="how many")
    axes.set_xlim(0.49, 1.01)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("probability that the pair head gives its choice")
    axes.set_ylabel("how often the choice is right")
    finish(axes, f'"{printable(query.query)}": probabilities of pairs, off by {off:.3f} on average')


def _tenths(true: Floats) -> list[npt.NDArray[np.intp]]:
    """Rows of each tenth by value; equal values stay together."""
    edges = np.unique(np.quantile(true, np.linspace(0, 1, TENTHS + 1)))
    place = np.searchsorted(edges[1:-1], true, side="right")
    bins = [np.flatnonzero(place == n) for n in range(max(1, len(edges) - 1))]
    return [rows for rows in bins if len(rows) >= min(FEWEST_IN_BIN, len(true))]


def _span(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.4g}" if low == high else f"{low:.4g}–{high:.4g}"


def _with_unit(text: str, unit: str | None) -> str:
    return f"{text} ({unit})" if unit else text
