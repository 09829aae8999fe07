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


def pull_back(model: TowerInTraining, tuned: float) -> None:
    """The trunk's weights, `tuned` of the way from the ImageNet tower's to its own."""
    learnt = model.trunk.state_dict()
    start = imagenet_tower().state_dict()
    model.trunk.load_state_dict({name: torch.lerp(start[name], learnt[name], tuned) for name in learnt})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--tuned", type=float, default=TUNED)
    args = parser.parse_args()
    tower = TowerInTraining(ImageConfig())
    tower.load_state_dict(torch.load(args.out / "tower.pt", weights_only=True))
    pull_back(tower, args.tuned)
    torch.save(tower.state_dict(), args.out / "averaged.pt")


if __name__ == "__main__":
    main()
