"""The stored views and their labels as arrays, and blends of views for training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from data import HEADS, Sample

BLENDED = {"age": 0.3, "car_year": 0.3, "quality": 0.3}  # how near values of a blend are, in standard deviations


class TrainingData:
    """The stored views and their labels as arrays; values standardised by task on the training split.

    Views of the set `without` belong to no split: nothing is learnt from them.
    """

    def __init__(self, out: Path, samples: list[Sample], without: str = "") -> None:
        views = np.load(out / "views.npz")
        self.lower = np.load(out / "lower.npy", mmap_mode="r")
        self.logits = np.load(out / "logits.npy", mmap_mode="r")
        self.scale = torch.from_numpy(np.load(out / "scale.npy"))
        self.sample, self.view = views["sample"], views["view"]
        text = np.load(out / "text.npz")
        self.caption = torch.from_numpy(text["caption"])
        self.captions_of: list[list[int]] = [[] for _ in samples]
        for row, number in enumerate(text["caption_sample"]):
            self.captions_of[number].append(row)
        self.class_vectors = mean_by_class(text["name"], text["name_class"])
        self.split = np.array([samples[number].split for number in self.sample])
        kinds = views["kind"]
        made = np.where(kinds == "exposure", "exposure", "degraded")
        self.source = np.where(kinds != "", made, [samples[number].source for number in self.sample])
        self.split = np.where(self.source == without, "held out", self.split)
        self.values = self._values(views, samples)
        train = self.split == "train"
        self.mean = np.nanmean(self.values[train], axis=0)
        self.std = np.nanstd(self.values[train], axis=0)
        train_captions = [row for row_sample in np.unique(self.sample[train]) for row in self.captions_of[row_sample]]
        self.negatives = torch.tensor(train_captions)

    def _values(self, views: np.lib.npyio.NpzFile, samples: list[Sample]) -> np.ndarray:
        values = np.full((len(self.sample), len(HEADS)), np.nan, np.float32)
        kinds, levels = views["kind"], views["level"]  # an npz file reads the whole array at each look-up
        for row, number in enumerate(self.sample):
            if kinds[row]:
                values[row, HEADS.index(str(kinds[row]))] = levels[row]
            elif not (samples[number].source == "captions" and self.view[row] > 1):  # a crop changes a count
                for task, value in samples[number].values.items():
                    values[row, HEADS.index(task)] = value
        return values

    def hidden(self, rows: np.ndarray) -> torch.Tensor:
        """(B, 40, 28, 28), channels last."""
        stored = torch.from_numpy(self.lower[rows])
        return (stored.float() * self.scale).permute(0, 3, 1, 2)

    def rows(self, split: str, source: str) -> np.ndarray:
        """Rows of one split and source; plain views alone outside training."""
        chosen = (self.split == split) & (self.source == source)
        return np.flatnonzero(chosen if split == "train" else chosen & (self.view == 0))

    def standard(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((self.values[rows] - self.mean) / self.std).astype(np.float32))


def mean_by_class(vectors: np.ndarray, owners: np.ndarray) -> torch.Tensor:
    """(1000, 384): the first name of each class, which is the common one."""
    first = np.unique(owners, return_index=True)[1]
    return torch.from_numpy(vectors[first])


@dataclass(frozen=True)
class Views:
    """hidden (B, 40, 28, 28), its teacher's logits (B, 1000), standardised values (B, heads; NaN unknown)."""

    hidden: torch.Tensor
    logits: torch.Tensor
    wanted: torch.Tensor


def views_of(data: TrainingData, rows: np.ndarray) -> Views:
    return Views(data.hidden(rows), torch.from_numpy(data.logits[rows].astype(np.float32)), data.standard(rows))


def blended(data: TrainingData, rows: np.ndarray, rng: np.random.Generator) -> Views:
    """The views of `rows`, half of them blended with one of the same set whose value is near."""
    partners = rows.copy()
    for source, near in BLENDED.items():
        head = HEADS.index(source)
        pool = np.flatnonzero((data.split == "train") & (data.source == source))
        values = data.values[pool, head] / data.std[head]
        for place in np.flatnonzero((data.source[rows] == source) & (rng.random(len(rows)) < 0.5)):
            close = np.abs(values - data.values[rows[place], head] / data.std[head]) < near
            partners[place] = rng.choice(pool[close])
    share = torch.from_numpy(rng.uniform(0, 0.5, len(rows)).astype(np.float32))
    one, other = views_of(data, rows), views_of(data, partners)

    def mixed(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.lerp(a, b, share.view(-1, *[1] * (a.dim() - 1)))

    # Half a blend's teacher would be a guess; its logits are those of the picture that shows more.
    return Views(mixed(one.hidden, other.hidden), one.logits, mixed(one.wanted, other.wanted))
