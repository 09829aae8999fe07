"""A sentence read once: the words that tell something, whether it grades or counts, and which way. No model.

"please show me the youngest people first", "youngest person" and "how young the person is" read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from imgrank.scoring.comparatives import PICTURES
from imgrank.scoring.words import Word, in_words, word_of, word_set

_SILENT = PICTURES | word_set(
    """
    a an the this that these those each every all any my our your their its his her it he she they i you we me
    us please could can would should like want wish need show see find give sort rank order put list get let
    appear appears look looks looking seem seems seen shown show shows depicted visible there here is are was
    were be being been has have had do does by of in on at to for from with and or as per which who whom whose
    what where when while top first frame frames scan scans print prints file files series reproduction slide
    slides field shot one ones whole overall scene subject photographic portrait portraits sitter sitters estimated
    perceived apparent visual
    automatically s d ve
    """
)
_ASKING = {"which", "who", "what"}
_RELATIVE = {"which", "who", "that", "where"}
_GRADES = word_set(
    """
    level degree how rate rating score estimate extent strength scale increasing decreasing rank index measure
    """
)
_OPENS_SUBJECT = {"of", "in", "on", "per", "with"}
RELATES = _OPENS_SUBJECT | word_set(
    """
    after against among around at before behind beneath between beside during for from inside into near onto outside
    over through to under
    """
)
_UP = word_set(
    """
    several numerous more most many much lots lot plenty high higher highest strong stronger strongest heavily
    very too so
    """
)
_DOWN = word_set(
    """
    fewer fewest less least low lower lowest lacking without lack little poor reduced no not missed
    """
)
_LATE = {"new", "late", "recent"}
_BOUNDS = {("at", "least"): 1, ("at", "most"): -1}  # "at least three people" wants many of them
_NUMERALS = word_set("one two three four five six seven eight nine ten dozen")
_COUNTS = word_set("number numbers count counts quantity amount amounts density total")
_SIZES = word_set("big bigger biggest large larger largest great greater greatest small smaller smallest")
_SMALL = {"small", "smaller", "smallest"}
_AMOUNTS = _COUNTS | word_set(
    "several numerous more most many much lots lot plenty fewer fewest less least no without lacking"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says: its `words`; whether it `grades` (compares, asks how much) and `counts` (more, number of).

    `turn` is -1 where it asks for less of it. `subject` are the words after "of the" in "age of the person".
    `describes` where it is built as a description of a picture is: "a dog", "people who wave"; `relates` where one
    thing is said of another: "clothes after washing".
    """

    words: tuple[Word, ...]
    grades: bool
    counts: bool
    turn: int
    subject: tuple[Word, ...] = ()
    describes: bool = False
    relates: bool = False

    @property
    def head(self) -> Word:
        """The word that the others describe: the last one before "of the", as in "age of the person"."""
        return self.words[-1 - len(self.subject)] if len(self.words) > len(self.subject) else self.words[-1]

    @property
    def asks_when(self) -> bool:
        """Whether it asks for nothing but late pictures: "newest", "the most recent photos"."""
        return bool(self.words) and all(word.base in _LATE for word in self.words) and self.grades

    @property
    def plain(self) -> str:
        """The words alone."""
        return " ".join(word.base for word in self.words)


@lru_cache(maxsize=4096)
def read(sentence: str) -> Reading:
    """Read a sentence."""
    tokens = re.findall(r"[^\W_]+", in_words(sentence).lower().replace("'s", " ").replace("’s", " "))
    words: list[Word] = []
    grades, counts, turn, subject_from = False, False, 1, None
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in _SIZES and following in _COUNTS:
            turn = -1 if token in _SMALL else turn
            grades = counts = True
            continue
        if (token, following) == ("out", "of"):
            turn = -turn
            continue
        if place and (bound := _BOUNDS.get((tokens[place - 1], token))):
            grades = counts = True
            turn *= bound
            continue
        if place and tokens[place - 1] in ("least", "most") and token in _NUMERALS:
            continue
        if token in _UP or token in _DOWN:
            grades = True
            counts |= token in _AMOUNTS
            turn = -turn if token in _DOWN else turn
            continue
        if token in _COUNTS or token in _GRADES:
            grades = True
            counts |= token in _COUNTS
            turn = -1 if token == "decreasing" else turn  # noqa: S105
            continue
        if token in _OPENS_SUBJECT and words and subject_from is None:
            subject_from = len(words)
        if token in _SILENT:
            continue
        word = word_of(token)
        grades |= word.compares or token.endswith(("ness",))
        words.append(word)
    subject = tuple(words[subject_from:]) if subject_from is not None else ()
    relates = _relates([word_of(token).base if token not in RELATES else token for token in tokens], words)
    return Reading(tuple(dict.fromkeys(words)), grades, counts, turn, subject, _describes(tokens), relates)


def _relates(bases: list[str], words: list[Word]) -> bool:
    """Whether a word that tells something stands on either side of a preposition."""
    telling = {word.base for word in words}
    places = [place for place, base in enumerate(bases) if base in telling]
    between = set(bases[places[0] : places[-1]]) if places else set()
    return not RELATES.isdisjoint(between)


def _describes(tokens: list[str]) -> bool:
    """Whether an article or a relative pronoun stands there; "a lot of" has none, and "which" may open a question."""
    article = any(token in ("a", "an") and following != "lot" for token, following in pairwise([*tokens, ""]))
    return article or (bool(tokens) and tokens[0] not in _ASKING and not _RELATIVE.isdisjoint(tokens[1:]))
