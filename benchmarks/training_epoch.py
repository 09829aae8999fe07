"""An epoch of training over 10,000 pictures: on stored tokens, against encoding every picture again in each epoch.

    python benchmarks/training_epoch.py [--small]

The same tower, the same adapter and the same training step on both sides. The published method reads, decodes and
encodes every picture in every epoch, calling its tower once a batch: that is measured on 1,024 JPEGs of 640 x 480 and
multiplied, and the time of the training steps is added to it. The same with imgrank's own, faster way to encode is
told beside it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
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
BATCH = 64
Pixels = npt.NDArray[np.uint8]


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


def encoding(folder: Path, backbone: MiniBackbone, encode: Callable[[Pixels], object]) -> float:
    """Seconds a picture of reading, decoding and encoding, from JPEG files."""
    files, made = discover([str(folder)]).files, backbone.preprocessing

    def run() -> None:
        loaded = load_images(files, made.side, made.interpolation, is_known=lambda _: False)
        while batch := list(itertools.islice(loaded, BATCH)):
            encode(np.stack([item.pixels for item in batch if isinstance(item, Loaded)]))

    encode(np.zeros((BATCH, made.side, made.side, 3), np.uint8))
    return seconds_of(run) / len(files)


def measure(small: bool) -> list[Figure]:
    torch.manual_seed(0)
    count, sample = (640, 32) if small else (10_000, 1024)
    backbone = load_mini()
    stored = epoch_on_tokens(count, backbone)
    tower = torch.inference_mode()(backbone._image_tower)
    with temporary_home() as home:
        folder = home / "photos"
        write_folder(folder, sample, itertools.repeat((640, 480)), 64)
        published = stored + count * encoding(folder, backbone, lambda pixels: tower(torch.from_numpy(pixels)))
        ours = stored + count * encoding(folder, backbone, backbone.encode_images)
    return [
        Figure(f"epoch over {count:,} pictures on stored tokens", stored, "s"),
        Figure(
            "the same with every picture encoded again, one call a batch",
            published,
            "s",
            note=f"encoding measured on {sample:,} pictures and multiplied",
        ),
        Figure("the same with every picture encoded again, as imgrank does", ours, "s"),
        Figure("stored tokens against encoding again, one call a batch", published / stored, aim=50.0),
        Figure("stored tokens against encoding again, as imgrank does", ours / stored),
    ]


if __name__ == "__main__":
    script(__doc__, measure)
