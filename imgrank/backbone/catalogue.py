"""What backbones there are, which are on disk, what their makers measured, and how fast they are on this machine.

The first is from a table, without torch; the last is measured on random weights, then remembered.
"""

from __future__ import annotations

import csv
import time
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from imgrank.backbone.download import cached_weights
from imgrank.backbone.fingerprint import recall, remember
from imgrank.backbone.names import CHOICES, MINI, parse_name
from imgrank.paths import weights_dir
from imgrank.tokens import TokenShape

if TYPE_CHECKING:
    from imgrank.backbone.batches import BatchRunner, Forward

PUBLISHED = "published.csv"  # written by recipes/backbones/make_table.py
PUBLISHED_COLUMNS = ("model", "tag", "parameters_millions", "imagenet_top1", "licence", "hub", "url")
BYTES_A_PARAMETER = 4  # published weights are mostly float32


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """One set of published weights: parameters in millions, zero-shot top-1 accuracy on ImageNet-1k from 0 to 1 or
    None, the licence as far as it is known, and where open_clip looks for its file."""

    name: str
    parameters_millions: float
    imagenet_top1: float | None
    licence: str
    hub: str
    url: str

    def as_text(self) -> list[str]:
        """One row of the table, by PUBLISHED_COLUMNS."""
        top1 = "" if self.imagenet_top1 is None else f"{self.imagenet_top1:.4f}"
        return [*self.name.rsplit("/", 1), f"{self.parameters_millions:g}", top1, self.licence, self.hub, self.url]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One backbone: its name, whether it is on disk, the size of its file in bytes (`about` where it is a
    guess from the parameters, 0 where unknown), its published zero-shot ImageNet accuracy or None, its licence where
    that is known, and the short name it has, if any."""

    name: str
    on_disk: bool
    size: int
    about: bool
    imagenet_top1: float | None
    licence: str = ""
    short: str = ""


def catalogue() -> list[CatalogueEntry]:
    """`mini`, the three that have a short name, then every other set of weights that open_clip knows, in its order."""
    known = {row.name: row for row in read_published()}
    first = [known[name] for name in CHOICES.values()]
    rest = [row for name, row in known.items() if name not in CHOICES.values()]
    return [_mini_entry(), *(_open_clip_entry(row) for row in [*first, *rest])]


def on_disk() -> list[str]:
    """Names that can be used now without a network."""
    return [entry.name for entry in catalogue() if entry.on_disk]


def read_published() -> list[PublishedWeights]:
    """The shipped table."""
    text = files(__package__).joinpath(PUBLISHED).read_text("utf-8")
    return [_from_row(row) for row in csv.DictReader(text.splitlines())]


def _from_row(row: dict[str, str]) -> PublishedWeights:
    return PublishedWeights(
        name=f"{row['model']}/{row['tag']}",
        parameters_millions=float(row["parameters_millions"]),
        imagenet_top1=float(row["imagenet_top1"]) if row["imagenet_top1"] else None,
        licence=row["licence"],
        hub=row["hub"],
        url=row["url"],
    )


def _mini_entry() -> CatalogueEntry:
    file = weights_dir() / "mini.safetensors"
    size = file.stat().st_size if file.is_file() else 0
    return CatalogueEntry(MINI, size > 0, size, False, None, "Apache-2.0")


def _open_clip_entry(row: PublishedWeights) -> CatalogueEntry:
    file = cached_weights({"hf_hub": row.hub, "url": row.url})
    size = file.stat().st_size if file else int(row.parameters_millions * 1e6) * BYTES_A_PARAMETER
    short = next((word for word, name in CHOICES.items() if name == row.name), "")
    return CatalogueEntry(row.name, file is not None, size, file is None, row.imagenet_top1, row.licence, short)


SECONDS = 2.0  # of work that is timed, and at least one round


@dataclass(frozen=True, slots=True)
class Rate:
    """Pictures a second on `device`, decoding aside, and how many bytes the cache keeps of a picture."""

    device: str
    images_per_second: float
    bytes_an_image: int


def known_rate(name: str) -> Rate | None:
    """What was measured on this machine before."""
    known = recall(_key(name))
    try:
        return Rate(**known) if isinstance(known, dict) else None
    except TypeError:
        return None


def measure_rate(name: str, device: str = "cpu") -> Rate:
    """Measure one backbone and remember it; weights need not be on disk."""
    shape, runner, forward, side = _mini(device) if name == MINI else _random(name, device)
    rate = Rate(device, round(_timed(runner, forward, side), 2), _stored_bytes(shape))
    remember(_key(name), asdict(rate))
    return rate


def _key(name: str) -> str:
    return f"rate {name}"


def _mini(device: str) -> tuple[TokenShape, BatchRunner, Forward, int]:
    from imgrank.backbone.mini import load_mini
    from imgrank.backbone.mini_image import batch_runner, build_image_tower

    mini = load_mini(device)
    tower = build_image_tower(mini.weights, mini.config, device)
    return mini.shape, batch_runner(device, mini.shape.moments), tower, mini.preprocessing.side


def _random(name: str, device: str) -> tuple[TokenShape, BatchRunner, Forward, int]:
    from imgrank.backbone.batches import runner_of_large_towers
    from imgrank.backbone.resolve import published_preprocessing
    from imgrank.backbone.towers import Architecture, measure, random_image_tower

    parsed = parse_name(name)
    architecture, preprocessing = Architecture(parsed.model), published_preprocessing(parsed)
    shape = measure(architecture, preprocessing).image
    return (
        shape,
        runner_of_large_towers(device),
        random_image_tower(architecture, preprocessing, device),
        preprocessing.side,
    )


def _timed(runner: BatchRunner, forward: Forward, side: int) -> float:
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    runner.run(pixels, forward)  # kernels are picked and memory is taken in a first round
    pixels = np.repeat(pixels, runner.at_once, axis=0)
    done, started = 0, time.perf_counter()
    while not done or time.perf_counter() - started < SECONDS:
        runner.run(pixels, forward)
        done += len(pixels)
    return done / (time.perf_counter() - started)


def _stored_bytes(shape: TokenShape) -> int:
    return shape.rows * (shape.width + 2) + 2 * shape.embedding
