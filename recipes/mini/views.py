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
import functools
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

from imgrank.backbone.mini_image import FEW

VIEWS = {"captions": 4, "age": 4, "car_year": 6, "quality": 3, "blood_cells": 8}
DEGRADED_VIEWS = 3  # of each kind, for each sharp picture
EXPOSED_VIEWS = 1  # of every other photograph with captions


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
    # Views of one picture stand together in the plan; encode in shuffled order so that the first batch is typical.
    order = np.random.default_rng(args.seed).permutation(len(views))
    pixels = functools.partial(pixels_of, views=views, samples=samples, seed=args.seed)
    if not begun:
        (args.out / "scale.npy").unlink(missing_ok=True)
    scale = torch.from_numpy(scale_of(args.out / "scale.npy", tower, pixels(order[: args.batch])))
    batches = [order[at : at + args.batch] for at in range(begun, len(views), args.batch)]

    def see(batch: np.ndarray) -> int:
        hidden, scores = encode(tower, pixels(batch))
        lower[batch] = (hidden / scale).round().clamp(-127, 127).to(torch.int8).numpy()
        logits[batch] = scores.numpy().astype(np.float16)
        return len(batch)

    torch.set_num_threads(1)
    started, done = time.time(), begun
    with ThreadPoolExecutor(2) as pool:
        for number, count in enumerate(pool.map(see, batches)):
            done += count
            if number % 100 == 99 or done == len(views):
                lower.flush()
                logits.flush()
                progress.write_text(str(done))
                print(f"{done} views, {(done - begun) / (time.time() - started):.0f}/s", flush=True)
    columns = {name: np.array([getattr(view, name) for view in views]) for name in ("sample", "view", "kind", "level")}
    np.savez(args.out / "views.npz", **columns)


@torch.inference_mode()
def encode(tower: torch.nn.Module, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, SIDE, SIDE, 3) to what the lower half sees (B, 28, 28, 40) and the logits of the whole (B, 1000)."""
    hidden = torch.cat([lower_half(tower, few) for few in pixels.split(FEW)])
    return hidden.permute(0, 2, 3, 1), tower.classifier(upper_half(tower, hidden).top.mean((2, 3)))


def pixels_of(batch: np.ndarray, views: list[View], samples: list[Sample], seed: int) -> torch.Tensor:
    """(B, SIDE, SIDE, 3) uint8 of the views with these numbers."""
    pixels = np.stack([load_view(views[i], samples[views[i].sample], seed) for i in batch])
    assert pixels.shape[1:] == (SIDE, SIDE, 3)
    return torch.from_numpy(pixels)


def scale_of(kept: Path, tower: torch.nn.Module, pixels: torch.Tensor) -> np.ndarray:
    """(40,) the size of one step of int8 in each channel: a little more than some typical views need."""
    if not kept.exists():
        np.save(kept, encode(tower, pixels)[0].abs().amax((0, 1, 2)).numpy() * 1.1 / 127)
    return np.load(kept)


if __name__ == "__main__":
    main()
