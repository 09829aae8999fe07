"""Step 8: the multi-task adapter on the frozen tokens of the shipped backbone.

    python recipes/mini/train_adapter.py --data ../shared/data --out build/mini --weights weights

One query a batch, one of its phrasings at random; smooth L1 on standardised values, RankNet on the pair
logits and on the scores, relevance against pictures of other sets that truly lack the subject. The
weights kept are an exponential average; figures printed are on val alone, every 500 steps, from where an interrupted
run goes on.
"""

from __future__ import annotations

import argparse
import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from adapter_data import PHRASINGS, SUBJECTS, UNITS, AdapterData, read_adapter_data
from blend import blend_axis
from data import HEADS
from scipy.stats import spearmanr
from steps import Checkpoint, follow, set_gradients, set_rates
from torch.nn import functional as F

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter, save
from imgrank.adapter.header import AdapterHeader, Query, ValMetrics
from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch
from imgrank.backbone.mini import load_mini
from imgrank.tokens import TextTokens

TERMS = (
    "Trained in part on UTKFace, Stanford Cars, BIQ2021 and Flickr8k, which allow non-commercial research alone: "
    "these weights carry that term. BCCD is MIT. The code is Apache-2.0."
)
WEIGHTS_OF_TASKS = {
    "age": 3.0,
    "car_year": 2.0,
    "quality": 2.0,
    "people": 2.0,
    "dogs": 2.0,
    "red_cells": 1.0,
    "platelets": 1.0,
}
BATCH, NEGATIVES, POSITIVES = 64, 24, 16
OPTIONS = ("steps", "rate", "layers", "width", "seed")


@dataclass(frozen=True)
class Task:
    """One head's training rows, who surely shows or lacks its subject (by set), and how its values are standardised."""

    head: int
    name: str
    rows: np.ndarray
    shown: tuple[np.ndarray, ...]
    lacking: tuple[np.ndarray, ...]
    mean: float
    scale: float


def tasks_of(data: AdapterData) -> list[Task]:
    train = data.split == "train"
    tasks = []
    for head, name in enumerate(HEADS):
        rows = np.flatnonzero(train & ~np.isnan(data.values[:, head]))
        values = data.values[rows, head]
        shown, lacking = (_by_source(data, train & (data.shows[:, head] == known)) for known in (1, 0))
        tasks.append(Task(head, name, rows, shown, lacking, float(values.mean()), float(values.std())))
    return tasks


class Tokens:
    """The packed rows as tensors, widened a batch at a time."""

    def __init__(self, data: AdapterData) -> None:
        places = data.packed.shape.tokens
        self.quantised = torch.from_numpy(data.packed.quantised[:, :places])
        self.scales = torch.from_numpy(data.packed.scales[:, :places])
        self.embedding = torch.from_numpy(data.packed.embedding)

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        picked = torch.from_numpy(rows)
        return self.quantised[picked].float() * self.scales[picked].float()[..., None], self.embedding[picked].float()


