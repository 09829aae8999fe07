"""Step 8: the figures of both cards, on the test splits, as markdown.

    python recipes/mini/measure.py --data ../shared/data > build/mini/figures.md

Nothing is chosen here: run it once the weights are final.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from adapter_data import PHRASINGS, SUBJECTS, shown
from augment import degrade
from data import DEGRADATIONS, HEADS, TASKS, Sample, read_samples, sharp_paths
from PIL import Image
from scipy.stats import spearmanr

from imgrank import Ranker
from imgrank.adapter.answering import ScoredBatch, score_tokens
from imgrank.adapter.files import Adapter, load
from imgrank.adapter.registry import find_adapter
from imgrank.evaluation import evaluate
from imgrank.learning.baselines import features, fit_ridge
from imgrank.learning.metrics import Metric, Resamples, interval, srcc, srcc_difference, value_metrics
from imgrank.tokens import PackedTokens

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
SETS = ("age", "car_year", "quality", "blood_cells", "counts")
SEXES = ("men", "women")
GROUPS = ("White", "Black", "Asian", "Indian", "other")


class Bench:
    """The shipped ranker, its adapter, and the test pictures with their tokens."""

    def __init__(self, data: Path, split: str) -> None:
        self.ranker = Ranker()
        self.adapter: Adapter = load(find_adapter("mini-adapter").path)
        self.samples: list[Sample] = [sample for sample in read_samples(data) if sample.split == split]
        self.packed = self.ranker.encode([sample.path for sample in self.samples]).packed

    def score(self, packed: PackedTokens, head: str, sentence: str | None = None) -> ScoredBatch:
        query = self.adapter.queries[HEADS.index(head)]
        return score_tokens(self.adapter, packed, self.ranker.sentence(sentence or PHRASINGS[head][0]), query)

    def rows(self, wanted: Sequence[bool]) -> np.ndarray:
        return np.flatnonzero(np.array(wanted))


def written(figure: Metric, digits: int = 3) -> str:
    if not np.isfinite(figure.value):
        return "-"
    return f"{figure.value:.{digits}f} ({figure.ci.low:.{digits}f} to {figure.ci.high:.{digits}f})"


def table_of_tasks(bench: Bench, data: Path, split: str) -> None:
    print(
        "| query | n | SRCC | KRCC | MAE | pairs, SRCC | ridge, SRCC | ridge, MAE | zero-shot, SRCC | gain over ridge |"
    )
    print("|---|--:|---|---|---|---|---|---|---|---|")
    for name in SETS:
        report = evaluate(data / name / "labels.csv", adapter="mini-adapter", split=split, source=bench.ranker)
        for query in report.queries:
            digits = 3 if name == "quality" else 2
            gain = query.versus_ridge
            cells = [
                query.query.split("|")[0],
                str(query.n),
                written(query.score.srcc),
                written(query.score.krcc),
                written(query.score.mae, digits),
                written(query.pairs.srcc),
                written(query.ridge.srcc),
                written(query.ridge.mae, digits),
                written(query.zero_shot.srcc),
                "-" if gain is None else f"{gain.value:+.3f} ({gain.ci.low:+.3f} to {gain.ci.high:+.3f})",
            ]
            print("| " + " | ".join(cells) + " |", flush=True)


def table_of_mean_tokens(bench: Bench, data: Path, split: str) -> None:
    """The weaker baseline: ridge on mean tokens without the embedding, learnt from all rows outside test."""
    everything = read_samples(data)
    width = bench.packed.shape.width
    print("\n| query | ridge on mean tokens alone, SRCC | gain over it |\n|---|---|---|")
    for head in TASKS:
        learnt = [sample for sample in everything if head in sample.values and sample.split != "test"]
        if split != "test":
            learnt = [sample for sample in learnt if sample.split == "train"]
        x = features(bench.ranker.encode([sample.path for sample in learnt]).packed)[:, :width]
        axis = fit_ridge(x, np.array([s.values[head] for s in learnt]), [sample.group for sample in learnt]).axis
        rows = bench.rows([head in sample.values for sample in bench.samples])
        true = np.array([bench.samples[row].values[head] for row in rows])
        by_ridge, said = axis(features(bench.packed[rows])[:, :width]), bench.score(bench.packed[rows], head).value
        resamples = Resamples.draw(len(rows))
        gain = srcc_difference(said, by_ridge, true, resamples)
        cells = [
            PHRASINGS[head][0],
            written(value_metrics(by_ridge, true, resamples).srcc),
            f"{gain.value:+.3f} ({gain.ci.low:+.3f} to {gain.ci.high:+.3f})",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def table_of_degradations(bench: Bench, data: Path) -> None:
    paths = set(sharp_paths(data))
    captioned = [sample for sample in bench.samples if sample.source == "captions"]
    sharp = [sample for sample in captioned if sample.path in paths]
    print("\n| degradation | photographs | SRCC over all | mean SRCC within one photograph |\n|---|--:|---|--:|")
    for kind, photographs in (*((kind, sharp) for kind in DEGRADATIONS), ("exposure", captioned)):
        value = np.stack([_at_each_level(bench, sample, kind) for sample in photographs])
        levels, owners = np.tile(LEVELS, len(photographs)), np.repeat([s.path.name for s in photographs], len(LEVELS))
        resamples = Resamples.draw(value.size, groups=owners.tolist())
        whole = Metric(srcc(value.ravel(), levels), interval(resamples.srcc(value.ravel(), levels)))
        within = np.mean([spearmanr(row, LEVELS).statistic for row in value])
        print(f"| {kind} | {len(photographs)} | {written(whole)} | {within:.3f} |", flush=True)


def _at_each_level(bench: Bench, sample: Sample, kind: str) -> np.ndarray:
    image, rng = Image.open(sample.path).convert("RGB"), random.Random(f"{kind}/{sample.path.name}")
    pixels = np.stack([np.asarray(degrade(image, kind, level, rng)) for level in LEVELS])
    return bench.score(bench.ranker.backbone.encode_images(pixels), kind).value


def table_of_relevance(bench: Bench) -> None:
    shows = np.stack([shown(sample) for sample in bench.samples])
    print(
        "\n| query | with its subject | without | AUC | with, put last | without, put last |\n|---|--:|--:|--:|--:|--:|"
    )
    for head in SUBJECTS:
        known = np.flatnonzero(~np.isnan(shows[:, HEADS.index(head)]))
        has = shows[known, HEADS.index(head)] == 1
        relevance = bench.score(bench.packed[known], head).relevance
        pairs = relevance[has][:, None] - relevance[~has]
        auc = (pairs > 0).mean() + (pairs == 0).mean() / 2
        lost, kept = (relevance[has] < 0.5).mean(), (relevance[~has] < 0.5).mean()
        print(
            f"| {PHRASINGS[head][0]} | {has.sum()} | {(~has).sum()} | {auc:.3f} | {lost:.1%} | {kept:.1%} |", flush=True
        )


def table_of_phrasings(bench: Bench) -> None:
    print("\n| query | phrasings | least SRCC between the orders of two phrasings |\n|---|--:|--:|")
    for head, phrasings in PHRASINGS.items():
        rows = bench.rows([head in sample.values for sample in bench.samples])
        if len(rows):
            values = np.stack([bench.score(bench.packed[rows], head, phrasing).value for phrasing in phrasings])
            print(f"| {phrasings[0]} | {len(phrasings)} | {spearmanr(values.T).statistic.min():.3f} |", flush=True)


def sentence_matters(bench: Bench) -> None:
    rows = bench.rows([{"people", "dogs"} <= set(sample.values) for sample in bench.samples])
    value = {head: bench.score(bench.packed[rows], head).value for head in ("people", "dogs")}
    true = {head: np.array([bench.samples[row].values[head] for row in rows]) for head in ("people", "dogs")}
    print("\n| order of | SRCC with people | SRCC with dogs |\n|---|--:|--:|")
    for head in ("people", "dogs"):
        own = [f"{spearmanr(value[head], true[other]).statistic:.3f}" for other in ("people", "dogs")]
        print(f"| {PHRASINGS[head][0]} | {own[0]} | {own[1]} |")


def table_of_bias(bench: Bench) -> None:
    """Error of age by the sex and group that file names carry."""
    faces = bench.rows([sample.source == "age" for sample in bench.samples])
    error = bench.score(bench.packed[faces], "age").value - np.array(
        [bench.samples[row].values["age"] for row in faces]
    )
    named = [bench.samples[row].path.name.split("_") for row in faces]
    print("\n| faces of | n | mean error, years | mean absolute error |\n|---|--:|--:|--:|")
    for place, labels in ((1, SEXES), (2, GROUPS)):
        for number, label in enumerate(labels):
            chosen = np.array([len(parts) > place and parts[place] == str(number) for parts in named])
            if chosen.any():
                print(
                    f"| {label} | {chosen.sum()} | {error[chosen].mean():+.1f} | {np.abs(error[chosen]).mean():.1f} |"
                )


def quality_by_subset(bench: Bench) -> None:
    print("\n| photo quality within | n | SRCC |\n|---|--:|--:|")
    for subset in ("ss01", "ss02", "ss03"):
        rows = bench.rows([s.source == "quality" and s.path.name.startswith(subset) for s in bench.samples])
        true = [bench.samples[row].values["quality"] for row in rows]
        srcc = spearmanr(bench.score(bench.packed[rows], "quality").value, true).statistic
        print(f"| {subset} | {len(rows)} | {srcc:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", choices=("val", "test"), default="test")
    args = parser.parse_args()
    bench = Bench(args.data, args.split)
    table_of_tasks(bench, args.data, args.split)
    table_of_mean_tokens(bench, args.data, args.split)
    quality_by_subset(bench)
    table_of_degradations(bench, args.data)
    table_of_relevance(bench)
    table_of_phrasings(bench)
    sentence_matters(bench)
    table_of_bias(bench)


if __name__ == "__main__":
    main()
