"""Whether `confident` tells what a folder shows from what it does not, for sentences of every kind.

    python benchmarks/absent.py --data ../shared/data

Folders of 20 to 2,000 val pictures. Asked are names of ImageNet's classes (`name`), other things (`noun`), sentences as
captions say them (`caption`), and actions, scenes and styles (`scene`). Shown are what at least three of five captions
of a picture say, captions themselves, and what the sets say of their pictures. Absent are sentences of
`sentences_absent.csv`, names of ImageNet, and captions and classes of other pictures, none of whose words, nor a word
near to one in meaning, nor a kind of one, is said of any picture there; of a caption, no more than a third of the words
of any one picture.

There are two of everything: `calibrate.py` takes the half of the pictures, of ImageNet's names and of the captions, and
the list, that are for choosing; printed is what the others give. The list for choosing holds nouns of WordNet, and
actions and scenes; that for reporting was written as users ask, with names of COCO. The largest folders are filled up,
to some 1,600, with faces, cars and other pictures, of which nothing is asked that they may hold.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from imgrank import Ranker
from imgrank.backbone.towers import ensure_importable
from imgrank.scoring.calibration import ConfidenceWeights, confidence_weights
from imgrank.scoring.lexicon import entry, is_kind_of, is_thing
from imgrank.scoring.question import Evidence, Nearest
from imgrank.scoring.similarity import Aim, aim_at, length_of, likeness
from imgrank.scoring.unrelated import Unrelated, greatest
from imgrank.tokens import PackedTokens

ensure_importable()
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES  # noqa: E402 (torchvision must be importable first)

LIST = Path(__file__).with_name("sentences_absent.csv")
KINDS = ("name", "noun", "caption", "scene")
COUNTS = (20, 50, 200, 600, 2000)
FOLDERS, LARGE_FROM = 60, 600  # folders of each count; from which count on they are of all that there is
ASKED = 3  # sentences of each kind, shown and absent, of a folder
NAMES = 300  # of ImageNet, of each half
SAID_BY = 4  # of five captions
NEAR_MISS = 1 / 3  # of a caption's words that one picture may share with it
OF_SETS = {"pacs": "scene", "scenes15": "scene", "sports": "scene", "aerial": "scene", "day_night": "scene"}
OF_SETS |= {"messy_room": "scene", "houses": "scene", "clothing": "noun", "trash": "noun", "silhouettes": "scene"}
FILLING = {"age": "face person portrait", "car_year": "car truck van road", "blood_cells": "blood cell microscope"}
_OUTSIDE, _INSIDE = (
    "tree grass plant building car road house sky cloud",
    "furniture window door lamp clothing shirt book",
)
# What pictures of a set may hold besides what is said of them, so that no sentence about that counts as absent.
MAY_HOLD = dict.fromkeys(("aerial", "day_night"), _OUTSIDE)
MAY_HOLD |= {"houses": f"{_OUTSIDE} {_INSIDE} flower", "messy_room": _INSIDE, "scenes15": f"{_OUTSIDE} {_INSIDE}"}
MAY_HOLD |= {
    "sports": "person clothing ball crowd grass water",
    "clothing": "person clothing bed floor",
    "trash": "food",
}
MAY_HOLD |= {"grocery": "food fruit vegetable beverage plant bottle package shop juice", "texture": "structure"}
MAY_HOLD |= dict.fromkeys(("charts", "documents", "receipts", "flags", "maps"), "text page chart number poster")
_SCREEN = "text page chart picture drawing letter book computer machine poster music person"
MAY_HOLD |= {"app_screens": _SCREEN, "web_screens": _SCREEN}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SMALL = _set(
    """a an and are at be by for from her his in into is it its of off on one onto or other out over some someone
    somebody that the their them there they this three to two up who with without while through front next near very
    showing photo picture drawing painting sketch cartoon view line pencil black white silhouette full empty long large
    small big little"""
)
_COMMON = _set("people person man woman men women boy girl child children kid baby couple old young group hand face")
_COLOURS = _set("red blue green yellow orange pink purple brown grey gray white black blond blonde tan")
_GENERAL = _COMMON | _set("thing object area place something scene part side top bottom back body animal work")


@dataclass(frozen=True)
class Said:
    """A sentence, and its kind."""

    sentence: str
    kind: str


@dataclass(frozen=True)
class Picture:
    """What is shown in it for certain, what it is said to hold, and whether it only fills folders up."""

    path: str
    shown: tuple[Said, ...]
    words: frozenset[str]
    captions: dict[str, frozenset[str]] = field(default_factory=dict)  # and what of each most others say, too
    fills: bool = False


@dataclass(frozen=True)
class Case:
    """A sentence over a folder of so many pictures, and whether it is shown there."""

    evidence: Evidence
    coverage: float
    shown: bool
    kind: str
    count: int
    sentence: str


@cache
def stem(word: str) -> str:
    """A word without the ending of a plural or of a verb."""
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("ing", ""),
        ("ed", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            bare = word.removesuffix(ending) + instead
            if ending in ("ing", "ed") and len(bare) > 2 and bare[-1] == bare[-2] and bare[-1] not in "sl":
                bare = bare[:-1]
            if ending in ("ing", "ed") and not is_known(bare) and is_known(bare + "e"):
                bare += "e"
            return bare
    return word


def is_known(word: str) -> bool:
    return bool(entry(word).kinds or entry(word).near)


@cache
def words_of(sentence: str) -> frozenset[str]:
    """The stems of the words that say something."""
    return frozenset(stem(word) for word in re.findall("[a-z]{3,}", sentence.lower()) if word not in _SMALL)


@cache
def related(one: str, other: str) -> bool:
    """Whether who says one word may have meant the other."""
    if one == other or other in entry(one).near or one in entry(other).near:
        return True
    return other not in _GENERAL and one not in _GENERAL and (is_kind_of(one, other) or is_kind_of(other, one))


def is_absent(sentence: str, mentioned: Collection[str]) -> bool:
    """Whether none of its words, but for those of people, may have been meant by what is said of a folder."""
    words = words_of(sentence) - _COMMON or words_of(sentence)
    return not any(related(word, said) for word in words for said in mentioned)


def is_elsewhere(caption: str, things: Collection[str], folder: Sequence[frozenset[str]]) -> bool:
    """Whether one of the things of a caption is nowhere in a folder, and little else of it in one picture."""
    words = words_of(caption)
    if any(len(words & said) > NEAR_MISS * len(words) for said in folder):
        return False
    mentioned = frozenset().union(*folder)
    return any(not any(related(thing, said) for said in mentioned) for thing in things)


def read_list(which: str) -> list[Said]:
    """The sentences of `sentences_absent.csv` for "choosing" or for "reporting"."""
    with open(LIST, encoding="utf-8", newline="") as file:
        return [Said(row["sentence"], row["kind"]) for row in csv.DictReader(file) if row["list"] == which]


def read_pictures(data: Path) -> list[Picture]:
    """All pictures of val that are asked about, and those that fill folders up."""
    return [*_captioned(data), *_of_sets(data), *_filling(data)]


def _captioned(data: Path) -> Iterable[Picture]:
    captions: dict[str, list[str]] = defaultdict(list)
    with open(data / "captions" / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "val":
                captions[row["image"]].append(row["caption"])
    for image, said in captions.items():
        words = frozenset().union(*map(words_of, said)) | words_of("tree grass bush")
        things = _things(said)
        shown = [Said(one, "caption") for one in said] + _named(said, things) + _actions(said)
        told = {caption: words_of(caption) & {stem(thing) for thing in things} - _COMMON for caption in said}
        yield Picture(str(data / "captions" / image), tuple(shown), words, told)


def _things(captions: Sequence[str]) -> list[str]:
    """What most captions name: a noun with no other behind it."""
    said: Counter[str] = Counter()
    for caption in captions:
        words = re.findall("[a-z]+", caption.lower())
        ends = {one for one, after in zip(words, [*words[1:], ""], strict=True) if not is_thing(after)}
        said.update(word for word in ends if len(word) > 2)
    return sorted(
        word for word, count in said.items() if count >= SAID_BY and word not in _SMALL | _COLOURS and is_thing(word)
    )


def _named(captions: Sequence[str], things: Sequence[str]) -> list[Said]:
    """Each as "a dog" where a caption counts it so, else as "snow"."""
    whole = " ".join(captions).lower()
    named = []
    for word in things:
        article = "an" if word[0] in "aeiou" else "a"
        counted = re.search(rf"\b(?:a|an|one|each) (?:\w+ )?{word}\b", whole) and not word.endswith("s")
        named.append(Said(f"{article} {word}" if counted else word, "noun"))
    return named


def _actions(captions: Sequence[str]) -> list[Said]:
    """What most captions say somebody does, as "a man climbing"."""
    said = Counter(word for caption in captions for word in set(re.findall("[a-z]+ing", caption.lower())))
    doers = "man|woman|boy|girl|child|person|people|men|women|children|dog|dogs"
    pattern = re.compile(rf"\b((?:a |an |the )?(?:{doers})) (?:is |are )?([a-z]+ing)\b")
    told = [pair for caption in captions for pair in pattern.findall(caption.lower())]
    found = {" ".join(pair) for pair in told if said[pair[1]] >= SAID_BY}
    return [Said(one, "scene") for one in sorted(found)[:1]]


def _of_sets(data: Path) -> Iterable[Picture]:
    with open(data / "world" / "world.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val" and row["set"] in OF_SETS | MAY_HOLD]
    for row in rows:
        path, said, kind = str(data / "world" / row["image"]), row["sentence"], OF_SETS.get(row["set"])
        words = words_of(said) | words_of(MAY_HOLD.get(row["set"], ""))
        yield Picture(path, (Said(said, kind),) if kind else (), words, fills=kind is None)


def _filling(data: Path) -> Iterable[Picture]:
    for name, words in FILLING.items():
        with open(data / name / "labels.csv", encoding="utf-8", newline="") as file:
            images = dict.fromkeys(row["image"] for row in csv.DictReader(file) if row["split"] == "val")
        for image in images:
            yield Picture(str(data / name / image), (), words_of(words), fills=True)


class Album:
    """All pictures with their tokens; how like they are to a sentence is worked out once."""

    def __init__(self, ranker: Ranker, data: Path) -> None:
        pictures = {picture.path: picture for picture in read_pictures(data)}
        encoded = ranker.encode(list(pictures))
        self.pictures = [pictures[file.path] for file in encoded.files]
        self.packed: PackedTokens = encoded.packed
        self._ranker = ranker
        self._known: dict[tuple[str, bool], tuple[np.ndarray, float]] = {}
        self._beside: tuple[np.ndarray, tuple[Nearest, ...], np.ndarray, np.ndarray] | None = None
        self.cosines = Unrelated.of(ranker.sentence).cosines(self.packed)

    def halves(self) -> tuple[np.ndarray, np.ndarray]:
        """Two halves of the pictures, for choosing and for reporting."""
        mixed = np.random.default_rng(0).permutation(len(self.pictures))
        return np.sort(mixed[::2]), np.sort(mixed[1::2])

    def likeness(self, sentence: str, plain: bool = False) -> tuple[np.ndarray, float]:
        """(N,) likeness, and how much of the sentence names kinds; `plain` without these."""
        if (sentence, plain) not in self._known:
            aim: Aim = aim_at(sentence, self._ranker.sentence)
            found = likeness(self.packed, replace(aim, kinds=None) if plain else aim)
            self._known[sentence, plain] = found, aim.coverage
        return self._known[sentence, plain]

    def evidence(self, rows: np.ndarray, sentence: str, plain: bool = False) -> tuple[Evidence, float]:
        """What some of the pictures amount to, and the sentence's coverage; `plain` as of a backbone never measured."""
        near, coverage = self.likeness(sentence, plain)
        said = Evidence.of(near[rows], np.ones(len(rows), bool))
        if not plain:
            return said, coverage
        if self._beside is None or self._beside[0] is not rows:  # the same for every sentence
            others = self.cosines[rows]
            self._beside = rows, tuple(map(greatest, others.T)), others.mean(axis=1), others.std(axis=1)
        _, to_others, mean, spread = self._beside
        return replace(said, unrelated=to_others, ahead=greatest((near[rows] - mean) / spread)), coverage


