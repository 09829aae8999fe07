"""Who answers a sentence: how many that ask for a trained quantity find it, and how many strangers are captured.

    python benchmarks/who_answers.py --half choose
    python benchmarks/who_answers.py --half measure

Reads `sentences.csv`: 1,000 sentences in seven ways of speaking (a photographer, an archivist, a researcher, a child,
someone whose English is not native, search boxes, long polite requests), written before anyone looked at what answers
them.
`answer` is the query that a sentence asks for, or nothing where it only stands near one; `end` says which end of it.
A fixed seed cuts them in two: rules and thresholds were chosen on one half, the other is for measuring alone.
The shipped quantities are asked of the shipped adapter; six others, of which it knows nothing, of a stand-in that
was trained on those words, as a user's is.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.registry import find_adapter
from imgrank.scoring.choosing import Candidates, Choice, who_answers

SENTENCES = Path(__file__).with_name("sentences.csv")
SEED = 19
OF_USERS = {
    "messier room": ("messier room", "untidy room", "how messy the room is"),
    "more expensive house": ("more expensive house", "price of the house"),
    "riper fruit": ("riper fruit",),
    "more bars in the chart": ("more bars in the chart", "number of bars"),
    "warmer colours": ("warmer colours",),
    "happier face": ("happier face", "how happy the person looks"),
}


@dataclass(frozen=True)
class Asking:
    """A sentence, the query that it asks for (or none), which end of it, and the query that it stands near."""

    sentence: str
    answer: str
    end: str
    near: str
    hand: str

    def is_met_by(self, choice: Choice | None) -> bool:
        """Whether the right query answers, at the right end."""
        if choice is None or choice.query.name != self.answer:
            return False
        return self.end == "any" or choice.reversed == (self.end == "less")


def read_sentences(half: str) -> list[Asking]:
    """Those of one half, or `all`."""
    with open(SENTENCES, encoding="utf-8", newline="") as file:
        whole = [Asking(**row) for row in csv.DictReader(file)]
    random.Random(SEED).shuffle(whole)
    middle = len(whole) // 2
    return {"choose": whole[:middle], "measure": whole[middle:], "all": whole}[half]


def of_a_user(ranker: Ranker, shipped: AdapterHeader, near: str) -> AdapterHeader:
    """What `train` would write of such a query into the header of its file."""
    phrasings = OF_USERS[near]
    embeddings = np.stack([ranker.sentence(phrasing).embedding for phrasing in phrasings])
    query = Query(phrasings, embeddings)
    return AdapterHeader(near, ranker.backbone.name, ranker.backbone.fingerprint, shipped.config, (query,))


def row(name: str, asked: Sequence[tuple[Asking, Choice | None]]) -> str:
    """A line of the table."""
    askers = [one.is_met_by(choice) for one, choice in asked if one.answer]
    captured = [choice is not None for one, choice in asked if not one.answer]
    return f"| {name} | {_share(askers)} | {_share(captured)} |"


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags)} of {len(flags)}, {np.mean(flags):.1%}" if flags else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("choose", "measure", "all"), default="choose")
    parser.add_argument("--adapter", default="mini-adapter")
    parser.add_argument("--wrong", action="store_true", help="name the sentences that go wrong")
    args = parser.parse_args()
    ranker, shipped = Ranker(), find_adapter(args.adapter)
    asked: list[tuple[Asking, Choice | None]] = []
    for one in read_sentences(args.half):
        header = of_a_user(ranker, shipped, one.near) if one.near in OF_USERS else shipped
        asked.append(
            (one, who_answers(one.sentence, Candidates((header,), ranker.backbone.fingerprint), ranker.sentence))
        )
    print("| sentences about | askers found | strangers captured |\n|---|--:|--:|")
    for near in [query.name for query in shipped.queries] + list(OF_USERS):
        print(row(near, [pair for pair in asked if pair[0].near == near]))
    print(row("**the shipped quantities**", [pair for pair in asked if pair[0].near not in OF_USERS]))
    print(row("**quantities that users train**", [pair for pair in asked if pair[0].near in OF_USERS]))
    if args.wrong:
        wrong = [(one, choice) for one, choice in asked if not (one.is_met_by(choice) if one.answer else not choice)]
        for one, choice in sorted(wrong, key=lambda pair: (pair[0].answer == "", pair[0].near)):
            said = "nobody" if choice is None else f"{'-' * choice.reversed}{choice.query.name} {choice.similarity:.2f}"
            print(f"  {'asker' if one.answer else 'stranger'} of {one.near}: {one.sentence!r} went to {said}")


if __name__ == "__main__":
    main()
