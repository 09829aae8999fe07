"""The card beside an adapter: what it was taught, how well it does, and where it fails."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import Query
from imgrank.evaluation.report_formats import table_rows, verdict
from imgrank.learning.scorer_metrics import ScorerMetrics
from imgrank.paths import printable
from imgrank.training.result import TrainedQuery, TrainingResult


def card_text(adapter: Adapter, result: TrainingResult, source: str) -> str:
    """The card in Markdown."""
    how = (
        "cross-validation over the train and val rows (every row predicted by a fit that had not seen it; whether "
        "and how much the network answers was chosen on the same predictions)"
        if result.cross_validated
        else "the val rows, which also chose the epoch and how much the network answers"
    )
    lines = [
        f"# {adapter.name}",
        "",
        f"An imgrank adapter for the backbone {adapter.backbone} (tokens {adapter.fingerprint}), "
        f"{_kind(adapter)}, trained on {printable(os.path.basename(source))}.",
        "",
        f"Figures are from {how}, with 95 % bootstrap intervals.",
    ]
    if adapter.header.terms:
        lines += ["", f"Terms: {adapter.header.terms}"]
    for query, saved in zip(result.queries, adapter.queries, strict=True):
        lines += ["", *_query_lines(query), *_subject(saved)]
    return "\n".join(lines) + "\n"


def sections(query: TrainedQuery) -> Mapping[str, ScorerMetrics]:
    """What stands beside each other: the saved adapter and the two baselines on the same rows."""
    return {"this adapter": query.adapter, "ridge": query.ridge, "zero-shot": query.zero_shot}


def _query_lines(query: TrainedQuery) -> list[str]:
    head, *rows = table_rows(sections(query))
    return [
        f"## {printable(query.query)}",
        "",
        f"Phrasings: {', '.join(map(printable, query.phrasings))}. Unit: {query.unit or 'none given'}. "
        f"Trained on {query.trained_on} rows, measured on {query.rows}.",
        "",
        _line(head),
        "|---" * len(head) + "|",
        *map(_line, rows),
        "",
        f"On these rows {verdict(query.ridge, query.versus_ridge, 'this adapter')}.",
        *_parts(query),
        *_misses(query),
    ]


def _subject(saved: Query) -> list[str]:
    """How strangers are told."""
    if saved.subject is None:
        return ["", "Its training images are too few to tell what it is about: any image gets a value."]
    return [
        "",
        "Images of another kind than it was trained on are put last: those farther from the nearest of "
        f"{len(saved.subject.known)} training images than left-out training images are, with a margin.",
    ]


def _kind(adapter: Adapter) -> str:
    if adapter.model is None:
        return "in closed form, without a network"
    return f"a closed form and a network of {adapter.model.parameter_count():,} parameters"


def _parts(query: TrainedQuery) -> list[str]:
    """Which parts answer, and by how much each of them helps."""
    metric = "SRCC" if math.isfinite(query.adapter.srcc.value) else "2 x accuracy - 1"
    rows = [(part.name, f"{part.share:.0%}", _figure(part.alone), _figure(part.adds)) for part in query.parts]
    return [
        "",
        f"What answers, by parts: its share, its {metric} alone, and what it adds to all other parts, on rows that it "
        "had not seen (the network's figures with the part of it that served best). The network answers only where its "
        "whole 95 % interval lies above nothing.",
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
    told = (f"- {printable(Path(m.image).name)}: said {m.predicted:.4g}, labelled {m.true:.4g}" for m in query.misses)
    return ["", "Furthest off:", "", *told]
