"""What prompt templates and neutral prompts do to a plain sentence: R@1/5/10 of val captions.

python benchmarks/zero_shot.py --data ../shared/data
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from backbone import embed_images, recall
from thresholds import read_captions

from imgrank.adapter.zero_shot import TEMPLATES
from imgrank.backbone.mini import MiniBackbone, load_mini

NEUTRAL = ("a photo", "a picture", "an image")
CAPTIONS_EACH = 2


def mean_embedding(backbone: MiniBackbone, sentences: list[str]) -> np.ndarray:
    mean = np.mean([backbone.encode_sentence(sentence).embedding for sentence in sentences], axis=0)
    return mean / np.linalg.norm(mean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    backbone, captions = load_mini(), read_captions(args.data)
    images = embed_images(backbone, [Path(path) for path in captions])
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    sentences = [sentence for group in captions.values() for sentence in group[:CAPTIONS_EACH]]
    owners = np.repeat(np.arange(len(captions)), CAPTIONS_EACH)
    neutral = images @ mean_embedding(backbone, list(NEUTRAL))
    for name, templates in (("plain", ("{}",)), ("templates", TEMPLATES)):
        texts = np.stack([mean_embedding(backbone, [t.format(sentence) for t in templates]) for sentence in sentences])
        for weight in (0.0, 0.25, 0.5, 1.0):
            print(
                f"{name}, neutral taken off at {weight}: {recall(texts @ images.T - weight * neutral, owners)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
