"""Quantities that no recipe has seen: what each view of a picture is worth, and `train` end to end.

    python benchmarks/new_tasks.py LABELS.CSV [--draws 4] [--epochs 0] [--nested]

LABELS.CSV has a split column. Each draw learns from some of the train and val rows (all, 150, 30) and is measured on
the test rows; `--nested` never looks at those and measures on the train and val rows that were not drawn: forms and
weights are chosen with it. `--epochs 0` leaves `train`'s network out. Prints the mean SRCC over the quantities.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import load
from imgrank.labels import Labels, ValueTask, read_labels
from imgrank.learning.baselines import ridge_predictions, ridge_views
from imgrank.learning.blocks import Blocks
from imgrank.learning.dataset import Dataset, read_dataset
from imgrank.learning.fit_closed import fit_closed
from imgrank.learning.metrics import srcc
from imgrank.learning.task import ValueRows
from imgrank.ranker import Ranker
from imgrank.training import TrainingOptions, train

SIZES = (0, 150, 30)  # 0: all


@dataclass(frozen=True)
class Draw:
    """Rows of a task to learn from, and rows to measure on."""

    learnt: np.ndarray
    measured: np.ndarray


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("labels", type=Path)
    arguments.add_argument("--draws", type=int, default=4)
    arguments.add_argument("--epochs", type=int, default=60)
    arguments.add_argument("--nested", action="store_true")
    options = arguments.parse_args()
    ranker = Ranker("mini", adapter="none")
    dataset = read_dataset(read_labels(str(options.labels)), ranker)
    print(f"backbone {ranker.backbone.name} ({ranker.backbone.fingerprint})")
    for size in SIZES:
        figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        began = time.process_time()
        for task in dataset.tasks:
            for draw in draws(task, size, options.draws, options.nested):
                for name, said in views(dataset, task, draw).items():
                    figures[name][task.query].append(srcc(said, task.values[draw.measured]))
                said = trained(dataset, task, draw, ranker, options.epochs)
                figures["train, end to end"][task.query].append(srcc(said, task.values[draw.measured]))
        print(f"\n{size or 'all'} rows ({time.process_time() - began:.0f} CPU seconds)")
        for name, of_query in figures.items():
            means = [float(np.mean(values)) for values in of_query.values()]
            print(f"  {np.mean(means):.3f}  {' '.join(f'{mean:6.3f}' for mean in means)}  {name}", flush=True)


def draws(task: ValueRows, size: int, count: int, nested: bool) -> Iterator[Draw]:
    """Whole draws of `size` rows; all rows are drawn once, unless a part of them is measured on."""
    known, test = task.in_split("train", "val", ""), task.in_split("test")
    whole = not size and not nested
    for number in range(1 if whole else count):
        order = np.random.default_rng(number).permutation(known)
        size_now = len(order) if whole else min(size or len(order), int(0.8 * len(order)) if nested else len(order))
        learnt = np.sort(order[:size_now])
        groups = {task.task.groups[n] for n in learnt} - {""}
        rest = [n for n in order[size_now:] if task.task.groups[n] not in groups]
        yield Draw(learnt, np.sort(rest) if nested else test)


def views(dataset: Dataset, task: ValueRows, draw: Draw) -> dict[str, np.ndarray]:
    """What plain ridge, each view and their average say of the measured rows."""
    blocks = Blocks.of(dataset.packed, task.rows[draw.learnt])
    whole = fit_closed(blocks, task, draw.learnt)
    said = {
        "plain ridge (eval's baseline)": ridge_predictions(
            ridge_views(dataset.packed), task, draw.measured, draw.learnt
        )
    }
    for view in whole.views:
        said[view.name] = whole.alone(view.name).of_task(task, draw.measured)
    return {**said, "closed form": whole.of_task(task, draw.measured)}


def trained(dataset: Dataset, task: ValueRows, draw: Draw, ranker: Ranker, epochs: int) -> np.ndarray:
    """What `train` comes to on the drawn rows alone, as `sort` would give it."""
    chosen = task.task
    part = ValueTask(
        chosen.phrasings,
        tuple(chosen.images[n] for n in draw.learnt),
        chosen.values[draw.learnt],
        ("",) * len(draw.learnt),
        tuple(chosen.groups[n] for n in draw.learnt),
    )
    labels: Labels = replace(dataset.labels, values=(part,), pairs=())
    with tempfile.TemporaryDirectory() as folder:
        made = train(
            labels, out=Path(folder) / "made.safetensors", options=TrainingOptions(epochs=epochs), source=ranker
        )
        adapter = load(made.path)
        packed = dataset.packed[task.rows[draw.measured]]
        return score_tokens(adapter, packed, ranker.sentence(task.query), adapter.queries[0]).value


if __name__ == "__main__":
    main()
