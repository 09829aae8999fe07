"""Orders the library by a sentence and terms, places scores, and writes a list of chosen pictures.

Orders are kept, so that going back costs nothing.
"""

from __future__ import annotations

import io
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsort_keygen

from imgrank.arrays import Flags, Floats
from imgrank.choices import Format
from imgrank.errors import ImgrankError, UsageError
from imgrank.order import order
from imgrank.output.write import write
from imgrank.records import AnsweredTerm, RankedImage, Ranking, Term
from imgrank.records import Asked as Standing
from imgrank.rounding import decimals_for
from imgrank.scoring.answered import ranking_of, terms_told
from imgrank.scoring.asking import Settled, answer, ask
from imgrank.scoring.choosing import Candidates
from imgrank.scoring.composing import Asking
from imgrank.scoring.question import Answer, Question, Verdict
from imgrank.tokens import PackedTokens
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.library import Library, Numbers, Snapshot

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

KEPT, MOST_TERMS = 12, 24
PATIENCE = 5.0  # seconds that other work waits for an order
LONGEST = 1000  # characters of a sentence


def check_length(sentence: str) -> None:
    """Raises UsageError where a sentence is longer than any that is answered."""
    if len(sentence) > LONGEST:
        raise UsageError(f"A sentence has at most {LONGEST:,} characters; this one has {len(sentence):,}. Shorten it.")


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """One more thing to order by: words, or a picture by its number."""

    text: str | None
    picture: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks to order by; nothing at all: by name. `between` runs from one picture to another.

    With `words_alone` no trained ranker answers.
    """

    sentence: str = ""
    terms: tuple[AskedTerm, ...] = ()
    between: tuple[int, int] | None = None
    words_alone: bool = False

    @property
    def nothing(self) -> bool:
        """Whether pictures stand by name."""
        return not self.sentence and self.between is None and not any(term.weight for term in self.terms)


@dataclass(frozen=True, eq=False)
class Order:
    """The library in an order, at one version of it: `numbers` and `scores` of its pictures, best first.

    The first `relevant` ones show what was asked for, those that fit (`fits`) surely. `by_name` where nothing was
    asked, so that scores say nothing. `measuring` where the pictures are yet to be measured at full size, and the
    order is a first one. `answered` and `paths` are what it was made of, in the library's own order.
    """

    version: int
    asked: Asked
    query: str
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    relevant: int
    fits: tuple[bool, ...]
    answered: Answer
    paths: tuple[str, ...]
    terms: tuple[AnsweredTerm, ...]
    by_name: bool = False
    measuring: bool = False

    @property
    def verdict(self) -> Verdict:
        """Who answered, and how surely."""
        return self.answered.verdict

    @property
    def decimals(self) -> int:
        """So many digits tell scores apart."""
        return decimals_for(max(self.scores, default=0.0) - min(self.scores, default=0.0))

    @cached_property
    def images(self) -> tuple[RankedImage, ...]:
        """The pictures as `sort` ranks them, best first: for plans and lists, for which a page can wait a moment."""
        fits = None if self.answered.fits is None else self.answered.fits.tolist()
        return order(self.answered.scores.tolist(), self.paths, self.answered.relevant.tolist(), fits)


class Orders:
    """Asks the ranker of an engine, one question at a time."""

    def __init__(self, library: Library, engine: Engine) -> None:
        self._library, self._engine = library, engine
        self._lock = threading.Lock()
        self.calm = threading.Event()  # nobody waits for an order
        self.calm.set()
        self._kept: OrderedDict[tuple[Asked, int], Order] = OrderedDict()
        self._sentences: dict[str, None] = {}
        self._placer = Placer()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was asked, the last first."""
        return tuple(reversed(self._sentences))

    def of(self, asked: Asked) -> Order:
        """The order now. Raises UsageError where the sentence is none, and what the ranker raises."""
        with self._lock:
            snapshot = self._library.snapshot()
            key = (asked, snapshot.version)
            if key not in self._kept:
                self.calm.clear()
                try:
                    self._kept[key] = self._made(asked, snapshot)
                finally:
                    self.calm.set()
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            if asked.sentence:
                self._sentences.pop(asked.sentence, None)
                self._sentences[asked.sentence] = None
            return self._kept[key]

    def warm(self) -> None:
        """Load what a first question would wait for: what reads sentences."""
        with suppress(ImgrankError):
            ask(self._ranker.question(Asking("a picture")), self._ranker)

    def warm_rankers(self) -> None:
        """Work out what each trained ranker sees in the pictures whatever is asked, as far as that is kept."""
        ranker, blocks = self._ranker, self._library.snapshot().blocks
        with suppress(ImgrankError):
            candidates = Candidates.of(ranker.adapter, ranker.backbone.name, ranker.backbone.fingerprint)
            for header in candidates.headers:
                scorer = ask(Question(header.queries[0].name), ranker)
                score = scorer.open(ranker.resources)
                for block in blocks:
                    self.calm.wait(PATIENCE)
                    score(block)

    def forget(self) -> None:
        """What was kept may not hold any more: a ranker was trained."""
        with self._lock:
            self._kept.clear()

    def exchange(self, do: Callable[[], None]) -> None:
        """Put another ranker, and tokens of its own, in place between two questions."""
        with self._lock:
            do()
            self._kept.clear()

    @property
    def _ranker(self) -> Ranker:
        return self._engine.ranker

    def ranking(self, found: Order) -> Ranking:
        """The whole of an order, as `sort` gives it."""
        backbone, skipped = self._ranker.backbone, self._library.skipped
        return ranking_of(found.query, found.terms, found.verdict, backbone, images=found.images, skipped=skipped)

    def _made(self, asked: Asked, snapshot: Snapshot) -> Order:
        if not snapshot.paths or asked.nothing:
            return self._by_name(asked, snapshot)
        ranker = self._ranker.with_adapter("none") if asked.words_alone else self._ranker
        question = self._question(asked, ranker)
        settled = Settled(question, ranker)
        wanted = settled.wants_detail
        detailed = wanted and snapshot.detail is not None
        blocks = _with_detail(snapshot) if detailed else snapshot.blocks
        scorer = settled.scorer(detailed=detailed)
        name = ("open", id(self), snapshot.version)
        answered = answer(scorer, lambda: iter(blocks), self._ranker.resources, pictures=name)
        if not np.isfinite(answered.scores).all():
            order(answered.scores.tolist(), snapshot.paths)  # which says of what picture
        return self._placed(
            asked, question, answered, snapshot, measuring=wanted and not detailed and self._library.can_measure
        )

    def _by_name(self, asked: Asked, snapshot: Snapshot) -> Order:
        nobody = Verdict("zero-shot", None, None, True, 1.0, Standing(None, None, "nothing was asked"))
        count = len(snapshot.paths)
        answered = Answer(np.zeros(count), np.ones(count, bool), nobody)
        return self._placed(asked, Question(""), answered, snapshot, by_name=True)

    def _placed(
        self,
        asked: Asked,
        question: Question,
        answered: Answer,
        snapshot: Snapshot,
        *,
        by_name: bool = False,
        measuring: bool = False,
    ) -> Order:
        rows = self._placer.places(answered.scores, answered.relevant, snapshot.paths)
        return Order(
            version=snapshot.version,
            asked=asked,
            query=question.sentence,
            numbers=tuple(snapshot.numbers[rows].tolist()),
            scores=tuple(answered.scores[rows].tolist()),
            relevant=int(answered.relevant.sum()),
            fits=tuple(_surely_shown(answered)[rows].tolist()),
            answered=answered,
            paths=snapshot.paths,
            terms=terms_told(question, answered.verdict),
            by_name=by_name,
            measuring=measuring,
        )

    def _question(self, asked: Asked, ranker: Ranker) -> Question:
        for text in (asked.sentence, *(term.text or "" for term in asked.terms)):
            check_length(text)
        if len(asked.terms) > MOST_TERMS:
            raise UsageError(f"A mix has at most {MOST_TERMS} terms; this one has {len(asked.terms)}.")
        plus = [
            Term(term.text, None if term.picture is None else self._path(term.picture), term.weight)
            for term in asked.terms
        ]
        ends = None if asked.between is None else (self._path(asked.between[0]), self._path(asked.between[1]))
        return ranker.question(Asking(asked.sentence or None, plus=plus, between=ends))

    def _path(self, number: int) -> str:
        file = self._library.file(number)
        if file is None:
            raise UsageError("A picture to order by is not there: it was removed, or is not read yet.")
        return file.path


