"""Relational attention in its linear form against the published way, and all pairs of 4,096 images.

    python benchmarks/pair_attention.py [--cores 2]

Prints time and peak memory of one forward and backward pass over all pairs of N images, at the shipped sizes, each
measured in a process of its own; then the forward pass alone for all pairs of 4,096
images, and what `--refine` costs for 10,000.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.adapter.pairs import Summary
from imgrank.adapter.refine import refine
from imgrank.tokens import TokenShape
from tests.adapter.naive import naive_compare

COUNTS = (8, 16, 32, 64)
MANY = 4096
FOLDER = 10_000
MEGABYTE = 1e6


@dataclass(frozen=True)
class Measured:
    """Seconds of the fastest of a few passes; bytes above what stood before them."""

    seconds: float
    memory: float


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _train(form: str, model: AdapterModel, z: torch.Tensor) -> None:
    z = z.detach().requires_grad_()
    if form == "naive":
        logits = naive_compare(model.relations, model.pair_head, z)
    else:
        summary = model.summarise(z)
        logits = model.compare(summary, summary)
    logits.square().mean().backward()


@torch.inference_mode()
def _compare_all(model: AdapterModel, z: torch.Tensor) -> None:
    summary = model.summarise(z)
    assert model.compare(summary, summary).shape == (len(z), len(z))


@torch.inference_mode()
def _refine(model: AdapterModel, z: torch.Tensor) -> None:
    summary = Summary.cat([model.summarise(block) for block in z.split(256)])
    refine(summary, np.arange(len(z)), model.pair_head)


def _measure(form: str, count: int, cores: int) -> Measured:
    torch.set_num_threads(cores)
    torch.manual_seed(0)
    model = AdapterModel(AdapterConfig.mini(TokenShape(16, 320, 384), 384))
    run = {"all": _compare_all, "refine": _refine}.get(form, partial(_train, form))
    run(model, torch.randn(2, 17, 128))  # loads what torch loads once
    z = torch.randn(count, 17, 128)
    before, seconds = _peak(), []
    for _ in range(5 if run not in (_compare_all, _refine) else 1):
        start = time.perf_counter()
        run(model, z)
        seconds.append(time.perf_counter() - start)
    return Measured(min(seconds), _peak() - before)


def _apart(form: str, count: int, cores: int) -> Measured:
    command = [sys.executable, __file__, "--one", form, str(count), "--cores", str(cores)]
    return Measured(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def _in_words(measured: Measured) -> str:
    return f"{measured.seconds:.1f} s, {measured.memory / MEGABYTE:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--one", nargs=2, metavar=("FORM", "N"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(vars(_measure(given.one[0], int(given.one[1]), given.cores))))
        return
    print("| images | naive | linear | faster | naive, memory | linear, memory | less |\n|--:|--:|--:|--:|--:|--:|--:|")
    for count in COUNTS:
        naive, linear = (_apart(form, count, given.cores) for form in ("naive", "linear"))
        print(
            f"| {count} | {naive.seconds * 1e3:.1f} ms | {linear.seconds * 1e3:.1f} ms "
            f"| {naive.seconds / linear.seconds:.0f} x "
            f"| {naive.memory / MEGABYTE:.1f} MB | {linear.memory / MEGABYTE:.1f} MB "
            f"| {naive.memory / max(linear.memory, 1e5):.0f} x |",
            flush=True,
        )
    every, refined = _apart("all", MANY, given.cores), _apart("refine", FOLDER, given.cores)
    print(f"\nAll {MANY**2 / 1e6:.1f} M pairs of {MANY:,} images: {_in_words(every)}.")
    print(f"Refining the order of {FOLDER:,} images: {_in_words(refined)}.")


if __name__ == "__main__":
    main()
