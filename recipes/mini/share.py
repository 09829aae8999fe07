"""How far back the trunk should go: what is kept of classes and of tasks at several shares, on val alone.

    python recipes/mini/share.py --data ../shared/data --out build/mini

Classes: on zooms of val photographs of which the ImageNet tower is sure, how often the pulled trunk's own
classifier still names the same one. Tasks: ridge on mean cells, learnt on train, its SRCC on val. What captions
make of a share is printed by `refit.py --tuned SHARE`.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from data import TASKS, read_samples
from refit import between, pull_back
from scipy.stats import spearmanr
from torch.nn import functional as F
from tower_data import TrainingData
from tower_model import TowerInTraining
from trunk import imagenet_tower, upper_half

from imgrank.backbone.mini_image import ImageConfig
from imgrank.learning.ridge import fit_ridge

ZOOMS, SURE, BATCH = 9, 1 / 3, 64


@torch.inference_mode()
def sure_zooms(data: TrainingData, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden (N, 40, 28, 28) of parts of val photographs, and the class (N,) that the ImageNet tower is sure of."""
    tower, rng = imagenet_tower(), np.random.default_rng(seed)
    hidden, classes = [], []
    for row in np.concatenate([data.rows("val", "captions"), data.rows("val", "quality")]):
        whole = data.hidden(np.array([row]))
        parts = [whole]
        for _ in range(ZOOMS):
            side = rng.integers(9, 22)
            y, x = rng.integers(0, 29 - side, 2)
            parts.append(F.interpolate(whole[:, :, y : y + side, x : x + side], size=(28, 28), mode="bilinear"))
        made = torch.cat(parts).contiguous(memory_format=torch.channels_last)
        share, seen = tower.classifier(upper_half(tower, made).top.mean((2, 3))).softmax(-1).max(-1)
        hidden.append(made[share >= SURE])
        classes.append(seen[share >= SURE])
    return torch.cat(hidden), torch.cat(classes)


@torch.inference_mode()
def classes_kept(model: TowerInTraining, hidden: torch.Tensor, classes: torch.Tensor) -> float:
    parts = [model(part.contiguous(memory_format=torch.channels_last)).logits for part in hidden.split(BATCH)]
    return float((torch.cat(parts).argmax(1) == classes).float().mean())


def tasks_by_ridge(model: TowerInTraining, data: TrainingData) -> str:
    """SRCC on val of ridge on mean cells, by task."""
    plain = (data.view == 0) & ~data.degraded
    rows = np.flatnonzero(plain & (data.split != "test") & ~np.isnan(data.values).all(1))
    with torch.inference_mode():
        starts = range(0, len(rows), BATCH)
        hidden = (data.hidden(rows[at : at + BATCH]) for at in starts)
        mean = torch.cat([(model(few).cells / model.cell_scale).mean(1) for few in hidden]).double().numpy()
    words = []
    for name, values in zip(TASKS, data.values[rows].T, strict=False):
        train, val = (np.flatnonzero((data.split[rows] == split) & ~np.isnan(values)) for split in ("train", "val"))
        axis = fit_ridge(mean[train], values[train].astype(np.float64)).axis
        words.append(f"{name} {spearmanr(axis(mean[val]), values[val]).statistic:.3f}")
    return ", ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--before", type=Path, help="what tower.pt went on from, to go half of the way back to")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0, 0.9, 0.8, 0.7, 0.6])
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = TrainingData(args.out, read_samples(args.data))
    hidden, classes = sure_zooms(data)
    print(f"{len(classes)} sure zooms of {len(classes.unique())} classes", flush=True)

    last = args.out / "tower.pt"
    weights = between(args.before or last, last)

    def line(share: float) -> str:
        model = TowerInTraining(ImageConfig())
        model.load_state_dict(weights)
        model.eval()
        pull_back(model, share)
        return f"{share}: classes kept {classes_kept(model, hidden, classes):.3f}; {tasks_by_ridge(model, data)}"

    with ThreadPoolExecutor(2) as pool:
        for words in pool.map(line, args.shares):
            print(words, flush=True)


if __name__ == "__main__":
    main()
