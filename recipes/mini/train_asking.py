"""Step 10: who reads what a sentence asks for, one of the shipped queries or none, and which end of it.

    python recipes/mini/train_asking.py --out build/mini --weights weights

Reads the sentences in `asking/`, each file by other hands, and the development tables of `benchmarks/`. `own.csv` are
the sentences that reports and tests name; `poles*.csv` and `frames*.csv` are parts that are put together here. Names of
ImageNet classes ask for nothing. The threshold is chosen on files that were left out, one third of them at a time, and
the figures printed are of these. States are kept in --out, so that a second run starts from there.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import random
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from asking_model import Read, Wanted, clearness, ends, facts, fit_ends, fit_queries
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix

from imgrank.adapter.registry import find_adapter
from imgrank.backbone.mini import load_mini
from imgrank.scoring.asks import BUCKETS, FILE, KEY, LONGEST, letters, means_of, plain, states_of
from imgrank.scoring.parsing import read as read_marks
from imgrank.scoring.phrasings import phrasings_of

HERE = Path(__file__).parent
SENTENCES = HERE / "asking"
TABLES = HERE.parents[1] / "benchmarks"
DEVELOPMENT = ("sentences.csv", "sentences_new.csv", "sentences_third.csv")
CAPTURED = 0.02  # of strangers, on files left out: the aim, by readers that learnt a third less than what ships
PENALTY, EPOCHS, FOLDS, MADE_COUNT, OWN_COUNT = 1e-5, 20, 3, 0.15, 3.0
PARTS = ("poles", "frames")
FRAMES_A_POLE = {"things": 11, "best": 11, "measure": 14}
NEAR_NOTHING = ("nothing", "")


@dataclass(frozen=True)
class Line:
    """A sentence, the query that it asks for or "", the sign of the end, who wrote it, and how much it counts."""

    sentence: str
    query: str
    end: int
    file: str
    weight: float = 1.0


def real_lines(queries: tuple[str, ...]) -> list[Line]:
    """All that people wrote, but for sentences about queries that users train."""
    files = [TABLES / name for name in DEVELOPMENT] + sorted(SENTENCES.glob("*.csv"))
    found = []
    for path in files:
        if path.stem.startswith(PARTS):
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["near"] in (*queries, *NEAR_NOTHING)]
        signs = {"more": 1, "less": -1}
        weight = OWN_COUNT if path.stem == "own" else 1.0
        found += [Line(row["sentence"], row["answer"], signs.get(row["end"], 0), path.stem, weight) for row in rows]
    return found


def made_lines(seed: int = 5) -> list[Line]:
    """Poles in frames: "the sharpest ones" in "{} at the very end"."""
    draw = random.Random(seed)
    poles, frames = ([row for path in sorted(SENTENCES.glob(f"{name}*.csv")) for row in _rows(path)] for name in PARTS)
    found = {}
    for pole in poles:
        fitting = [frame for frame in frames if frame["form"] == pole["form"] and _fits(pole["text"], frame["text"])]
        for frame in draw.sample(fitting, min(FRAMES_A_POLE[pole["form"]], len(fitting))):
            end = (1 if pole["end"] == "more" else -1) * int(frame["sign"])
            found[frame["text"].replace("{}", pole["text"])] = (pole["answer"], end)
    return [Line(text, query, end, "made", MADE_COUNT) for text, (query, end) in found.items()]


def named_lines(weights: Path) -> list[Line]:
    """Names of things, which ask for nothing."""
    names = json.loads((weights / "mini.kinds.json").read_text(encoding="utf-8"))["names"]
    return [Line(f"a {name}", "", 0, "names", MADE_COUNT) for name in sorted(names)[::4]]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fits(pole: str, frame: str) -> bool:
    odd = ("igher the", "ower the", "owest", "ighest", "max", "min", "top {", "arg", "creasing", "'{}'", "_{}", "{}_")
    return not (pole.startswith("how") and any(part in frame for part in odd)) and not (
        pole.startswith("anything but") and "anything but" in frame
    )


def read_all(lines: list[Line], kept: Path) -> Read:
    """What the readers see of sentences; states from `kept` where they stand there."""
    mini, known = load_mini(), {}
    if kept.is_file():
        with np.load(kept) as file:
            known = dict(zip(file["texts"].tolist(), np.split(file["states"], file["ends"][:-1]), strict=True))
    said = [plain(line.sentence) for line in lines]
    for text in sorted({*said} - {*known}):
        known[text] = states_of(mini.encode_sentence(text)).astype(np.float16)
    order = sorted(known)
    ends_at = np.cumsum([len(known[text]) for text in order])
    np.savez(kept, texts=np.array(order), states=np.concatenate([known[text] for text in order]), ends=ends_at)
    states = np.zeros((len(said), LONGEST, 768), np.float16)
    for place, text in enumerate(said):
        states[place, : len(known[text])] = known[text]
    buckets = [letters(text) for text in said]
    starts = np.cumsum([0, *map(len, buckets)])
    columns = np.array([*itertools.chain.from_iterable(buckets)])
    bags = csr_matrix((np.ones(len(columns)), columns, starts), (len(said), BUCKETS))
    means = np.stack([means_of(known[text].astype(np.float32)) for text in said])
    queries = [phrasings_of(query.phrasings) for query in find_adapter("mini-adapter").queries]
    readings = [read_marks(line.sentence) for line in lines]
    turns = np.array([[query.turn(query.meant_by(reading)) for query in queries] for reading in readings], np.float32)
    return Read(states, np.array([len(known[text]) for text in said]), means, bags, turns)


def some(read: Read, rows: np.ndarray) -> Read:
    """Those rows of it."""
    return Read(*(getattr(read, field.name)[rows] for field in fields(read)))


def wanted_of(lines: list[Line], queries: tuple[str, ...]) -> Wanted:
    """What is right for each."""
    numbers = {"": 0, **{name: place for place, name in enumerate(queries, 1)}}
    query = np.array([numbers[line.query] for line in lines])
    return Wanted(query, np.array([line.end for line in lines]), np.array([line.weight for line in lines]))


def part(wanted: Wanted, rows: np.ndarray) -> Wanted:
    """Those rows of it."""
    return Wanted(wanted.query[rows], wanted.end[rows], wanted.weight[rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    header = find_adapter("mini-adapter")
    queries = tuple(query.name for query in header.queries)
    lines = real_lines(queries) + made_lines() + named_lines(args.weights)
    read, wanted = read_all(lines, args.out / "asking_states.npz"), wanted_of(lines, queries)
    folds = [part_of_files(lines, fold) for fold in range(FOLDS)]
    threshold = choose_threshold(lines, read, wanted, folds)
    fitted = fit_queries(read, wanted, 1 + len(queries), PENALTY)
    for member, model in enumerate(fit_ends(read, wanted, len(queries), EPOCHS)):
        fitted |= {name: tensor.numpy() for name, tensor in model.tensors(member).items()}
    tensors = {name: value.astype(np.float16) for name, value in fitted.items()}
    told = {"queries": queries, "fingerprint": header.fingerprint, "threshold": round(threshold, 3), **facts()}
    save_file(tensors, args.weights / FILE, {KEY: json.dumps(told)})
    print_ends(lines, read, wanted, folds)


def part_of_files(lines: list[Line], fold: int) -> npt.NDArray[np.bool_]:
    """(n,) whether a sentence is left out: a third of the files are."""
    return np.isin([line.file for line in lines], _files(lines)[fold::FOLDS])


def choose_threshold(lines: list[Line], read: Read, wanted: Wanted, folds: list[npt.NDArray[np.bool_]]) -> float:
    """The log odds above which a share of `CAPTURED` of strangers stands, on files left out; prints what that gives."""
    best, clear = np.zeros(len(lines), int), np.zeros(len(lines))
    for left_out in folds:
        inside, outside = np.flatnonzero(~left_out), np.flatnonzero(left_out)
        fitted = fit_queries(some(read, inside), part(wanted, inside), 1 + len(read.turns[0]), PENALTY)
        best[outside], clear[outside] = clearness(fitted, some(read, outside))
    apart, asking = np.any(folds, axis=0), wanted.query > 0
    threshold = float(np.quantile(clear[apart & ~asking], 1 - CAPTURED))
    met, captured = asking & (best == wanted.query) & (clear > threshold), ~asking & (clear > threshold)
    for name, here in _by_file(lines, apart):
        print(f"{name}: {met[here & asking].mean():.1%} of {(here & asking).sum()} askers found; "
              f"{captured[here & ~asking].mean():.1%} of strangers captured", flush=True)  # fmt: skip
    return threshold


def print_ends(lines: list[Line], read: Read, wanted: Wanted, folds: list[npt.NDArray[np.bool_]]) -> None:
    """How many askers of files left out one transformer alone reads at the right end."""
    right = np.zeros(len(lines), bool)
    asking = (wanted.query > 0) & (wanted.end != 0)
    for left_out in folds:
        inside, outside = np.flatnonzero(~left_out), np.flatnonzero(left_out & asking)
        members = fit_ends(some(read, inside), part(wanted, inside), len(read.turns[0]), EPOCHS, members=1)
        more = ends(members, some(read, outside))[np.arange(len(outside)), wanted.query[outside] - 1]
        right[outside] = np.sign(more) == wanted.end[outside]
    for name, here in _by_file(lines, np.any(folds, axis=0)):
        share = right[here & asking].mean()
        print(f"{name}: {share:.1%} of {(here & asking).sum()} askers at the right end", flush=True)


def _files(lines: list[Line]) -> list[str]:
    return sorted({line.file for line in lines} - {"made", "names", "own"})


def _by_file(lines: list[Line], apart: npt.NDArray[np.bool_]) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    of_file = np.array([line.file for line in lines])
    return [*((name, of_file == name) for name in _files(lines)), ("all", apart)]


if __name__ == "__main__":
    main()
