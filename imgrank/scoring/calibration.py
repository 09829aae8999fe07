"""Numbers that belong to one backbone: how clearly a sentence must ask for a query, and how sure a folder must look.

They are made by `benchmarks/calibrate.py` and stand in `calibrations.json` by fingerprint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgrank.scoring.question import Floats

_FILE = Path(__file__).with_name("calibrations.json")
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class AskingWeights:
    """Weights (14,) of `Signs.numbers`, and a bias that puts the threshold at 0."""

    weights: tuple[float, ...]
    bias: float

    def clearness(self, numbers: Floats) -> float:
        """Log odds above the threshold that a sentence asks for a query; below 0 it does not."""
        return float(np.dot(self.weights, numbers)) + self.bias


def asking_weights(fingerprint: str) -> AskingWeights:
    """Those of a backbone, or else those that hold for most."""
    known = _all().get(fingerprint, {}).get("asking") or _all()[DEFAULT]["asking"]
    return AskingWeights(tuple(known["weights"]), float(known["bias"]))


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return whole
