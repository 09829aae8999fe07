"""R@1/5/10 of `mini` on held-out photographs, class names where labelled pictures are given, and its speed.

    python benchmarks/backbone.py --data ../shared/data --split val
    python benchmarks/backbone.py --classes FOLDER     # FOLDER/<class name>/one or more pictures

Speed is the whole of `encode_images` beside the bare tower on the same pixels, in one run.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from imgrank.backbone.mini import MiniBackbone, load_mini


def load_pixels(path: Path, side: int) -> np.ndarray:
    """(side, side, 3) uint8, squashed."""
    return np.asarray(Image.open(path).convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def embed_images(backbone: MiniBackbone, paths: Sequence[Path]) -> np.ndarray:
    """(N, E) float32 of unit length."""
    chunks = []
    for at in range(0, len(paths), 64):
        pixels = np.stack([load_pixels(path, backbone.preprocessing.side) for path in paths[at : at + 64]])
        chunks.append(backbone.encode_images(pixels).embedding.astype(np.float32))
    return np.concatenate(chunks)


def recall(scores: np.ndarray, owners: np.ndarray) -> str:
    """R@1/5/10 of sentences (rows) among pictures (columns)."""
    place = (scores > scores[np.arange(len(owners)), owners][:, None]).sum(1)
    return "  ".join(f"R@{k} {(place < k).mean():.3f}" for k in (1, 5, 10))


def caption_recall(backbone: MiniBackbone, data: Path, split: str) -> str:
    """Every caption of a split against all the split's photographs."""
    captions: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                captions[row["image"]].append(row["caption"])
    images = embed_images(backbone, [data / "captions" / name for name in captions])
    texts = np.stack([backbone.encode_sentence(text).embedding for group in captions.values() for text in group])
    owners = np.repeat(np.arange(len(captions)), [len(group) for group in captions.values()])
    return f"captions, {split}: {len(captions)} photographs, {len(texts)} sentences: {recall(texts @ images.T, owners)}"


def class_recall(backbone: MiniBackbone, folder: Path) -> str:
    """ "a photo of a NAME" against one picture of each class; folders carry the class names."""
    pictures = {path.name.replace("_", " "): min(path.iterdir()) for path in sorted(folder.iterdir())}
    images = embed_images(backbone, list(pictures.values()))
    texts = np.stack([backbone.encode_sentence(f"a photo of a {name}").embedding for name in pictures])
    return f"class names, {len(pictures)} pictures: {recall(texts @ images.T, np.arange(len(pictures)))}"


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
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--classes", type=Path)
    args = parser.parse_args()
    backbone = load_mini()
    print(caption_recall(backbone, args.data, args.split), flush=True)
    if args.classes:
        print(class_recall(backbone, args.classes), flush=True)
    print(speed(backbone))


if __name__ == "__main__":
    main()
