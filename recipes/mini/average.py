"""Step 4: the task half, part of the way back to ImageNet.

    python recipes/mini/average.py --out build/mini

Weights on the straight line between the ImageNet tower and the tuned one (Wortsman et al., "Robust
fine-tuning of zero-shot models", CVPR 2022) keep what tuning brought and much of what it forgot.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tower_model import TowerInTraining
from trunk import imagenet_tower

from imgrank.backbone.mini_image import ImageConfig

TUNED = 0.85


def between(one: Path, other: Path) -> dict[str, torch.Tensor]:
    """The weights halfway between two towers, of which one went on from the other."""
    a, b = (torch.load(path, weights_only=True) for path in (one, other))
    return {name: torch.lerp(a[name], b[name], 0.5) for name in b}


def pull_back(model: TowerInTraining, tuned: float) -> None:
    """The trunk's weights, `tuned` of the way from the ImageNet tower's to its own."""
    learnt = model.trunk.state_dict()
    start = imagenet_tower().state_dict()
    model.trunk.load_state_dict({name: torch.lerp(start[name], learnt[name], tuned) for name in learnt})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--before", type=Path, help="what tower.pt went on from, to go half of the way back to")
    parser.add_argument("--tuned", type=float, default=TUNED)
    args = parser.parse_args()
    tower, last = TowerInTraining(ImageConfig()), args.out / "tower.pt"
    tower.load_state_dict(between(args.before or last, last))
    pull_back(tower, args.tuned)
    torch.save(tower.state_dict(), args.out / "averaged.pt")


if __name__ == "__main__":
    main()
