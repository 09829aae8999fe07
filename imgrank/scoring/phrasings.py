"""What a trained query asks for, by the words of its phrasings: its scale, what it counts, its subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from imgrank.scoring.comparatives import OPPOSITES
from imgrank.scoring.lexicon import are_near, is_kind_of
from imgrank.scoring.parsing import Reading, read
from imgrank.scoring.words import Word, are_opposite, root, stands_against, stem


@dataclass(frozen=True, slots=True)
class Phrasings:
    """A query's words: `scale` are those that grade ("old", "age"), `things` what is counted ("dog"), else empty.

    What is neither is its subject ("person"): a sentence about the subject alone does not ask for the scale.
    """

    readings: tuple[Reading, ...]
    words: tuple[str, ...]
    scale: tuple[str, ...]
    things: tuple[str, ...]

    @property
    def subject(self) -> tuple[str, ...]:
        """The words that name what the scale is about."""
        return tuple(word for word in self.words if word not in self.scale and word not in self.things)

    @property
    def counts_a_compound(self) -> bool:
        """Whether several words name what it counts: "red blood cells"."""
        counted = [word.base for word in self.readings[0].words if word.base in self.things]
        return len(counted) > 1

    @property
    def grades_pictures(self) -> bool:
        """Whether it may be said of a picture as such: "good photo quality"."""
        return self.is_about_photographs or any(reading.of_pictures for reading in self.readings)

    @property
    def is_about_photographs(self) -> bool:
        """Whether it grades pictures as pictures ("low contrast"), and nothing that they show."""
        return not self.things and all(word.base in self.scale for word in self.readings[0].words)

    @property
    def counts_cells(self) -> bool:
        """Whether only a microscope shows what it counts: a photograph of a dog does not have the fewest platelets."""
        return any(thing == "platelet" or is_kind_of(thing, "cell") for thing in self.things)

    def counts_kind(self, word: str) -> bool:
        """Whether it names a kind of what is counted: guests are people. A leukocyte is a cell, and no red one."""
        return not self.counts_a_compound and any(is_kind_of(word, thing) for thing in self.things)

    def counts_part(self, word: str) -> bool:
        """Whether it names only those of one sex: "more women" asks for no number of people."""
        return self.counts_kind(word) and any(is_kind_of(word, sex) for sex in ("male", "female"))

    def meant_by(self, reading: Reading) -> Reading:
        """A sentence as it is meant of this query: misspelt words mended, and "worst noise" read as most of it."""
        mended = reading.meaning(self.words)
        return mended.severity(self.words) if self.is_about_photographs else mended

    def _graded_in(self, reading: Reading) -> tuple[str, ...]:
        return tuple(word.base for word in reading.words if word.base in self.scale)

    def turn(self, reading: Reading) -> int:
        """1 where a sentence asks for the same end as these phrasings, -1 where for the other."""
        pairs = zip(reading.words, reading.turns, strict=True)
        for word, turn in sorted(pairs, key=lambda pair: not pair[0].compares):  # "by age, youngest first"
            own = self._own_turn(word.base)
            if own:
                return turn * own
        return reading.turn * self.readings[0].turn

    def _own_turn(self, word: str) -> int:
        """1 or -1 as a word stands at the one end or the other, 0 where it stands at none."""
        same = [r for r in self.readings if any(stem(word) == stem(other.base) for other in r.words)]
        if same and word in self.scale + self.things:
            return min(same, key=lambda r: len(r.words)).turn
        opposed = [r for r in self.readings if any(are_opposite(word, other.base) for other in r.words)]
        if opposed:
            return -opposed[0].turn
        for reading in self.readings:
            for other in self._graded_in(reading):
                if root(word)[0] == root(other)[0]:
                    return root(word)[1] * root(other)[1] * reading.turn
                if are_near(word, other):
                    return reading.turn
                if stands_against(word, other):
                    return -reading.turn
        return min(same, key=lambda r: len(r.words)).turn if same and word not in self.subject else 0


@lru_cache(maxsize=1024)
def phrasings_of(texts: tuple[str, ...]) -> Phrasings:
    """What the phrasings of one query say together."""
    readings = tuple(reading for reading in map(read, texts) if reading.words) or (read("thing"),)
    words = tuple(dict.fromkeys(word.base for reading in readings for word in reading.words))
    counted = [reading for reading in readings if reading.counts and not _graded(reading)]
    things = _bases([word for reading in counted for word in reading.words if word not in reading.subject])
    is_count = bool(counted) and counted[0] is readings[0]
    scale = tuple(word for word in words if word in _scale(readings) and not (is_count and word in things))
    return Phrasings(readings, words, scale, things if is_count else ())


def _scale(readings: tuple[Reading, ...]) -> set[str]:
    alone = {reading.words[0].base for reading in readings if len(reading.words) == 1 and not reading.counts}
    after = {base for reading in readings for base in _after_comparative(reading)} - alone
    found = set(alone)
    for reading in readings:
        graded = _graded(reading)
        attribute = bool(reading.subject) and (not after or not after.isdisjoint(_bases(reading.subject)))
        if attribute or not (graded or reading.counts or reading.subject):
            graded += [word.base for word in reading.words if word not in reading.subject and word.base not in after]
        found.update(graded)
    return found


def _graded(reading: Reading) -> list[str]:
    """The words that compare, or have an opposite."""
    return [w.base for w in reading.words if w.compares or (w.base in OPPOSITES and w not in reading.subject)]


def _after_comparative(reading: Reading) -> tuple[str, ...]:
    places = [place for place, word in enumerate(reading.words) if word.compares]
    return _bases(reading.words[places[0] + 1 :]) if places else ()


def _bases(words: Iterable[Word]) -> tuple[str, ...]:
    return tuple(word.base for word in words)
