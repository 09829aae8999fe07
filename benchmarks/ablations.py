"""Which part of the method matters: val figures of one change at a time, over three seeds, as a Markdown table.

    python benchmarks/ablations.py choose-rows DATA labels.csv --rows 400
    python benchmarks/ablations.py write-tokens labels.csv tokens.npz
    python benchmarks/ablations.py run tokens.npz --seeds 3 --epochs 20 --done done.csv
    python benchmarks/ablations.py table done.csv

`choose-rows` takes so many train rows, and all of val, of four tasks of the labelled pictures. `write-tokens` encodes
the pictures of a labels file once; `run` needs that file alone, and goes on where `--done` says it stopped. Rows of
the train split are learnt from and those of val measured, by the score head and by the pair head; test is never
looked at.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch
from imgrank.adapter.pairs import PairHead
from imgrank.labels import Labels, ValueTask, read_labels
from imgrank.learning.dataset import Dataset, made_splits, read_dataset
from imgrank.learning.metrics import krcc, srcc
from imgrank.learning.task import ValueRows
from imgrank.tokens import PackedTokens, TextTokens
from imgrank.training import TrainingOptions
from imgrank.training.batches import QueryRows, pictures
from imgrank.training.loop import fit, predict

CPU = torch.device("cpu")
TASKS = {"age": "older person", "car_year": "newer car", "quality": "good photo quality", "counts": "more people"}


class FreePairHead(PairHead):
    """The pair head without antisymmetry, as published: g(D) alone."""

    def logits(self, hidden: Tensor) -> Tensor:
        return self.last(torch.nn.functional.gelu(self.first.bias + hidden)).squeeze(-1)


@dataclass(frozen=True)
class Variant:
    """One change to the model, the losses or the pair head."""

    name: str
    config: Callable[[AdapterConfig], AdapterConfig] = lambda config: config
    options: Callable[[TrainingOptions], TrainingOptions] = lambda options: options
    head: type[PairHead] = PairHead


def variants() -> list[Variant]:
    """The method as it is, then one change each."""

    def config(name: str, **changes: int) -> Variant:
        return Variant(name, config=lambda c: replace(c, **changes))

    def options(name: str, **changes: object) -> Variant:
        return Variant(name, options=lambda o: replace(o, **changes))

    return [
        Variant("as it is (4 places, 8 prompts, 8 relations, pairs)"),
        config("no prompt tokens", prompts=0),
        config("32 prompt tokens", prompts=32),
        config("4 relational tokens", relations=4),
        config("16 relational tokens", relations=16),
        options("no ranking loss at all", ranking="none", score_order_weight=0.0),
        options("ranking loss on pair logits alone", score_order_weight=0.0),
        options("listwise loss instead of pairs", ranking="list"),
        config("no counting readout", densities=0),
        Variant("pair head not antisymmetric", head=FreePairHead),
        Variant("tokens of one level (the embedding left out)", config=lambda c: replace(c, embedding_width=0)),
        config("one place, the mean of all tokens", pool=4),
        config("16 places, each token for itself", pool=1),
        config("no fusion with the sentence", layers=0),
    ]


@dataclass(frozen=True)
class Score:
    """Means over queries on val."""

    srcc: float
    pair_krcc: float


def run_variant(variant: Variant, dataset: Dataset, text_width: int, options: TrainingOptions) -> Score:
    """Train once and measure both heads on val."""
    options = variant.options(options)
    config = variant.config(AdapterConfig.mini(dataset.packed.shape, text_width))
    torch.manual_seed(options.seed)
    model = AdapterModel(config)
    model.pair_head.__class__ = variant.head
    parts = [QueryRows.of(rows, rows.in_split("train"), rows.in_split("val")) for rows in dataset.tasks]
    done = fit(model, dataset, parts, options, epochs=options.epochs)
    model.load_state_dict(done.state)
    scores = [srcc(predict(model, dataset, p.task, p.val, CPU), p.task.values[p.val]) for p in parts]
    pairs = [krcc(_pair_strength(model, dataset, p), p.task.values[p.val]) for p in parts]
    return Score(float(np.nanmean(scores)), float(np.nanmean(pairs)))


@torch.inference_mode()
def _pair_strength(model: AdapterModel, dataset: Dataset, part: QueryRows) -> np.ndarray:
    """How many of the other val pictures each one is said to stand above."""
    shown = pictures(dataset, part.task.rows[part.val], CPU)
    summary = model.eval().summarise(model.fuse(shown.tokens, shown.embedding, TextBatch.of(part.task.texts[0])))
    return model.compare(summary, summary).sigmoid().sum(dim=1).double().numpy()


def run(path: str, seeds: int, options: TrainingOptions, done: Path, only: str) -> None:
    """Train every variant that is not done yet, one seed after the other; a line in `done` as soon as it is known."""
    dataset, text_width, fingerprint = read_tokens(path)
    torch.set_num_threads(1)
    rows = ", ".join(
        f"{task.query} {len(task.in_split('train'))}/{len(task.in_split('val'))}" for task in dataset.tasks
    )
    print(f"Tokens of {fingerprint}; train/val rows: {rows}; at most {options.epochs} epochs.", file=sys.stderr)
    for seed in range(seeds):
        for variant in variants():
            if only in variant.name and (variant.name, seed) not in read_done(done):
                score = run_variant(variant, dataset, text_width, replace(options, seed=seed))
                with done.open("a", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerow([variant.name, seed, score.srcc, score.pair_krcc])


def read_done(path: Path) -> dict[tuple[str, int], Score]:
    """What is known, by variant and seed."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(name, int(seed)): Score(float(one), float(other)) for name, seed, one, other in csv.reader(file)}


