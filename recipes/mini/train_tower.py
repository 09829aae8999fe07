"""Step 3: the upper half of the image tower on captions, classes and all labelled tasks at once.

    python recipes/mini/train_tower.py --out build/mini --minutes 75

Each step sees 28 caption views (contrast against sentences, distillation of the 1000 classes, people
and dogs where known), 28 task views (age, car year, quality, cells, degradations), and 24 made-up
pictures on which the ImageNet tower's classes are kept. The schedule
runs by the clock, so a busy machine trains less but ends well. Val figures every few minutes; the
weights written are an exponential average.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from data import DEGRADATIONS, TASKS, Sample, read_samples
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional as F
from trunk import imagenet_tower, upper_half

from imgrank.backbone.mini_image import CaptionHead, ImageConfig, Readouts

HEADS = (*TASKS, *DEGRADATIONS)
COUNTS = {"red_cells", "platelets", "people", "dogs"}
TASK_MIX = {"age": 9, "car_year": 5, "quality": 6, "blood_cells": 4, "degraded": 4}


class TowerInTraining(nn.Module):
    """Trunk (upper half and classifier), readouts, caption head, and one small head a task."""

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.trunk = imagenet_tower()
        for parameter in (*self.trunk.conv_stem.parameters(), *self.trunk.blocks[:3].parameters()):
            parameter.requires_grad_(False)
        self.readouts = Readouts(config)
        self.caption_head = CaptionHead(config)
        self.text_map = nn.Parameter(torch.zeros(config.caption, config.caption))
        self.log_scale = nn.Parameter(torch.tensor(math.log(20.0)))
        self.register_buffer("cell_scale", torch.ones(config.cell))
        self.mean_heads = nn.Linear(config.cell, len(HEADS))
        self.density_heads = nn.Linear(config.cell, len(HEADS))
        self.density_scale = nn.Parameter(torch.zeros(len(HEADS)))
        nn.init.normal_(self.mean_heads.weight, std=0.01)
        nn.init.normal_(self.density_heads.weight, std=0.01)

    def forward(self, hidden: torch.Tensor) -> Seen:
        """(B, 40, 28, 28) to everything the losses read."""
        levels = upper_half(self.trunk, hidden)
        cells = self.readouts(hidden, levels.middle, levels.top)
        pooled = cells[..., :1280].mean(1)
        scaled = cells / self.cell_scale
        density = F.softplus(self.density_heads(scaled)).sum(1) / 16
        values = self.mean_heads(F.dropout(scaled.mean(1), 0.1, self.training)) + self.density_scale * density
        dropped = F.dropout(pooled, 0.1, self.training)
        return Seen(cells, pooled, self.caption_head(dropped), self.trunk.classifier(pooled), values)

    def map_text(self, vectors: torch.Tensor) -> torch.Tensor:
        """Sentence vectors (N, 384) into the shared space: a learned correction of the teacher's."""
        return F.normalize(vectors + vectors @ self.text_map, dim=-1)


@dataclass(frozen=True)
class Seen:
    """cells (B, 16, C), pooled (B, 1280), caption (B, 384), logits (B, 1000), values (B, heads)."""

    cells: torch.Tensor
    pooled: torch.Tensor
    caption: torch.Tensor
    logits: torch.Tensor
    values: torch.Tensor


