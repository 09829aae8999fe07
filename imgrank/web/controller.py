"""Everything behind the page, one step at a time: lesson, album, training."""

from __future__ import annotations

import threading
from typing import Any

from starlette.types import ASGIApp

from imgrank.errors import UsageError
from imgrank.labelling.lesson import PairLesson
from imgrank.labels import FEWEST_ROWS
from imgrank.web.explanations import Explanations
from imgrank.web.foresight import Foresight
from imgrank.web.prepare import PreparedLesson
from imgrank.web.records import MOST_STARS, LabelSettings, Reason
from imgrank.web.trainer import Trainer
from imgrank.web.view import view

PREFERRED = {"left": 1.0, "right": -1.0, "tie": 0.0}


class Controller:
    """Tabs and the training thread ask at the same time; the lesson changes under one lock."""

    def __init__(
        self, settings: LabelSettings, prepared: PreparedLesson, trainer: Trainer, reasons: Explanations
    ) -> None:
        self.settings, self.prepared, self.trainer, self._reasons = settings, prepared, trainer, reasons
        self.album = prepared.album
        self.pictures_at: str | None = None  # where the pictures can be looked at, as seen from this page
        self._lock = threading.Lock()
        self._foresight = Foresight(prepared.lesson)

    def app(self, port: int, token: str) -> ASGIApp:
        """The page about this controller, guarded."""
        from imgrank.web.app import make_app

        return make_app(self, port, token)

    def state(self) -> dict[str, Any]:
        """What the page shows, ready for JSON."""
        with self._lock:
            told = view(self.settings, self.prepared, self.trainer.state) | {"pictures_at": self.pictures_at}
        self._foresight.prepare(told["turn"])
        return told

    def answer(self, turn: int, given: object) -> None:
        """Write down an answer. Raises StaleAnswer, or UsageError where it is none."""
        with self._lock:
            lesson = self.prepared.lesson
            if isinstance(lesson, PairLesson):
                if not isinstance(given, str) or given not in PREFERRED:
                    raise UsageError("An answer is left, right or tie.")
                lesson.answer(turn, PREFERRED[given])
            else:
                lesson.answer(turn, self._value(given))

    def skip(self, turn: int) -> None:
        """Pass the question by."""
        with self._lock:
            self.prepared.lesson.skip(turn)

    def undo(self, turn: int) -> None:
        """Take the last answer or skip back."""
        with self._lock:
            self.prepared.lesson.undo(turn)

    def train(self, name: str, replace: bool) -> None:
        """Begin a training. Raises UsageError where there is too little to train on."""
        lesson = self.prepared.lesson
        given = len(lesson.answers) if isinstance(lesson, PairLesson) else len(lesson.values)
        if given < FEWEST_ROWS:
            raise UsageError(f"{given} answers are too few to train on; at least {FEWEST_ROWS} are needed.")
        self.trainer.start(name, replace)

    def why(self, name: str) -> Reason | None:
        """Why a picture has its score, by the ranker trained here if there is one; None where there is no such picture.

        Raises what explaining raises.
        """
        trained = self.trainer.state.result
        return self._reasons.of(name, trained.adapter if trained else self.settings.adapter)

    def close(self) -> None:
        """Whoever waits for an explanation is told that this is the end."""
        self._reasons.close()

    def _value(self, given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise UsageError("A value is a number.")
        if self.settings.mode == "stars" and given not in range(MOST_STARS + 1):
            raise UsageError(f"Stars are 0 to {MOST_STARS}.")
        try:
            return float(given)
        except OverflowError:
            raise UsageError("A value is a number that a computer can hold; this one is too large.") from None
