"""An epoch of training over 10,000 pictures: on stored tokens, against encoding every picture again in each epoch.

    python benchmarks/training_epoch.py [--small]

The same tower, the same adapter and the same training step on both sides. The published method reads every picture,
decodes it in full and calls its tower once a batch, in every epoch: that is measured on some JPEGs and multiplied,
decoding in as many threads as there are cores while the tower works, and the time of the training steps is added.
Beside it stands the same with imgrank's own, faster ways to decode and encode. Pictures come in three sizes: small
ones, as data sets have them, and photographs as people have them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from figures import Figure, cores, script, seconds_of, temporary_home
from pictures import CAMERA, Size, mixed_size, write_folder
from PIL import Image
from synthetic_store import random_tokens

from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.backbone.mini import MiniBackbone, load_mini
from imgrank.decode import Loaded, load_images
from imgrank.discover import discover
from imgrank.labels import Labels, ValueTask
from imgrank.learning.dataset import Dataset
from imgrank.learning.task import ValueRows
from imgrank.training.batches import QueryRows
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
    part = QueryRows.of(dataset.tasks[0], np.arange(count), np.zeros(0, np.intp))
    ends = [time.perf_counter()]
    fit(
        model, dataset, [part], TrainingOptions(), epochs=3, patient=False,
        watch=lambda _: ends.append(time.perf_counter()),
    )  # fmt: skip
    return min(after - before for before, after in itertools.pairwise(ends))


def published(folder: Path, backbone: MiniBackbone) -> float:
    """Seconds a picture of reading, decoding in full and encoding, one call of the tower a batch."""
    tower, paths = torch.inference_mode()(backbone._image_tower), sorted(folder.iterdir())

    def decode(path: Path) -> Pixels:
        side = backbone.preprocessing.side
        return np.asarray(Image.open(path).convert("RGB").resize((side, side), Image.Resampling.BICUBIC))

    def run() -> None:
        with ThreadPoolExecutor(cores()) as pool:
            decoded = pool.map(decode, paths)
            while batch := list(itertools.islice(decoded, BATCH)):
                tower(torch.from_numpy(np.stack(batch)))

    tower(torch.zeros((BATCH, *decode(paths[0]).shape), dtype=torch.uint8))
    return seconds_of(run) / len(paths)


def ours(folder: Path, backbone: MiniBackbone) -> float:
    """Seconds a picture of reading, decoding and encoding as imgrank does."""
    files, made = discover([str(folder)]).files, backbone.preprocessing

    def run() -> None:
        loaded = load_images(files, made.side, made.interpolation, is_known=lambda _: False)
        while batch := list(itertools.islice(loaded, BATCH)):
            backbone.encode_images(np.stack([item.pixels for item in batch if isinstance(item, Loaded)]))

    backbone.encode_images(np.zeros((BATCH, made.side, made.side, 3), np.uint8))
    return seconds_of(run) / len(files)


def folders(small: bool) -> Iterator[tuple[str, int, Iterator[Size], int]]:
    """Name, files, sizes and how many pictures differ."""
    rng = np.random.default_rng(1)
    share = 64 if small else 1
    yield "640 x 480", 1024 // share, itertools.repeat((640, 480)), 64
    yield "mixed, up to 24 MP", 512 // share, (mixed_size(rng) for _ in itertools.count()), 100 // share
    yield "12 MP", 192 // share, itertools.repeat(CAMERA), 12 // min(share, 12)


def one_size(
    name: str, files: int, sizes: Iterator[Size], different: int, count: int, stored: float, backbone: MiniBackbone
) -> list[Figure]:
    with temporary_home() as home:
        write_folder(home / "photos", files, sizes, different)
        again = stored + count * published(home / "photos", backbone)
        again_ours = stored + count * ours(home / "photos", backbone)
    note = f"encoding measured on {files:,} pictures and multiplied"
    return [
        Figure(f"{name}: the epoch with every picture decoded in full and encoded again", again, "s", note=note),
        Figure(f"{name}: the same with every picture encoded again as imgrank does", again_ours, "s"),
        Figure(f"{name}: stored tokens against decoding and encoding again", again / stored, aim=50.0),
        Figure(f"{name}: stored tokens against encoding again as imgrank does", again_ours / stored),
    ]


def measure(small: bool) -> list[Figure]:
    torch.manual_seed(0)
    count, backbone = 640 if small else 10_000, load_mini()
    stored = epoch_on_tokens(count, backbone)
    figures = [Figure(f"epoch over {count:,} pictures on stored tokens", stored, "s")]
    for name, files, sizes, different in folders(small):
        figures += one_size(name, files, sizes, different, count, stored, backbone)
    return figures


if __name__ == "__main__":
    script(__doc__, measure)
