"""The kinds of things that a sentence names, out of those that an ImageNet classifier knows. Words alone, no model.

A table says for each noun of WordNet which of the 1,000 classes it is a name of, or a kind above: "monkey" stands for
thirteen of them. A kind counts only where the sentence names it: "a car park" names no car, and "black and white" no
black stork.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LONGEST = 4  # words of one name
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
# After a singular noun these end its phrase; any other word makes the noun a mere modifier ("car park").
_ENDS_OF_PHRASES = """
a about above across after against along alone alongside amid among an and are around as at be before behind
being below beneath beside besides between beyond but by can crossing down during for from had has have he her
here his i in inside into is it its just like my near next no not of off on one only onto or out outside over
past per plus running she some standing than that the their them then there they this through to today together
too toward towards two under underneath until up very was were what when where which while who whose will with
within without you your photo photos picture pictures image images photograph photographs please
"""
_ENDINGS = (("men", "man"), ("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"), ("s", ""))
_IRREGULAR = {"mice": "mouse", "geese": "goose", "wolves": "wolf", "knives": "knife", "leaves": "leaf", "oxen": "ox"}
_IRREGULAR |= {"loaves": "loaf", "calves": "calf", "shelves": "shelf", "scarves": "scarf", "buses": "bus"}

_ENDS = frozenset(_ENDS_OF_PHRASES.split())


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that a sentence names, the classes (numbers from 0) that it stands for, and the words that name it."""

    name: str
    classes: tuple[int, ...]
    words: int = 1


def coverage(sentence: str, kinds: tuple[Kind, ...]) -> float:
    """How much of what a sentence says is these kinds, from 0 to 1, function words aside."""
    said = sum(word not in _ENDS for word in _WORD.findall(sentence.casefold()))
    return min(1.0, sum(kind.words for kind in kinds) / said) if said else 0.0


class Kinds:
    """The nouns that stand for classes."""

    def __init__(self, classes_of: Mapping[str, tuple[int, ...]]) -> None:
        self._classes_of = classes_of

    def named_in(self, sentence: str) -> tuple[Kind, ...]:
        """The kinds that an English sentence names, in its order, each once; a kind within another of them counts."""
        found: dict[str, Kind] = {}
        words = _WORD.findall(sentence.casefold())
        at = 0
        while at < len(words):
            name, length, plural = next(self._names_at(words, at), ("", 1, False))
            if name and (plural or _ends_phrase(words[at + length :])):
                found.setdefault(name, Kind(name, self._classes_of[name], length))
            at += length
        return tuple(found.values())

    def _names_at(self, words: list[str], at: int) -> Iterator[tuple[str, int, bool]]:
        """Names that begin at a word, the longest first: name, its words, and whether it stands in the plural."""
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            *before, last = words[at : at + length]
            for form in (last, *_singulars(last)):
                name = " ".join([*before, form])
                if name in self._classes_of:
                    yield name, length, form != last


def _ends_phrase(after: list[str]) -> bool:
    """Whether a singular noun before these words is the head of its phrase; a verb behind it ends in -s, -ed, -ing."""
    return not after or after[0] in _ENDS or after[0].endswith(("s", "ed", "ing"))


def _singulars(word: str) -> Iterator[str]:
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    for ending, singular in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + singular


@lru_cache(maxsize=2)
def read_kinds(table: Path) -> Kinds:
    """The table that ships: JSON of `nodes`, lists of classes, and `names`, the node of each noun."""
    content = json.loads(table.read_text(encoding="utf-8"))
    nodes = [tuple(classes) for classes in content["nodes"]]
    return Kinds({name: nodes[number] for name, number in content["names"].items()})
