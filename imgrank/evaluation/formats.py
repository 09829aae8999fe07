"""A report as JSON, CSV, or rows of a table. Changes no figure."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping

from imgrank.evaluation.figures import Measured, Section
from imgrank.evaluation.report import QueryReport, Report

PRINTED = ("srcc", "krcc", "plcc", "mae", "pair_accuracy")
SCORERS = ("score", "pairs", "ridge", "zero_shot")
Cell = str | float | int | None


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
            section: Section = getattr(query, scorer)
            for name, measured in section.by_name().items():
                if math.isfinite(measured.value):
                    ci = measured.ci
                    writer.writerow([query.query, query.n, scorer, name, measured.value, ci.low, ci.high])
    return out.getvalue()


def table_rows(query: QueryReport) -> list[list[str]]:
    """A head, then one row a scorer: `0.853 [0.84, 0.87]` in each cell, columns that nobody fills left out."""
    sections = {scorer: getattr(query, scorer).by_name() for scorer in SCORERS}
    columns = [name for name in sections["ridge"] if any(_known(s[name]) for s in sections.values())]
    rows = [["", *(name.replace("_", " ") for name in columns)]]
    for scorer, figures in sections.items():
        if any(map(_known, figures.values())):
            rows.append([scorer.replace("_", "-"), *(_cell(figures[name]) for name in columns)])
    return rows


def verdict(query: QueryReport) -> str:
    """Whether the adapter beats ridge, in one plain line."""
    difference = query.versus_ridge
    if difference is None:
        return "no adapter answers this query"
    figure = "SRCC" if _known(query.ridge.srcc) else "pair accuracy"
    if not math.isfinite(difference.value):
        return "whether the adapter beats ridge cannot be said"
    size = f"{difference.value:+.3f} in {figure}, 95 % interval {difference.ci.low:+.3f} to {difference.ci.high:+.3f}"
    if not difference.is_real:
        return f"the adapter does not beat ridge, nor ridge the adapter: {size}"
    return f"the adapter beats ridge: {size}" if difference.value > 0 else f"the adapter does not beat ridge: {size}"


def _section(section: Section) -> Mapping[str, object]:
    figures = {name: measured for name, measured in section.by_name().items() if name in PRINTED}
    bounds = {name: [_number(m.ci.low), _number(m.ci.high)] for name, m in figures.items()}
    return {**{name: _number(measured.value) for name, measured in figures.items()}, "ci": bounds}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _known(measured: Measured) -> bool:
    return math.isfinite(measured.value)


def _cell(measured: Measured) -> str:
    if not _known(measured):
        return "-"
    digits = 3 if abs(measured.value) < 10 else 1
    return f"{measured.value:.{digits}f} [{measured.ci.low:.{digits}f}, {measured.ci.high:.{digits}f}]"
