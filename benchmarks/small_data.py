"""What a few labels are worth: linear axes, a kernel and `train` itself on 30 to 400 labelled pictures.

    python benchmarks/small_data.py write-tokens DATA tokens.npz
    python benchmarks/small_data.py run DATA tokens.npz --seeds 3
    python benchmarks/small_data.py train DATA tokens.npz --rows 30

With `--drawn`, DATA is a folder that `made_tasks.py` drew. Else most queries were never trained on: they are made from
captions, file names and pixels (`small_queries.py`). Rows of the train split are learnt from; val and train rows that
were not learnt from are measured; test is never read.
`run` compares ways to fit an axis, `train` the whole of `imgrank train` with the axis in it and plain ridge.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from made_tasks import read_tasks
from small_queries import Labelled, read_queries
from stored_source import StoredSource, write_source

from imgrank.learning.baselines import fit_ridge, spread
from imgrank.learning.blocks import Blocks
from imgrank.learning.fit_closed import fit_values
from imgrank.learning.metrics import srcc
from imgrank.tokens import PackedTokens

ROWS = (30, 150, 400)
MOST_MEASURED = 700
FEWEST_MEASURED = 40
Fit = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Draw:
    """Features (N, F) and values (N,) to learn from, with groups, the first `width` being tokens; sentence (E,).

    The rows are those of the pictures of `packed` at `learnt` (N,).
    """

    x: np.ndarray
    y: np.ndarray
    groups: list[str]
    width: int
    sentence: np.ndarray
    packed: PackedTokens
    learnt: np.ndarray

    def scaled(self, blocks: str, by_feature: bool = False) -> np.ndarray:
        """(F,) factors that give tokens ("t"), embedding ("e") or both ("te") a spread of 1 each."""
        scale = np.zeros(self.x.shape[1])
        for block, part in (("t", slice(0, self.width)), ("e", slice(self.width, None))):
            if block in blocks:
                own = 1 / spread(self.x[:, part]) if by_feature else np.ones(self.x[:, part].shape[1])
                centred = (self.x[:, part] - self.x[:, part].mean(axis=0)) * own
                scale[part] = own / np.sqrt(np.square(centred).sum(axis=1).mean())
        return scale


def ridge_on_tokens(draw: Draw) -> Fit:
    axis = fit_ridge(draw.x[:, : draw.width], draw.y, draw.groups).axis
    return lambda x: axis(x[:, : draw.width])


def ridge_on_both(draw: Draw) -> Fit:
    return fit_ridge(draw.x, draw.y, draw.groups).axis


def six_ridges(draw: Draw) -> Fit:
    """Three views, each also with every feature by its own spread; no sentence."""
    scales = [draw.scaled(blocks, own) for own in (False, True) for blocks in ("t", "e", "te")]
    fits = [fit_ridge(draw.x * scale, draw.y, draw.groups) for scale in scales]
    errors = np.array([fit.error for fit in fits])
    weights = np.exp(-(errors / errors.min() - 1) * np.sqrt(len(draw.y)))
    return lambda x: np.average([fit.axis(x * s) for fit, s in zip(fits, scales, strict=True)], axis=0, weights=weights)


def closed_form(draw: Draw) -> Fit:
    """What `train` keeps, on the pictures at `draw.learnt`; it reads pictures, not features."""
    return fit_values(Blocks.of(draw.packed, draw.learnt), draw.learnt, draw.y, draw.groups, draw.sentence)


def kernel_ridge(draw: Draw) -> Fit:
    """A Gaussian process with an RBF kernel on both blocks; width and noise by the error on left-out rows."""
    scale = draw.scaled("te")
    x = draw.x * scale
    far = np.median(_squares(x, x)[~np.eye(len(x), dtype=bool)])
    best: tuple[float, float, np.ndarray] | None = None
    for width in (0.5, 1.0, 2.0, 4.0):
        kernel = np.exp(-_squares(x, x) / (far * width)) + 1.0  # the constant is the bias
        value, basis = np.linalg.eigh(kernel)
        for noise in 10.0 ** np.arange(-3, 1.5, 0.5):
            inverse = (basis / (value.clip(0) + noise)) @ basis.T
            dual = inverse @ (draw.y - draw.y.mean())
            error = float(np.square(dual / inverse.diagonal()).mean())
            if best is None or error < best[0]:
                best = (error, width, dual)
    assert best is not None
    _, chosen, weights = best
    return lambda other: (np.exp(-_squares(other * scale, x) / (far * chosen)) + 1.0) @ weights + draw.y.mean()


def sentence_alone(draw: Draw) -> Fit:
    return lambda x: x[:, draw.width :] @ draw.sentence


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T, 0)


METHODS: dict[str, Callable[[Draw], Fit]] = {
    "ridge on mean tokens": ridge_on_tokens,
    "ridge on mean tokens and embedding (baseline)": ridge_on_both,
    "six ridges averaged": six_ridges,
    "closed form (kept)": closed_form,
    "kernel ridge (RBF)": kernel_ridge,
    "the sentence alone": sentence_alone,
}
BASELINE = ridge_on_both


def draws(labelled: Labelled, count: int, seeds: range) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each seed the rows to learn from, of train, and the rows to measure on, of other groups."""
    train = np.flatnonzero(labelled.train)
    if len(train) < count + FEWEST_MEASURED:
        return
    groups = np.array(labelled.groups)
    for seed in seeds:
        pool = np.random.default_rng([seed, count]).permutation(train)
        learnt = pool[:count]
        rest = np.concatenate([np.flatnonzero(~labelled.train), pool[count:]])
        rest = rest[(groups[rest] == "") | ~np.isin(groups[rest], groups[learnt])]
        if np.ptp(labelled.values[learnt]) > 0:
            yield learnt, rest[:MOST_MEASURED]


