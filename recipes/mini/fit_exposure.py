"""Step 8b: the closed form of exposure in the shipped adapter, from every photograph with captions.

    python recipes/mini/fit_exposure.py --data ../shared/data --out build/mini --weights weights

Step 8 knows exposure from the 256 training photographs that are sharp enough to be blurred by a known amount. How
dark a photograph is can be set for any, and which scenes are dark by themselves is learnt from many. All else in the
file keeps its bits. Val chooses the part of the network; nothing of test is read.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
from adapter_data import HEADS, PHRASINGS
from adapter_views import see
from blend import blend_axis
from data import Sample, random_level, read_samples
from measure import LEVELS
from view_tokens import unpack_rows
from views import View

from imgrank.adapter.files import Adapter, load, save
from imgrank.backbone.mini import load_mini

KIND = "exposure"
TRAIN_VIEWS = 2


def plan(samples: list[Sample], rng: random.Random) -> list[View]:
    """Training photographs at random strengths, those of val at the strengths that the card measures."""
    views = []
    for number, sample in enumerate(samples):
        if sample.source == "captions" and sample.split != "test":
            levels = [random_level(rng) for _ in range(TRAIN_VIEWS)] if sample.split == "train" else LEVELS
            views += [View(number, 0, KIND, level) for level in levels]
    return views


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    args = parser.parse_args()
    samples = read_samples(args.data)
    views, mini = plan(samples, random.Random(0)), load_mini()
    target = args.out / f"{KIND}_tokens-{mini.fingerprint}.npy"
    see(samples, views, target)
    packed = unpack_rows(np.load(target), mini.shape)
    levels = np.array([view.level for view in views])
    of_val = np.array([samples[view.sample].split == "val" for view in views])
    train, val = np.flatnonzero(~of_val), np.flatnonzero(of_val)

    path = args.weights / "mini-adapter.safetensors"
    adapter, at = load(path, mini.fingerprint), HEADS.index(KIND)
    text, groups = mini.encode_sentence(PHRASINGS[KIND][0]), [str(view.sample) for view in views]
    queries = list(adapter.queries)
    queries[at] = blend_axis(adapter, queries[at], text, packed, levels, train, val, groups)
    save(path, Adapter(replace(adapter.header, queries=tuple(queries)), adapter.model), half=True)
    path.chmod(0o644)


if __name__ == "__main__":
    main()
