"""Step 3: the upper half of the image tower on captions, classes and all labelled tasks at once.

    python recipes/mini/train_tower.py --data ../shared/data --out build/mini

Each step sees 30 caption views (contrast against sentences, distillation of the 1000 classes, people
and dogs where known), 44 task views (age, car year, quality, cells, degradations), and 12 made-up
pictures on which the ImageNet tower's classes are kept. Half of the faces, cars and photographs of
`quality` are blends of two whose values are near (C-Mixup, Yao et al., NeurIPS 2022). Val figures
every few hundred steps, with all that the training has by then: the same command again goes on from
there. The weights written are an exponential average.
"""

from __future__ import annotations

import argparse
import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from data import HEADS, read_samples
from scipy.stats import spearmanr
from steps import Checkpoint, follow, set_gradients, set_rates
from task_heads import bin_loss
from torch import nn
from torch.nn import functional as F
from tower_data import TrainingData, blended, views_of
from tower_losses import class_loss, contrast_loss, value_loss
from tower_model import Seen, TowerInTraining
from trunk import imagenet_tower, upper_half

from imgrank.backbone.mini_image import ImageConfig

TASK_MIX = {"age": 22, "car_year": 4, "quality": 5, "blood_cells": 3, "degraded": 6, "exposure": 4}
CAPTIONS, MADE = 30, 12
OPTIONS = ("steps", "trunk_rate", "head_rate", "seed", "without")
TOWER, INTERRUPTED = "tower.pt", "tower.pt.training"  # the second until the last step is done


@dataclass(frozen=True)
class Half:
    """What one half of a step gives: the loss to print and the gradients of all learning parameters."""

    loss: float
    gradients: tuple[torch.Tensor | None, ...]


