"""Step 5b: the caption head, from what both halves see to the space of sentence vectors.

    python recipes/mini/fit_captions.py --data ../shared/data --out build/mini

Large batches, contrast in both directions. A phrase is no negative of a picture of which it is true (`phrases.py`), and
sentences of nearly one meaning are not each other's. Names of the 1,000 classes are drawn to where the published tower
sees their classes. Prints recall of captions and mean average precision of the world sets on val every 200 steps; an
interrupted run goes on from the last of them. After another step 5a delete `captions.pt.training` first.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from caption_views import SEEN, STATISTICS, STYLED, WHOLE, Pictured, View, described, plan_views, read_pictures
from phrases import Described, true_of
from steps import Checkpoint, Stateful
from text import build_text_tower, class_names, sentence_vectors
from torch import nn
from torch.nn import functional as F
from trunk import imagenet_tower

from imgrank.backbone.mini_image import HEAD, MOMENTS, ImageConfig

SAME_MEANING = 0.9
DRAWN = {"world": 0.45, "styled": 0.15, "others": 0.06}  # shares of a batch; the rest are captioned photographs
OTHERS = ("age", "car_year", "blood_cells")
SURE = 0.2  # a class probability from which on a picture teaches its name


class CaptionsInTraining(nn.Module):
    """The caption head on standardised input, and the correction of sentence vectors."""

    def __init__(self, config: ImageConfig, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.up = nn.Linear(MOMENTS + HEAD, config.caption_hidden)
        self.down = nn.Linear(config.caption_hidden, config.caption)
        self.text_map = nn.Parameter(torch.zeros(config.caption, config.caption))
        self.log_scale = nn.Parameter(torch.tensor(20.0).log())

    def images(self, seen: torch.Tensor) -> torch.Tensor:
        """(B, MOMENTS + 1280) standardised to (B, caption) of unit length."""
        hidden = F.gelu(self.up(F.dropout(seen, self.dropout, self.training)))
        return F.normalize(self.down(F.dropout(hidden, self.dropout, self.training)), dim=-1)

    def texts(self, vectors: torch.Tensor) -> torch.Tensor:
        """(N, caption) sentence vectors, corrected, of unit length."""
        return F.normalize(vectors + vectors @ self.text_map, dim=-1)


@dataclass(frozen=True)
class Views:
    """The views that were seen: row for row, what is known of each."""

    views: list[View]
    pictures: list[Pictured]
    described: list[Described]
    seen: np.ndarray
    mean: torch.Tensor
    deviation: torch.Tensor

    @staticmethod
    def read(data: Path, out: Path) -> Views:
        pictures = read_pictures(data)
        views = plan_views(pictures)
        known = np.load(out / STATISTICS)
        mean, deviation = (torch.from_numpy(known[name]) for name in ("mean", "deviation"))
        told = [described(view, pictures) for view in views]
        return Views(views, pictures, told, np.load(out / SEEN, mmap_mode="r"), mean, deviation)

    def standardised(self, rows: np.ndarray) -> torch.Tensor:
        return (torch.from_numpy(self.seen[rows].astype(np.float32)) - self.mean) / self.deviation

    def source(self, row: int) -> str:
        return self.pictures[self.views[row].picture].source

    def rows(self, split: str) -> list[int]:
        """Rows of a split that were seen and of which something can be said."""
        return [
            row
            for row, view in enumerate(self.views)
            if self.pictures[view.picture].split == split
            and self.described[row].phrases
            and np.any(self.seen[row, :HEAD])
        ]


class Draw:
    """Batches of training views, each picture at most once, small sets more often than their size."""

    def __init__(self, views: Views) -> None:
        self.groups: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row in views.rows("train"):
            self.groups[self._group(views, row)][views.views[row].picture].append(row)
        self.sets: dict[str, list[int]] = defaultdict(list)
        for picture in self.groups["world"]:
            self.sets[views.pictures[picture].source].append(picture)

    def batch(self, size: int, rng: random.Random) -> list[int]:
        world: set[int] = set()
        names = list(self.sets)
        weights = [len(self.sets[name]) ** 0.6 for name in names]
        while len(world) < int(size * DRAWN["world"]):
            world.add(rng.choice(self.sets[rng.choices(names, weights)[0]]))
        chosen = [rng.choice(self.groups["world"][picture]) for picture in world]
        for group in ("styled", "others"):
            chosen += self._some(group, int(size * DRAWN[group]), rng)
        return chosen + self._some("captioned", size - len(chosen), rng)

    def _some(self, group: str, count: int, rng: random.Random) -> list[int]:
        pictures = self.groups[group]
        return [rng.choice(pictures[picture]) for picture in rng.sample(list(pictures), count)]

    @staticmethod
    def _group(views: Views, row: int) -> str:
        source = views.source(row)
        if views.views[row].number >= STYLED:
            return "styled"
        return "captioned" if source == "captions" else "others" if source in OTHERS else "world"


class Vectors:
    """The published sentence vectors of all phrases, made once and kept beside the views."""

    def __init__(self, out: Path, phrases: list[str]) -> None:
        self.number = {words: row for row, words in enumerate(phrases)}
        kept, vectors = out / "phrases.json", out / "phrase_vectors.npy"
        if not kept.is_file() or json.loads(kept.read_text()) != phrases:
            made = sentence_vectors(*build_text_tower(), phrases)
            np.save(vectors, made.astype(np.float16))
            kept.write_text(json.dumps(phrases))
        self.vectors = torch.from_numpy(np.load(vectors).astype(np.float32))

    def of(self, words: list[str]) -> torch.Tensor:
        return self.vectors[[self.number[one] for one in words]]


def pair_loss(model: CaptionsInTraining, seen: torch.Tensor, vectors: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Each picture finds its phrase among those that are not true of it, and the other way round."""
    logits = model.log_scale.exp().clamp(max=100) * model.images(seen) @ model.texts(vectors).T
    alike = vectors @ vectors.T > SAME_MEANING
    logits = logits.masked_fill((true | alike).fill_diagonal_(False), -1e4)
    target = torch.arange(len(logits))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)