def run(queries: list[Labelled], tokens: Path, seeds: range) -> None:
    """Print mean SRCC of every method, and its gain over the baseline with an interval over queries."""
    source = StoredSource(tokens)
    x, width = source.features(), source.backbone.shape.width
    figures: dict[tuple[str, int, str], list[float]] = {}
    for labelled in queries:
        rows = source.rows(labelled.names)
        sentence = source.sentence(labelled.query.sentence).embedding.astype(np.float64)
        for count in ROWS:
            for learnt, rest in draws(labelled, count, seeds):
                groups = [labelled.groups[n] for n in learnt]
                draw = Draw(
                    x[rows[learnt]], labelled.values[learnt], groups, width, sentence, source.packed, rows[learnt]
                )
                for name, method in METHODS.items():
                    said = method(draw)(rows[rest] if method is closed_form else x[rows[rest]])
                    figures.setdefault((name, count, labelled.query.sentence), []).append(
                        srcc(said, labelled.values[rest])
                    )
        print(labelled.query.sentence, file=sys.stderr, flush=True)
    print(f"Tokens of {source.backbone.fingerprint}; {len(seeds)} draws of rows for each query.\n")
    known = {labelled.query.sentence for labelled in queries if labelled.query.kind in ("labels", "subset")}
    _table({key: float(np.nanmean(values)) for key, values in figures.items()}, known)


def _table(figures: dict[tuple[str, int, str], float], known: set[str]) -> None:
    baseline = next(name for name, method in METHODS.items() if method is BASELINE)
    print("| way | rows | new queries, SRCC | gain over the baseline | worst query | trained queries, SRCC |")
    print("|---|--:|--:|--:|--:|--:|")
    for count in ROWS:
        for name in METHODS:
            of = {query: value for (way, rows, query), value in figures.items() if (way, rows) == (name, count)}
            new = [query for query in of if query not in known]
            gain = np.array([of[query] - figures[(baseline, count, query)] for query in new])
            half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))
            old = [value for query, value in of.items() if query in known]
            trained = f"{np.mean(old):.3f}" if old else ""
            told = "" if name == baseline else f"{gain.mean():+.3f} ± {half:.3f}"
            worst = "" if name == baseline else f"{gain.min():+.3f}"
            print(f"| {name} | {count} | {np.mean([of[q] for q in new]):.3f} | {told} | {worst} | {trained} |")


