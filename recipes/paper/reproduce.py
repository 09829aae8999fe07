"""The paper's tables beside ours: trains on each split of a data set, measures its test rows, prints the mean.

    python recipes/paper/reproduce.py koniq ~/data/koniq10k
    python recipes/paper/reproduce.py adience ~/data/adience --split examples/Adience-split.json

Rows that the paper lacks: ridge on the same tokens, and the sentence alone (zero-shot). README.md beside this says what
to type, where the data come from, and how long it takes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from readers import Split, adience, ava, chosen, coco_rem, hci, koniq, write_labels

from imgrank.evaluation import Report, evaluate
from imgrank.training import TrainingOptions, train
from imgrank.training.options import PAPER

BACKBONE = "convnext_large_d_320/laion2b_s29b_b131k_ft_soup"
SCORERS = ("adapter", "ridge", "zero-shot")


@dataclass(frozen=True, slots=True)
class Task:
    """A data set: how it is read, which figures the paper gives, and what they are.

    `whole` reads what split files of the published code may name, where that is more.
    """

    read: Callable[[Path], Iterator[Split]]
    figures: tuple[str, ...]
    paper: tuple[float, ...]
    unit: str
    whole: Callable[[Path], Iterator[Split]] | None = None


TASKS = {
    "adience": Task(adience, ("accuracy", "mae"), (0.652, 0.36), "class", partial(adience, every_age=True)),
    "hci": Task(hci, ("accuracy", "mae"), (0.728, 0.32), "class"),
    "koniq": Task(koniq, ("plcc", "srcc"), (0.919, 0.911), "points"),
    "ava": Task(ava, ("plcc", "srcc"), (0.760, 0.747), "points"),
    "coco": Task(coco_rem, ("plcc", "srcc"), (0.624, 0.557), "objects"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, train, measure, print."""
    wanted = _arguments(arguments)
    task, out = TASKS[wanted.task], Path(wanted.out) / wanted.task
    folder = Path(wanted.folder).expanduser()
    if wanted.split:
        splits = [chosen(next((task.whole or task.read)(folder)), Path(wanted.split))]
    else:
        splits = list(ava(folder, Path(wanted.tested)) if wanted.tested else task.read(folder))
    figures: list[dict[str, np.ndarray]] = []
    options = replace(PAPER, seed=wanted.seed, one_scale=wanted.task == "coco")
    if wanted.epochs is not None:
        options = replace(options, epochs=wanted.epochs, fold_epochs=max(wanted.epochs, 1))
    for split in splits[: wanted.splits]:
        labels, ranker = out / f"{split.name}.csv", out / f"{split.name}.safetensors"
        write_labels(split.rows, labels)
        print(f"{wanted.task}, {split.name}: {len(split.rows)} rows", flush=True)
        figures.append(run(labels, ranker, task, wanted.backbone, wanted.device, options))
    print(table(wanted.task, task, figures))


def run(
    labels: Path, ranker: Path, task: Task, backbone: str, device: str, options: TrainingOptions
) -> dict[str, np.ndarray]:
    """Train one split and measure its test rows: figures of each scorer, a mean over queries."""
    done = train(
        labels,
        out=ranker,
        backbone=backbone,
        device=device,
        unit=task.unit,
        options=options,
        preset="paper",
        replace=True,
    )
    report = evaluate(labels, adapter=str(ranker), backbone=done.backbone, device=device, split="test")
    return {scorer: _figures(report, scorer, task.figures) for scorer in SCORERS}


def table(name: str, task: Task, figures: Sequence[dict[str, np.ndarray]]) -> str:
    """Ours over all splits beside the paper's, as Markdown."""
    lines = [f"| {name} | {' | '.join(task.figures)} |", f"|---|{'--:|' * len(task.figures)}"]
    lines.append(f"| the paper | {' | '.join(f'{value:.3f}' for value in task.paper)} |")
    for scorer in SCORERS:
        values = np.array([each[scorer] for each in figures])
        cells = (_cell(values[:, n]) for n in range(len(task.figures)))
        lines.append(f"| imgrank, {scorer} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: np.ndarray) -> str:
    if not np.isfinite(values).any():
        return ""
    mean = float(np.nanmean(values))
    return f"{mean:.3f}" if len(values) == 1 else f"{mean:.3f} ± {float(np.nanstd(values, ddof=1)):.3f}"


def _figures(report: Report, scorer: str, names: Sequence[str]) -> np.ndarray:
    """Means over queries; NaN where a scorer has no such figure, as a sentence has no unit."""
    rows = []
    for query in report.queries:
        section = {"adapter": query.score, "ridge": query.ridge, "zero-shot": query.zero_shot}[scorer].by_name()
        rows.append([section[name].value for name in names])
    values = np.array(rows, float)
    return np.array([np.nanmean(column) if np.isfinite(column).any() else math.nan for column in values.T])


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", help="What the owner's archive unpacks into.")
    parser.add_argument("--split", help="A split file of the published code.")
    parser.add_argument("--tested", help="AVA: a list of the test split's pictures, other than the owner's.")
    parser.add_argument("--splits", type=int, help="Only the first so many splits.")
    parser.add_argument("--backbone", default=BACKBONE, help="Any backbone of imgrank; +grid is added.")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--epochs", type=int, help="Other than the preset's.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="paper", help="Where labels and rankers go.")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
