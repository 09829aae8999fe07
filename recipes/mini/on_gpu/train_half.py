"""Step 1: the task half of the image tower on sentences, classes and all labelled tasks at once.

    PYTHONPATH=.. python train_half.py --data DATA --out build --device cuda --minutes 4

Each step sees fresh views of some 1,000 pictures that words describe (contrast in both directions, names of classes
where the published tower is sure) and of 430 whose values are known (smooth L1, RankNet, label distributions), and
keeps near to the published tower's classes. Half of the faces, cars and photographs of `quality` are blends of two
whose values are near (C-Mixup, Yao et al., NeurIPS 2022). The schedule runs by the clock; the weights written are an
exponential average. What the sets of HELD_OUT show is never learnt. Prints figures of val alone.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from data import HEADS
from draw import HELD_OUT, TASK_MIX, Described, Valued, on
from fresh_views import Freedoms
from half import TowerInTraining
from items import Item, decode_all, read_items, values_of
from losses import class_loss, name_loss, pair_loss, value_loss
from scipy.stats import spearmanr
from steps import follow, set_rates
from task_heads import bin_loss
from torch import nn
from words import Words, class_vectors

from imgrank.backbone.mini_image import ImageConfig

NEAR = 0.3  # how near values of a blend are, in standard deviations
BLENDED = ("age", "car_year", "quality")
TOWER = "tower.pt"


@dataclass(frozen=True)
class Material:
    """Items with their pixels, values (standardised; NaN unknown) and words, on one device."""

    items: list[Item]
    pixels: torch.Tensor
    values: torch.Tensor
    mean: np.ndarray
    deviation: np.ndarray
    words: Words
    names: torch.Tensor
    freedoms: Freedoms
    device: str

    @staticmethod
    def read(data: Path, out: Path, device: str, few: int = 0) -> Material:
        started = time.time()
        items = read_items(data)
        if few:
            items = [items[row] for row in np.sort(np.random.default_rng(0).permutation(len(items))[:few])]
        pixels = decode_all(items, out / "pixels.npy")
        print(f"{len(items)} items decoded, {time.time() - started:.0f} s", flush=True)
        raw = values_of(items)
        train = np.array([item.split == "train" for item in items])
        mean, deviation = np.nanmean(raw[train], axis=0), np.nanstd(raw[train], axis=0)
        values = torch.from_numpy((raw - mean) / deviation).to(device)
        words = Words(items, device)
        print(f"{len(words.sentences)} phrases, {time.time() - started:.0f} s", flush=True)
        on_device = torch.from_numpy(np.ascontiguousarray(pixels)).to(device)
        names = class_vectors(device)
        print(f"all on {device}, {time.time() - started:.0f} s", flush=True)
        return Material(items, on_device, values, mean, deviation, words, names, Freedoms(items, device), device)

    def rows(self, split: str, *sources: str) -> np.ndarray:
        """Plain items of a split and of these sets, or of all."""
        return np.array(
            [
                row
                for row, item in enumerate(self.items)
                if item.split == split and not item.style and (not sources or item.source in sources)
            ],
            dtype=np.int64,
        )

    def plain(self, rows: torch.Tensor) -> torch.Tensor:
        """(B, 3, 224, 224), 0 to 255."""
        return self.pixels[rows].permute(0, 3, 1, 2).float()

    def fresh(self, rows: torch.Tensor, whole: torch.Tensor | None = None) -> torch.Tensor:
        """The same as fresh views."""
        return self.freedoms.view(self.pixels[rows], rows, whole)


def step_loss(
    model: TowerInTraining, material: Material, described: np.ndarray, valued: np.ndarray, parts: dict[str, float]
) -> torch.Tensor:
    device = material.device
    count = len(described)
    rows = on(np.concatenate([described, valued]), device)
    whole = torch.rand(len(rows), device=device) < 0.5
    values = material.values[rows].clone()
    values[:count][~whole[:count]] = torch.nan  # a part of a picture may show fewer people
    whole[count:] = False
    with torch.autocast(device, torch.bfloat16):
        with torch.no_grad():
            fine = model.lower(material.fresh(rows, whole))
        told, share, partner = _blends(material, valued, values[count:])
        fine[count:] = torch.lerp(fine[count:], fine[count:][partner], share[:, None, None, None].to(fine.dtype))
        values[count:] = told
        seen = model.see(fine)
    own, names = model.captions, material.names
    contrast = pair_loss(own, seen.both[:count], material.words, rows[:count])
    value, bins = value_loss(seen.values, values), bin_loss(seen.bins, values)
    classes = class_loss(seen.logits, seen.wanted)
    parts.update(contrast=contrast.detach(), value=value.detach(), classes=classes.detach())
    named = name_loss(own, seen.both[:count], seen.wanted[:count], names)
    return contrast + 0.1 * named + 0.5 * value + 0.2 * bins + 0.5 * classes


def _blends(
    material: Material, valued: np.ndarray, values: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values of the blends, how much of the partner is in each, and each row's partner: itself where it has none."""
    partner = torch.arange(len(values), device=values.device)
    for source in BLENDED:
        own = values[:, HEADS.index(source)]
        known = ~own.isnan()
        close = ((own[:, None] - own[None]).abs() < NEAR) & known[:, None] & known[None]
        picked = close.float() + torch.eye(len(values), device=values.device) * 1e-6
        chosen = torch.multinomial(picked, 1)[:, 0]
        partner = torch.where(known & (torch.rand(len(values), device=values.device) < 0.5), chosen, partner)
    share = 0.5 * torch.rand(len(values), device=values.device)
    return torch.lerp(values, values[partner], share[:, None]), share, partner


