"""Orders the library by a sentence and terms. Orders are kept, so that going back costs nothing."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from imgrank.errors import ImgrankError, UsageError
from imgrank.order import order
from imgrank.output.decimals import decimals_for
from imgrank.records import Asked as Standing
from imgrank.records import RankedImage, Ranking, Term
from imgrank.scoring.asking import answer, ask
from imgrank.scoring.composing import Asking
from imgrank.scoring.detail import wish_for
from imgrank.scoring.mixing import answered_term
from imgrank.scoring.question import Question, Verdict, single_questions
from imgrank.tokens import PackedTokens
from imgrank.web.viewer.library import Library, Snapshot

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

KEPT, MOST_TERMS = 12, 24
LONGEST = 1000  # characters of a sentence


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """One more thing to order by: words, or a picture by its number."""

    text: str | None
    picture: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks to order by; nothing at all: by name. `between` runs from one picture to another."""

    sentence: str = ""
    terms: tuple[AskedTerm, ...] = ()
    between: tuple[int, int] | None = None

    @property
    def nothing(self) -> bool:
        """Whether pictures stand by name."""
        return not self.sentence and self.between is None and not any(term.weight for term in self.terms)


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The library in an order, at one version of it: `numbers` of the pictures of `ranking`, best first.

    `by_name` where nothing was asked, so that scores say nothing. `measuring` where the pictures are yet to be measured
    at full size, and the order is a first one.
    """

    version: int
    asked: Asked
    ranking: Ranking
    numbers: tuple[int, ...]
    by_name: bool = False
    measuring: bool = False

    @property
    def images(self) -> tuple[RankedImage, ...]:
        """The pictures, best first."""
        return self.ranking.images

    @property
    def relevant(self) -> int:
        """How many show what was asked for; they stand first."""
        return sum(image.relevant for image in self.images)

    @property
    def decimals(self) -> int:
        """So many digits tell scores apart."""
        scores = [image.score for image in self.images]
        return decimals_for(max(scores, default=0.0) - min(scores, default=0.0))


class Orders:
    """Asks a ranker, one question at a time; `ranker.adapter` may be named anew between two."""

    def __init__(self, library: Library, ranker: Ranker) -> None:
        self._library, self._ranker = library, ranker
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Asked, int], Order] = OrderedDict()
        self._sentences: dict[str, None] = {}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was asked, the last first."""
        return tuple(reversed(self._sentences))

    def of(self, asked: Asked) -> Order:
        """The order now. Raises UsageError where the sentence is none, and what the ranker raises."""
        snapshot = self._library.snapshot()
        key = (asked, snapshot.version)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._made(asked, snapshot)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            if asked.sentence:
                self._sentences.pop(asked.sentence, None)
                self._sentences[asked.sentence] = None
            return self._kept[key]

    def warm(self) -> None:
        """Load what a first question would wait for."""
        with suppress(ImgrankError):
            ask(self._ranker.question(Asking("a picture")), self._ranker)

    def forget(self) -> None:
        """What was kept may not hold any more: a ranker was trained."""
        with self._lock:
            self._kept.clear()

    def _made(self, asked: Asked, snapshot: Snapshot) -> Order:
        if not snapshot.paths or asked.nothing:
            return self._by_name(asked, snapshot)
        started = time.perf_counter()
        question = self._question(asked)
        wanted = any(wish_for(one, self._ranker.adapter) is not None for one in single_questions(question))
        detailed = wanted and snapshot.detail is not None
        blocks = _with_detail(snapshot) if detailed else snapshot.blocks
        scorer = ask(question, self._ranker, detailed=detailed)
        name = ("open", id(self), snapshot.version)
        answered = answer(scorer, lambda: iter(blocks), self._ranker.resources, pictures=name)
        images = order(answered.scores.tolist(), snapshot.paths, answered.relevant.tolist())
        seconds = time.perf_counter() - started
        ranking = self._ranking(question, images, answered.verdict, seconds)
        return Order(snapshot.version, asked, ranking, _numbers(images, snapshot), measuring=wanted and not detailed)

    def _by_name(self, asked: Asked, snapshot: Snapshot) -> Order:
        images = order([0.0] * len(snapshot.paths), snapshot.paths)
        nobody = Verdict("zero-shot", None, None, True, 1.0, Standing(None, None, "nothing was asked"))
        ranking = self._ranking(Question(""), images, nobody, 0.0)
        return Order(snapshot.version, asked, ranking, _numbers(images, snapshot), by_name=True)

    def _ranking(
        self, question: Question, images: tuple[RankedImage, ...], verdict: Verdict, seconds: float
    ) -> Ranking:
        backbone = self._ranker.backbone
        return Ranking(
            query=question.sentence,
            images=images,
            skipped=self._library.skipped,
            backbone=backbone.name,
            fingerprint=backbone.fingerprint,
            scorer=verdict.scorer,
            adapter=verdict.adapter,
            unit=verdict.unit,
            confident=verdict.confident,
            device=backbone.device,
            encoded=0,
            seconds=seconds,
            notes=verdict.notes,
            confidence=verdict.confidence,
            asked=verdict.asked,
            terms=verdict.terms or (answered_term(question, verdict),),
        )

    def _question(self, asked: Asked) -> Question:
        if len(asked.sentence) > LONGEST or len(asked.terms) > MOST_TERMS:
            raise UsageError(f"A sentence has at most {LONGEST} characters, and a mix at most {MOST_TERMS} terms.")
        plus = [
            Term(term.text, None if term.picture is None else self._path(term.picture), term.weight)
            for term in asked.terms
        ]
        ends = None if asked.between is None else (self._path(asked.between[0]), self._path(asked.between[1]))
        return self._ranker.question(Asking(asked.sentence or None, plus=plus, between=ends))

    def _path(self, number: int) -> str:
        file = self._library.file(number)
        if file is None:
            raise UsageError("A picture to order by is not there any more.")
        return file.path


def _numbers(images: tuple[RankedImage, ...], snapshot: Snapshot) -> tuple[int, ...]:
    number_of = dict(zip(snapshot.paths, snapshot.numbers.tolist(), strict=True))
    return tuple(number_of[image.path] for image in images)


def _with_detail(snapshot: Snapshot) -> tuple[PackedTokens, ...]:
    assert snapshot.detail is not None
    starts = np.cumsum([0, *map(len, snapshot.blocks)])
    return tuple(
        replace(block, detail=snapshot.detail[start : start + len(block)])
        for block, start in zip(snapshot.blocks, starts, strict=False)
    )
