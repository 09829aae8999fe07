"""Who is trained on and who is kept aside: by group, spread over the values, the same for every query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from imgrank.evaluation.dataset import Dataset, Rows, TaskRows, ValueRows, with_splits

VAL_SHARE = 0.2
SMALL_VAL = 60  # rows of one query below which val says too little, and cross-validation decides
FOLDS = 5


def made_splits(dataset: Dataset, seed: int = 0) -> Dataset:
    """Every row gets a split: rows without one are train, and where no row of a task is val, a fifth becomes it."""
    parts = deal(dataset.tasks, round(1 / VAL_SHARE), seed)
    splits = []
    for rows, part in zip(dataset.tasks, parts, strict=True):
        given = [split or "train" for split in rows.task.splits]
        if "val" not in given:
            given = ["val" if s == "train" and p == 0 else s for s, p in zip(given, part, strict=True)]
        splits.append(given)
    return with_splits(dataset, splits)


def needs_folds(dataset: Dataset) -> bool:
    """Whether some query has so few val rows that cross-validation must decide."""
    return any(len(rows.in_split("val")) < SMALL_VAL for rows in dataset.tasks)


def deal(tasks: Sequence[TaskRows], parts: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """For each task the part, 0 to `parts` - 1, of each of its rows.

    Rows of one key (a group, or a picture) get one part in all tasks; keys of like value are dealt evenly.
    """
    levels: dict[str, list[float]] = defaultdict(list)
    for rows in tasks:
        for key, level in zip(rows.together(), _levels(rows), strict=True):
            levels[key].append(level)
    rng = np.random.default_rng(seed)
    keys = sorted(levels)
    by_level = sorted(rng.permutation(len(keys)), key=lambda n: float(np.mean(levels[keys[n]])))
    part_of: dict[str, int] = {}
    for start in range(0, len(keys), parts):
        hand = by_level[start : start + parts]
        for n, part in zip(hand, rng.permutation(parts), strict=False):
            part_of[keys[n]] = int(part)
    return [np.array([part_of[key] for key in rows.together()], np.intp) for rows in tasks]


def all_but(rows: TaskRows, chosen: Rows) -> Rows:
    """The rows of a task that are not among the chosen ones."""
    return np.setdiff1d(np.arange(len(rows)), chosen)


def _levels(rows: TaskRows) -> npt.NDArray[np.float64]:
    values = rows.values if isinstance(rows, ValueRows) else rows.preferred
    ranks: npt.NDArray[np.float64] = rankdata(values) / len(values)
    return ranks
