"""Which map shows what drove a score: the deletion test, on val pictures.

    python benchmarks/explain.py --data ../shared/data

A map is good where removing what it marks moves the score more than removing random places does. Each map
marks a tenth, and a fifth, of a grid of 8 x 8 patches; these are painted over, and the fall of the score is
divided by how far it moves when as many random patches are. `another picture's` are the marks of the occlusion
map of the picture before: what knowing where subjects usually stand is worth.

What makes the map and what tests it differ, or a map by occlusion would be measured by itself: it is made by
blurring windows of two sevenths of the side, and tested by painting patches of an eighth, in the picture's mean
colour or in noise.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
import torch
from backbone import load_pixels
from torch.nn import functional as F

from imgrank import Ranker
from imgrank.adapter.files import load
from imgrank.adapter.header import Query
from imgrank.adapter.model import AdapterModel, TextBatch, pooled
from imgrank.explaining.influence import influence, parts, washed_out
from imgrank.scoring.asking import Settled, answer, ask
from imgrank.scoring.question import Question
from imgrank.scoring.similarity import text_axis

PATCHES, RANDOM = 8, 8
TRIALS = ((6, "mean"), (13, "mean"), (13, "noise"))  # patches marked, and what they are painted in
TASKS = (("age", "older person", 30.0), ("counts", "more people", 2.0), ("counts", "more dogs", 1.0))
CAPTIONS = (("a dog", "dog"), ("a man in a red shirt", "red"), ("a bicycle", "bike"))
Map = np.ndarray
Read = Callable[[AdapterModel, torch.Tensor, torch.Tensor, TextBatch], torch.Tensor]
Maps = dict[str, Callable[[np.ndarray], Map]]


@dataclass(frozen=True)
class Case:
    """A sentence, the ranker that answers it, and pictures that show its subject."""

    name: str
    sentence: str
    ranker: Ranker
    pictures: list[Path]

    def scores(self, pixels: np.ndarray) -> np.ndarray:
        packed = self.ranker.backbone.encode_images(pixels)
        scorer = ask(Question(self.sentence), self.ranker)
        return answer(scorer, lambda: iter([packed]), self.ranker.resources).scores


def cases(data: Path, count: int) -> list[Case]:
    trained, alone = Ranker(cache=False, adapter="mini-adapter"), Ranker(cache=False, adapter="none")
    drawn = []
    for folder, query, least in TASKS:
        with open(data / folder / "labels.csv", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "val" and row["query"].startswith(query)]
        shown = sorted({data / folder / row["image"] for row in rows if float(row["value"]) >= least})
        drawn.append(Case(f"{query}, adapter", query, trained, random.Random(0).sample(shown, min(count, len(shown)))))
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    for sentence, word in CAPTIONS:
        named = sorted({data / "captions" / row["image"] for row in rows if word in row["caption"].lower().split()})
        pictures = random.Random(0).sample(named, min(count, len(named)))
        drawn.append(Case(f"{sentence}, zero-shot", sentence, alone, pictures))
    return drawn


def occluded(case: Case) -> Callable[[np.ndarray], Map]:
    return lambda pixels: influence(pixels, case.scores)[1]


def cells_occluded(case: Case) -> Callable[[np.ndarray], Map]:
    """The 16 cells of the tokens, one at a time."""

    def made(pixels: np.ndarray) -> Map:
        cells = np.kron(np.eye(16, dtype=bool).reshape(16, 4, 4), np.ones((56, 56), bool))
        scores = case.scores(np.concatenate([pixels[None], washed_out(pixels, cells)]))
        return (scores[0] - scores[1:]).reshape(4, 4)

    return made


def fine_gradient(case: Case) -> Callable[[np.ndarray], Map]:
    """Gradient x value of the tower's finest level, 28 x 28, through adapter or axis."""
    tower, score = case.ranker.backbone._image_tower, differentiable(case)

    def made(pixels: np.ndarray) -> Map:
        fine = tower.lower(torch.tensor(pixels[None])).detach().requires_grad_()
        score(*tower.upper(fine)).backward()
        return (fine * fine.grad).sum(dim=1)[0].detach().numpy()

    return made


