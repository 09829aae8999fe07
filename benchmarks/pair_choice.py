"""How many answers an order needs: chosen pairs against random ones and against merge sort, with a noisy person.

python benchmarks/pair_choice.py                                       made-up values, made-up looks
python benchmarks/pair_choice.py --labels labels.csv --query "age"     labelled pictures, their real tokens

The person calls left more with probability sigmoid(decisiveness * (z_left - z_right)), z the values as normal
quantiles. The weak ranker's scores are the values and noise, mixed to the correlation --prior. Prints the answers
needed for each SRCC and whether the page's own figures tell the truth; --plot draws the curves.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from imgrank.labelling.bradley_terry import Answers, Model, normal_quantiles, sigmoid, similarity
from imgrank.labelling.knowledge import knowledge
from imgrank.labelling.next_pair import next_pair
from imgrank.labels import ValueTask, read_labels

Floats = npt.NDArray[np.float64]
Curve = list[float]
TARGETS = (0.6, 0.7, 0.8, 0.85)
LOOKED_AT = (20, 40, 80, 160)


@dataclass(frozen=True)
class World:
    """Pictures with true strengths `z` (N,), a weak ranker's `scores`, how alike they look, and a noisy person."""

    z: Floats
    scores: Floats
    looks: Floats
    decisiveness: float
    rng: np.random.Generator

    def ask(self, left: int, right: int) -> float:
        chance = sigmoid(np.array(self.decisiveness * (self.z[left] - self.z[right])))
        return 1.0 if self.rng.random() < chance else -1.0

    def srcc(self, strengths: Floats) -> float:
        return float(spearmanr(strengths, self.z).statistic) if np.ptp(strengths) > 0 else 0.0


@dataclass(frozen=True)
class Told:
    """What the page said after some answers, and what was so."""

    answers: int
    expected: float
    low: float
    high: float
    true: float
    enough: bool
    srcc: float


def chosen(world: World, most: int, told: list[Told], *, scores: bool, looks: bool, choose: bool) -> Curve:
    """The SRCC after each answer, with Bradley-Terry over what may be used; pairs chosen, or else random."""
    count = len(world.z)
    model = Model(world.scores if scores else np.zeros(count), world.activations if looks else None)
    curve, given, seen = [], [], set()
    for n in range(most + 1):
        answers = Answers.of(given)
        beliefs = model.believe(answers)
        curve.append(world.srcc(beliefs.mean))
        if choose and n and n % 20 == 0:
            told.append(_told(world, model, answers, curve[-1]))
        pair = next_pair(beliefs, answers) if choose else None
        left, right = (pair.left, pair.right) if pair else _random_pair(world.rng, count, seen)
        given.append((left, right, world.ask(left, right)))
    return curve


def merge_sort(world: World, most: int, _: list[Told]) -> Curve:
    """The SRCC after each comparison of a bottom-up merge sort that believes every answer."""
    runs = [[int(n)] for n in world.rng.permutation(len(world.z))]
    curve = [0.0]
    while len(runs) > 1 and len(curve) <= most:
        runs = sorted(runs, key=len)
        one, other, rest = runs[0], runs[1], runs[2:]
        merged: list[int] = []
        while one and other:
            lower = one if world.ask(one[0], other[0]) < 0 else other
            merged.append(lower.pop(0))
            curve.append(world.srcc(_positions([*rest, _interleaved(merged, one, other)], len(world.z))))
        runs = [*rest, merged + one + other]
    return (curve + [curve[-1]] * most)[: most + 1]


def _interleaved(merged: list[int], one: list[int], other: list[int]) -> list[int]:
    waiting = [((n + 0.5) / len(run), picture) for run in (one, other) for n, picture in enumerate(run)]
    return merged + [picture for _, picture in sorted(waiting)]


def _positions(runs: list[list[int]], count: int) -> Floats:
    placed = np.zeros(count)
    for run in runs:
        for n, picture in enumerate(run):
            placed[picture] = (n + 0.5) / len(run)
    return placed


