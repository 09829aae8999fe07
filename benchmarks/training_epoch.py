"""An epoch of training over 10,000 pictures: on stored tokens, against encoding every picture again in each epoch.

    python benchmarks/training_epoch.py [--small]

The same tower, the same adapter and the same training step on both sides. The published method reads, decodes and
encodes every picture in every epoch: that is measured on 1,024 JPEGs of 640 x 480 and multiplied, and the time of
the training steps is added to it.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import torch
from figures import Figure, script, seconds_of, temporary_home
from pictures import write_folder
from synthetic_store import random_tokens

from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.backbone.mini import MiniBackbone, load_mini
from imgrank.decode import Loaded, load_images
from imgrank.discover import discover
from imgrank.evaluation.dataset import Dataset, ValueRows
from imgrank.labels import Labels, ValueTask
from imgrank.training.batches import Part
from imgrank.training.loop import fit
from imgrank.training.options import TrainingOptions

QUERY = "older person"


def made_up_dataset(count: int, backbone: MiniBackbone) -> Dataset:
    """Random tokens and values of one query."""
    rng = np.random.default_rng(0)
    names, nothing = tuple(map(str, range(count))), ("",) * count
    task = ValueTask((QUERY,), names, rng.normal(size=count), nothing, nothing)
    rows = ValueRows(task, np.arange(count), (backbone.encode_sentence(QUERY),))
    return Dataset(Labels("made up", (task,)), random_tokens(count, backbone.shape, rng), None, (rows,))


def epoch_on_tokens(count: int, backbone: MiniBackbone) -> float:
    """Seconds of the fastest epoch of a few, as `imgrank train` runs them."""
    dataset = made_up_dataset(count, backbone)
    model = AdapterModel(AdapterConfig.mini(backbone.shape, backbone.text_width))
    part = Part.of(dataset.tasks[0], np.arange(count), np.zeros(0, np.intp))
    ends = [time.perf_counter()]
    fit(
        model, dataset, [part], TrainingOptions(), epochs=3, patient=False,
        watch=lambda _: ends.append(time.perf_counter()),
    )  # fmt: skip
    return min(after - before for before, after in itertools.pairwise(ends))


def encoding(folder: Path, count: int, backbone: MiniBackbone) -> float:
    """Seconds a picture of reading, decoding and encoding, from JPEG files."""
    write_folder(folder, count, itertools.repeat((640, 480)), 64)
    files, made = discover([str(folder)]).files, backbone.preprocessing

    def encode() -> None:
        loaded = load_images(files, made.side, made.interpolation, is_known=lambda _: False)
        while batch := list(itertools.islice(loaded, 64)):
            backbone.encode_images(np.stack([item.pixels for item in batch if isinstance(item, Loaded)]))

    backbone.encode_images(np.zeros((1, made.side, made.side, 3), np.uint8))
    return seconds_of(encode) / count


def measure(small: bool) -> list[Figure]:
    torch.manual_seed(0)
    count, sample = (640, 32) if small else (10_000, 1024)
    backbone = load_mini()
    stored = epoch_on_tokens(count, backbone)
    with temporary_home() as home:
        again = count * encoding(home / "photos", sample, backbone)
    return [
        Figure(f"epoch over {count:,} pictures on stored tokens", stored, "s"),
        Figure(
            "the same with every picture encoded again",
            again + stored,
            "s",
            note=f"encoding measured on {sample:,} pictures and multiplied",
        ),
        Figure("stored tokens against encoding again", (again + stored) / stored, aim=50.0),
    ]


if __name__ == "__main__":
    script(__doc__, measure)
