"""Whether a mix shows what was asked for and lacks what was not: rules that bring terms to one scale, compared.

    python benchmarks/mixes.py --data ../shared/data --half choose
    python benchmarks/mixes.py --data ../shared/data --half measure

A folder is one half of the val photographs with captions. A term holds where a caption mentions one of its words, and
is lacking where none does. Pairs of terms are asked as "A plus B" and "A minus B" where the folder has ten pictures of
which two captions say so, and not where one term's words are also the other's. Printed is how many of the first ten
hold both. "Recognised" are pairs whose terms hold, each asked alone, in eight of its own first ten of the half for
choosing. The rule was chosen on that half; the other is for measuring alone.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.arrays import Flags, Floats
from imgrank.scoring.asking import ask
from imgrank.scoring.mixing import MixScorer, MixTerm
from imgrank.scoring.question import Question
from imgrank.scoring.scorers import Resources
from imgrank.tokens import PackedTokens

PEOPLE = (
    "people person persons man men woman women boy boys girl girls child children kid kids crowd group lady guy player "
    "players biker rider skier climber toddler baby he she his her couple family someone"
)
DOGS = "dog dogs puppy puppies"
WORDS = {
    "a dog": DOGS,
    "a man": "man men guy guys",
    "a woman": "woman women lady ladies",
    "a boy": "boy boys",
    "a girl": "girl girls",
    "a child": "child children kid kids boy boys girl girls toddler baby",
    "people": PEOPLE,
    "water": "water ocean sea lake river pool wave waves",
    "snow": "snow snowy",
    "grass": "grass grassy lawn",
    "a beach": "beach sand sandy shore",
    "a ball": "ball football basketball soccer baseball tennis volleyball",
    "a street": "street road sidewalk city",
    "a bicycle": "bike bicycle bikes bicycles biker bicyclist cyclist biking",
    "a mountain": "mountain mountains hill cliff rock rocks rocky",
    "a building": "building buildings house",
    "trees": "tree trees forest woods wooded",
    "a red shirt": "red",
    "something blue": "blue",
    "a hat": "hat hats cap helmet",
    "running": "running runs run",
    "jumping": "jumping jumps jump leaps leaping",
    "sitting": "sitting sits sit seated",
    "a field": "field",
    "more people": PEOPLE,  # answered by the shipped ranker, in its own unit
    "more dogs": DOGS,
}
FIRST, ENOUGH, RECOGNISED = 10, 10, 8
COMMON = 0.2  # of the pictures with A, so many show B at least: else nothing has to be taken away
Rule = Callable[[Sequence["Term"], Sequence[float], np.ndarray], Floats]


@dataclass(frozen=True, eq=False)
class Term:
    """One sentence over all photographs: what scores it, its scores (N,), and how many captions mention it (N,)."""

    name: str
    scorer: MixTerm
    scores: Floats
    mentions: np.ndarray
    words: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """Two terms, whether the second is wanted (1.0) or not (-1.0), and the pictures for which both hold."""

    one: Term
    other: Term
    sign: float
    hold: Flags


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=("choose", "measure"), default="choose")
    parser.add_argument("--pairs", action="store_true", help="name the pairs, by the rule that ships")
    args = parser.parse_args()
    with Ranker() as ranker:
        said = read_captions(args.data)
        encoded = ranker.encode(list(said))
        terms = [term(ranker, encoded.packed, name, [said[file.path] for file in encoded.files]) for name in WORDS]
        packed = encoded.packed
    mixed = np.random.default_rng(7).permutation(len(packed))
    halves = {"choose": np.sort(mixed[::2]), "measure": np.sort(mixed[1::2])}
    rows, recognised = halves[args.half], {one.name for one in terms if is_recognised(one, halves["choose"])}
    found = list(pairs(terms, rows))
    print(f"{len(rows)} photographs; recognised alone: {', '.join(sorted(recognised))}\n")
    report(found, recognised, rows, rules(packed))
    if args.pairs:
        for pair in found:
            hits = first_ten(rules(packed)["as shipped"], pair, rows)
            print(f"{pair.one.name} {'plus' if pair.sign > 0 else 'minus'} {pair.other.name}: {hits} of {FIRST}")


def read_captions(data: Path) -> dict[str, list[str]]:
    """Captions of the val photographs by path."""
    said: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "val":
                said[str(data / "captions" / row["image"])].append(row["caption"])
    return dict(sorted(said.items()))


def term(ranker: Ranker, packed: PackedTokens, name: str, captions: list[list[str]]) -> Term:
    """A sentence put to all photographs."""
    scorer = ask(Question(name), ranker)
    words = frozenset(WORDS[name].split())
    counted = [sum(not words.isdisjoint(re.findall("[a-z]+", one.lower())) for one in some) for some in captions]
    scores = scorer.open(ranker.resources)(packed).scores
    return Term(name, MixTerm(scorer, 1.0), scores, np.array(counted), words)


def is_recognised(one: Term, rows: np.ndarray) -> bool:
    best = rows[np.argsort(-one.scores[rows], kind="stable")[:FIRST]]
    return int((one.mentions[best] >= 1).sum()) >= RECOGNISED


def pairs(terms: Sequence[Term], rows: np.ndarray) -> Iterator[Pair]:
    """Pairs that the folder has ten pictures of."""
    for one, other in permutations(terms, 2):
        if one.words & other.words:
            continue
        first, second = one.mentions[rows], other.mentions[rows]
        sure = first >= 2
        if terms.index(one) < terms.index(other) and (sure & (second >= 2)).sum() >= ENOUGH:
            yield Pair(one, other, 1.0, (first >= 1) & (second >= 1))
        if (sure & (second == 0)).sum() >= ENOUGH and (second[first >= 1] >= 1).mean() >= COMMON:
            yield Pair(one, other, -1.0, (first >= 1) & (second == 0))


def rules(packed: PackedTokens) -> dict[str, Rule]:
    """Ways to one scale, each a sum over terms unless it says otherwise."""

    def shipped(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        mix = MixScorer(
            Question("mix"), tuple(MixTerm(one.scorer.scorer, w) for one, w in zip(terms, weights, strict=True))
        )
        parts = [term.scorer.open(Resources())(packed[rows]) for term in mix.terms]
        return mix.settled(mix.of_terms(parts).evidence).of_terms(parts).scores

    def summed(each: Callable[[Floats], Floats]) -> Rule:
        return lambda terms, weights, rows: np.sum(
            [w * each(one.scores[rows]) for one, w in zip(terms, weights, strict=True)], axis=0
        )

    def least(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        return np.min([w * spreads(one.scores[rows]) for one, w in zip(terms, weights, strict=True)], axis=0)

    return {
        "the first term alone": lambda terms, weights, rows: terms[0].scores[rows],
        "as they are": summed(lambda scores: scores),
        "places in the order": summed(lambda scores: np.argsort(np.argsort(scores)) / len(scores)),
        "spreads, levelled off (tanh)": summed(lambda scores: np.tanh(spreads(scores))),
        "the lesser of spreads": least,
        "spreads": summed(spreads),
        "as shipped": shipped,
    }


def spreads(scores: Floats) -> Floats:
    result: Floats = (scores - scores.mean()) / scores.std()
    return result


def first_ten(rule: Rule, pair: Pair, rows: np.ndarray) -> int:
    """How many of the first ten hold both."""
    scores = rule((pair.one, pair.other), (1.0, pair.sign), rows)
    return int(pair.hold[np.argsort(-scores, kind="stable")[:FIRST]].sum())


def report(found: Sequence[Pair], recognised: set[str], rows: np.ndarray, named: dict[str, Rule]) -> None:
    """A line a rule: of the first ten how many hold both, on average, and in what share of pairs eight or more do."""
    known = [pair for pair in found if {pair.one.name, pair.other.name} <= recognised]
    columns = [
        (f"{name}, {which}", [pair for pair in some if pair.sign == sign])
        for which, some in (("all", found), ("recognised", known))
        for name, sign in (("plus", 1.0), ("minus", -1.0))
    ]
    print(f"| rule | {' | '.join(f'{name} ({len(some)} pairs)' for name, some in columns)} |")
    print("|---|" + "--:|" * len(columns))
    for name, rule in named.items():
        cells = []
        for _, some in columns:
            hits = np.array([first_ten(rule, pair, rows) for pair in some])
            cells.append(f"{hits.mean() / FIRST:.0%}, {np.mean(hits >= 8):.0%}" if len(hits) else "-")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
