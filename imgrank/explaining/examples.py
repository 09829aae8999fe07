"""The labelled pictures nearest to one: from the rows that stand beside an adapter that was trained here."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgrank.adapter.registry import kept_rows_path
from imgrank.errors import UsageError
from imgrank.explaining.records import Example
from imgrank.labels import PairTask, ValueTask, read_labels
from imgrank.records import Progress
from imgrank.scoring.asking import choose
from imgrank.scoring.choosing import Choice
from imgrank.scoring.question import Question

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

SHOWN = 4
MOST_COMPARED = 2000  # what `train` read is stored, and costs nothing; a cleared store must not cost minutes


def nearest_examples(
    ranker: Ranker, question: Question, image: str, progress: Callable[[Progress], None]
) -> tuple[Example, ...]:
    """At most SHOWN labelled pictures, nearest first; none where zero-shot answers or the adapter kept no rows."""
    choice = choose(question, ranker)
    said = {} if choice is None else _said(choice)
    paths = [path for path in said if os.path.isfile(path)]
    if not paths:
        return ()
    pictures = ranker.encode([image, *paths[:: -(-len(paths) // MOST_COMPARED)]], progress=progress)
    embeddings = pictures.packed.embedding.astype(np.float64)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    likeness = embeddings @ embeddings[0]
    nearest = 1 + np.argsort(-likeness[1:], kind="stable")[:SHOWN]
    files = pictures.files
    return tuple(Example(files[n].path, float(likeness[n]), said[files[n].path]) for n in nearest)


def _said(choice: Choice) -> dict[str, str]:
    """What people said about each picture of this query, in words."""
    rows = kept_rows_path(choice.adapter.path or Path())
    try:
        labels = read_labels(str(rows), skip_bad=True)
    except UsageError:  # none were kept, or somebody wrote into them
        return {}
    task = next((task for task in labels.tasks if task.query == choice.query.name), None)
    if isinstance(task, ValueTask):
        unit = f" {choice.query.unit}" if choice.query.unit else ""
        return {path: f"{value:g}{unit}" for path, value in zip(task.images, task.values, strict=True)}
    return {} if task is None else _answers(task)


def _answers(task: PairTask) -> dict[str, str]:
    won: dict[str, float] = defaultdict(float)
    asked: dict[str, int] = defaultdict(int)
    for left, right, preferred in zip(task.left, task.right, task.preferred, strict=True):
        for path, points in ((left, (1 + preferred) / 2), (right, (1 - preferred) / 2)):
            won[path] += points
            asked[path] += 1
    return {path: f"more in {won[path]:g} of {count} answers" for path, count in asked.items()}
