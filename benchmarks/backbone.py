"""R@1/5/10 of class names for `mini`, where labelled pictures are given, and its speed.

    python benchmarks/backbone.py
    python benchmarks/backbone.py --classes FOLDER     # FOLDER/<class name>/one or more pictures

Speed is the whole of `encode_images` beside the bare tower on the same pixels, in one run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from imgrank.backbone.mini import MiniBackbone, load_mini
from imgrank.scoring.similarity import aim_at, likeness
from imgrank.tokens import PackedTokens, joined


def load_pixels(path: Path, side: int) -> np.ndarray:
    """(side, side, 3) uint8, squashed."""
    return np.asarray(Image.open(path).convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def encode(backbone: MiniBackbone, paths: Sequence[Path]) -> PackedTokens:
    chunks = []
    for at in range(0, len(paths), 64):
        pixels = np.stack([load_pixels(path, backbone.preprocessing.side) for path in paths[at : at + 64]])
        chunks.append(backbone.encode_images(pixels))
    return joined(chunks)


def recall(scores: np.ndarray, owners: np.ndarray) -> str:
    """R@1/5/10 of sentences (rows) among pictures (columns)."""
    place = (scores > scores[np.arange(len(owners)), owners][:, None]).sum(1)
    return "  ".join(f"R@{k} {(place < k).mean():.3f}" for k in (1, 5, 10))


def class_recall(backbone: MiniBackbone, folder: Path) -> str:
    """ "a photo of a NAME" against one picture of each class; folders carry the class names."""
    pictures = {path.name.replace("_", " "): min(path.iterdir()) for path in sorted(folder.iterdir())}
    packed = encode(backbone, list(pictures.values()))
    scores = [likeness(packed, aim_at(f"a photo of a {name}", backbone.encode_sentence)) for name in pictures]
    return f"class names, {len(pictures)} pictures: {recall(np.stack(scores), np.arange(len(pictures)))}"


def speed(backbone: MiniBackbone, count: int = 512) -> str:
    """Images/s of `encode_images` and of the bare trunk, three rounds in turn, medians."""
    import torch

    pixels = np.random.default_rng(0).integers(0, 255, (count, 224, 224, 3), np.uint8)
    tower = backbone._image_tower
    batches = torch.from_numpy(pixels).split(16)
    ours, bare = [], []
    for _ in range(4):
        started = time.perf_counter()
        backbone.encode_images(pixels)
        ours.append(count / (time.perf_counter() - started))
        started = time.perf_counter()
        with torch.inference_mode():
            for batch in batches:
                tower(batch)
        bare.append(count / (time.perf_counter() - started))
    a, b = float(np.median(ours[1:])), float(np.median(bare[1:]))
    return f"encode_images {a:.0f}/s, bare tower {b:.0f}/s, ratio {a / b:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=Path)
    args = parser.parse_args()
    backbone = load_mini()
    if args.classes:
        print(class_recall(backbone, args.classes), flush=True)
    print(speed(backbone))


if __name__ == "__main__":
    main()