def table(path: Path) -> None:
    """Print means over seeds, and how each variant differs from the first on the same seeds."""
    known = read_done(path)
    first = variants()[0].name
    print("| variant | seeds | score head, SRCC | change | pair head, KRCC | change |\n|---|--:|--:|--:|--:|--:|")
    for name in dict.fromkeys(variant.name for variant in variants()):
        seeds = [seed for at, seed in known if at == name and (first, seed) in known]
        if seeds:
            own = np.array([[known[name, seed].srcc, known[name, seed].pair_krcc] for seed in seeds])
            base = np.array([[known[first, seed].srcc, known[first, seed].pair_krcc] for seed in seeds])
            told = [(f"{own[:, n].mean():.3f}", "" if name == first else _told(own[:, n] - base[:, n])) for n in (0, 1)]
            print(f"| {name} | {len(seeds)} | {' | '.join(' | '.join(cells) for cells in told)} |")


def _told(figures: np.ndarray) -> str:
    """A mean and the standard deviation over seeds."""
    return f"{figures.mean():+.3f} ± {figures.std(ddof=1) if len(figures) > 1 else 0:.3f}"


def choose_rows(data: Path, out: Path, count: int) -> None:
    """Write a labels file of `count` random train rows, and all val rows, of each of four tasks."""
    rng = np.random.default_rng(0)
    chosen: list[dict[str, str]] = []
    for folder, query in TASKS.items():
        with open(data / folder / "labels.csv", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["query"].startswith(query)]
        train, val = ([row for row in rows if row["split"] == split] for split in ("train", "val"))
        kept = [train[n] for n in rng.choice(len(train), count, replace=False)] + val
        chosen += [row | {"image": str((data / folder / row["image"]).resolve())} for row in kept]
    with open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(chosen[0]))
        writer.writeheader()
        writer.writerows(chosen)


def write_tokens(labels: str, out: str, backbone: str) -> None:
    """Encode pictures and sentences of a labels file into one npz file."""
    from imgrank.ranker import Ranker

    ranker = Ranker(backbone, adapter="none")
    dataset = made_splits(read_dataset(read_labels(labels), ranker, mirrored=True, progress=_show))
    arrays: dict[str, np.ndarray] = {"fingerprint": np.array(ranker.backbone.fingerprint)}
    for side, packed in (("plain", dataset.packed), ("mirrored", dataset.mirrored)):
        arrays |= {f"{side}.{name}": getattr(packed, name) for name in ("quantised", "scales", "embedding")}
    for n, rows in enumerate(dataset.tasks):
        arrays |= {f"{n}.rows": rows.rows, f"{n}.values": rows.values, f"{n}.splits": np.array(rows.task.splits)}
        arrays[f"{n}.phrasings"] = np.array(rows.task.phrasings)
        for k, text in enumerate(rows.texts):
            arrays |= {f"{n}.{k}.tokens": text.tokens, f"{n}.{k}.embedding": text.embedding}
    np.savez_compressed(out, **arrays)


def read_tokens(path: str) -> tuple[Dataset, int, str]:
    """The dataset of an npz file, the width of its text tokens, and the fingerprint of its backbone."""
    with np.load(path) as file:
        plain, mirrored = (
            PackedTokens(*(file[f"{side}.{name}"] for name in ("quantised", "scales", "embedding")))
            if f"{side}.scales" in file
            else None
            for side in ("plain", "mirrored")
        )
        assert plain is not None
        fingerprint = str(file["fingerprint"])
        tasks = []
        while f"{len(tasks)}.rows" in file:
            n = len(tasks)
            phrasings = tuple(map(str, file[f"{n}.phrasings"]))
            texts = tuple(
                TextTokens(file[f"{n}.{k}.tokens"], file[f"{n}.{k}.embedding"]) for k in range(len(phrasings))
            )
            rows, splits = file[f"{n}.rows"], tuple(map(str, file[f"{n}.splits"]))
            names = tuple(map(str, rows))
            task = ValueTask(phrasings, names, file[f"{n}.values"], splits, ("",) * len(rows))
            tasks.append(ValueRows(task, rows, texts))
    labels = Labels(path, tuple(rows.task for rows in tasks))
    return Dataset(labels, plain, mirrored, tuple(tasks)), tasks[0].texts[0].tokens.shape[1], fingerprint


def _show(progress: object) -> None:
    if sys.stderr.isatty():
        print(progress, end="\r", file=sys.stderr)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    choose = commands.add_parser("choose-rows")
    choose.add_argument("data", type=Path)
    choose.add_argument("labels", type=Path)
    choose.add_argument("--rows", type=int, default=400)
    write = commands.add_parser("write-tokens")
    write.add_argument("labels")
    write.add_argument("out")
    write.add_argument("--backbone", default="mini")
    train = commands.add_parser("run")
    train.add_argument("tokens")
    train.add_argument("--seeds", type=int, default=3)
    train.add_argument("--epochs", type=int, default=20)
    train.add_argument("--batch", type=int, default=64)
    train.add_argument("--learning-rate", type=float, default=5e-4)
    train.add_argument("--done", type=Path, default=Path("ablations.csv"))
    train.add_argument("--only", default="", help="variants whose name holds this text")
    commands.add_parser("table").add_argument("done", type=Path)
    args = parser.parse_args()
    if args.command == "choose-rows":
        choose_rows(args.data, args.labels, args.rows)
    elif args.command == "write-tokens":
        write_tokens(args.labels, args.out, args.backbone)
    elif args.command == "run":
        patience = max(4, args.epochs // 3)
        options = TrainingOptions(
            epochs=args.epochs, patience=patience, batch=args.batch, learning_rate=args.learning_rate
        )
        run(args.tokens, args.seeds, options, args.done, args.only)
    else:
        table(args.done)


if __name__ == "__main__":
    main()
