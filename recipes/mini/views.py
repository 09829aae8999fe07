"""Step 1: every training view through the frozen lower half of the ImageNet tower, once.

    python recipes/mini/views.py --data ../shared/data --out build/mini

The lower half (stem and blocks 0 to 2, up to 28 x 28 x 40) is never tuned, so its output for a fixed
set of augmented views can be stored as int8 and the upper half trained five times faster than the
whole. Beside it stand the original tower's 1000 logits, the target of the distillation that keeps its
knowledge of classes.

Run again after an interruption, it goes on where `views.done` says that the files are written to.
"""

from __future__ import annotations

import argparse
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from augment import SIDE, degrade, random_view
from data import DEGRADATIONS, Sample, random_level, read_samples, sharp_paths
from PIL import Image
from trunk import imagenet_tower, lower_half, upper_half

VIEWS = {"captions": 6, "age": 6, "car_year": 12, "quality": 5, "blood_cells": 16}
DEGRADED_VIEWS = 3  # of each kind, for each sharp picture
EXPOSED_VIEWS = 2  # of every other photograph with captions


@dataclass(frozen=True)
class View:
    """One picture to pass through the tower: sample number, view number, and a degradation or none."""

    sample: int
    view: int
    kind: str = ""
    level: float = 0.0


def plan_views(samples: list[Sample], sharp: set[Path], rng: random.Random) -> list[View]:
    """Training pictures get all their views, val and test the plain one alone; then the degraded ones.

    Blur, noise and the like need a picture that is sharp. How dark a photograph is can be set for any, and which scenes
    are dark by themselves is learnt from many.
    """
    views = []
    for number, sample in enumerate(samples):
        count = VIEWS[sample.source] if sample.split == "train" else 1
        views += [View(number, view) for view in range(count)]
    for number, sample in enumerate(samples):
        if sample.path in sharp:
            for kind in DEGRADATIONS:
                views += [View(number, 0, kind, random_level(rng)) for _ in range(DEGRADED_VIEWS)]
    for number, sample in enumerate(samples):
        if sample.source == "captions" and sample.split != "test" and sample.path not in sharp:
            views += [View(number, 0, "exposure", random_level(rng)) for _ in range(EXPOSED_VIEWS)]
    return views


def load_view(view: View, sample: Sample, seed: int) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8."""
    rng = random.Random(f"{seed}/{sample.path.name}/{view.view}/{view.kind}/{view.level}")
    image = Image.open(sample.path).convert("RGB")
    made = (
        degrade(image, view.kind, view.level, rng) if view.kind else random_view(image, sample.source, view.view, rng)
    )
    return np.asarray(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    samples = read_samples(args.data)
    views = plan_views(samples, set(sharp_paths(args.data)), random.Random(args.seed))
    print(f"{len(samples)} pictures, {len(views)} views", flush=True)
    tower = imagenet_tower()
    progress = args.out / "views.done"
    begun = int(progress.read_text()) if progress.exists() else 0
    mode: Literal["r+", "w+"] = "r+" if begun else "w+"
    lower = np.lib.format.open_memmap(args.out / "lower.npy", mode, np.int8, (len(views), 28, 28, 40))
    logits = np.lib.format.open_memmap(args.out / "logits.npy", mode, np.float16, (len(views), 1000))
    if len(lower) != len(views):
        raise SystemExit(f"{args.out} holds {len(lower)} views of other pictures; remove {progress} to begin anew.")
    scale = torch.from_numpy(np.load(args.out / "scale.npy")) if begun else None
    # Views of one picture stand together in the plan; encode in shuffled order so that the first batch is typical.
    order = np.random.default_rng(args.seed).permutation(len(views))
    started = time.time()
    with ThreadPoolExecutor(2) as pool, torch.no_grad():
        batches = [order[at : at + args.batch] for at in range(begun, len(views), args.batch)]
        pending = [pool.submit(_load_batch, batch, views, samples, args.seed) for batch in batches[:3]]
        for number, batch in enumerate(batches):
            pixels = pending.pop(0).result()
            if number + 3 < len(batches):
                pending.append(pool.submit(_load_batch, batches[number + 3], views, samples, args.seed))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                hidden = lower_half(tower, pixels)
                scores = tower.classifier(upper_half(tower, hidden).top.mean((2, 3)))
            rows = hidden.float().permute(0, 2, 3, 1)
            if scale is None:
                scale = rows.abs().amax((0, 1, 2)) * 1.1 / 127
                np.save(args.out / "scale.npy", scale.numpy())
            lower[batch] = (rows / scale).round().clamp(-127, 127).to(torch.int8).numpy()
            logits[batch] = scores.float().numpy().astype(np.float16)
            if number % 100 == 99 or number + 1 == len(batches):
                lower.flush()
                logits.flush()
                done = min((number + 1) * args.batch, len(views) - begun)
                progress.write_text(str(begun + done))
                print(f"{begun + done} views, {done / (time.time() - started):.0f}/s", flush=True)
    columns = {name: np.array([getattr(view, name) for view in views]) for name in ("sample", "view", "kind", "level")}
    np.savez(args.out / "views.npz", **columns)


def _load_batch(batch: np.ndarray, views: list[View], samples: list[Sample], seed: int) -> torch.Tensor:
    pixels = np.stack([load_view(views[i], samples[views[i].sample], seed) for i in batch])
    assert pixels.shape[1:] == (SIDE, SIDE, 3)
    return torch.from_numpy(pixels)


if __name__ == "__main__":
    main()
