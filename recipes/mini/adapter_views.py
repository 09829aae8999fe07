"""Step 7: tokens of the shipped backbone for the views that the adapter learns from.

    python recipes/mini/adapter_views.py --data ../shared/data --out build/mini

Goes on where an earlier run ended; tokens of another backbone begin anew.
"""

from __future__ import annotations

import argparse
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from data import DEGRADATIONS, Sample, random_level, read_samples, sharp_paths
from view_tokens import pack_rows, unpack_rows
from views import View, load_view

from imgrank.backbone.mini import load_mini
from imgrank.tokens import PackedTokens

VIEWS = {"age": 1, "car_year": 4, "quality": 2, "blood_cells": 8, "captions": 1}
COUNTED_VIEWS = 2  # of photographs whose people and dogs are known: mirrored ones, too
DEGRADED_VIEWS = 3
BATCH = 16


@dataclass(frozen=True)
class SeenViews:
    """Views, and row for row their tokens."""

    views: list[View]
    packed: PackedTokens


def plan(samples: list[Sample], sharp: set[Path], rng: random.Random) -> list[View]:
    """Training pictures in several views, val and test plain, then the degraded ones."""
    views = []
    for number, sample in enumerate(samples):
        most = COUNTED_VIEWS if sample.values and sample.source == "captions" else VIEWS[sample.source]
        views += [View(number, view) for view in range(most if sample.split == "train" else 1)]
    for number, sample in enumerate(samples):
        if sample.path in sharp:
            for kind in DEGRADATIONS:
                views += [View(number, 0, kind, random_level(rng)) for _ in range(DEGRADED_VIEWS)]
    return views


def planned(data: Path) -> tuple[list[Sample], list[View]]:
    """The samples and their views, the same on every machine."""
    samples = read_samples(data)
    return samples, plan(samples, set(sharp_paths(data)), random.Random(0))


def rows_path(out: Path) -> Path:
    """Where the tokens of the backbone that ships now stand."""
    return out / f"adapter_tokens-{load_mini().fingerprint}.npy"


def read_seen(data: Path, out: Path) -> tuple[list[Sample], SeenViews]:
    """What this step left."""
    samples, views = planned(data)
    packed = unpack_rows(np.load(rows_path(out)), load_mini().shape)
    return samples, SeenViews(views, packed)


def see(samples: list[Sample], views: list[View], target: Path) -> None:
    """Fill `target` with the tokens of each view, row for row, going on where an earlier run ended."""
    target.parent.mkdir(parents=True, exist_ok=True)
    mini = load_mini()
    width = pack_rows(PackedTokens.empty(1, mini.shape)).shape[1]
    rows = np.lib.format.open_memmap(target, "r+" if target.exists() else "w+", np.uint8, (len(views), width))
    missing = [row for row in range(len(views)) if not rows[row].any()]
    # Views of one set stand together; in mixed order a run that ends early has some of each.
    missing = [missing[n] for n in np.random.default_rng(0).permutation(len(missing))]
    print(f"{len(views)} views, {len(missing)} to see", flush=True)
    tower, started = mini._image_tower, time.time()

    def see_batch(at: int) -> None:
        batch = missing[at : at + BATCH]
        pixels = np.stack([load_view(views[row], samples[views[row].sample], 0) for row in batch])
        rows[batch] = pack_rows(mini._batches._one(pixels, tower))
        if at % (100 * BATCH) == 0:
            print(f"{at} views, {at / (time.time() - started):.0f}/s", flush=True)

    import torch

    torch.set_num_threads(1)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(see_batch, range(0, len(missing), BATCH)))
    rows.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    args = parser.parse_args()
    see(*planned(args.data), rows_path(args.out))


if __name__ == "__main__":
    main()