def token_gradient(case: Case) -> Callable[[np.ndarray], Map]:
    """Gradient x input of the 16 tokens, 4 x 4: trained rankers alone, zero-shot does not look at tokens."""
    tower, score = case.ranker.backbone._image_tower, differentiable(case)

    def made(pixels: np.ndarray) -> Map:
        with torch.no_grad():
            tokens, embedding = tower(torch.tensor(pixels[None]))
        tokens.requires_grad_()
        score(tokens, embedding).backward()
        return (tokens * tokens.grad).sum(dim=-1).reshape(4, 4).detach().numpy()

    return made


def looked_at(case: Case, read: Read) -> Callable[[np.ndarray], Map]:
    """Something that the adapter computes for each of the places that it looks at, a square of them."""
    tower, (model, _, text) = case.ranker.backbone._image_tower, trained(case)
    side = isqrt(model.config.places)

    @torch.no_grad()
    def made(pixels: np.ndarray) -> Map:
        tokens, embedding = tower(torch.tensor(pixels[None]))
        return read(model, tokens, embedding, text).reshape(side, side).numpy()

    return made


def density(model: AdapterModel, tokens: torch.Tensor, embedding: torch.Tensor, text: TextBatch) -> torch.Tensor:
    """The counting readout's density at each place, as it goes into the value."""
    head = model.score_head
    z = head.norm(model.fuse(tokens, embedding, text))[:, : model.config.places]
    return head.count(F.softplus(head.density(z)))[0, :, 0]


def attention(model: AdapterModel, tokens: torch.Tensor, embedding: torch.Tensor, text: TextBatch) -> torch.Tensor:
    """How much each place looks at the sentence rather than at the learnt prompts, in the first layer."""
    layer = model.layers[0]
    x = torch.cat([model.image_map(pooled(tokens, model.config.pool)), model.embedding_map(embedding)[:, None]], dim=1)
    alone = layer.norm_self(x)
    x = x + layer.self_attention(alone, alone)
    context = torch.cat([model.prompts[None], model.text_map(text.tokens)], dim=1)
    cross = layer.cross_attention
    query = cross._split(cross.query(layer.norm_cross(x)))
    key = cross._split(cross.key_value(layer.norm_text(context)).chunk(2, dim=-1)[0])
    weights = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
    return weights[..., len(model.prompts) :].sum(dim=-1).mean(dim=1)[0, : model.config.places]


def trained(case: Case) -> tuple[AdapterModel, Query, TextBatch]:
    ranker = case.ranker
    choice = Settled(Question(case.sentence), ranker).choice
    model = load(choice.adapter.path, ranker.backbone.fingerprint).model
    return model, choice.query, TextBatch.of(ranker.sentence(case.sentence))


def differentiable(case: Case) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The score of tokens (1, P, D) and embedding (1, E), as `score_tokens` has it, with gradients."""
    if case.ranker.adapter == "none":
        axis = torch.from_numpy(text_axis(case.sentence, None, case.ranker.sentence).end.vector).float()
        return lambda _, embedding: (F.normalize(embedding, dim=-1) @ axis).sum()
    model, query, text = trained(case)
    blend_weight = {"adapter": 1.0, "ridge": 0.0, "blend": query.blend_weight}[query.scorer]
    if query.closed is not None and query.closed.kernel is not None:
        raise SystemExit(f"The closed form of {query.name!r} has a kernel, and no gradient is worked out here.")
    ridge = torch.zeros(1) if query.ridge is None else torch.from_numpy(query.ridge)
    line = None if query.closed is None else torch.from_numpy(query.closed.linear)

    def score(tokens: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        value = model.score(model.fuse(tokens, embedding, text)).value
        return (blend_weight * value + (1 - blend_weight) * plain(tokens, embedding)).sum()

    def plain(tokens: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Moments, where a closed form reads them, are no function of the tokens and have no gradient here."""
        if line is None:
            read = torch.cat([tokens.mean(dim=1), embedding], dim=1)[:, : len(ridge) - 1]
            return (read * ridge[:-1]).sum(dim=1) + ridge[-1]
        places = tokens.flatten(1)
        return places @ line[: places.shape[1]] + embedding @ line[-1 - embedding.shape[1] : -1]

    return score


