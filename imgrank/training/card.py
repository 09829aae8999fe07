"""The card beside an adapter: what it was taught, how well it does, and where it fails."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from imgrank.adapter.files import Adapter
from imgrank.evaluation.figures import Section
from imgrank.evaluation.formats import table_rows, verdict
from imgrank.paths import printable
from imgrank.training.result import TrainedQuery, TrainingResult


def card_text(adapter: Adapter, result: TrainingResult, source: str) -> str:
    """The card in Markdown."""
    how = (
        "cross-validation over the train and val rows (every row predicted by a fit that had not seen it; how much "
        "of the adapter and of the ridge axis answers was chosen on the same predictions)"
        if result.cross_validated
        else "the val rows, which also chose the epoch and the mix of adapter and ridge axis"
    )
    lines = [
        f"# {adapter.name}",
        "",
        f"An imgrank adapter for the backbone {adapter.backbone} (tokens {adapter.fingerprint}), "
        f"{adapter.model.parameter_count():,} parameters, trained on {printable(os.path.basename(source))}.",
        "",
        f"Figures are from {how}, with 95 % bootstrap intervals.",
    ]
    if adapter.header.terms:
        lines += ["", f"Terms: {adapter.header.terms}"]
    for query in result.queries:
        lines += ["", *_query_lines(query)]
    return "\n".join(lines) + "\n"


def sections(query: TrainedQuery) -> Mapping[str, Section]:
    """What stands beside each other: the saved adapter and the two baselines on the same rows."""
    return {"this adapter": query.adapter, "ridge": query.ridge, "zero-shot": query.zero_shot}


def _query_lines(query: TrainedQuery) -> list[str]:
    head, *rows = table_rows(sections(query))
    parts = f"{query.mix:.0%} adapter, {1 - query.mix:.0%} ridge axis"
    return [
        f"## {printable(query.query)}",
        "",
        f"Phrasings: {', '.join(map(printable, query.phrasings))}. Unit: {query.unit or 'none given'}. "
        f"Trained on {query.trained_on} rows, measured on {query.rows}. What answers: {parts}.",
        "",
        _line(head),
        "|---" * len(head) + "|",
        *map(_line, rows),
        "",
        f"On these rows {verdict(query.ridge, query.versus_ridge, 'this adapter')}.",
        *_misses(query),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _misses(query: TrainedQuery) -> list[str]:
    if not query.misses:
        return []
    told = (f"- {printable(Path(m.image).name)}: said {m.said:.4g}, labelled {m.true:.4g}" for m in query.misses)
    return ["", "Furthest off:", "", *told]
