"""Who answers a sentence: how many that ask for a trained quantity find it, and how many strangers are captured.

    python benchmarks/who_answers.py --table benchmarks/sentences_seventh.csv
    python benchmarks/who_answers.py
    python benchmarks/who_answers.py --captions DATA/captions/captions.csv

`sentences.csv`, `sentences_new.csv` and `sentences_third.csv` are development data: what answers was made by them, and
`recipes/mini/train_asking.py` learns from them. `sentences_fourth.csv` to `sentences_seventh.csv` were each
written by somebody who knew neither these nor what answers, and are for measuring alone.
`answer` is the query that a sentence asks for, or nothing where it only stands near one; `end` says which end of it.
The shipped quantities are asked of the shipped adapter; queries of users, of which it knows nothing, of a stand-in
that was trained on those words, as a user's is. Where `sort` would measure the photograph at its full size instead,
that answers here, too. Captions describe pictures and ask for nothing: those of val are counted that are captured.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.registry import find_adapter
from imgrank.detail.qualities import Quality
from imgrank.scoring.choosing import Candidates, who_answers
from imgrank.scoring.detail import quality_in

NOTHING = ("", "nothing")
SENTENCES = Path(__file__).with_name("sentences.csv")
OF_USERS = {
    "messier room": ("messier room", "untidy room", "how messy the room is"),
    "more expensive house": ("more expensive house", "price of the house"),
    "riper fruit": ("riper fruit",),
    "more bars in the chart": ("more bars in the chart", "number of bars"),
    "warmer colours": ("warmer colours",),
    "happier face": ("happier face", "how happy the person looks"),
}
MEASURED = {  # the shipped queries that are of the same scale, and which end has more of it
    Quality.sharpness: ("blurry", -1.0),
    Quality.motion: ("blurry", 1.0),
    Quality.noise: ("noisy", 1.0),
    Quality.blocks: ("jpeg artifacts", 1.0),
}


@dataclass(frozen=True)
class Asking:
    """A sentence, the query that it asks for (or none), which end of it, and the query that it stands near."""

    sentence: str
    answer: str
    end: str
    near: str
    hand: str

    def is_met_by(self, found: Found | None) -> bool:
        """Whether the right query answers, at the right end."""
        if found is None or found.query != self.answer:
            return False
        return self.end == "any" or found.reversed == (self.end == "less")


@dataclass(frozen=True)
class Found:
    """The query that answers, and whether by its other end."""

    query: str
    reversed: bool


def read_sentences(table: Path = SENTENCES) -> list[Asking]:
    """All of a table."""
    with open(table, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [Asking(*(row[name] for name in ("sentence", "answer", "end", "near", "hand"))) for row in rows]


def of_a_user(ranker: Ranker, shipped: AdapterHeader, near: str) -> AdapterHeader:
    """What `train` would write of such a query into the header of its file."""
    phrasings = OF_USERS.get(near, (near,))
    embeddings = np.stack([ranker.sentence(phrasing).embedding for phrasing in phrasings])
    query = Query(phrasings, embeddings)
    return AdapterHeader(near, ranker.backbone.name, ranker.backbone.fingerprint, shipped.config, (query,))


def found_by(one: Asking, ranker: Ranker, header: AdapterHeader, measures: bool) -> Found | None:
    """What `sort` would ask: the photograph at its full size, where that is wanted, else an adapter."""
    quality = quality_in(one.sentence) if measures else None
    if quality is not None:
        query, turn = MEASURED[quality.quality]
        return Found(query, quality.turn * turn < 0)
    choice = who_answers(one.sentence, Candidates((header,), ranker.backbone.fingerprint), ranker.sentence)
    return None if choice is None else Found(choice.query.name, choice.reversed)


def captions_of(table: Path) -> list[str]:
    """The distinct captions, or sentences, of a table's val rows."""
    with open(table, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    return sorted({row.get("caption") or row["sentence"] for row in rows})


def row(name: str, asked: Sequence[tuple[Asking, Found | None]]) -> str:
    """A line of the table."""
    askers = [one.is_met_by(found) for one, found in asked if one.answer]
    captured = [found is not None for one, found in asked if not one.answer]
    return f"| {name} | {_share(askers)} | {_share(captured)} |"


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags)} of {len(flags)}, {np.mean(flags):.1%}" if flags else "-"


def misses(asked: Sequence[tuple[Asking, Found | None]]) -> str:
    """How askers were missed: the other end of the right query, nobody, or another query."""
    missed = [(one, found) for one, found in asked if one.answer and not one.is_met_by(found)]
    nobody = sum(found is None for _, found in missed)
    turned = sum(found is not None and found.query == one.answer for one, found in missed)
    return f"missed: {turned} turned round, {nobody} found nobody, {len(missed) - nobody - turned} another query"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=SENTENCES)
    parser.add_argument("--captions", type=Path, help="count captured captions alone")
    parser.add_argument("--adapter", default="mini-adapter")
    parser.add_argument("--wrong", action="store_true", help="name the sentences that go wrong")
    args = parser.parse_args()
    ranker, shipped = Ranker(), find_adapter(args.adapter)
    if args.captions:
        said = [Asking(caption, "", "", "", "") for caption in captions_of(args.captions)]
        captured = [one.sentence for one in said if found_by(one, ranker, shipped, measures=True) is not None]
        print("\n".join([f"captured {len(captured)} of {len(said):,} captions", *captured]))
        return
    own = {query.name for query in shipped.queries}
    asked: list[tuple[Asking, Found | None]] = []
    for one in read_sentences(args.table):
        of_user = one.near not in {*own, *NOTHING}
        header = of_a_user(ranker, shipped, one.near) if of_user else shipped
        asked.append((one, found_by(one, ranker, header, measures=not of_user)))
    print("| sentences about | askers found | strangers captured |\n|---|--:|--:|")
    for near in dict.fromkeys([*sorted(own, key=[q.name for q in shipped.queries].index), *(o.near for o, _ in asked)]):
        print(row(near or "anything else", [pair for pair in asked if pair[0].near == near]))
    of_users = [pair for pair in asked if pair[0].near not in {*own, *NOTHING}]
    print(row("**the shipped quantities**", [pair for pair in asked if pair not in of_users]))
    print(row("**quantities that users train**", of_users))
    print(misses(asked))
    if args.wrong:
        wrong = [(one, found) for one, found in asked if not (one.is_met_by(found) if one.answer else not found)]
        for one, found in sorted(wrong, key=lambda pair: (pair[0].answer == "", pair[0].near)):
            said = "nobody" if found is None else f"{'-' * found.reversed}{found.query}"
            print(f"  {'asker' if one.answer else 'stranger'} of {one.near}: {one.sentence!r} went to {said}")


if __name__ == "__main__":
    main()