def candidates(case: Case) -> Maps:
    maps: Maps = {"occlusion, windows": occluded(case), "occlusion, cells": cells_occluded(case)}
    maps["gradient, finest level"] = fine_gradient(case)
    if case.ranker.adapter != "none":
        maps["gradient, tokens"] = token_gradient(case)
        maps["density"] = looked_at(case, density)
        maps["attention"] = looked_at(case, attention)
    return maps


def marks(map_: Map, marked: int) -> np.ndarray:
    """The patches of PATCHES x PATCHES that the map holds for most in favour, as a mask (side, side)."""
    weights = parts(np.kron(map_, np.ones((56, 56))), PATCHES).ravel()
    chosen = np.zeros(PATCHES * PATCHES, bool)
    chosen[np.argsort(-weights, kind="stable")[:marked]] = True
    return mask(chosen)


def mask(chosen: np.ndarray, side: int = 224) -> np.ndarray:
    return np.kron(chosen.reshape(PATCHES, PATCHES), np.ones((side // PATCHES,) * 2, bool))


def painted(pixels: np.ndarray, masks: np.ndarray, fill: str, rng: np.random.Generator) -> np.ndarray:
    paint = pixels.mean(axis=(0, 1)) if fill == "mean" else rng.integers(0, 256, pixels.shape)
    return np.where(masks[..., None], paint, pixels).astype(np.uint8)


def falls(case: Case) -> list[dict[str, np.ndarray]]:
    """For each trial and each map, by how much each picture's score falls; `random` is how far it moves."""
    maps, rng = candidates(case), np.random.default_rng(0)
    found: list[dict[str, list[float]]] = [{} for _ in TRIALS]
    before = None
    for path in case.pictures:
        pixels = load_pixels(path, 224)
        made = {name: make(pixels) for name, make in maps.items()}
        if before is not None:
            made["another picture's"] = before
        before = made["occlusion, windows"]
        for (marked, fill), kept in zip(TRIALS, found, strict=True):
            chance = [mask(rng.permutation(PATCHES**2) < marked) for _ in range(RANDOM)]
            masks = np.stack([*chance, *(marks(map_, marked) for map_ in made.values())])
            scores = case.scores(np.concatenate([pixels[None], painted(pixels, masks, fill, rng)]))
            fell = scores[0] - scores[1:]
            kept.setdefault("random", []).append(float(np.abs(fell[:RANDOM]).mean()))
            for name, fall in zip(made, fell[RANDOM:], strict=True):
                kept.setdefault(name, []).append(float(fall))
    return [{name: np.array(values) for name, values in kept.items()} for kept in found]


def ratio(fell: np.ndarray, chance: np.ndarray) -> str:
    """The mean fall over the mean random move, with its 95 % interval over pictures."""
    chance = chance[-len(fell) :]  # the first picture has no picture before it
    rows = np.random.default_rng(0).integers(0, len(fell), (2000, len(fell)))
    low, high = np.quantile(fell[rows].mean(axis=1) / chance[rows].mean(axis=1), [0.025, 0.975])
    return f"{fell.mean() / chance.mean():.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pictures", type=int, default=12, help="of each sentence")
    args = parser.parse_args()
    print("| sentence | map | n | a tenth, mean colour | a fifth, mean colour | a fifth, noise |", flush=True)
    print("|---|---|--:|--:|--:|--:|", flush=True)
    for case in cases(args.data, args.pictures):
        fell = falls(case)
        for name in [name for name in fell[0] if name != "random"]:
            figures = " | ".join(ratio(by[name], by["random"]) for by in fell)
            print(f"| {case.name} | {name} | {len(case.pictures)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