class TrainingData:
    """The stored views and their labels as arrays; values standardised by task on the training split."""

    def __init__(self, out: Path, samples: list[Sample]) -> None:
        views = np.load(out / "views.npz")
        self.lower = np.load(out / "lower.npy", mmap_mode="r")
        self.logits = np.load(out / "logits.npy", mmap_mode="r")
        self.scale = torch.from_numpy(np.load(out / "scale.npy"))
        self.sample, self.view = views["sample"], views["view"]
        text = np.load(out / "text.npz")
        self.caption = torch.from_numpy(text["caption"])
        self.captions_of: list[list[int]] = [[] for _ in samples]
        for row, number in enumerate(text["caption_sample"]):
            self.captions_of[number].append(row)
        self.class_vectors = mean_by_class(text["name"], text["name_class"])
        self.split = np.array([samples[number].split for number in self.sample])
        self.degraded = views["kind"] != ""
        self.source = np.where(self.degraded, "degraded", [samples[number].source for number in self.sample])
        self.values = self._values(views, samples)
        train = self.split == "train"
        self.mean = np.nanmean(self.values[train], axis=0)
        self.std = np.nanstd(self.values[train], axis=0)
        train_captions = [row for row_sample in np.unique(self.sample[train]) for row in self.captions_of[row_sample]]
        self.negatives = torch.tensor(train_captions)

    def _values(self, views: np.lib.npyio.NpzFile, samples: list[Sample]) -> np.ndarray:
        values = np.full((len(self.sample), len(HEADS)), np.nan, np.float32)
        kinds, levels = views["kind"], views["level"]  # an npz file reads the whole array at each look-up
        for row, number in enumerate(self.sample):
            if kinds[row]:
                values[row, HEADS.index(str(kinds[row]))] = levels[row]
            elif not (samples[number].source == "captions" and self.view[row] > 1):  # a crop changes a count
                for task, value in samples[number].values.items():
                    values[row, HEADS.index(task)] = value
        return values

    def hidden(self, rows: np.ndarray) -> torch.Tensor:
        """(B, 40, 28, 28), channels last."""
        stored = torch.from_numpy(self.lower[rows])
        return (stored.float() * self.scale).permute(0, 3, 1, 2)

    def rows(self, split: str, source: str) -> np.ndarray:
        """Rows of one split and source; plain views alone outside training."""
        chosen = (self.split == split) & (self.source == source)
        return np.flatnonzero(chosen if split == "train" or source == "degraded" else chosen & (self.view == 0))

    def standard(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((self.values[rows] - self.mean) / self.std).astype(np.float32))


def mean_by_class(vectors: np.ndarray, owners: np.ndarray) -> torch.Tensor:
    """(1000, 384): the first name of each class, which is the common one."""
    first = np.unique(owners, return_index=True)[1]
    return torch.from_numpy(vectors[first])


