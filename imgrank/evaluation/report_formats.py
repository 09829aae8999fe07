"""A report as JSON, CSV, or rows of a table. Changes no figure."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping

from imgrank.evaluation.report import QueryReport, Report
from imgrank.learning.metrics import Difference, Metric, ScorerMetrics

PRINTED = ("srcc", "krcc", "plcc", "mae", "pair_accuracy")
BRIEF = ("srcc", "mae", "pair_accuracy")
SCORERS = ("score", "pairs", "ridge", "zero_shot")


def report_json(report: Report) -> str:
    """The report as scripts read it; a figure that cannot be said is null."""
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
    """One line for each query, scorer and figure."""
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
    columns = [name for name in named if any(_known(figures[name]) for figures in filled.values())]
    rows = [["", *(name.replace("_", " ") for name in columns)]]
    for scorer, figures in filled.items():
        if any(map(_known, figures.values())):
            cells = [metric_text(figures[name]) for name in columns]
            if not whole and len(columns) > 1:
                cells[-1] = cells[-1].partition(" ")[0]
            rows.append([scorer, *cells])
    return rows


def scorers(query: QueryReport) -> Mapping[str, ScorerMetrics]:
    """A query's sections by the names that people read."""
    return {scorer.replace("_", "-"): getattr(query, scorer) for scorer in SCORERS}


def verdict(ridge: ScorerMetrics, difference: Difference | None, who: str = "the adapter") -> str:
    """Whether a scorer beats ridge, in one plain line."""
    if difference is None:
        return "no ranker fits this query"
    if not math.isfinite(difference.value):
        return f"these rows cannot tell whether {who} beats ridge"
    metric = "SRCC" if _known(ridge.srcc) else "pair accuracy"
    size = f"{difference.value:+.3f} {metric} [{difference.ci.low:+.3f}, {difference.ci.high:+.3f}]"
    if difference.value <= 0:
        return f"{who} does not beat ridge: {size}"
    return f"{who} beats ridge: {size}" if difference.is_real else f"{who} does not clearly beat ridge: {size}"


def _section(section: ScorerMetrics) -> Mapping[str, object]:
    figures = {name: measured for name, measured in section.by_name().items() if name in PRINTED}
    bounds = {name: [_number(m.ci.low), _number(m.ci.high)] for name, m in figures.items()}
    return {**{name: _number(measured.value) for name, measured in figures.items()}, "ci": bounds}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _known(measured: Metric) -> bool:
    return math.isfinite(measured.value)


def metric_text(measured: Metric) -> str:
    """A figure and its interval: `0.853 [0.841, 0.866]`, or a dash."""
    if not _known(measured):
        return "-"
    digits = 3 if abs(measured.value) < 10 else 1
    return f"{measured.value:.{digits}f} [{measured.ci.low:.{digits}f}, {measured.ci.high:.{digits}f}]"