def _random_pair(rng: np.random.Generator, count: int, seen: set[tuple[int, int]]) -> tuple[int, int]:
    while True:
        left, right = (int(n) for n in rng.choice(count, 2, replace=False))
        key = (min(left, right), max(left, right))
        if key not in seen:
            seen.add(key)
            return left, right


def _told(world: World, model: Model, answers: Answers, srcc: float) -> Told:
    mean, known = model.believe(answers).mean, knowledge(model, answers)
    upper = np.triu_indices(len(mean), 1)
    apart = (world.z[:, None] != world.z)[upper]
    right = (np.sign(mean[:, None] - mean) == np.sign(world.z[:, None] - world.z))[upper][apart].mean()
    share = known.accuracy
    return Told(len(answers), share.value, share.low, share.high, float(right), known.enough, srcc)


ARMS: dict[str, Callable[[World, int, list[Told]], Curve]] = {
    "chosen pairs, with scores and looks": partial(chosen, scores=True, activations=True, choose=True),
    "chosen pairs, with scores": partial(chosen, scores=True, activations=False, choose=True),
    "random pairs, with scores and looks": partial(chosen, scores=True, activations=True, choose=False),
    "random pairs, with scores": partial(chosen, scores=True, activations=False, choose=False),
    "random pairs": partial(chosen, scores=False, activations=False, choose=False),
    "merge sort": merge_sort,
}


@dataclass(frozen=True)
class Source:
    """Pictures to draw worlds from: what they are, their values (M,) and their embeddings (M, E)."""

    name: str
    values: Floats
    embeddings: Floats


def made_up(count: int, rng: np.random.Generator) -> Source:
    """Values, and embeddings of 64 numbers of which a linear reading explains half of their variance."""
    embeddings = rng.normal(size=(count, 64)) * np.geomspace(3, 0.3, 64)
    reading = embeddings @ (rng.normal(size=64) * np.geomspace(3, 0.3, 64))
    return Source("made-up values", reading / reading.std() + rng.normal(size=count), embeddings)


def labelled(path: str, query: str | None, count: int) -> Source:
    """Values of some pictures outside the train split, spread over all of them, and the embeddings of `mini`."""
    from imgrank.ranker import Ranker

    tasks = [task for task in read_labels(path, skip_bad=True).values if query in (None, *task.phrasings)]
    task: ValueTask = tasks[0]
    held_out = [n for n, split in enumerate(task.splits) if split != "train"] or list(range(len(task)))
    places = np.random.default_rng(0).permutation(held_out)[:count]
    found = Ranker(adapter="none").encode([task.images[n] for n in places])
    value_of = {task.images[n]: task.values[n] for n in places}
    values = np.array([value_of[file.path] for file in found.files])
    return Source(task.query, values, found.packed.embedding.astype(np.float64))


def world_of(source: Source, prior: float, decisiveness: float, seed: int, count: int) -> World:
    """`count` of the pictures, with a ranker and a person drawn anew."""
    rng = np.random.default_rng(seed)
    chosen_ones = rng.permutation(len(source.values))[:count]
    z = normal_quantiles(source.values[chosen_ones])
    z = z / z.std()
    scores = prior * z + np.sqrt(1 - prior**2) * rng.normal(size=count)
    return World(z, scores, similarity(source.embeddings[chosen_ones]), decisiveness, rng)


def needed(curve: Curve, target: float) -> float:
    """Answers until the curve first stands at the target and stays there for the next five; infinite if never."""
    reached = np.convolve(np.array(curve) >= target, np.ones(5), "valid") == 5
    return float(np.argmax(reached)) if reached.any() else float("inf")


