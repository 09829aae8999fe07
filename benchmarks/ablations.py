"""Which part of the method matters: val figures of one change at a time, over three seeds, as a Markdown table.

    python benchmarks/ablations.py write-tokens labels.csv tokens.npz
    python benchmarks/ablations.py run tokens.npz --seeds 3 --epochs 20

`write-tokens` encodes the pictures of a labels file once; `run` needs that file alone. Rows of the train split
are learnt from and those of val measured, by the score head and by the pair head; test is never looked at.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch
from imgrank.adapter.pairs import PairHead
from imgrank.evaluation.dataset import Dataset, ValueRows, read_dataset
from imgrank.evaluation.metrics import krcc, srcc
from imgrank.evaluation.splits import made_splits
from imgrank.labels import Labels, ValueTask, read_labels
from imgrank.tokens import PackedTokens, TextTokens
from imgrank.training import TrainingOptions
from imgrank.training.batches import Part, pictures
from imgrank.training.loop import fit, predict

CPU = torch.device("cpu")


class FreePairHead(PairHead):
    """The pair head without antisymmetry, as published: g(D) alone."""

    def logits(self, hidden: Tensor) -> Tensor:
        return self.last(torch.nn.functional.gelu(self.first.bias + hidden)).squeeze(-1)


@dataclass(frozen=True)
class Variant:
    """One change to the model, the losses, the pair head or the tokens."""

    name: str
    config: Callable[[AdapterConfig], AdapterConfig] = lambda config: config
    options: Callable[[TrainingOptions], TrainingOptions] = lambda options: options
    head: type[PairHead] = PairHead
    tokens: Callable[[Dataset], Dataset] = lambda dataset: dataset


def variants() -> list[Variant]:
    """The method as it is, then one change each."""

    def config(name: str, **changes: int) -> Variant:
        return Variant(name, config=lambda c: replace(c, **changes))

    def options(name: str, **changes: object) -> Variant:
        return Variant(name, options=lambda o: replace(o, **changes))

    return [
        Variant("as it is (8 prompts, 8 relations, pairs)"),
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
        Variant("one token (mean of all) and the embedding", tokens=pooled, config=lambda c: replace(c, tokens=1)),
        config("no fusion with the sentence", layers=0),
    ]


def pooled(dataset: Dataset) -> Dataset:
    """The same pictures with the mean of their tokens as the only token."""
    return replace(dataset, packed=_pooled(dataset.packed), mirrored=dataset.mirrored and _pooled(dataset.mirrored))


def _pooled(packed: PackedTokens) -> PackedTokens:
    from imgrank.tokens import pack

    return pack(packed.tokens().mean(axis=1, keepdims=True), packed.embedding.astype(np.float32))


@dataclass(frozen=True)
class Score:
    """Means over queries on val."""

    srcc: float
    pair_krcc: float


def run_variant(variant: Variant, dataset: Dataset, text_width: int, seed: int, epochs: int) -> Score:
    """Train once and measure both heads on val."""
    dataset = variant.tokens(dataset)
    options = variant.options(TrainingOptions(seed=seed, epochs=epochs, patience=max(4, epochs // 3)))
    config = variant.config(AdapterConfig.mini(dataset.packed.shape, text_width))
    torch.manual_seed(seed)
    model = AdapterModel(config)
    model.pair_head.__class__ = variant.head
    parts = [Part.of(rows, rows.in_split("train"), rows.in_split("val")) for rows in dataset.tasks]
    done = fit(model, dataset, parts, options, epochs=epochs)
    model.load_state_dict(done.state)
    scores = [srcc(predict(model, dataset, p.task, p.val, CPU), p.task.values[p.val]) for p in parts]
    pairs = [krcc(_pair_strength(model, dataset, p), p.task.values[p.val]) for p in parts]
    return Score(float(np.nanmean(scores)), float(np.nanmean(pairs)))


@torch.inference_mode()
def _pair_strength(model: AdapterModel, dataset: Dataset, part: Part) -> np.ndarray:
    """How many of the other val pictures each one is said to stand above."""
    shown = pictures(dataset, part.task.rows[part.val], CPU)
    summary = model.eval().summarise(model.fuse(shown.tokens, shown.embedding, TextBatch.of(part.task.texts[0])))
    return model.compare(summary, summary).sigmoid().sum(dim=1).double().numpy()


def run(path: str, seeds: int, epochs: int, only: str) -> None:
    """Print the table, a line as soon as it is known."""
    dataset, text_width = read_tokens(path)
    torch.set_num_threads(1)
    rows = ", ".join(
        f"{task.query} {len(task.in_split('train'))}/{len(task.in_split('val'))}" for task in dataset.tasks
    )
    print(f"Train/val rows: {rows}. {seeds} seeds, at most {epochs} epochs; mean and standard deviation.\n")
    print("| variant | score head, SRCC | pair head, KRCC |\n|---|---|---|")
    for variant in variants():
        if only in variant.name:
            scores = [run_variant(variant, dataset, text_width, seed, epochs) for seed in range(seeds)]
            srccs, krccs = np.array([s.srcc for s in scores]), np.array([s.pair_krcc for s in scores])
            print(f"| {variant.name} | {_told(srccs)} | {_told(krccs)} |", flush=True)


def _told(figures: np.ndarray) -> str:
    return f"{figures.mean():.3f} ± {figures.std(ddof=1) if len(figures) > 1 else 0:.3f}"


def write_tokens(labels: str, out: str, backbone: str) -> None:
    """Encode pictures and sentences of a labels file into one npz file."""
    from imgrank.ranker import Ranker

    ranker = Ranker(backbone, adapter="none")
    dataset = made_splits(read_dataset(read_labels(labels), ranker, mirrored=True, progress=_show))
    arrays: dict[str, np.ndarray] = {}
    for side, packed in (("plain", dataset.packed), ("mirrored", dataset.mirrored)):
        arrays |= {f"{side}.{name}": getattr(packed, name) for name in ("quantised", "scales", "embedding")}
    for n, rows in enumerate(dataset.tasks):
        arrays |= {f"{n}.rows": rows.rows, f"{n}.values": rows.values, f"{n}.splits": np.array(rows.task.splits)}
        arrays[f"{n}.phrasings"] = np.array(rows.task.phrasings)
        for k, text in enumerate(rows.texts):
            arrays |= {f"{n}.{k}.tokens": text.tokens, f"{n}.{k}.embedding": text.embedding}
    np.savez_compressed(out, **arrays)


def read_tokens(path: str) -> tuple[Dataset, int]:
    """The dataset of an npz file, and the width of its text tokens."""
    with np.load(path) as file:
        plain, mirrored = (
            PackedTokens(*(file[f"{side}.{name}"] for name in ("quantised", "scales", "embedding")))
            for side in ("plain", "mirrored")
        )
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
    return Dataset(labels, plain, mirrored, tuple(tasks)), tasks[0].texts[0].tokens.shape[1]


def _show(progress: object) -> None:
    print(progress, end="\r", file=sys.stderr)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write-tokens")
    write.add_argument("labels")
    write.add_argument("out")
    write.add_argument("--backbone", default="mini")
    table = commands.add_parser("run")
    table.add_argument("tokens")
    table.add_argument("--seeds", type=int, default=3)
    table.add_argument("--epochs", type=int, default=20)
    table.add_argument("--only", default="", help="variants whose name holds this text")
    args = parser.parse_args()
    if args.command == "write-tokens":
        write_tokens(args.labels, args.out, args.backbone)
    else:
        run(args.tokens, args.seeds, args.epochs, args.only)


if __name__ == "__main__":
    main()
