"""One person teaching one sentence: what is asked next, what was answered, taken back or passed by."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imgrank.arrays import Floats
from imgrank.errors import UsageError
from imgrank.labelling.answer_file import Notebook, PairNote, ValueNote
from imgrank.labelling.bradley_terry import Answers, Memo, Model, Pair, similarity
from imgrank.labelling.knowledge import Knowledge, knowledge
from imgrank.labelling.next_pair import next_pair
from imgrank.labels.tasks import phrasings
from imgrank.parallel import blas_on_one_core

KEPT_THOUGHTS = 32


class StaleAnswer(UsageError):
    """An answer to a question that is not the present one: another tab was quicker."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The N pictures that are asked about: `paths`, a ranker's `scores` (N,), and their `embeddings` (N, E), if known.

    `sentence` may hold phrasings, `older person|elderly`.
    """

    sentence: str
    paths: tuple[str, ...]
    scores: Floats
    embeddings: Floats | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What undo takes back: a line of the file, or a pair that was passed by."""

    note: PairNote | ValueNote | None
    passed: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Thought:
    """What follows from some answers: the question to ask next, and the figures."""

    question: Pair | None
    knowledge: Knowledge


class _Lesson:
    """What lessons share. Goes on where the file stands; `turn` grows with each change: a question has one turn."""

    def __init__(self, pool: Pool, notebook: Notebook) -> None:
        self.pool, self._notebook = pool, notebook
        self._place = {_absolute(path): place for place, path in enumerate(pool.paths)}
        self._history: list[Change] = [Change(note) for note in self._mine()]
        self.gone: frozenset[int] = frozenset()
        self.turn = 0

    def leave_out(self, places: Iterable[int]) -> None:
        """Ask about these pictures no more: their files have gone."""
        self.gone = self.gone.union(places)
        self.turn += 1

    def bring_back(self, places: Iterable[int]) -> None:
        """Ask about these pictures again: their files are there, as those of a disk that is connected again."""
        self.gone = self.gone.difference(places)
        self.turn += 1

    def undo(self, turn: int) -> bool:
        """Take back the last answer, from the file too, or the last skip. False where there is none.

        An answer that was taken out of the file meanwhile, by another lesson or in an editor, is taken back here.
        """
        self._check(turn)
        if not self._history:
            return False
        note = self._history[-1].note
        if note is not None:
            self._notebook.remove_last(note)
        self._history.pop()
        self.turn += 1
        return True

    def _mine(self) -> Sequence[PairNote | ValueNote]:
        """The answers in the file that are about these pictures."""
        raise NotImplementedError

    def _check(self, turn: int) -> None:
        if turn != self.turn:
            raise StaleAnswer(
                "This question has been answered in the meantime, perhaps in another tab; here is the next one."
            )

    def _changed(self, change: Change) -> None:
        self._history.append(change)
        self.turn += 1


