"""A sentence read once: the words that tell something, whether it grades or counts, and which way. No model.

"please show me the youngest people first", "youngest person" and "how young the person is" read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from imgrank.scoring.comparatives import OPPOSITES, PICTURES
from imgrank.scoring.direction import Directed, directed
from imgrank.scoring.lexicon import is_known, meant, without_signs
from imgrank.scoring.words import IRREGULAR, Word, in_words, spelt_out, stem, word_of, word_set

_SILENT = PICTURES | word_set(
    """
    a an the this that these those each every all any my our your their its his her it he she they i you we me
    us please could can would should like want wish need show see find give put list get let
    sort sorted sorting rank ranked ranking order ordered arrange arranged
    appear appears look looks looking seem seems seen shown show shows depicted visible there here is are was
    were be being been has have had do does by of in on at to for from with and or as which who whom whose
    what where when while top first frame frames scan scans print prints file files series reproduction slide
    slides field shot one ones whole overall scene subject photographic portrait portraits sitter sitters estimated
    perceived apparent visual micrograph smear upload thumbnail
    automatically s d ve
    """
)
_GRADES = word_set(
    """
    level degree how rate rating score estimate extent strength scale increasing decreasing ascending descending rank
    index measure state intensity magnitude grade percentage proportion fraction
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
    few fewer fewest less least low lower lowest lacking without lack little poor reduced no not missed
    """
)
_ORDERS = {"ascending", "descending", "decreasing", "increasing"}
_SORTS = word_set("sort sorted sorting order ordered rank ranked ranking arrange arranged first")
_VERDICTS = {"bad": 1, "good": -1}
_VIRTUES = frozenset(map(stem, ("contrast", "sharpness", "sharp", "focus", "exposure", "quality", "light", "detail")))
_PREFIXED = re.compile(r"\b(under|over|un|de|mis)-(?=\w)", re.IGNORECASE)
_ARTICLES = {"a", "an", "the"}
_DEGREES = {"most": "more", "least": "less"}
_LATE = {"new", "late", "recent"}
_BOUNDS = {("at", "least"): 1, ("at", "most"): -1}  # "at least three people" wants many of them
_NUMERALS = word_set("one two three four five six seven eight nine ten dozen")
_COUNTS = word_set("number numbers count counts quantity amount amounts density total per")
_SIZES = word_set("big bigger biggest large larger largest great greater greatest small smaller smallest")
_SMALL = {"small", "smaller", "smallest"}
_AMOUNTS = _COUNTS | word_set(
    "several numerous more most many much lots lot plenty few fewer fewest less least no without lacking"
)
_ORDERING = frozenset().union(
    _SILENT, _GRADES, RELATES, _UP, _DOWN, _COUNTS, _SIZES, _AMOUNTS, _ORDERS, _NUMERALS, OPPOSITES, IRREGULAR
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says: its `words`; whether it `grades` (compares, asks how much) and `counts` (more, number of).

    `turn` is -1 where it asks for less of it. `subject` are the words after "of the" in "age of the person".
    `relates` where one thing is said of another: "clothes after washing". `said` is the sentence without articles,
    capitals, number and signs; `of_pictures` are the words that are said of pictures as such, "old" of "an old
    photograph". `turns` are -1 for words of which less is asked: for the second of "cleanest, least noise".
    """

    words: tuple[Word, ...]
    grades: bool
    counts: bool
    turn: int
    subject: tuple[Word, ...] = ()
    relates: bool = False
    said: str = ""
    of_pictures: tuple[str, ...] = ()
    turns: tuple[int, ...] = ()

    @property
    def head(self) -> Word:
        """The word that the others describe: the last one before "of the", as in "age of the person"."""
        return self.words[-1 - len(self.subject)] if len(self.words) > len(self.subject) else self.words[-1]

    @property
    def asks_when(self) -> bool:
        """Whether it asks for nothing but late pictures: "newest", "the most recent photos"."""
        return bool(self.words) and all(word.base in _LATE for word in self.words) and self.grades

    @property
    def bases(self) -> tuple[str, ...]:
        """Every word of what is said in its base form: those of "oldest faces" and "older face" are the same."""
        return tuple(_DEGREES.get(token, word_of(token).base) for token in self.said.split())

    @property
    def plain(self) -> str:
        """The words alone."""
        return " ".join(word.base for word in self.words)

    def meaning(self, known: tuple[str, ...]) -> Reading:
        """The same with words that no dictionary has read as those of `known` that they are nearly spelt like."""
        fixed = tuple(
            word if is_known(word.base) or word.base in known else Word(meant(word.base, known), word.compares)
            for word in self.words
        )
        if fixed == self.words:
            return self
        first = dict(zip(reversed(fixed), reversed(self.turns), strict=True))
        return self._with({word: first[word] for word in fixed})

    def severity(self, known: tuple[str, ...]) -> Reading:
        """The same where "worst" only says how much: the worst noise is the most noise, the worst contrast the least.

        `known` are words that it may be said of; where "good" is one of them it stays what is asked for.
        """
        judged = [word for word in self.words if word.base in _VERDICTS]
        rest = {w: t for w, t in zip(self.words, self.turns, strict=True) if w.base not in _VERDICTS}
        if not judged or not rest or _VERDICTS.keys() & {*known} or not self.grades:
            return self
        wanted = any(stem(word.base) in _VIRTUES for word in rest)
        sign = _VERDICTS[judged[0].base] * (-1 if wanted else 1)
        return self._with({word: turn * sign for word, turn in rest.items()}, sign)

    def _with(self, turns: dict[Word, int], sign: int = 1) -> Reading:
        said = " ".join(word.base for word in turns)
        return replace(self, words=tuple(turns), turns=tuple(turns.values()), turn=self.turn * sign, said=said)


