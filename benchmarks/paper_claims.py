"""What the paper claims, tried on 22 quantities: does relational attention add to a score head, do prompts, how many
pairs does it take.

    python benchmarks/paper_claims.py make DATA FOLDER
    python benchmarks/paper_claims.py run FOLDER [--backbone NAME] [--seeds 3] [--epochs 12]
    python benchmarks/paper_claims.py table FOLDER

`make` draws twelve quantities (`made_tasks.py`), spoils sharp photographs in three ways, and takes rows of seven that
are labelled in DATA, two of them counts: 100 rows a quantity to learn from, 50 to measure on, none of them a test row.
`run` encodes them once, and trains one adapter on all of them for each variant and seed; it goes on where it stopped.
`table` prints means over quantities, and how much each variant differs from the first on the same quantities and seeds,
with 95 % intervals, once over quantities and once over seeds.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablations import _pair_strength
from made_tasks import TASKS, write_tasks
from PIL import Image, ImageFilter
from scipy.stats import t as student

from imgrank.adapter.model import AdapterConfig, AdapterModel
from imgrank.labels import read_labels
from imgrank.learning.baselines import ridge_predictions, ridge_views
from imgrank.learning.blocks import Blocks
from imgrank.learning.dataset import Dataset, read_dataset
from imgrank.learning.fit_closed import fit_closed
from imgrank.learning.metrics import krcc, srcc
from imgrank.learning.task import ValueRows
from imgrank.training import TrainingOptions, loop
from imgrank.training.batches import QueryRows
from imgrank.training.loop import fit, predict

LEARNT, MEASURED = 100, 50
DONE = "done.csv"
UNSEEDED = ("plain ridge", "closed form")
CPU = torch.device("cpu")
LABELLED = {  # folder of DATA, query as it begins there, family
    ("world", "messier room"): "real pictures",
    ("world", "more daylight"): "real pictures",
    ("world", "more expensive house"): "real pictures",
    ("world", "more bars or points in the chart"): "counts",
    ("world", "more lines of text"): "counts",
    ("counts", "more people"): "counts",
    ("counts", "more dogs"): "counts",
}
Spoil = Callable[[Image.Image, float], Image.Image]


def blur(image: Image.Image, level: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(3 * level))


def noise(image: Image.Image, level: float) -> Image.Image:
    grain = np.random.default_rng(0).normal(0, 50 * level, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def blocks(image: Image.Image, level: float) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=round(60 - 55 * level))
    return Image.open(file).convert("RGB")


SPOILT: dict[str, Spoil] = {"blurrier": blur, "noisier": noise, "more compressed": blocks}


@dataclass(frozen=True)
class Variant:
    """One change to the method; of the pairs of a batch only `pairs` are looked at, as a share."""

    name: str
    config: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    pairs: float = 1.0


VARIANTS = (
    Variant("pairs by relational attention, score head (the paper's)", options={"score_order_weight": 0.0}),
    Variant("score head alone", options={"ranking": "none", "score_order_weight": 0.0}),
    Variant("score head, pairs by differences of scores", options={"ranking": "none", "score_order_weight": 1.0}),
    Variant("both kinds of pairs (imgrank's)"),
    Variant("no prompts", {"prompts": 0}, {"score_order_weight": 0.0}),
    Variant("32 prompts", {"prompts": 32}, {"score_order_weight": 0.0}),
    Variant("a quarter of the pairs", options={"score_order_weight": 0.0}, pairs=0.25),
    Variant("one pair a picture", options={"score_order_weight": 0.0}, pairs=2 / LEARNT),
    Variant("no fusion with the sentence", {"layers": 0}, {"score_order_weight": 0.0}),
)


def make(data: Path, folder: Path) -> None:
    """Draw, spoil and choose; write one labels file for all."""
    write_tasks(folder, LEARNT + MEASURED)
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, (query, spoil) in enumerate(SPOILT.items()):
        rows += spoilt(data, folder, query, spoil, np.random.default_rng((1, number)))
    for number, (source, query) in enumerate(LABELLED):
        rows += chosen(data / source, query, np.random.default_rng((2, number)))
    with open(folder / "labels.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["image", "query", "value", "split"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


def spoilt(data: Path, folder: Path, query: str, spoil: Spoil, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    """Sharp photographs, each made worse by an amount of its own; no photograph twice."""
    names = (data / "captions" / "sharp.txt").read_text("utf-8").split()
    (folder / query).mkdir(exist_ok=True)
    for number, at in enumerate(rng.permutation(len(names))[: LEARNT + MEASURED]):
        level, name = float(rng.random()), f"{query}/{number:04}.png"
        spoil(Image.open(data / "captions" / names[at]).convert("RGB"), level).save(folder / name)
        yield {"image": name, "query": query, "value": f"{level:.4f}", "split": "train" if number < LEARNT else "val"}


def chosen(folder: Path, query: str, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    """Rows of a labelled set that are not of its test split; a group stays on one side."""
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["query"].startswith(query) and row["split"] != "test"]
    groups: dict[str, list[dict[str, str]]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.get("group") or str(number), []).append(row)
    keys = list(groups)
    order = [row for at in rng.permutation(len(keys)) for row in groups[keys[at]]][: LEARNT + MEASURED]
    for number, row in enumerate(order):
        image = os.path.realpath(folder / row["image"])
        split = "train" if number < len(order) * LEARNT // (LEARNT + MEASURED) else "val"
        yield {"image": image, "query": query, "value": row["value"], "split": split}


def family_of(query: str) -> str:
    named = {**dict.fromkeys(TASKS, "drawn"), **dict.fromkeys(SPOILT, "degradations")}
    return named.get(query) or next(family for (_, name), family in LABELLED.items() if name == query)


@contextmanager
def only_pairs(share: float) -> Iterator[None]:
    """Within, the loss of pairs sees a random share of them."""
    whole = loop.order_loss

    def some(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        apart = ((target[:, None] != target[None, :]) & (torch.rand_like(logits) < share)).triu(1)
        if not apart.any():
            return logits.sum() * 0
        sign = (target[:, None] - target[None, :])[apart].sign()
        return torch.nn.functional.softplus(-logits[apart] * sign).mean()

    loop.order_loss = whole if share >= 1 else some
    try:
        yield
    finally:
        loop.order_loss = whole


@dataclass(frozen=True)
class Row:
    """Figures of one quantity: SRCC and KRCC of the score head, KRCC of the pair head (NaN where there is none)."""

    srcc: float
    score_krcc: float
    pair_krcc: float


Known = dict[tuple[str, int, str], Row]


def run(folder: Path, backbone: str, seeds: int, options: TrainingOptions) -> None:
    """Train what is not done yet; a line a quantity as soon as it is known."""
    from imgrank.ranker import Ranker

    torch.set_num_threads(1)  # several cost more in waiting for each other than they save
    ranker = Ranker(backbone, adapter="none")
    dataset = read_dataset(read_labels(str(folder / "labels.csv")), ranker)
    parts = [QueryRows.of(rows, rows.in_split("train"), rows.in_split("val")) for rows in dataset.tasks]
    known = read_done(folder)
    if not any(name == "plain ridge" for name, _, _ in known):
        keep(folder, "plain ridge", 0, dataset, [_ridge(dataset, part) for part in parts])
        keep(folder, "closed form", 0, dataset, [_closed(dataset, part) for part in parts])
    text_width = dataset.tasks[0].texts[0].tokens.shape[1]
    for seed in range(seeds):
        for variant in VARIANTS:
            if not any((name, at) == (variant.name, seed) for name, at, _ in known):
                rows = trained(variant, dataset, parts, text_width, replace(options, seed=seed))
                keep(folder, variant.name, seed, dataset, rows)
                print(f"{variant.name}, seed {seed}: {np.nanmean([row.srcc for row in rows]):.3f}", flush=True)


def trained(
    variant: Variant, dataset: Dataset, parts: Sequence[QueryRows], text_width: int, options: TrainingOptions
) -> list[Row]:
    """One run, its last weights: no look at the measured rows chooses an epoch."""
    options = replace(options, **variant.options)
    config = replace(AdapterConfig.mini(dataset.packed.shape, text_width), **variant.config)
    torch.manual_seed(options.seed)
    model = AdapterModel(config)
    with only_pairs(variant.pairs):
        done = fit(model, dataset, parts, options, epochs=options.epochs, patient=False)
    model.load_state_dict(done.state)
    return [_measured(model, dataset, part, options.ranking == "pairs") for part in parts]


def _measured(model: AdapterModel, dataset: Dataset, part: QueryRows, has_pairs: bool) -> Row:
    said, truth = predict(model, dataset, part.task, part.val, CPU), _task(part).values[part.val]
    pairs = krcc(_pair_strength(model, dataset, part), truth) if has_pairs else float("nan")
    return Row(srcc(said, truth), krcc(said, truth), pairs)


def _ridge(dataset: Dataset, part: QueryRows) -> Row:
    said = ridge_predictions(ridge_views(dataset.packed), _task(part), part.val, part.train)
    return _of(said, part)


def _closed(dataset: Dataset, part: QueryRows) -> Row:
    task = _task(part)
    form = fit_closed(Blocks.of(dataset.packed, task.rows[part.train]), task, part.train)
    return _of(form.of_task(task, part.val), part)


def _of(said: np.ndarray, part: QueryRows) -> Row:
    truth = _task(part).values[part.val]
    return Row(srcc(said, truth), krcc(said, truth), float("nan"))


def _task(part: QueryRows) -> ValueRows:
    assert isinstance(part.task, ValueRows)
    return part.task


def keep(folder: Path, name: str, seed: int, dataset: Dataset, rows: Sequence[Row]) -> None:
    with (folder / DONE).open("a", encoding="utf-8", newline="") as file:
        for task, row in zip(dataset.tasks, rows, strict=True):
            csv.writer(file).writerow([name, seed, task.query, row.srcc, row.score_krcc, row.pair_krcc])


def read_done(folder: Path) -> Known:
    """What is known, by variant, seed and quantity."""
    if not (folder / DONE).exists():
        return {}
    with (folder / DONE).open(encoding="utf-8", newline="") as file:
        return {(name, int(seed), query): Row(*map(float, rest)) for name, seed, query, *rest in csv.reader(file)}


def table(folder: Path) -> None:
    """Print the figures as Markdown."""
    known = read_done(folder)
    queries = list(dict.fromkeys(query for _, _, query in known))
    families = list(dict.fromkeys(map(family_of, queries)))
    first = VARIANTS[0].name
    heads = ["seeds", "mean", "change, over quantities", "over seeds", *families]
    print(f"| SRCC of the score head, {len(queries)} quantities | {' | '.join(heads)} |\n|---|{'--:|' * len(heads)}")
    for name in dict.fromkeys(name for name, _, _ in known):
        own, base = by_query(known, name, queries), by_query(known, first, queries)
        change = " | " if name == first else f"{interval(own - base)} | {over_seeds(known, name, first)}"
        of = [own[[n for n, query in enumerate(queries) if family_of(query) == family]].mean() for family in families]
        seeds = len({seed for at, seed, _ in known if at == name})
        print(f"| {name} | {seeds} | {own.mean():.3f} | {change} | {' | '.join(f'{each:.3f}' for each in of)} |")
    print("\n| KRCC in one model | score head | pair head | change, over quantities | over seeds |")
    print("|---|--:|--:|--:|--:|")
    for name in dict.fromkeys(name for name, _, _ in known):
        score, pair = (by_query(known, name, queries, figure) for figure in ("score_krcc", "pair_krcc"))
        if np.isfinite(pair).all():
            means = by_seed(known, name, "pair_krcc"), by_seed(known, name, "score_krcc")
            seeds = interval(np.array([means[0][seed] - means[1][seed] for seed in means[0]]))
            print(f"| {name} | {score.mean():.3f} | {pair.mean():.3f} | {interval(pair - score)} | {seeds} |")


def by_query(known: Known, name: str, queries: Sequence[str], figure: str = "srcc") -> np.ndarray:
    """Means over seeds, one a quantity."""
    rows = [[getattr(row, figure) for (at, _, one), row in known.items() if (at, one) == (name, q)] for q in queries]
    return np.array([np.mean(values) for values in rows])


def by_seed(known: Known, name: str, figure: str = "srcc") -> dict[int, float]:
    """Means over quantities, one a seed."""
    seeds = sorted({seed for at, seed, _ in known if at == name})
    return {
        seed: float(np.mean([getattr(known[key], figure) for key in known if key[:2] == (name, seed)]))
        for seed in seeds
    }


def over_seeds(known: Known, name: str, first: str) -> str:
    """The change of a mean over quantities, with its interval over seeds; what has no seed stands beside each."""
    own, base = by_seed(known, name), by_seed(known, first)
    alone = next(iter(own.values()))
    shared = base if name in UNSEEDED else [seed for seed in base if seed in own]
    return interval(np.array([own.get(seed, alone) - base[seed] for seed in shared]))


def interval(changes: np.ndarray) -> str:
    """A mean and its 95 % interval over what differs from entry to entry; of one entry the mean alone."""
    if len(changes) < 2:
        return f"{changes.mean():+.3f}"
    half = student.ppf(0.975, len(changes) - 1) * changes.std(ddof=1) / np.sqrt(len(changes))
    return f"{changes.mean():+.3f} ± {half:.3f}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("data", type=Path)
    making.add_argument("folder", type=Path)
    running = commands.add_parser("run")
    running.add_argument("folder", type=Path)
    running.add_argument("--backbone", default="mini")
    running.add_argument("--seeds", type=int, default=3)
    running.add_argument("--epochs", type=int, default=12)
    commands.add_parser("table").add_argument("folder", type=Path)
    args = parser.parse_args()
    if args.command == "make":
        make(args.data, args.folder)
    elif args.command == "run":
        options = TrainingOptions(batch=50, learning_rate=2e-3, mirror=False, epochs=args.epochs)
        run(args.folder, args.backbone, args.seeds, options)
    else:
        table(args.folder)


if __name__ == "__main__":
    main()
