"""Words as they were meant: signs for "number", and words that no dictionary has, next to which one stands."""

from __future__ import annotations

import re
from collections.abc import Collection

from imgrank.scoring.lexicon import NOTHING, entry

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