def name_loss(
    model: CaptionsInTraining, seen: torch.Tensor, chances: torch.Tensor, names: torch.Tensor
) -> torch.Tensor:
    """Class names lie where the published tower is sure of their class."""
    logits = 20 * model.images(seen) @ model.texts(names).T
    each = -(chances * logits.log_softmax(-1)).sum(1)
    return (each * (chances.amax(1) > SURE)).mean()


def class_vectors() -> torch.Tensor:
    """(1000, caption): the mean vector of each class's names."""
    names, owners = class_names()
    vectors = torch.from_numpy(sentence_vectors(*build_text_tower(), [f"a photo of a {name}" for name in names]))
    return F.normalize(torch.zeros(1000, vectors.shape[1]).index_add_(0, torch.from_numpy(owners), vectors), dim=-1)


@torch.inference_mode()
def evaluate(model: CaptionsInTraining, views: Views, vectors: Vectors, split: str = "val") -> str:
    """R@1 and R@10 of captions, and mean average precision of the world sets by their sentences."""
    model.eval()
    rows = [row for row in views.rows(split) if views.views[row].number == WHOLE]
    images = model.images(views.standardised(np.array(rows)))
    said = []
    for source in sorted({views.source(row) for row in rows} - set(OTHERS)):
        here = [place for place, row in enumerate(rows) if views.source(row) == source]
        if source == "captions":
            said.append(_recall(model, views, vectors, [rows[place] for place in here], images[here]))
        else:
            said.append(f"{source} {_precision(model, views, vectors, [rows[p] for p in here], images[here]):.2f}")
    model.train()
    return " ".join(said)


def _recall(model: CaptionsInTraining, views: Views, vectors: Vectors, rows: list[int], images: torch.Tensor) -> str:
    phrases = [(place, phrase.words) for place, row in enumerate(rows) for phrase in views.described[row].phrases]
    owners = torch.tensor([place for place, _ in phrases])
    scores = model.texts(vectors.of([words for _, words in phrases])) @ images.T
    place = (scores > scores[torch.arange(len(owners)), owners][:, None]).sum(1)
    return " ".join(f"R@{k} {(place < k).float().mean():.3f}" for k in (1, 10))


def _precision(
    model: CaptionsInTraining, views: Views, vectors: Vectors, rows: list[int], images: torch.Tensor
) -> float:
    first = [views.described[row].phrases[0] for row in rows]
    sentences = sorted({phrase.words for phrase in first})
    scores = (model.texts(vectors.of(sentences)) @ images.T).numpy()
    return float(
        np.mean([_average_precision(s, [p.words == w for p in first]) for w, s in zip(sentences, scores, strict=True)])
    )


def _average_precision(scores: np.ndarray, true: list[bool]) -> float:
    hits = np.array(true)[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def fit(model: CaptionsInTraining, views: Views, vectors: Vectors, args: argparse.Namespace) -> Checkpoint:
    """Batches of views, each with one of its phrases."""
    draw, steps = Draw(views), args.steps
    classifier, names = imagenet_tower().classifier, class_vectors()
    rest = [parameter for name, parameter in model.named_parameters() if name != "text_map"]
    groups = [
        {"params": rest, "lr": 1e-3, "weight_decay": 0.1},
        {"params": [model.text_map], "lr": 5e-4, "weight_decay": 0.5},
    ]
    optimiser = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [1e-3, 5e-4], steps, pct_start=0.06)
    asked = f"steps {steps}, batch {args.batch}, dropout {args.dropout}, seed {args.seed}"
    parts: dict[str, Stateful] = {"model": model, "optimiser": optimiser, "schedule": schedule}
    checkpoint = Checkpoint(args.out / "captions.pt.training", asked, parts)
    started = time.time()
    for step in range(checkpoint.load() + 1, steps + 1):
        rng = random.Random(f"{args.seed}/{step}")
        torch.manual_seed(rng.getrandbits(32))
        rows = draw.batch(args.batch, rng)
        phrases = [rng.choice(views.described[row].phrases) for row in rows]
        seen = views.standardised(np.array(rows))
        with torch.no_grad():
            pooled = seen[:, :HEAD] * views.deviation[:HEAD] + views.mean[:HEAD]
            chances = classifier(pooled).softmax(-1)
        true = torch.from_numpy(true_of([views.described[row] for row in rows], phrases))
        loss = pair_loss(model, seen, vectors.of([p.words for p in phrases]), true)
        loss = loss + 0.1 * name_loss(model, seen, chances, names)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 0 or step == steps:
            print(
                f"{step} loss {loss.item():.3f} {time.time() - started:.0f} s",
                evaluate(model, views, vectors),
                flush=True,
            )
            checkpoint.save(step)
    return checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/mini"))
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    views = Views.read(args.data, args.out)
    vectors = Vectors(args.out, sorted({phrase.words for told in views.described for phrase in told.phrases}))
    model = CaptionsInTraining(ImageConfig(), args.dropout)
    model.train()
    checkpoint = fit(model, views, vectors, args)
    torch.save(model.state_dict(), args.out / "captions.pt")
    checkpoint.remove()


if __name__ == "__main__":
    main()