def rank_loss(logits: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """RankNet on logits (N, N) of "i above j"; ties and the diagonal masked."""
    above = (values[:, None] - values[None, :]) > 1e-6
    return F.softplus(-logits[above]).mean() if above.any() else logits.sum() * 0


def _by_source(data: AdapterData, wanted: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.flatnonzero(wanted & (data.source == source)) for source in np.unique(data.source[wanted]))


def drawn(sets: tuple[np.ndarray, ...], count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of several sets, as many from small ones as from large ones."""
    return np.array([rng.choice(sets[number]) for number in rng.integers(len(sets), size=count)])


def for_relevance(task: Task, rng: np.random.Generator) -> np.ndarray:
    """Rows without the subject, and with it: pictures of other sets may show it, of which nobody knows a value."""
    return np.concatenate([drawn(task.lacking, NEGATIVES, rng), drawn(task.shown, POSITIVES, rng)])


def step_loss(
    model: AdapterModel, task: Task, data: AdapterData, tokens: Tokens, text: TextTokens, rng: np.random.Generator
) -> torch.Tensor:
    rows = rng.choice(task.rows, min(BATCH, len(task.rows)), replace=False)
    extra = for_relevance(task, rng) if task.name in SUBJECTS else rows[:0]
    both = np.concatenate([rows, extra])
    z = model.fuse(*tokens.batch(both), TextBatch.of(text))
    scores = model.score(z)
    values = torch.from_numpy((data.values[rows, task.head] - task.mean) / task.scale).float()
    predicted = scores.value[: len(rows)]
    summary = model.summarise(z[: len(rows)])
    loss = F.smooth_l1_loss(predicted, values, beta=0.5) + 0.5 * rank_loss(4 * (predicted[:, None] - predicted), values)
    loss = loss + 0.5 * rank_loss(model.compare(summary, summary), values)
    if task.name in SUBJECTS:
        shows = torch.from_numpy(data.shows[both, task.head])
        known = ~shows.isnan()
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(scores.relevance[known], shows[known])
    return loss


def evaluate(adapter: Adapter, data: AdapterData, texts: dict[str, list[TextTokens]], split: str) -> list[ValMetrics]:
    """SRCC and MAE of each query's first phrasing on the plain views of one split."""
    metrics = []
    for head, query in enumerate(adapter.queries):
        rows = np.flatnonzero((data.split == split) & data.plain & ~np.isnan(data.values[:, head]))
        scored = score_tokens(adapter, data.packed[rows], texts[HEADS[head]][0], query)
        wanted = data.values[rows, head]
        srcc = float(spearmanr(scored.value, wanted).statistic)
        metrics.append(ValMetrics(len(rows), srcc, float(np.abs(scored.value - wanted).mean())))
    return metrics


def relevance_auc(
    adapter: Adapter, data: AdapterData, texts: dict[str, list[TextTokens]], split: str
) -> dict[str, float]:
    """For each task with a subject: the chance that a picture with it is held more relevant than one without."""
    result = {}
    for head, query in enumerate(adapter.queries):
        rows = np.flatnonzero((data.split == split) & data.plain & ~np.isnan(data.shows[:, head]))
        if HEADS[head] in SUBJECTS:
            relevance = score_tokens(adapter, data.packed[rows], texts[HEADS[head]][0], query).relevance
            shown = data.shows[rows, head] == 1
            above = (relevance[shown][:, None] > relevance[~shown]).mean()
            ties = (relevance[shown][:, None] == relevance[~shown]).mean()
            result[HEADS[head]] = float(above + ties / 2)
    return result


def with_axes(adapter: Adapter, data: AdapterData, texts: dict[str, list[TextTokens]]) -> Adapter:
    """The same adapter with a closed form for each query, from the plain views, and what part of an answer it has."""
    queries = []
    for head, query in enumerate(adapter.queries):
        rows = np.flatnonzero((data.split != "test") & data.plain & ~np.isnan(data.values[:, head]))
        train, val = (np.flatnonzero(data.split[rows] == split) for split in ("train", "val"))
        values, groups = data.values[rows, head].astype(np.float64), data.group[rows].tolist()
        text = texts[HEADS[head]][0]
        queries.append(blend_axis(adapter, query, text, data.packed[rows], values, train, val, groups))
    return Adapter(replace(adapter.header, queries=tuple(queries)), adapter.model)


def finish(adapter: Adapter, data: AdapterData, texts: dict[str, list[TextTokens]], path: Path) -> None:
    """Print what the model alone is worth on val, add closed forms, which learn from val too, and save."""
    metrics = evaluate(adapter, data, texts, "val")
    aucs = {name: round(auc, 3) for name, auc in relevance_auc(adapter, data, texts, "val").items()}
    print(f"val: {line(metrics)}\nrelevance AUC, val: {aucs}", flush=True)
    blended = with_axes(adapter, data, texts).queries
    queries = tuple(replace(query, metrics=found) for query, found in zip(blended, metrics, strict=True))
    save(path, Adapter(replace(adapter.header, queries=queries), adapter.model), half=True)
    path.chmod(0o644)


def line(metrics: list[ValMetrics]) -> str:
    return ", ".join(f"{name} {f.srcc:.3f}/{f.mae:.2f}" for name, f in zip(HEADS, metrics, strict=True))


class Training:
    """The adapter while it learns, the moving average of its weights, and what both learn from."""

    def __init__(self, model: AdapterModel, data: AdapterData, texts: dict[str, list[TextTokens]]) -> None:
        self.model, self.average = model, copy.deepcopy(model)
        self.data, self.texts = data, texts
        self.tokens, self.tasks = Tokens(data), tasks_of(data)
        self.learning = list(model.parameters())
        chances = np.array([WEIGHTS_OF_TASKS.get(task.name, 0.6) for task in self.tasks])
        self.chances = chances / chances.sum()
        self.threads = ThreadPoolExecutor(2)

    def half(self, rng: np.random.Generator) -> tuple[torch.Tensor | None, ...]:
        """The gradients of one task, asked in one of its phrasings."""
        task = self.tasks[rng.choice(len(self.tasks), p=self.chances)]
        text = self.texts[task.name][rng.integers(len(self.texts[task.name]))]
        loss = step_loss(self.model, task, self.data, self.tokens, text, rng)
        return torch.autograd.grad(loss, self.learning, allow_unused=True)

    def run(self, header: AdapterHeader, args: argparse.Namespace) -> tuple[Adapter, Checkpoint]:
        """Train, and say how it goes. Returns the average, and what the training kept of itself."""
        optimiser = torch.optim.AdamW(self.learning, lr=args.rate, weight_decay=0.05, betas=(0.9, 0.98))
        checkpoint = Checkpoint(
            args.out / "adapter.training",
            ", ".join(f"{name} {getattr(args, name)}" for name in OPTIONS) + f", {header.fingerprint}",
            {"model": self.model, "average": self.average, "optimiser": optimiser},
        )
        started, first = time.time(), checkpoint.load()
        for step in range(first, args.steps):
            set_rates(optimiser, [args.rate], step, 200, step / args.steps)
            self.model.train()
            rng = np.random.default_rng([args.seed, step])
            set_gradients(self.learning, *self.threads.map(self.half, rng.spawn(2)))
            torch.nn.utils.clip_grad_norm_(self.learning, 1.0)
            optimiser.step()
            follow(self.average.parameters(), self.learning, min(0.999, step / (step + 20)))
            if (step + 1) % 500 == 0:
                shown = evaluate(Adapter(header, self.average.eval()), self.data, self.texts, "val")
                rate = (step + 1 - first) / (time.time() - started)
                print(f"{step + 1} {rate:.1f} steps/s val: {line(shown)}", flush=True)
                checkpoint.save(step + 1)
        return Adapter(header, self.average.eval()), checkpoint


def queries_of(tasks: list[Task], texts: dict[str, list[TextTokens]]) -> tuple[Query, ...]:
    return tuple(
        Query(
            PHRASINGS[task.name],
            np.stack([text.embedding for text in texts[task.name]]),
            UNITS.get(task.name),
            task.mean,
            task.scale,
            task.name in SUBJECTS,
        )
        for task in tasks
    )


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    args = asked()
    torch.manual_seed(args.seed)
    backbone = load_mini()
    data = read_adapter_data(args.data, args.out)
    texts = {name: [backbone.encode_sentence(p) for p in phrasings] for name, phrasings in PHRASINGS.items()}
    config = replace(AdapterConfig.mini(backbone.shape, backbone.text_width, layers=args.layers), width=args.width)
    training = Training(AdapterModel(config), data, texts)
    queries = queries_of(training.tasks, texts)
    header = AdapterHeader("mini-adapter", "mini", backbone.fingerprint, config, queries, terms=TERMS)
    print(f"{len(data.split)} views, {training.model.parameter_count():,} parameters", flush=True)
    torch.set_num_threads(1)
    adapter, checkpoint = training.run(header, args)
    finish(adapter, data, texts, args.weights / "mini-adapter.safetensors")
    checkpoint.remove()


if __name__ == "__main__":
    main()
