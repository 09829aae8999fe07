"""What the page shows, and what is asked of imgrank label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["pairs", "values", "stars"]
Stage = Literal["idle", "running", "done", "failed"]
MOST_STARS = 5
MOST_ASKED = 150  # pictures of a lesson, unless another number is asked for


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """What is asked for: pictures of `folder`, the `sentence`, where answers go and whose they are.

    At most `pictures` of the folder are asked about, and `adapter` orders them at first. `low` and `high` bound
    the slider of values.
    """

    folder: str
    sentence: str
    mode: Mode = "pairs"
    labels: str = "labels.csv"
    person: str = ""
    unit: str | None = None
    low: float = 0.0
    high: float = 100.0
    pictures: int = MOST_ASKED
    recursive: bool = False
    adapter: str = "auto"


@dataclass(frozen=True, slots=True)
class ShownMetric:
    """One figure of a training, with its 95 % interval; `who` is the ranker, plain ridge or zero-shot."""

    who: str
    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A saved adapter: its name, how good it is on `rows` unseen answers, and the new order of paths, best first.

    `notes` are of that order, for the user.
    """

    adapter: str
    rows: int
    metrics: tuple[ShownMetric, ...]
    order: tuple[str, ...]
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a picture has its score: lines for the user, and the map over the picture as a JPEG."""

    said: tuple[str, ...]
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Training:
    """Where a training stands: `said` is a sentence for the user; `part` of 1 is done, in about `left` seconds.

    `adapter` is the ranker that it makes; `answers` tells whether that can be asked already, `stopping` whether it ends
    after the step in hand.
    """

    stage: Stage = "idle"
    said: str = ""
    part: float = 0.0
    left: float | None = None
    adapter: str = ""
    answers: bool = False
    stopping: bool = False
    result: Trained | None = None
