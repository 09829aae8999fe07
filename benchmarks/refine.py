"""Does `sort --refine` order better: Kendall's tau of the scores alone and after the pairwise comparisons, on val.

    python benchmarks/refine.py DATA

Queries of an adapter on the val rows of their sets; nothing is trained, test is never looked at. The score head answers
alone: axes have learnt from val (`recipes/mini/blend.py`) and would score too well here.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from imgrank.adapter.files import Adapter, load, save
from imgrank.adapter.registry import find_adapter
from imgrank.evaluation import evaluate
from imgrank.evaluation.report import QueryReport
from imgrank.labels import Labels, ValueTask, read_labels
from imgrank.learning.metrics import Resamples, interval
from imgrank.ranker import Ranker

SETS = ("age", "car_year", "quality", "counts")


def val_rows(labels: Labels) -> Labels:
    """The rows of the val split alone, so that no other picture is encoded."""
    return replace(labels, values=tuple(_val(task) for task in labels.values), pairs=())


def _val(task: ValueTask) -> ValueTask:
    rows = [n for n, split in enumerate(task.splits) if split == "val"]
    images, splits, groups = (tuple(column[n] for n in rows) for column in (task.images, task.splits, task.groups))
    return ValueTask(task.phrasings, images, task.values[rows], splits, groups)


def without_axes(adapter: str, folder: Path) -> Path:
    """A file of the same adapter that answers by its score head alone."""
    known = load(find_adapter(adapter).path)
    queries = tuple(replace(query, scorer="adapter", ridge=None) for query in known.queries)
    save(folder / "alone.safetensors", Adapter(replace(known.header, queries=queries), known.model))
    return folder / "alone.safetensors"


def line(query: QueryReport) -> str:
    """One row of the table: both figures, and their difference by paired bootstrap."""
    said = query.predictions
    assert said.score is not None and said.pairs is not None
    resamples = Resamples.draw(query.n)
    apart = resamples.pair_figures(said.pairs, said.true).krcc - resamples.pair_figures(said.score, said.true).krcc
    bounds = interval(apart)
    alone, refined = query.score.krcc.value, query.pairs.krcc.value
    gain = f"{refined - alone:+.3f} ({bounds.low:+.3f} to {bounds.high:+.3f})"
    return f"| {query.query} | {query.n} | {alone:.3f} | {refined:.3f} | {gain} |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--adapter", default="mini-adapter")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone = str(without_axes(args.adapter, Path(folder)))
        ranker = Ranker(adapter=alone)
        print("| query | val rows | KRCC by score | KRCC refined | gain |\n|---|--:|--:|--:|--:|")
        for name in SETS:
            labels = val_rows(read_labels(str(args.data / name / "labels.csv")))
            for query in evaluate(labels, adapter=alone, split="val", source=ranker).queries:
                print(line(query), flush=True)


if __name__ == "__main__":
    main()