def train_whole(queries: list[Labelled], tokens: Path, count: int, seeds: range, every: int) -> None:
    """Print what `imgrank train` makes of some queries, beside its axis alone and the baseline."""
    from imgrank.adapter.answering import score_tokens
    from imgrank.adapter.files import load
    from imgrank.labels import Labels, ValueTask
    from imgrank.training import TrainingOptions, train

    source = StoredSource(tokens)
    x = source.features()
    gains, seconds = [], []
    print("| query | rows | plain ridge | axis | `train` | adapter's part | seconds |\n|---|--:|--:|--:|--:|--:|--:|")
    for labelled in queries[::every]:
        rows, query = source.rows(labelled.names), labelled.query.sentence
        for learnt, rest in draws(labelled, count, seeds):
            values, groups = labelled.values[learnt], tuple(labelled.groups[n] for n in learnt)
            names = tuple(labelled.names[n] for n in learnt)
            task = ValueTask((query,), names, values, ("",) * count, groups)
            embedding = source.sentence(query).embedding.astype(np.float64)
            width = source.backbone.shape.width
            draw = Draw(x[rows[learnt]], values, list(groups), width, embedding, source.packed, rows[learnt])
            with tempfile.TemporaryDirectory() as folder:
                started = time.perf_counter()
                options = TrainingOptions(mirror=False)
                made = train(
                    Labels("small", (task,)), out=Path(folder) / "a.safetensors", options=options, source=source
                )
                seconds.append(time.perf_counter() - started)
                adapter = load(made.path)
            packed = source.packed[rows[rest]]
            said = score_tokens(adapter, packed, source.sentence(query), adapter.queries[0]).value
            true = labelled.values[rest]
            plain, axis, whole = (
                srcc(s, true) for s in (BASELINE(draw)(x[rows[rest]]), closed_form(draw)(rows[rest]), said)
            )
            gains.append((axis - plain, whole - plain))
            part = made.queries[0].mix
            print(
                f"| {query} | {count} | {plain:.3f} | {axis:.3f} | {whole:.3f} | {part:.2f} | {seconds[-1]:.0f} |",
                flush=True,
            )
    (axis_gain, gain), half = np.mean(gains, axis=0), 1.96 * np.std(gains, axis=0, ddof=1) / np.sqrt(len(gains))
    print(
        f"\nMean gain over plain ridge: axis {axis_gain:+.3f} ± {half[0]:.3f}, `train` {gain:+.3f} ± {half[1]:.3f}; "
        f"longest run {max(seconds):.0f} s."
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("write-tokens", "run", "train"):
        command = commands.add_parser(name)
        command.add_argument("data", type=Path)
        command.add_argument("tokens", type=Path)
        command.add_argument("--seeds", type=int, default=3 if name == "run" else 1)
        command.add_argument("--first-seed", type=int, default=0)
        command.add_argument("--rows", type=int, default=30)
        command.add_argument("--every", type=int, default=3, help="take every so many queries")
        command.add_argument("--backbone", default="mini")
        command.add_argument("--only", help="one query, by its sentence")
        command.add_argument("--drawn", action="store_true", help="DATA is a folder that made_tasks.py drew")
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    queries = read_tasks(args.data) if args.drawn else read_queries(args.data)
    queries = [labelled for labelled in queries if args.only in (None, labelled.query.sentence)]
    if args.command == "write-tokens":
        names = sorted({name for labelled in queries for name in labelled.names})
        write_source(args.tokens, args.data, names, [labelled.query.sentence for labelled in queries], args.backbone)
    elif args.command == "run":
        run(queries, args.tokens, seeds)
    else:
        train_whole(queries, args.tokens, args.rows, seeds, args.every)


if __name__ == "__main__":
    main()
