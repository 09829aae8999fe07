"""Which words say the same, stand opposite each other, or name a kind of what another names: WordNet 3.0, cut down.

`recipes/lexicon.py` makes the file. Words are looked up in it as it lies on the disk, sorted, so that nothing is read
into tables before a question is answered.

Here stand words as they were meant, too: signs for "number", and words that no dictionary has, next to which one
stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("lexicon.txt")
_THINGS = {"2684", "7347", "20827"}  # objects, causal agents and matter
_SEXES = ("male", "female", "child")
_BY_AGE_OR_FAMILY = {
    "person", "human", "folk", "adult", "elder", "senior", "male", "female", "teenager", "teen", "toddler", "youth",
    "youngster", "relative", "parent", "mother", "father", "mum", "mom", "dad", "brother", "sister", "aunt", "uncle",
    "cousin", "grandparent", "grandmother", "grandfather", "grandma", "grandpa",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """Of a word: those `near` it in meaning, family or scale, its `opposites`, and `kinds`, what it is a kind of."""

    near: frozenset[str] = frozenset()
    opposites: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()


NOTHING = Entry()


@lru_cache(maxsize=4096)
def entry(word: str) -> Entry:
    """What is known of a word; nothing of most names and of what no dictionary has."""
    line = None if word.isdecimal() else _line(word)  # numbers are kinds there, and "1930" in a sentence is a year
    if line is None:
        return NOTHING
    near, opposites, kinds = line.split("\t")[1:]
    return Entry(_set(near), _set(opposites), tuple(kinds.split(",")) if kinds else ())


def are_near(one: str, other: str) -> bool:
    """Whether two words say about the same: "erythrocyte" and "red blood cell", "messy" and "mess"."""
    return other in entry(one).near or one in entry(other).near or not _against(one).isdisjoint(_against(other))


def _against(word: str) -> frozenset[str]:
    """What it is opposite to, or, of a noun such as "disorder", what the adjective of its family is."""
    own = entry(word)
    return own.opposites or frozenset().union(*(entry(near).opposites for near in own.near if near[:4] == word[:4]))


def are_opposed(one: str, other: str) -> bool:
    """Whether two words stand at the two ends of a scale: "tidy" and "messy"."""
    return other in entry(one).opposites or one in entry(other).opposites


@lru_cache(maxsize=4096)
def is_kind_of(word: str, other: str) -> bool:
    """Whether what a word names is a kind of what the other names: "puppy" of "dog", "grandmother" of "person"."""
    wide, narrow = entry(other).kinds, entry(word).kinds[:1]  # what a word means most
    return any(not _above(kind).isdisjoint(wide) for kind in narrow)


@lru_cache(maxsize=4096)
def is_noun(word: str) -> bool:
    """Whether a word can name something."""
    return bool(entry(word).kinds)


@lru_cache(maxsize=4096)
def is_thing(word: str) -> bool:
    """Whether a word commonly names something that one can see: a body, a substance, somebody."""
    kinds = entry(word).kinds
    return bool(kinds) and not _THINGS.isdisjoint(_above(kinds[0]))


@lru_cache(maxsize=4096)
def is_somebody(word: str) -> bool:
    """Whether a word names a person by age, sex or family alone: "lady", "kid" and "grandma", and no "farmer"."""
    of_sex = is_kind_of(word, "person") and any(is_kind_of(word, kind) for kind in _SEXES)
    return of_sex or word in _BY_AGE_OR_FAMILY


@lru_cache(maxsize=4096)
def _above(kind: str) -> frozenset[str]:
    """A kind with all that it is a kind of."""
    line = _line(kind)
    parents = line.split("\t")[1].split(",") if line else []
    return frozenset({kind}.union(*(_above(parent) for parent in parents if parent)))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split(",")) if words else frozenset()


def _line(word: str) -> str | None:
    """The line that begins with a word, found by halving."""
    whole, wanted = _whole(), word.encode() + b"\t"
    low, high = 0, len(whole)
    while low < high:
        start = whole.rfind(b"\n", 0, (low + high) // 2) + 1
        end = whole.find(b"\n", start)
        line = whole[start:end]
        if line.startswith(wanted):
            return line.decode()
        if line < wanted:
            low = end + 1
        else:
            high = start
    return None


@lru_cache(maxsize=1)
def _whole() -> bytes:
    return _FILE.read_bytes()


_NUMBER = re.compile(r"#\s*(?:of\b)?|\b(?:no|nr|num|nos)\.?\s+of\b", re.IGNORECASE)
_LEAST_LETTERS, _TWICE_FROM = 5, 9  # letters from which on one is forgiven, or two


def without_signs(sentence: str) -> str:
    """ "number of" where it is written "#", "no. of" or "nr of"."""
    return _NUMBER.sub(" number of ", sentence)


def is_known(word: str) -> bool:
    """Whether the dictionary has a word."""
    return entry(word) is not NOTHING


def meant(word: str, known: Collection[str]) -> str:
    """The one of the known words that a misspelt one is nearest to, or the word itself where none or several are."""
    if len(word) < _LEAST_LETTERS:
        return word
    most = 2 if len(word) >= _TWICE_FROM else 1
    for allowed in range(1, most + 1):
        near = {one for one in known if one[:1] == word[:1] and _apart(word, one, allowed) <= allowed}
        if near:
            return near.pop() if len(near) == 1 else word
    return word


def _apart(one: str, other: str, most: int) -> int:
    """How many letters must be put in, left out, changed or swapped with the next; more than `most` is not counted."""
    if abs(len(one) - len(other)) > most or len(other) < _LEAST_LETTERS:
        return most + 1
    before, last = list(range(len(other) + 1)), list[int]()
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, opposite in enumerate(other, 1):
            cost = min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and (letter, one[row - 2]) == (other[column - 2], opposite):
                cost = min(cost, last[column - 2] + 1)
            now.append(cost)
        before, last = now, before
    return before[-1]
