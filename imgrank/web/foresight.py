"""Thinks ahead while somebody looks at two pictures: what to ask after each answer they may give."""

from __future__ import annotations

import threading

from imgrank.labelling.lesson import Lesson, PairLesson


class Foresight:
    """One daemon thread; a newer question ends the thinking about an older one after the outcome in hand."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._turn = -1
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._started = False

    def prepare(self, turn: int) -> None:
        """The question of this turn is being looked at."""
        if not isinstance(self._lesson, PairLesson) or turn == self._turn:
            return
        with self._lock:
            self._turn = turn
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, args=(self._lesson,), name="imgrank-ahead", daemon=True).start()
        self._wake.set()

    def _run(self, lesson: PairLesson) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            turn = self._turn
            for answers, passed in lesson.outcomes():
                if turn != self._turn:
                    break
                lesson.think(answers, passed)