@torch.inference_mode()
def see_plain(model: TowerInTraining, material: Material, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """What the caption head reads of plain items, and the values said of them."""
    both, values = [], []
    for part in np.array_split(rows, max(1, len(rows) // 512)):
        with torch.autocast(material.device, torch.bfloat16):
            seen = model.see(model.lower(material.plain(on(part, material.device))))
        both.append(seen.both)
        values.append(seen.values)
    return torch.cat(both), torch.cat(values)


@torch.inference_mode()
def evaluate(model: TowerInTraining, material: Material, split: str = "val") -> str:
    """SRCC and MAE of each task, recall of captions, mean average precision of the world sets."""
    model.eval()
    rows = material.rows(split)
    both, values = see_plain(model, material, rows)
    said, true = values.float().cpu().numpy(), material.values[on(rows, material.device)].cpu().numpy()
    words = []
    for task, name in enumerate(HEADS):
        known = ~np.isnan(true[:, task])
        if known.sum() > 2:
            rho = spearmanr(said[known, task], true[known, task]).statistic
            mae = np.abs(said[known, task] - true[known, task]).mean() * material.deviation[task]
            words.append(f"{name} {rho:.3f}/{mae:.2f}")
    words.append(by_sentence(model.captions, material, rows, both))
    model.train()
    return ", ".join(words)


@torch.inference_mode()
def by_sentence(head: nn.Module, material: Material, rows: np.ndarray, both: torch.Tensor) -> str:
    """R@1, R@5, R@10 of captions; mean average precision of each world set by its sentences, and of all."""
    head.eval()
    images, items = head.images(both), material.items
    said, means = [], []
    for source in sorted({items[row].source for row in rows if items[row].described.phrases} - {*TASK_MIX}):
        here = [place for place, row in enumerate(rows) if items[row].source == source]
        first = [int(material.words.first[rows[place]]) for place in here]
        if source == "captions":
            counts = [len(items[rows[place]].described.phrases) for place in here]
            owner = torch.tensor([n for n, count in enumerate(counts) for _ in range(count)], device=both.device)
            places = [at + k for at, count in zip(first, counts, strict=True) for k in range(count)]
            phrases = torch.tensor(places, device=both.device)
            scores = head.texts(material.words.vectors[material.words.vector[phrases]]) @ images[here].T
            place = (scores > scores.gather(1, owner[:, None])).sum(1)
            said.append(" ".join(f"R@{k} {(place < k).float().mean():.3f}" for k in (1, 5, 10)))
            continue
        names = material.words.vector[torch.tensor(first, device=both.device)].cpu().numpy()
        sentences = np.unique(names)
        vectors = material.words.vectors[torch.from_numpy(sentences).to(both.device)]
        scores = (head.texts(vectors) @ images[here].T).cpu().numpy()
        means.append(np.mean([_precision(s, names == name) for s, name in zip(scores, sentences, strict=True)]))
        said.append(f"{source} {means[-1]:.2f}")
    return " ".join([*said, f"world {np.mean(means):.3f}" if means else ""])


def _precision(scores: np.ndarray, true: np.ndarray) -> float:
    hits = true[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def set_scales(model: TowerInTraining, material: Material) -> None:
    """Cells by their first deviation, the caption head's input by its first mean and deviation."""
    rows = np.random.default_rng(0).permutation(material.rows("train"))[:4096]
    with torch.inference_mode():
        cells = []
        for part in np.array_split(rows, max(1, len(rows) // 256)):
            cells.append(model.see(model.lower(material.plain(on(part, material.device)))).cells)
        both, _ = see_plain(model, material, rows)
        model.cell_scale.copy_(torch.cat(cells).std((0, 1)).clamp(min=0.02))
        model.mean.copy_(both.mean(0))
        model.deviation.copy_(both.std(0).clamp(min=1e-2))


def optimiser_of(model: TowerInTraining, trunk_rate: float, head_rate: float) -> torch.optim.Optimizer:
    trunk = [*model.task.parameters(), *model.classifier.parameters()]
    ids = {id(p) for p in trunk} | {id(model.captions.text_map)}
    heads = [p for p in model.parameters() if p.requires_grad and id(p) not in ids]
    groups = [
        {"params": trunk, "lr": trunk_rate, "weight_decay": 0.02},
        {"params": heads, "lr": head_rate, "weight_decay": 0.1},
        {"params": [model.captions.text_map], "lr": 0.5 * head_rate, "weight_decay": 0.5},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def train(model: TowerInTraining, material: Material, args: argparse.Namespace) -> TowerInTraining:
    """The exponential average of the learning tower's weights."""
    average = copy.deepcopy(model)
    optimiser = optimiser_of(model, args.trunk_rate, args.head_rate)
    rates = [group["lr"] for group in optimiser.param_groups]
    described = Described(material.items, HELD_OUT | {args.without}, args.seed)
    valued = Valued(material.items, args.without, args.seed)
    learning = [p for p in model.parameters() if p.requires_grad]
    model.train()
    started, reported, step = time.time(), time.time(), 0
    while (done := (time.time() - started) / (60 * args.minutes)) < 1:
        set_rates(optimiser, rates, step, 100, done)
        parts: dict[str, float] = {}
        loss = step_loss(model, material, described.batch(args.batch), valued.batch(), parts)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learning, 5.0)
        optimiser.step()
        step += 1
        decay = min(0.998, step / (step + 10))
        follow((p for p in average.parameters() if p.requires_grad), learning, decay)
        if step % 100 == 0 or step in (3, 30):
            told = " ".join(f"{name} {float(value):.3f}" for name, value in parts.items())
            print(f"{step} {done:.0%} {told} {step / (time.time() - started):.2f} steps/s", flush=True)
        if time.time() - reported > 60 * args.report_minutes:
            print(f"val at {step}: {evaluate(average, material)}", flush=True)
            torch.save(average.state_dict(), args.out / TOWER)
            reported = time.time()
    print(f"val at the end, {step} steps: {evaluate(average, material)}", flush=True)
    return average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--trunk-rate", type=float, default=4e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report-minutes", type=float, default=1)
    parser.add_argument("--few", type=int, default=0, help="so many items only, to try the script")
    parser.add_argument("--without", default="", choices=["", *TASK_MIX], help="a set that the tower must never see")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    material = Material.read(args.data, args.out, args.device, args.few)
    model = TowerInTraining(ImageConfig(), args.dropout).to(args.device)
    model.task.to(memory_format=torch.channels_last)
    model.general.to(memory_format=torch.channels_last)
    set_scales(model, material)
    average = train(model, material, args)
    torch.save(average.state_dict(), args.out / TOWER)


if __name__ == "__main__":
    main()