def _surely_shown(answered: Answer) -> Flags:
    """(N,) which pictures `sort` keeps as fitting."""
    return answered.relevant if answered.fits is None else answered.relevant & answered.fits


def _with_detail(snapshot: Snapshot) -> tuple[PackedTokens, ...]:
    assert snapshot.detail is not None
    starts = np.cumsum([0, *map(len, snapshot.blocks)])
    return tuple(
        replace(block, detail=snapshot.detail[start : start + len(block)])
        for block, start in zip(snapshot.blocks, starts, strict=False)
    )


_natural: Callable[[str], Any] = natsort_keygen()


class Placer:
    """Remembers the natural key of each path that was ever tied: keys are slow to make, and ties come again."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def places(self, scores: Floats, relevant: Flags, paths: Sequence[str]) -> Numbers:
        """(N,) rows, best first: relevant ones before others, by score, and equal ones in natural order of paths."""
        rows: Numbers = np.lexsort((-scores, ~relevant))
        ordered, shown = scores[rows], relevant[rows]
        same = np.flatnonzero((ordered[1:] == ordered[:-1]) & (shown[1:] == shown[:-1]))
        if not len(same):
            return rows
        starts = same[np.flatnonzero(np.diff(same, prepend=-2) > 1)]
        ends = same[np.flatnonzero(np.diff(same, append=len(rows) + 1) > 1)] + 2
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            tied = rows[start:end].tolist()
            rows[start:end] = sorted(tied, key=lambda row: (self._key(paths[row]), paths[row]))
        return rows

    def _key(self, path: str) -> Any:  # noqa: ANN401 (natsort's own)
        if path not in self._keys:
            self._keys[path] = _natural(path)
        return self._keys[path]


FORMS = {"paths": "text/plain", "csv": "text/csv", "json": "application/json"}


def exported(order: Order, ranking: Ranking, numbers: Collection[int], form: str) -> bytes:
    """The pictures of these numbers, in order. Raises UsageError where there is no such form."""
    if form not in FORMS:
        raise UsageError(f"There is no such list; there are {', '.join(FORMS)}.")
    wanted = set(numbers)
    images = [image for number, image in zip(order.numbers, order.images, strict=True) if number in wanted]
    into = io.StringIO(newline="")
    write(ranking, images, Format(form), into)
    return into.getvalue().encode("utf-8", sys.getfilesystemencodeerrors())
