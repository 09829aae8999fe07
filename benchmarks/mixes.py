"""Whether a mix shows what was asked for and lacks what was not: rules that bring terms to one scale, compared.

    python benchmarks/mixes.py --data ../shared/data --half choose
    python benchmarks/mixes.py --data ../shared/data --half train
    python benchmarks/mixes.py --data ../shared/data --half measure

A folder is one half of the val photographs with captions; with "train", each of twelve folders of as many photographs
that the model has learnt from, which flatters all terms, and tells whether what a rule gains it gains in most folders.
A term holds where a caption mentions one of its words, and is lacking where none does. Pairs of terms are asked as "A
plus B" and "A minus B" where the folder has ten pictures of which two captions say so, and not where one term's words
are also the other's. Printed is how many of the first ten hold both. "Recognised" are pairs whose terms hold, each
asked alone, in eight of its own first ten of the half for choosing (with "train", of all). The rule was chosen on
"choose" and "train"; the other half is for measuring alone. Brackets: what a rule gains upon the spreads of the folder
as they are, which shipped before, by pairs drawn anew with replacement.

The choice is made anew by reading the first two tables: `LEVEL` in `imgrank/scoring/mixing.py` is the one constant, and
what ships stays where the lines beside it (other levels) gain nothing in both.

The last two lines know the answers: what an order could come to that has nothing but each term's own. "Curves known"
multiplies how often a term holds at each place of its order (isotonic). "Any order" takes the best ten pictures such
that none is left out which has more of both than one that is taken.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import permutations
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression, minimize

from imgrank import Ranker
from imgrank.arrays import Flags, Floats
from imgrank.scoring.asking import ask
from imgrank.scoring.mixing import LACKS, LEVEL, MixScorer, MixTerm, levelled
from imgrank.scoring.question import Question
from imgrank.scoring.scorers import Resources
from imgrank.scoring.similarity import aim_at, likeness
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
SHIPPED, PLAIN = "as shipped", "spreads of the folder"
FOLDERS, A_FOLDER = 12, 225  # of train
DRAWN = 2000
BEHIND = 100.0  # spreads, more than any picture stands above the mean
RARE = 1e-3  # the least chance that is multiplied
COMMON = 0.2  # of the pictures with A, so many show B at least: else nothing has to be taken away
Rule = Callable[[Sequence["Term"], Sequence[float], np.ndarray], Floats]


@dataclass(frozen=True, eq=False)
class Term:
    """One sentence over all photographs: what scores it, its scores (N,), which show its subject (N,), and how many
    captions mention it (N,)."""

    name: str
    scorer: MixTerm
    scores: Floats
    relevant: Flags
    mentions: np.ndarray
    words: frozenset[str]

    def among(self, rows: np.ndarray) -> Floats:
        """The scores of some, with the least for those that lack its subject, as a mix takes them."""
        scores, relevant = self.scores[rows], self.relevant[rows]
        result: Floats = np.where(relevant, scores, scores[relevant].min() - LACKS * self.scorer.scorer.scale)
        return result


@dataclass(frozen=True)
class Pair:
    """Two terms, whether the second is wanted (1.0) or not (-1.0), the folder's pictures `rows`, and for which of these
    both hold."""

    one: Term
    other: Term
    sign: float
    rows: np.ndarray
    hold: Flags


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=("choose", "train", "measure"), default="choose")
    parser.add_argument("--pairs", action="store_true", help="name the pairs, by the rule that ships")
    args = parser.parse_args()
    with Ranker() as ranker:
        said = read_captions(args.data, "train" if args.half == "train" else "val")
        encoded = ranker.encode(list(said))
        packed = encoded.packed
        terms = [term(ranker, packed, name, [said[file.path] for file in encoded.files]) for name in WORDS]
        beside = {PLAIN: summed(spreads), "spreads, and the words as one sentence": together(ranker, packed)}
        folders, known = folders_of(len(packed), args.half)
        recognised = {one.name for one in terms if is_recognised(one, known)}
        found = [pair for rows in folders for pair in pairs(terms, rows)]
        names = ", ".join(sorted(recognised))
        print(f"{len(folders)} x {len(folders[0])} photographs; recognised alone: {names}\n")
        compared = beside | rules(packed) | chances(terms, known)
        report(found, recognised, compared)
    if args.pairs:
        for pair in found:
            hits = first_ten(compared[SHIPPED], pair)
            print(f"{pair.one.name} {'plus' if pair.sign > 0 else 'minus'} {pair.other.name}: {hits} of {FIRST}")


def folders_of(count: int, half: str) -> tuple[list[np.ndarray], np.ndarray]:
    """The pictures of each folder, and those by which it is settled what the model recognises."""
    mixed = np.random.default_rng(7).permutation(count)
    if half == "train":
        return [np.sort(rows) for rows in np.array_split(mixed, FOLDERS)], np.arange(count)
    choose, measure = np.sort(mixed[::2]), np.sort(mixed[1::2])
    return [choose if half == "choose" else measure], choose


def read_captions(data: Path, split: str) -> dict[str, list[str]]:
    """Captions by path, of train as many as `FOLDERS` take."""
    said: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                said[str(data / "captions" / row["image"])].append(row["caption"])
    paths = sorted(said)
    some = paths if split == "val" else sorted(random.Random(3).sample(paths, FOLDERS * A_FOLDER))
    return {path: said[path] for path in some}


def term(ranker: Ranker, packed: PackedTokens, name: str, captions: list[list[str]]) -> Term:
    """A sentence put to all photographs."""
    scorer = ask(Question(name), ranker)
    words = frozenset(WORDS[name].split())
    counted = [sum(not words.isdisjoint(re.findall("[a-z]+", one.lower())) for one in some) for some in captions]
    scored = scorer.open(ranker.resources)(packed)
    return Term(name, MixTerm(scorer, 1.0), scored.scores, scored.relevant, np.array(counted), words)


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
            yield Pair(one, other, 1.0, rows, (first >= 1) & (second >= 1))
        if (sure & (second == 0)).sum() >= ENOUGH and (second[first >= 1] >= 1).mean() >= COMMON:
            yield Pair(one, other, -1.0, rows, (first >= 1) & (second == 0))


def rules(packed: PackedTokens) -> dict[str, Rule]:
    """Ways to one scale, each a sum over terms unless it says otherwise."""

    def shipped(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        mix = MixScorer(
            Question("mix"), tuple(MixTerm(one.scorer.scorer, w) for one, w in zip(terms, weights, strict=True))
        )
        parts = [term.scorer.open(Resources())(packed[rows]) for term in mix.terms]
        return mix.settled(mix.of_terms(parts).evidence).of_terms(parts).scores

    def least(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        return np.min([w * spreads(one.among(rows)) for one, w in zip(terms, weights, strict=True)], axis=0)

    return {
        "the first term alone": lambda terms, weights, rows: terms[0].among(rows),
        "as they are": summed(lambda scores: scores),
        "places in the order": summed(lambda scores: np.argsort(np.argsort(scores)) / len(scores)),
        "spreads, levelled off on both sides (tanh)": summed(lambda scores: np.tanh(spreads(scores))),
        "the lesser of spreads": least,
        "spreads of what lacks it": summed(spreads_lacking),
        "spreads of what lacks it, levelled": summed(lambda scores: levelled(spreads_lacking(scores))),
        "nothing below the mean counts": summed(lambda scores: np.maximum(spreads(scores), 0)),
        "of what is denied nothing below the mean counts": denied_as(lambda above: np.maximum(above, 0)),
        "levelled, what is wanted too": summed(lambda scores: levelled(spreads(scores))),
        "what shows the denied by half a spread stands behind all else": denied_last(0.5),
        "what shows the denied by one spread stands behind all else": denied_last(1.0),
        "what is denied, levelled from the mean on": denied_as(lambda above: levelled(above - LEVEL)),
        "what is denied, levelled two spreads below": denied_as(lambda above: levelled(above + LEVEL)),
        SHIPPED: shipped,
    }


def summed(each: Callable[[Floats], Floats]) -> Rule:
    """The sum over terms of what becomes of their scores, times their weights."""
    return lambda terms, weights, rows: np.sum(
        [w * each(one.among(rows)) for one, w in zip(terms, weights, strict=True)], axis=0
    )


def denied_as(each: Callable[[Floats], Floats]) -> Rule:
    """The sum of spreads, of which those of denied terms become something else."""

    def rule(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        above = [(w, spreads(one.among(rows))) for one, w in zip(terms, weights, strict=True)]
        return np.sum([w * (each(one) if w < 0 else one) for w, one in above], axis=0)

    return rule


def denied_last(least: float) -> Rule:
    """Spreads of what is wanted, and behind all else what stands so many spreads above the mean of a denied term."""
    return denied_as(lambda above: np.where(above > least, BEHIND, 0.0))


def together(ranker: Ranker, packed: PackedTokens) -> Rule:
    """Beside both terms, likeness to "A and B" where both are wanted."""

    @cache
    def likeness_to(sentence: str) -> Floats:
        scores: Floats = likeness(packed, aim_at(sentence, ranker.sentence))
        return scores

    def rule(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        scores = summed(spreads)(terms, weights, rows)
        if min(weights) < 0:
            return scores
        one, other = (term.name.removeprefix("more ") for term in terms)
        return scores + spreads(likeness_to(f"{one} and {other}")[rows])

    return rule


def chances(terms: Sequence[Term], seen: np.ndarray) -> dict[str, Rule]:
    """Rules that take the chance of each term, by a logistic curve over spreads that was fitted on the rows `seen`."""
    x = np.concatenate([spreads(one.among(seen)) for one in terms])
    holds = np.concatenate([one.mentions[seen] >= 1 for one in terms])
    slope, bias = minimize(lambda w: np.logaddexp(0, np.where(holds, -1, 1) * (w[0] * x + w[1])).mean(), [1.0, 0.0]).x

    def logs(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> list[Floats]:
        odds = [w * (slope * spreads(one.among(rows)) + bias) for one, w in zip(terms, weights, strict=True)]
        return [-np.logaddexp(0, -one) for one in odds]

    def both(terms: Sequence[Term], weights: Sequence[float], rows: np.ndarray) -> Floats:
        each = zip(terms, weights, strict=True)
        return np.sum([-np.logaddexp(0, -w * (spreads(one.among(rows)) - 1)) for one, w in each], axis=0)

    return {
        "log sigmoid of spreads, one above the mean": both,
        "chances multiplied": lambda *asked: np.sum(logs(*asked), axis=0),
        "the lesser chance": lambda *asked: np.min(logs(*asked), axis=0),
    }


def spreads(scores: Floats) -> Floats:
    result: Floats = (scores - scores.mean()) / scores.std()
    return result


def spreads_lacking(scores: Floats) -> Floats:
    above = spreads(scores)
    result: Floats = above * (1 + np.clip((above**3).mean(), -0.9, 3)) ** 0.5
    return result


def first_ten(rule: Rule, pair: Pair) -> int:
    """How many of the first ten hold both."""
    scores = rule((pair.one, pair.other), (1.0, pair.sign), pair.rows)
    return int(pair.hold[np.argsort(-scores, kind="stable")[:FIRST]].sum())


def with_curves_known(pair: Pair) -> int:
    """Of the first ten, how many hold both, where it is known how often a term holds at each place of its order."""
    rows = pair.rows
    total = np.zeros(len(rows))
    for one, wanted in ((pair.one, True), (pair.other, pair.sign > 0)):
        order = np.argsort(one.among(rows), kind="stable")
        known = isotonic_regression(one.mentions[rows][order] >= 1).x
        total[order] += np.log(np.maximum(known if wanted else 1 - known, RARE))
        total += 1e-6 * (1 if wanted else -1) * spreads(one.among(rows))
    return int(pair.hold[np.argsort(-total, kind="stable")[:FIRST]].sum())


def at_most(pair: Pair) -> int:
    """The most that any order brings into its first ten which never puts a picture with less of both before one with
    more: pictures by the first term, each taken where it has enough of the second, of which ever more is asked."""
    rows = pair.rows
    order = np.argsort(-pair.one.among(rows), kind="stable")
    places = np.argsort(np.argsort(-pair.sign * pair.other.among(rows), kind="stable"))[order]
    best = np.full((len(rows) + 1, FIRST + 1), -1)  # hits by how many places of the second pass, and how many are taken
    best[-1, 0] = 0
    for place, holds in zip(places, pair.hold[order], strict=True):
        best = np.maximum.accumulate(best[::-1], axis=0)[::-1].copy()
        taken = np.full((len(rows) - place, FIRST + 1), -1)
        taken[:, 1:] = np.where(best[place + 1 :, :-1] >= 0, best[place + 1 :, :-1] + holds, -1)
        best[place + 1 :] = taken
    return int(best[:, FIRST].max())


def report(found: Sequence[Pair], recognised: set[str], named: dict[str, Rule]) -> None:
    """A line a rule: of the first ten how many hold both, on average, and in what share of pairs eight or more do."""
    columns = [
        (
            f"{name}, {which}",
            np.array([pair.sign == sign and ({pair.one.name, pair.other.name} <= some) for pair in found]),
        )
        for which, some in (("all", set(WORDS)), ("recognised", recognised))
        for name, sign in (("plus", 1.0), ("minus", -1.0))
    ]
    measures: dict[str, Callable[[Pair], int]] = {name: partial(first_ten, rule) for name, rule in named.items()}
    measures |= {"curves known": with_curves_known, "any order": at_most}
    lines = {name: np.array([measure(pair) for pair in found]) for name, measure in measures.items()}
    asked = np.array([f"{pair.one.name}/{pair.other.name}" for pair in found])
    print(f"| rule | {' | '.join(f'{name} ({which.sum()} pairs)' for name, which in columns)} |")
    print("|---|" + "--:|" * len(columns))
    for name, hits in lines.items():
        gains = (gain((hits - lines[PLAIN])[which], asked[which]) if name in named else "" for _, which in columns)
        each = zip((hits[which] for _, which in columns), gains, strict=True)
        cells = (f"{one.mean() / FIRST:.0%}, {np.mean(one >= 8):.0%}{more}" for one, more in each)
        print(f"| {name} | {' | '.join(cells)} |")


def gain(hits: np.ndarray, asked: np.ndarray) -> str:
    """The mean of what the same pair gains in all folders and, of 95 of 100 draws of pairs, the bounds, in points."""
    names = np.unique(asked)
    each = np.array([hits[asked == name].mean() for name in names])
    means = np.random.default_rng(0).choice(each, (DRAWN, len(each))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975]) * 100 / FIRST
    return f" [{each.mean() * 100 / FIRST:+.1f}: {low:+.1f} to {high:+.1f}]"


if __name__ == "__main__":
    main()
