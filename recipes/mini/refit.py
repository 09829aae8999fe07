"""Step 4: pull the tower part of the way back to ImageNet, and fit the caption head to it anew.

    python recipes/mini/refit.py --data ../shared/data --out build/mini

Weights on the straight line between the ImageNet tower and the tuned one (Wortsman et al., "Robust
fine-tuning of zero-shot models", CVPR 2022) keep what tuning brought and much of what it forgot. The trunk
then stands still, so that its features of all caption views fit into memory, and the caption head can see
hundreds of photographs a step, dropout against learning them by heart. Figures printed are on val alone.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from data import read_samples
from torch import nn
from torch.nn import functional as F
from tower_data import TrainingData
from tower_model import TowerInTraining
from trunk import imagenet_tower, upper_half

from imgrank.backbone.mini_image import CaptionHead, ImageConfig

TUNED = 0.85
BATCH, DROPOUT, SAME_MEANING = 512, 0.5, 0.8


@dataclass(frozen=True)
class Features:
    """rows (N,) of the stored views; pooled (N, 1280), the trunk's mean top level."""

    rows: np.ndarray
    pooled: torch.Tensor


def between(one: Path, other: Path) -> dict[str, torch.Tensor]:
    """The weights halfway between two towers, of which one went on from the other."""
    a, b = (torch.load(path, weights_only=True) for path in (one, other))
    return {name: torch.lerp(a[name], b[name], 0.5) for name in b}


def pull_back(model: TowerInTraining, tuned: float) -> None:
    """The trunk's weights, `tuned` of the way from the ImageNet tower's to its own."""
    learnt = model.trunk.state_dict()
    start = imagenet_tower().state_dict()
    model.trunk.load_state_dict({name: torch.lerp(start[name], learnt[name], tuned) for name in learnt})


def features_of(model: TowerInTraining, data: TrainingData, rows: np.ndarray) -> Features:
    """Pooled features of the given views, two batches side by side, one core each."""
    torch.set_num_threads(1)

    def pooled(at: int) -> torch.Tensor:
        with torch.inference_mode():
            return upper_half(model.trunk, data.hidden(rows[at : at + 64])).top.mean((2, 3))

    with ThreadPoolExecutor(2) as pool:
        return Features(rows, torch.cat(list(pool.map(pooled, range(0, len(rows), 64)))).clone())


class Pairing(nn.Module):
    """Photographs and sentences into one space: the caption head and the correction of sentence vectors."""

    def __init__(self, config: ImageConfig, pooled: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", pooled.mean(0))
        self.register_buffer("spread", pooled.std(0).clamp(min=1e-3))
        self.up = nn.Linear(1280, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)
        self.text_map = nn.Parameter(torch.zeros(config.caption, config.caption))
        self.log_scale = nn.Parameter(torch.tensor(20.0).log())

    def images(self, pooled: torch.Tensor) -> torch.Tensor:
        """(B, 1280) to (B, caption) of unit length."""
        hidden = F.gelu(self.up(F.dropout((pooled - self.mean) / self.spread, DROPOUT, self.training)))
        return F.normalize(self.down(F.dropout(hidden, DROPOUT, self.training)), dim=-1)

    def texts(self, vectors: torch.Tensor) -> torch.Tensor:
        """(B, caption) sentence vectors, corrected, of unit length."""
        return F.normalize(vectors + vectors @ self.text_map, dim=-1)

    def caption_head(self, config: ImageConfig) -> CaptionHead:
        """The same function without the standardisation, which goes into the first layer."""
        head = CaptionHead(config)
        head.load_state_dict({f"{part}.{name}": t for part in ("up", "down") for name, t in self._part(part).items()})
        return head

    def _part(self, name: str) -> dict[str, torch.Tensor]:
        layer: nn.Linear = getattr(self, name)
        if name == "down":
            return dict(layer.state_dict())
        weight = layer.weight.detach() / self.spread
        return {"weight": weight, "bias": layer.bias.detach() - weight @ self.mean}


def pair_loss(model: Pairing, pooled: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """Each photograph finds its caption among the batch's and the other way round; equal meanings are no strangers."""
    logits = model.log_scale.exp().clamp(max=100) * model.images(pooled) @ model.texts(vectors).T
    same = (vectors @ vectors.T > SAME_MEANING).fill_diagonal_(False)
    logits = logits.masked_fill(same, -1e4)
    target = torch.arange(len(logits))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)


def class_loss(model: Pairing, pooled: torch.Tensor, shares: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
    """Class names lie where the ImageNet tower sees their class."""
    logits = 20 * model.images(pooled) @ model.texts(names).T
    return F.kl_div(logits.log_softmax(-1), shares, reduction="batchmean")


def recall(model: Pairing, data: TrainingData, features: Features) -> str:
    """R@1/5/10 of the captions of the given photographs."""
    model.eval()
    captions = [(place, text) for place, row in enumerate(features.rows) for text in data.captions_of[data.sample[row]]]
    owners, texts = torch.tensor(captions).T
    with torch.inference_mode():
        scores = model.texts(data.caption[texts]) @ model.images(features.pooled).T
    place = (scores > scores[torch.arange(len(owners)), owners][:, None]).sum(1)
    model.train()
    return " ".join(f"R@{k} {(place < k).float().mean():.3f}" for k in (1, 5, 10))


def fit(model: Pairing, data: TrainingData, train: Features, val: Features, steps: int, seed: int) -> None:
    """Photographs drawn without repetition; one of their views and one of their captions at random."""
    rng = np.random.default_rng(seed)
    owner = data.sample[train.rows]
    views = [np.flatnonzero(owner == sample) for sample in np.unique(owner)]
    text = {id(model.text_map)}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in text], "lr": 1e-3, "weight_decay": 0.1},
        {"params": [model.text_map], "lr": 5e-4, "weight_decay": 0.5},
    ]
    optimiser = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [1e-3, 5e-4], steps, pct_start=0.06)
    started = time.time()
    for step in range(1, steps + 1):
        chosen = np.array([rng.choice(views[k]) for k in rng.choice(len(views), BATCH, replace=False)])
        captions = torch.tensor([rng.choice(data.captions_of[sample]) for sample in owner[chosen]])
        pooled = train.pooled[chosen]
        shares = torch.from_numpy(data.logits[train.rows[chosen]].astype(np.float32)).softmax(-1)
        loss = pair_loss(model, pooled, data.caption[captions])
        loss = loss + 0.1 * class_loss(model, pooled, shares, data.class_vectors)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            said = f"{step} loss {loss.item():.3f} {time.time() - started:.0f} s val"
            print(said, recall(model, data, val), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--before", type=Path, help="what tower.pt went on from, to go half of the way back to")
    parser.add_argument("--tuned", type=float, default=TUNED)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    data = TrainingData(args.out, read_samples(args.data))
    tower = TowerInTraining(ImageConfig())
    last = args.out / "tower.pt"
    tower.load_state_dict(between(args.before or last, last))
    tower.eval()
    pull_back(tower, args.tuned)
    train = features_of(tower, data, data.rows("train", "captions"))
    val = features_of(tower, data, data.rows("val", "captions"))
    torch.set_num_threads(2)
    model = Pairing(ImageConfig(), train.pooled)
    fit(model, data, train, val, args.steps, args.seed)
    tower.caption_head = model.caption_head(ImageConfig())
    tower.text_map.data = model.text_map.data
    torch.save(tower.state_dict(), args.out / "refit.pt")


if __name__ == "__main__":
    main()