class Matching:
    """Made-up pictures on which the learning tower must agree with the ImageNet tower.

    Zooms, pastes and blends of stored views show the classifier far more than 1000 classes' worth of the
    training pictures do: it is the function that is kept, not its values on known photographs.
    """

    def __init__(self, data: TrainingData, count: int) -> None:
        self.data, self.count = data, count
        self.teacher = imagenet_tower()
        self.rows = np.flatnonzero((data.split == "train") & np.isin(data.source, ("captions", "quality", "car_year")))

    def hidden(self, rng: np.random.Generator) -> torch.Tensor:
        """(count, 40, 28, 28), channels last."""
        first, second = (self.data.hidden(rng.choice(self.rows, self.count)) for _ in range(2))
        made = [
            getattr(self, rng.choice(["zoom", "paste", "blend"]))(a, b, rng) for a, b in zip(first, second, strict=True)
        ]
        return torch.stack(made).contiguous(memory_format=torch.channels_last)

    def zoom(self, a: torch.Tensor, b: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        side = rng.integers(8, 21)
        y, x = rng.integers(0, 29 - side, 2)
        part = a[None, :, y : y + side, x : x + side]
        return F.interpolate(part, size=(28, 28), mode="bilinear", align_corners=False)[0]

    def paste(self, a: torch.Tensor, b: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        height, width = rng.integers(10, 22, 2)
        y, x = rng.integers(0, 29 - height), rng.integers(0, 29 - width)
        made = a.clone()
        made[:, y : y + height, x : x + width] = b[:, y : y + height, x : x + width]
        return made

    def blend(self, a: torch.Tensor, b: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        return torch.lerp(a, b, float(rng.uniform(0.2, 0.5)))

    def loss(self, hidden: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """Distance of shares and of centred logits to the ImageNet tower's, on the made-up pictures."""
        with torch.no_grad():
            wanted = self.teacher.classifier(upper_half(self.teacher, hidden).top.mean((2, 3)))
        drift = (logits - logits.mean(1, keepdim=True)) - (wanted - wanted.mean(1, keepdim=True))
        shares = F.kl_div(logits.log_softmax(-1), wanted.softmax(-1), reduction="batchmean")
        return shares + drift.square().mean()


def see_both(model: TowerInTraining, real: torch.Tensor, made: torch.Tensor) -> tuple[Seen, torch.Tensor]:
    """One pass over real and made-up pictures: what is seen of the real ones, logits of the made-up ones."""
    seen = model(torch.cat([real, made]).contiguous(memory_format=torch.channels_last))
    count = len(real)
    parts = (seen.cells, seen.pooled, seen.caption, seen.logits, seen.values, seen.bins)
    return Seen(*(part[:count] for part in parts)), seen.logits[count:]


def caption_half(
    model: TowerInTraining, data: TrainingData, matching: Matching, rows: np.ndarray, rng: np.random.Generator
) -> Half:
    made = matching.hidden(rng)
    views = views_of(data, rows)
    seen, logits = see_both(model, views.hidden, made)
    contrast = contrast_loss(model, data, seen, rows, rng)
    loss = contrast + class_loss(model, data, seen, views.logits, 1.5) + matching.loss(made, logits)
    loss = loss + 0.5 * value_loss(seen.values, views.wanted) + 0.2 * bin_loss(seen.bins, views.wanted)
    return Half(contrast.item(), torch.autograd.grad(loss, learning_parameters(model), allow_unused=True))


def task_half(model: TowerInTraining, data: TrainingData, rows: np.ndarray, rng: np.random.Generator) -> Half:
    views = blended(data, rows, rng)
    seen = model(views.hidden.contiguous(memory_format=torch.channels_last))
    task = value_loss(seen.values, views.wanted)
    loss = 0.5 * task + 0.2 * bin_loss(seen.bins, views.wanted)
    loss = loss + class_loss(model, data, seen, views.logits, 0.1)
    return Half(task.item(), torch.autograd.grad(loss, learning_parameters(model), allow_unused=True))


def learning_parameters(model: TowerInTraining) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def draw_tasks(pools: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.choice(pool, TASK_MIX[name]) for name, pool in pools.items()])


@torch.inference_mode()
def evaluate(model: TowerInTraining, data: TrainingData, split: str = "val") -> str:
    """SRCC of each task and R@10 of captions, on the plain views of one split."""
    model.eval()
    words = []
    for source in (*TASK_MIX, "captions"):
        rows = data.rows(split, source)
        if not len(rows):
            continue
        outputs = [model(data.hidden(rows[at : at + 64])) for at in range(0, len(rows), 64)]
        values = torch.cat([seen.values for seen in outputs]).numpy()
        wanted = data.values[rows]
        for task, name in enumerate(HEADS):
            known = ~np.isnan(wanted[:, task])
            if known.sum() > 2:
                rho = spearmanr(values[known, task], wanted[known, task]).statistic
                mae = np.abs(values[known, task] * data.std[task] + data.mean[task] - wanted[known, task]).mean()
                words.append(f"{name} {rho:.3f}/{mae:.2f}")
        if source == "captions":
            images = torch.cat([seen.caption for seen in outputs])
            owners = np.concatenate([[i] * len(data.captions_of[data.sample[row]]) for i, row in enumerate(rows)])
            texts = model.map_text(data.caption[[c for row in rows for c in data.captions_of[data.sample[row]]]])
            scores = texts @ images.T
            place = (scores > scores[torch.arange(len(owners)), owners][:, None]).sum(1)
            words.append(" ".join(f"R@{k} {(place < k).float().mean():.3f}" for k in (1, 5, 10)))
            agreement = torch.cat([seen.logits.argmax(1) for seen in outputs]).numpy() == data.logits[rows].argmax(1)
            words.append(f"class top-1 kept {agreement.mean():.3f}")
    model.train()
    return ", ".join(words)


def optimiser_of(model: TowerInTraining, trunk_rate: float, head_rate: float) -> torch.optim.Optimizer:
    trunk = [p for p in model.trunk.parameters() if p.requires_grad]
    ids = {id(p) for p in trunk} | {id(model.text_map)}
    heads = [p for p in model.parameters() if p.requires_grad and id(p) not in ids]
    return torch.optim.AdamW(
        [
            {"params": trunk, "lr": trunk_rate, "weight_decay": 0.0},
            {"params": heads, "lr": head_rate, "weight_decay": 0.02},
            {"params": [model.text_map], "lr": trunk_rate, "weight_decay": 0.1},
        ],
        betas=(0.9, 0.98),
    )


def set_cell_scale(
    model: TowerInTraining, data: TrainingData, pools: dict[str, np.ndarray], rng: np.random.Generator
) -> None:
    """Divide cells by their first standard deviation, so that heads start on one scale."""
    rows = np.sort(np.concatenate([rng.choice(pool, 48) for name, pool in pools.items() if name != "degraded"]))
    with torch.no_grad():
        cells = model(data.hidden(rows)).cells
    model.cell_scale.copy_(cells.std((0, 1)).clamp(min=0.02))


class Training:
    """The tower while it learns, the moving average of its weights, and what both learn from."""

    def __init__(self, model: TowerInTraining, data: TrainingData, args: argparse.Namespace) -> None:
        self.model, self.average, self.args = model, copy.deepcopy(model), args
        self.data, self.pools, self.captions = data, pools_of(data, args.without), data.rows("train", "captions")
        self.matching = Matching(data, MADE)
        self.learning = learning_parameters(model)
        self.optimiser = optimiser_of(model, args.trunk_rate, args.head_rate)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.threads = ThreadPoolExecutor(2)
        self.checkpoint = Checkpoint(
            args.out / INTERRUPTED,
            ", ".join(f"{name} {getattr(args, name)}" for name in OPTIONS),
            {"model": self.model, "average": self.average, "optimiser": self.optimiser},
        )
        self.step = self.checkpoint.load()

    def halves(self, rng: np.random.Generator) -> tuple[Half, Half]:
        """Two halves of a step side by side, one core each: faster than both cores on each operation."""
        captions = rng.choice(self.captions, CAPTIONS, replace=False)
        halves = [
            self.threads.submit(caption_half, self.model, self.data, self.matching, captions, rng.spawn(1)[0]),
            self.threads.submit(task_half, self.model, self.data, draw_tasks(self.pools, rng), rng.spawn(1)[0]),
        ]
        contrast, task = (half.result() for half in halves)
        return contrast, task

    def run(self) -> None:
        """Train to the last step, and say how it goes."""
        started, first = time.time(), self.step
        print(f"start: {evaluate(self.average, self.data)}", flush=True)
        while self.step < self.args.steps:
            self.take_step()
            if self.step % 50 == 0:
                print(f"{self.step} {(self.step - first) / (time.time() - started):.2f} steps/s", flush=True)
            if self.step % self.args.report_every == 0:
                print(f"val at {self.step}: {evaluate(self.average, self.data)}", flush=True)
                self.checkpoint.save(self.step)

    def take_step(self) -> None:
        set_rates(self.optimiser, self.rates, self.step, 100, self.step / self.args.steps)
        contrast, task = self.halves(np.random.default_rng([self.args.seed, self.step]))
        set_gradients(self.learning, contrast.gradients, task.gradients)
        nn.utils.clip_grad_norm_(self.learning, 5.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        follow(self.average.parameters(), self.model.parameters(), min(0.999, self.step / (self.step + 10)))


def pools_of(data: TrainingData, without: str) -> dict[str, np.ndarray]:
    """The training rows of each set that a task half draws from."""
    return {source: data.rows("train", source) for source in TASK_MIX if source != without}


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--trunk-rate", type=float, default=3e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report-every", type=int, default=200, help="steps")
    parser.add_argument("--without", default="", choices=list(TASK_MIX), help="a set that the tower must never see")
    return parser.parse_args()


def main() -> None:
    args = asked()
    torch.manual_seed(args.seed)
    data = TrainingData(args.out, read_samples(args.data), args.without)
    model = TowerInTraining(ImageConfig())
    set_cell_scale(model, data, pools_of(data, args.without), np.random.default_rng(args.seed))
    training = Training(model, data, args)
    model.train()
    torch.set_num_threads(1)
    training.run()
    torch.save(training.average.state_dict(), args.out / TOWER)
    training.checkpoint.remove()
    print(f"val at the end, {args.steps} steps: {evaluate(training.average, data)}", flush=True)


if __name__ == "__main__":
    main()
