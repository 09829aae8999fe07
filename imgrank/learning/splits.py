"""Who is trained on and who is kept aside: by group, spread over the values, the same for every query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from imgrank.learning.dataset import Dataset, with_splits
from imgrank.learning.task import Rows, TaskRows
from imgrank.paths import printable

VAL_SHARE = 0.2
SMALL_VAL = 120  # rows of one query below which val says too little and is missed in training: cross-validation decides
FOLDS = 5


def made_splits(dataset: Dataset, seed: int = 0) -> Dataset:
    """Every row gets a split: rows without one are train, and where no row of a task is val, a fifth becomes it."""
    given = [tuple(split or "train" for split in task.task.splits) for task in dataset.tasks]
    filled = with_splits(dataset, given)
    train = [task.in_split("train") for task in filled.tasks]
    parts = deal(filled.tasks, train, round(1 / VAL_SHARE), seed)
    splits = []
    for of_task, rows, part in zip(given, train, parts, strict=True):
        chosen = list(of_task)
        if "val" not in of_task:
            for row in rows[part == 0]:
                chosen[row] = "val"
        splits.append(chosen)
    return with_splits(filled, splits)


def needs_folds(dataset: Dataset) -> bool:
    """Whether some query's val rows are so few, or so alike, that cross-validation must decide."""
    return any(len(rows.in_split("val")) < SMALL_VAL or val_is_flat(rows) for rows in dataset.tasks)


def val_is_flat(rows: TaskRows) -> bool:
    """Whether a query has val rows and all of them say the same: no order of them is better than another."""
    told = rows.true[rows.in_split("val")]
    return len(told) > 0 and bool((told == told[0]).all())


def flat_notes(dataset: Dataset) -> tuple[str, ...]:
    """A line for the user about each query whose val rows cannot judge."""
    return tuple(
        f'the val rows of "{printable(rows.query)}" all have the same value and cannot measure an order: its metrics '
        "come from cross-validation over train and val"
        for rows in dataset.tasks
        if val_is_flat(rows)
    )


def deal(tasks: Sequence[TaskRows], used: Sequence[Rows], parts: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """For each task the part, 0 to `parts` - 1, of each of its used rows, in their order.

    Rows of one key (a group, or a picture) get one part in all tasks; keys of like value are dealt evenly.
    """
    keys_of = [_keys(task, rows) for task, rows in zip(tasks, used, strict=True)]
    levels: dict[str, list[float]] = defaultdict(list)
    for task, rows, keys in zip(tasks, used, keys_of, strict=True):
        for key, level in zip(keys, _levels(task, rows), strict=True):
            levels[key].append(level)
    rng = np.random.default_rng(seed)
    names = sorted(levels)
    by_level = sorted(rng.permutation(len(names)), key=lambda n: float(np.mean(levels[names[n]])))
    part_of: dict[str, int] = {}
    for start in range(0, len(names), parts):
        hand = by_level[start : start + parts]
        for n, part in zip(hand, rng.permutation(parts), strict=False):
            part_of[names[n]] = int(part)
    return [np.array([part_of[key] for key in keys], np.intp) for keys in keys_of]


def _keys(task: TaskRows, rows: Rows) -> list[str]:
    keys = task.together()
    return [keys[n] for n in rows]


def _levels(task: TaskRows, rows: Rows) -> npt.NDArray[np.float64]:
    values = task.true[rows]
    ranks: npt.NDArray[np.float64] = rankdata(values) / max(1, len(values))
    return ranks