def asked_over(album: Album, half: np.ndarray, which: str, seed: int) -> Iterable[tuple[np.ndarray, Said, bool]]:
    """Folders (rows), sentences, and whether they are shown there."""
    rng = random.Random(seed)
    chosen = [int(row) for row in half if not album.pictures[row].fills]
    fill = [row for row, picture in enumerate(album.pictures) if picture.fills]
    names = list(IMAGENET_CLASSNAMES)
    random.Random(0).shuffle(names)
    names = [f"a {name}" for name in (names[:NAMES] if which == "choosing" else names[NAMES : 2 * NAMES])]
    absent: dict[str, list[str]] = {"name": names, "noun": [], "caption": [], "scene": []}
    for one in read_list(which):
        absent[one.kind].append(one.sentence)
    absent["caption"] = [caption for row in chosen for caption in album.pictures[row].captions]
    absent["scene"] += sorted(
        {
            one.sentence
            for row in chosen
            for one in album.pictures[row].shown
            if one.kind == "scene" and not album.pictures[row].captions
        }
    )
    for count in COUNTS:
        for _ in range(FOLDERS):
            of = "both" if count >= LARGE_FROM else rng.choice(["captions", "sets", "both"])
            pool = [row for row in chosen if of == "both" or bool(album.pictures[row].captions) == (of == "captions")]
            folder = rng.sample(pool, min(count, len(pool) * 7 // 10))
            folder += rng.sample(fill, min(count - len(folder), len(fill)))
            rows = np.array(folder)
            for said in _shown_in(album, folder, rng):
                yield rows, said, True
            for said in _absent_from(album, folder, absent, rng):
                yield rows, said, False


def _shown_in(album: Album, folder: list[int], rng: random.Random) -> Iterable[Said]:
    by_kind: dict[str, list[Said]] = defaultdict(list)
    for row in folder:
        for said in album.pictures[row].shown:
            by_kind[kind_of(album, said)].append(said)
    for kind, all_said in sorted(by_kind.items()):
        different = sorted({one.sentence for one in all_said})
        yield from (Said(one, kind) for one in rng.sample(different, min(ASKED, len(different))))


def _absent_from(album: Album, folder: list[int], absent: dict[str, list[str]], rng: random.Random) -> Iterable[Said]:
    mentioned = frozenset().union(*(album.pictures[row].words for row in folder))
    keys = {caption: told for picture in album.pictures for caption, told in picture.captions.items()}
    for kind, sentences in absent.items():
        found = 0
        for sentence in rng.sample(sentences, len(sentences)):
            if kind == "caption":
                missed = not is_elsewhere(sentence, keys[sentence], [album.pictures[row].words for row in folder])
            else:
                missed = not is_absent(sentence, mentioned)
            if not missed:
                found += 1
                yield Said(sentence, kind_of(album, Said(sentence, kind)))
            if found == ASKED:
                break


def kind_of(album: Album, said: Said) -> str:
    """A thing that the backbone's classifier knows is a name, wherever it was said."""
    return "name" if said.kind == "noun" and album.likeness(said.sentence)[1] > 0 else said.kind


def cases(album: Album, which: str, plain: bool = False) -> list[Case]:
    """What is asked for "choosing" or for "reporting"."""
    half = album.halves()[which == "reporting"]
    return [
        Case(*album.evidence(rows, said.sentence, plain), shown, said.kind, len(rows), said.sentence)
        for rows, said, shown in asked_over(album, half, which, 1 + (which == "reporting"))
    ]


def size_of(count: int) -> int:
    """How many pictures a folder was meant to have: there are not quite 2,000."""
    return count if count in COUNTS else COUNTS[-1]


def report(told: Sequence[Case], weights: ConfidenceWeights) -> None:
    """A table: of what is shown and of what is absent, the share held confident."""
    sure = np.array([weights.sure_of(one.evidence, one.coverage, length_of(one.sentence)) for one in told])
    print("| pictures |", " | ".join(f"{kind}: shown | absent" for kind in KINDS), "|")
    print("|---|" + "--:|" * 2 * len(KINDS))
    sizes = np.array([size_of(one.count) for one in told])
    for size in (*COUNTS, None):
        within = np.ones(len(told), bool) if size is None else sizes == size
        most = max(one.count for one, here in zip(told, within, strict=True) if here)
        print(f"| {'all' if size is None else f'{most:,}'} |", " | ".join(_shares(told, sure & within, within)), "|")


def _shares(told: Sequence[Case], sure: np.ndarray, within: np.ndarray) -> Iterable[str]:
    for kind in KINDS:
        for shown in (True, False):
            asked = within & np.array([one.kind == kind and one.shown == shown for one in told])
            yield f"{(sure & asked).sum() / max(asked.sum(), 1):.0%} of {asked.sum()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    with Ranker(adapter="none") as ranker:
        album = Album(ranker, args.data)
        for plain, name in ((False, ranker.backbone.fingerprint), (True, "never measured")):
            print("\nmini" if not plain else "\nmini as a backbone that was never measured")
            report(cases(album, "reporting", plain), confidence_weights(name))


if __name__ == "__main__":
    main()