@lru_cache(maxsize=4096)
def read(sentence: str) -> Reading:
    """Read a sentence."""
    tokens, orders, order = _tokens(sentence)
    found = _Found(grades=orders)
    for before, token, following in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        found.take(before, token, following)
    words, turns, turn = found.words, found.turns, found.turn
    subject = tuple(words[found.subject_from :]) if found.subject_from is not None else ()
    relates = _relates([word_of(token).base if token not in RELATES else token for token in tokens], words)
    if len(set(turns)) < 2:
        turns = [turn] * len(turns)  # what turns stands behind them all, or before
    by_word = dict(zip(reversed(words), reversed(turns), strict=True))
    return Reading(
        tuple(dict.fromkeys(words)),
        found.grades,
        found.counts,
        turn * order,
        subject,
        relates,
        " ".join(_plain(token) for token in tokens if token not in _ARTICLES),
        tuple(found.of_pictures),
        tuple(by_word[word] * order for word in dict.fromkeys(words)),
    )


@dataclass(slots=True)
class _Found:
    """What was found in a sentence so far: marks of a scale, which way it is turned, and the words between them."""

    grades: bool
    counts: bool = False
    turn: int = 1
    words: list[Word] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    of_pictures: list[str] = field(default_factory=list)
    subject_from: int | None = None

    def take(self, before: str, token: str, following: str) -> None:
        """The next token, with those beside it."""
        if self._is_mark(before, token, following):
            return
        if token in _OPENS_SUBJECT and self.words and self.subject_from is None:
            self.subject_from = len(self.words)
        if token in _SILENT:
            return
        word = word_of(token)
        self.grades |= word.compares or token.endswith(("ness",))
        self.words.append(word)
        self.turns.append(self.turn)
        if following in PICTURES and (word.compares or word.base in OPPOSITES):
            self.of_pictures.append(word.base)

    def _is_mark(self, before: str, token: str, following: str) -> bool:
        """Whether a token says how much or which way, and not what; what it says is kept."""
        if token in _SIZES and following in _COUNTS:
            self.turn = -1 if token in _SMALL else self.turn
            self.grades = self.counts = True
        elif (token, following) == ("out", "of"):
            self.turn = -self.turn
        elif bound := _BOUNDS.get((before, token)):
            self.grades = self.counts = True
            self.turn *= bound
        elif before in ("least", "most") and token in _NUMERALS:
            pass
        elif token in _UP or token in _DOWN:
            self.grades = True
            self.counts |= token in _AMOUNTS
            self.turn = -self.turn if token in _DOWN else self.turn
        elif token in _COUNTS or token in _GRADES:
            self.grades = True
            self.counts |= token in _COUNTS
        else:
            return False
        return True


def _tokens(sentence: str) -> tuple[list[str], bool, int]:
    """Words as they were meant, without marks of order; whether these ask for an order in so many words, and which."""
    order = plain_order(sentence)
    tokens = [_spelt(token) for token in re.findall(r"[^\W_]+", order.text)]
    return tokens, order.orders or not _SORTS.isdisjoint(tokens), order.turn


def plain_order(sentence: str) -> Directed:
    """A sentence in plain lower-case words, and its marks of order apart from them."""
    text = _apart(spelt_out(in_words(sentence))).lower().replace("'s", " ").replace("’s", " ")
    return directed(without_signs(text))


def _apart(sentence: str) -> str:
    """Words that are written as one: "rbc_count", "dogCount", "high-quality"; "under-exposed" stays one."""
    joined = _PREFIXED.sub(r"\1", sentence)
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=\w)[-_](?=\w)", " ", joined)


def _spelt(token: str) -> str:
    """A word that says how to order, as it is spelt."""
    plain = word_of(token).base
    if token in _ORDERING or is_known(token) or is_known(plain) or plain in OPPOSITES:
        return token
    return meant(token, _ORDERING)


def _plain(token: str) -> str:
    word = word_of(token)
    return token if word.compares else word.base


def _relates(bases: list[str], words: list[Word]) -> bool:
    """Whether a word that tells something stands on either side of a preposition."""
    telling = {word.base for word in words}
    places = [place for place, base in enumerate(bases) if base in telling]
    between = set(bases[places[0] : places[-1]]) if places else set()
    return not RELATES.isdisjoint(between)