class PairLesson(_Lesson):
    """Which of two is more?"""

    def __init__(self, pool: Pool, notebook: Notebook) -> None:
        super().__init__(pool, notebook)
        self._thoughts: Memo[Thought] = Memo(KEPT_THOUGHTS)
        self._model = Model(pool.scores, None if pool.embeddings is None else similarity(pool.embeddings))

    @property
    def answers(self) -> Answers:
        """Everything this person answered about these pictures, also in earlier sessions."""
        notes = (change.note for change in self._history)
        return Answers.of(
            (self._place[note.left], self._place[note.right], note.preferred)
            for note in notes
            if isinstance(note, PairNote)
        )

    def question(self) -> Pair | None:
        """The pair to ask now, or None where every pair was asked."""
        return self.think(self.answers, self._passed).question

    def think(self, answers: Answers, passed: frozenset[tuple[int, int]]) -> Thought:
        """What follows from answers, thought once. Safe to call from another thread, ahead of the answer."""
        key = (answers.key, passed)
        return self._thoughts.get(key, lambda: self._thought(answers, passed))

    def outcomes(self) -> tuple[tuple[Answers, frozenset[tuple[int, int]]], ...]:
        """What there is to think of after the present question, the likely answers first and a skip last."""
        pair, answers, passed = self.question(), self.answers, self._passed
        if pair is None:
            return ()
        beliefs = self._model.believe(answers)
        likely = 1.0 if beliefs.mean[pair.left] > beliefs.mean[pair.right] else -1.0
        answered = ((answers.with_one(pair, given), passed) for given in (likely, -likely, 0.0))
        return (*answered, (answers, passed | {pair.key}))

    def asked(self) -> tuple[int, ...]:
        """The places that are asked about now."""
        pair = self.question()
        return () if pair is None else (pair.left, pair.right)

    def ahead(self, n: int) -> Callable[[], tuple[int, ...]]:
        """What finds the places that are asked about after outcome n, and takes its time for that."""
        outcomes = self.outcomes()
        if n >= len(outcomes):
            return tuple
        answers, passed = outcomes[n]

        def places() -> tuple[int, ...]:
            pair = self.think(answers, passed).question
            return () if pair is None else (pair.left, pair.right)

        return places

    def answer(self, turn: int, preferred: float) -> None:
        """Write down 1 for left, -1 for right, 0 for a tie. Raises StaleAnswer, or UsageError where it cannot be."""
        pair = self._present(turn)
        paths = self.pool.paths
        note = PairNote(
            _absolute(paths[pair.left]),
            _absolute(paths[pair.right]),
            self.pool.sentence,
            preferred,
            self._notebook.person,
        )
        self._notebook.append(note)
        self._changed(Change(note))

    def skip(self, turn: int) -> None:
        """Pass this pair by; it does not come again in this session."""
        self._changed(Change(None, passed=self._present(turn).key))

    def knowledge(self) -> Knowledge:
        """The figures of this moment."""
        return self.think(self.answers, self._passed).knowledge

    def order(self) -> tuple[int, ...]:
        """Places of the pictures, the most first, as far as is known."""
        return tuple(np.argsort(-self._model.believe(self.answers).mean, kind="stable").tolist())

    @property
    def _passed(self) -> frozenset[tuple[int, int]]:
        passed = {change.passed for change in self._history if change.passed}
        of_gone = (
            (min(one, other), max(one, other))
            for one in self.gone
            for other in range(len(self.pool.paths))
            if one != other
        )
        return frozenset(passed.union(of_gone))

    def _thought(self, answers: Answers, passed: frozenset[tuple[int, int]]) -> Thought:
        with blas_on_one_core():
            question = next_pair(self._model.believe(answers), answers, passed)
            return Thought(question, knowledge(self._model, answers))

    def _present(self, turn: int) -> Pair:
        self._check(turn)
        pair = self.question()
        if pair is None:
            raise StaleAnswer("You have compared all pairs of these images; there are no more questions.")
        return pair

    def _mine(self) -> list[PairNote]:
        query, person = phrasings(self.pool.sentence), self._notebook.person
        return [
            note
            for note in self._notebook.notes()
            if isinstance(note, PairNote)
            and (phrasings(note.query), note.person) == (query, person)
            and {note.left, note.right} <= self._place.keys()
            and note.left != note.right
        ]


class ValueLesson(_Lesson):
    """How much is it? A number, or stars, for one picture after another, spread over the ranker's order."""

    def __init__(self, pool: Pool, notebook: Notebook) -> None:
        super().__init__(pool, notebook)
        self._queue = spread(pool.scores)

    @property
    def values(self) -> dict[int, float]:
        """The value of each picture that has one, by its place."""
        notes = (change.note for change in self._history)
        return {self._place[note.image]: note.value for note in notes if isinstance(note, ValueNote)}

    def question(self) -> int | None:
        """The place of the picture to ask about, or None where all have their value."""
        return next(iter(self._left()), None)

    def asked(self) -> tuple[int, ...]:
        """The place that is asked about now."""
        return self._left()[:1]

    def ahead(self, n: int) -> Callable[[], tuple[int, ...]]:
        """What finds the place that is asked about next, whatever is answered now."""
        after = self._left()[1:2] if n == 0 else ()
        return lambda: after

    def answer(self, turn: int, value: float) -> None:
        """Write down a number. Raises StaleAnswer, or UsageError where it is no number or cannot be written."""
        place = self._present(turn)
        if not math.isfinite(value):
            raise UsageError(f"{value} is not a valid value.")
        note = ValueNote(_absolute(self.pool.paths[place]), self.pool.sentence, value)
        self._notebook.append(note)
        self._changed(Change(note))

    def skip(self, turn: int) -> None:
        """Pass this picture by; it does not come again in this session."""
        place = self._present(turn)
        self._changed(Change(None, passed=(place, place)))

    def _left(self) -> tuple[int, ...]:
        passed = {change.passed[0] for change in self._history if change.passed}
        known = self.values.keys() | passed | self.gone
        return tuple(place for place in self._queue if place not in known)

    def _present(self, turn: int) -> int:
        self._check(turn)
        place = self.question()
        if place is None:
            raise StaleAnswer("Every image has a value; there are no more questions.")
        return place

    def _mine(self) -> list[ValueNote]:
        query = phrasings(self.pool.sentence)
        return [
            note
            for note in self._notebook.notes()
            if isinstance(note, ValueNote) and phrasings(note.query) == query and note.image in self._place
        ]


Lesson = PairLesson | ValueLesson


def spread(scores: Floats) -> tuple[int, ...]:
    """All places, so that any first few of them are spread over the order of `scores` (N,) as evenly as may be."""
    by_score = np.argsort(-scores, kind="stable")
    bits = max(1, (len(scores) - 1).bit_length())
    reversed_bits = (int(f"{n:0{bits}b}"[::-1], 2) for n in range(1 << bits))
    return tuple(int(by_score[n]) for n in reversed_bits if n < len(scores))


def _absolute(path: str) -> str:
    return os.path.abspath(path)
