"""How many pictures a second an image tower encodes on this machine: measured on random weights, then remembered."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from imgrank.backbone.memory import recall, remember
from imgrank.backbone.names import MINI, parse_name
from imgrank.tokens import TokenShape

if TYPE_CHECKING:
    from imgrank.backbone.batches import BatchRunner, Forward

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
    from imgrank.backbone.mini_towers import batch_runner, build_image_tower

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
