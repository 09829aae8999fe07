"""Stand-ins for pictures of the 1000 classes: zooms of val photographs that the ImageNet tower is surest of.

    python recipes/mini/class_pictures.py --data ../shared/data --to build/classes
    python benchmarks/backbone.py --classes build/classes

No labelled pictures of the classes are at hand. For each class that the ImageNet tower sees anywhere with a
probability of at least a third, the surest zoom is written. What is then measured is how much of the
ImageNet tower's knowledge a sentence still reaches, and not how right that tower is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from data import read_samples
from PIL import Image
from trunk import imagenet_tower, lower_half, upper_half

SIDE, ZOOMS, SURE = 224, 16, 1 / 3


def zooms(path: Path, rng: np.random.Generator) -> np.ndarray:
    """(ZOOMS, 224, 224, 3) uint8: the whole photograph and squares from it."""
    image = Image.open(path).convert("RGB")
    found = [image]
    for _ in range(ZOOMS - 1):
        side = int(min(image.size) * rng.uniform(0.3, 0.8))
        x, y = rng.integers(0, image.width - side + 1), rng.integers(0, image.height - side + 1)
        found.append(image.crop((int(x), int(y), int(x) + side, int(y) + side)))
    return np.stack([np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for part in found])


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"), help="where text.py wrote the class names")
    parser.add_argument("--to", type=Path, default=Path("build/classes"))
    args = parser.parse_args()
    tower, rng = imagenet_tower(), np.random.default_rng(0)
    owners = np.load(args.out / "text.npz")["name_class"]
    names = json.loads((args.out / "names.json").read_text())
    first = dict(zip(owners[::-1].tolist(), names[::-1], strict=True))
    best: dict[int, tuple[float, np.ndarray]] = {}
    for sample in read_samples(args.data):
        if sample.split == "val" and sample.source in ("captions", "quality"):
            pictures = zooms(sample.path, rng)
            top = upper_half(tower, lower_half(tower, torch.from_numpy(pictures))).top
            sure, seen = tower.classifier(top.mean((2, 3))).softmax(-1).max(-1)
            for picture, share, number in zip(pictures, sure.tolist(), seen.tolist(), strict=True):
                if share >= max(SURE, best.get(number, (0.0,))[0]):
                    best[number] = (share, picture)
    for number, (_, picture) in best.items():
        folder = args.to / first[number].replace("/", " ")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / "picture.png")
    print(f"{len(best)} classes; the ImageNet tower gives them {np.mean([share for share, _ in best.values()]):.2f}")


if __name__ == "__main__":
    main()