def report(curves: dict[str, list[Curve]], told: list[Told], most: int) -> None:
    """The tables."""
    print(
        f"\n| answers needed for SRCC (median; > {most}: not reached) | " + " | ".join(f"{t:g}" for t in TARGETS) + " |"
    )
    print("|---" * (len(TARGETS) + 1) + "|")
    at = {name: [float(np.median([needed(c, t) for c in its])) for t in TARGETS] for name, its in curves.items()}
    for name, answers in at.items():
        print(f"| {name} | " + " | ".join(f"> {most}" if n == float("inf") else f"{n:.0f}" for n in answers) + " |")
    ours = at["chosen pairs, with scores and looks"][2]
    for name in list(ARMS)[2:]:
        theirs = at[name][2]
        times = (
            f"{theirs / max(ours, 1):.1f} times"
            if np.isfinite(theirs)
            else f"more than {most / max(ours, 1):.1f} times"
        )
        print(f"for SRCC 0.8, {name} needed {times} as many answers as chosen pairs with scores and looks")
    print("\n| answers | pairs right, as the page expects | interval | in truth | truth within |")
    print("|---|---|---|---|---|")
    for n in LOOKED_AT:
        its = [t for t in told if t.answers == n]
        if its:
            low, high = np.mean([t.low for t in its]), np.mean([t.high for t in its])
            expected, true = np.mean([t.expected for t in its]), np.mean([t.true for t in its])
            within = sum(t.low <= t.true <= t.high for t in its)
            print(f"| {n} | {expected:.3f} | {low:.3f} to {high:.3f} | {true:.3f} | {within} of {len(its)} |")


def report_stops(curves: list[Curve], told: list[list[Told]], most: int) -> None:
    """Where the page says that more answers hardly help, and what going on to the end would have brought."""
    stops = [next((t for t in its if t.enough), None) for its in told]
    for n, stop in enumerate(stops):
        if stop is None:
            print(f"run {n}: it never said enough within {most} answers (SRCC {curves[n][-1]:.3f})")
        else:
            print(
                f"run {n}: enough said after {stop.answers} answers at SRCC {stop.srcc:.3f}; "
                f"20 more: {curves[n][min(stop.answers + 20, most)]:.3f}, {most} in all: {curves[n][-1]:.3f}"
            )


def draw(curves: dict[str, list[Curve]], title: str, path: str) -> None:
    """SRCC against answers: means, and the range over runs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    colours = ["#1b4fc4", "#6f9bea", "#c4521b", "#eaa26f", "#777777", "#2a9d62"]
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for colour, (name, its) in zip(colours, curves.items(), strict=True):
        rows = np.array(its)
        axes.plot(rows.mean(axis=0), color=colour, label=name, lw=2.2 if name.startswith("chosen") else 1.5)
        axes.fill_between(np.arange(rows.shape[1]), rows.min(axis=0), rows.max(axis=0), color=colour, alpha=0.1, lw=0)
    axes.axhline(0.8, color="#999999", lw=0.8, ls="--")
    axes.set(
        xlabel="answers", ylabel="SRCC with the true values", title=title, ylim=(0, 1), xlim=(0, rows.shape[1] - 1)
    )
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)


def main() -> None:
    """Run all arms in the same worlds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", help="a labels file with values; without one, values are made up")
    parser.add_argument("--query", help="which query of it")
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--prior", type=float, default=0.4, help="correlation of the weak ranker with the values")
    parser.add_argument("--decisiveness", type=float, default=4.0)
    parser.add_argument("--most", type=int, default=250, help="answers of one run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--plot", metavar="FILE.png")
    asked = parser.parse_args()
    pool = 2 * asked.pictures
    source = labelled(asked.labels, asked.query, pool) if asked.labels else made_up(pool, np.random.default_rng(0))
    count = min(asked.pictures, len(source.values))
    curves: dict[str, list[Curve]] = {name: [] for name in ARMS}
    told: list[list[Told]] = []
    for seed in range(asked.runs):
        for name, arm in ARMS.items():
            said: list[Told] = []
            curves[name].append(arm(world_of(source, asked.prior, asked.decisiveness, seed, count), asked.most, said))
            if name == "chosen pairs, with scores and looks":
                told.append(said)
    title = f"{count} pictures of {source.name}"
    print(f"{title}; weak ranker at {asked.prior:g}, decisiveness {asked.decisiveness:g}, {asked.runs} runs")
    report(curves, [t for its in told for t in its], asked.most)
    report_stops(curves["chosen pairs, with scores and looks"], told, asked.most)
    if asked.plot:
        draw(curves, title, asked.plot)


if __name__ == "__main__":
    main()
