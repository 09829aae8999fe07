"""How far scores of other processors lie from this one's, which imitates them: from the same tokens, and encoded anew.

    python benchmarks/processors.py

Differences are in hundred thousandths of a query's scale, over all queries of the shipped ranker and the example
photographs; docs/explanation/reproducibility.md quotes the table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import load
from imgrank.adapter.registry import find_adapter
from imgrank.rounding import HOLDS
from imgrank.tokens import PackedTokens

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
MACHINES = (
    {"OMP_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": "7"},
    {"MKL_CBWR": "COMPATIBLE"},
    {"ATEN_CPU_CAPABILITY": "default"},
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = ask(folder, {})
        print(f"{'imitated':70} {'same tokens':>12} {'encoded anew':>13}  in 1e-5 of the scale")
        for machine in MACHINES:
            there = ask(folder, machine)
            apart = [np.abs(a - b).max() / HOLDS for a, b in zip(here, there, strict=True)]
            name = " ".join(f"{key}={value}" for key, value in machine.items())
            print(f"{name:70} {apart[0]:12.2f} {apart[1]:13.1f}")


def ask(folder: str, machine: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Scores (queries, pictures) from the tokens of the first process that was asked, and from its own."""
    subprocess.run([sys.executable, __file__, folder], env={**os.environ, **machine}, check=True)
    return np.load(f"{folder}/same.npy"), np.load(f"{folder}/own.npy")


def answer(folder: str) -> None:
    ranker, tokens = Ranker(cache=False), Path(folder, "tokens.npz")
    own = ranker.encode(sorted(PHOTOS.glob("*.jpg"))).packed
    if not tokens.exists():
        np.savez(tokens, own.quantised, own.scales, own.embedding)
    same = PackedTokens(*np.load(tokens).values())
    adapter = load(find_adapter("mini-adapter").path, ranker.backbone.fingerprint)
    for name, packed in (("same", same), ("own", own)):
        scored = [score_tokens(adapter, packed, ranker.sentence(q.name), q).value / q.scale for q in adapter.queries]
        np.save(f"{folder}/{name}.npy", np.array(scored))


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else answer(sys.argv[1])