def value_loss(predicted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Smooth L1 and RankNet, each averaged over the tasks present; ties masked."""
    total = predicted.new_zeros(())
    for task in range(wanted.shape[1]):
        known = ~wanted[:, task].isnan()
        if known.sum() < 2:
            continue
        p, w = predicted[known, task], wanted[known, task]
        above = (w[:, None] - w[None, :]) > 1e-6
        margins = (p[:, None] - p[None, :])[above]
        total = total + F.smooth_l1_loss(p, w, beta=0.5)
        if len(margins):
            total = total + 0.5 * F.softplus(-4 * margins).mean()
    return total


def contrast_loss(
    model: TowerInTraining, data: TrainingData, seen: Seen, rows: np.ndarray, rng: np.random.Generator
) -> torch.Tensor:
    """Image against its own caption and 4,096 others, and caption against the images of the batch."""
    own = torch.tensor([rng.choice(data.captions_of[data.sample[row]]) for row in rows])
    others = data.negatives[torch.from_numpy(rng.integers(0, len(data.negatives), 4096))]
    texts = model.map_text(data.caption[torch.cat([own, others])])
    scale = model.log_scale.exp().clamp(max=100)
    logits = scale * seen.caption @ texts.T
    with torch.no_grad():  # a stranger's caption that says the same thing is no negative
        same = data.caption[own] @ data.caption[torch.cat([own, others])].T > 0.8
        same[torch.arange(len(rows)), torch.arange(len(rows))] = False
    logits = logits.masked_fill(same, float("-inf"))
    target = torch.arange(len(rows))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits[:, : len(rows)].T, target)


def class_loss(model: TowerInTraining, data: TrainingData, seen: Seen, rows: np.ndarray, firm: float) -> torch.Tensor:
    """Keep the teacher's 1000 probabilities, in the classifier and in the caption space.

    `firm` weighs the distance of the logits themselves: it holds classes that no training picture shows.
    """
    logits = torch.from_numpy(data.logits[rows].astype(np.float32))
    teacher = logits.softmax(-1)
    drift = (seen.logits - seen.logits.mean(1, keepdim=True)) - (logits - logits.mean(1, keepdim=True))
    kept = F.kl_div(seen.logits.log_softmax(-1), teacher, reduction="batchmean")
    anchors = model.map_text(data.class_vectors)
    named = F.kl_div((20 * seen.caption @ anchors.T).log_softmax(-1), teacher, reduction="batchmean")
    return 0.5 * kept + 0.1 * named + firm * drift.square().mean()


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
    parts = (seen.cells, seen.pooled, seen.caption, seen.logits, seen.values)
    return Seen(*(part[:count] for part in parts)), seen.logits[count:]


def caption_half(
    model: TowerInTraining, data: TrainingData, matching: Matching, rows: np.ndarray, rng: np.random.Generator
) -> Half:
    made = matching.hidden(rng)
    seen, logits = see_both(model, data.hidden(rows), made)
    contrast = contrast_loss(model, data, seen, rows, rng)
    loss = contrast + class_loss(model, data, seen, rows, 1.5) + 0.5 * value_loss(seen.values, data.standard(rows))
    loss = loss + matching.loss(made, logits)
    return Half(contrast.item(), torch.autograd.grad(loss, learning_parameters(model), allow_unused=True))


def task_half(
    model: TowerInTraining, data: TrainingData, matching: Matching, rows: np.ndarray, rng: np.random.Generator
) -> Half:
    made = matching.hidden(rng)
    seen, logits = see_both(model, data.hidden(rows), made)
    task = value_loss(seen.values, data.standard(rows))
    loss = 0.5 * task + class_loss(model, data, seen, rows, 0.1) + matching.loss(made, logits)
    return Half(task.item(), torch.autograd.grad(loss, learning_parameters(model), allow_unused=True))


def learning_parameters(model: TowerInTraining) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def draw_tasks(pools: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.choice(pools[name], count) for name, count in TASK_MIX.items()])


@torch.inference_mode()
def evaluate(model: TowerInTraining, data: TrainingData, split: str = "val") -> str:
    """SRCC of each task and R@10 of captions, on the plain views of one split."""
    model.eval()
    words = []
    for source in ("age", "car_year", "quality", "blood_cells", "captions", "degraded"):
        rows = data.rows(split, source)
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


def set_cell_scale(model: TowerInTraining, data: TrainingData, rng: np.random.Generator) -> None:
    """Divide cells by their first standard deviation, so that heads start on one scale."""
    rows = np.sort(np.concatenate([rng.choice(data.rows("train", s), 48) for s in TASK_MIX if s != "degraded"]))
    with torch.no_grad():
        cells = model(data.hidden(rows)).cells
    model.cell_scale.copy_(cells.std((0, 1)).clamp(min=0.02))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--trunk-rate", type=float, default=3e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from tower.pt")
    parser.add_argument("--report-minutes", type=float, default=8)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    samples = read_samples(args.data)
    data = TrainingData(args.out, samples)
    model = TowerInTraining(ImageConfig())
    if args.resume:
        model.load_state_dict(torch.load(args.out / "tower.pt", weights_only=True))
    else:
        set_cell_scale(model, data, rng)
    average = copy.deepcopy(model)
    optimiser = optimiser_of(model, args.trunk_rate, args.head_rate)
    rates = [group["lr"] for group in optimiser.param_groups]
    captions = data.rows("train", "captions")
    pools = {source: data.rows("train", source) for source in TASK_MIX}
    model.train()
    learning = learning_parameters(model)
    torch.set_num_threads(1)
    matching = Matching(data, 12)
    pool = ThreadPoolExecutor(2)
    started, reported, step = time.time(), time.time(), 0
    print(f"start: {evaluate(average, data)}", flush=True)
    while (done := (time.time() - started) / (60 * args.minutes)) < 1:
        factor = min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * done))
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        # Two halves of a step side by side, one core each: faster than both cores on each operation.
        halves = [
            pool.submit(caption_half, model, data, matching, rng.choice(captions, 28, replace=False), rng.spawn(1)[0]),
            pool.submit(task_half, model, data, matching, draw_tasks(pools, rng), rng.spawn(1)[0]),
        ]
        contrast, task = (half.result() for half in halves)
        for parameter, *gradients in zip(learning, contrast.gradients, task.gradients, strict=True):
            known = [gradient for gradient in gradients if gradient is not None]
            parameter.grad = sum(known[1:], known[0]) if known else None
        nn.utils.clip_grad_norm_(learning, 5.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        decay = min(0.998, step / (step + 10))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
        if step % 50 == 0:
            pace = step / (time.time() - started)
            print(f"{step} {done:.1%} contrast {contrast.loss:.3f} task {task.loss:.3f} {pace:.2f} steps/s", flush=True)
        if time.time() - reported > 60 * args.report_minutes:
            reported = time.time()
            print(f"val at {step}: {evaluate(average, data)}", flush=True)
            torch.save(average.state_dict(), args.out / "tower.pt")
    torch.save(average.state_dict(), args.out / "tower.pt")
    print(f"val at the end, {step} steps: {evaluate(average, data)}", flush=True)


if __name__ == "__main__":
    main()
