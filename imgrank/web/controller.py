"""Everything behind the labelling page, step by step: lesson, album, training, and what the page is told as JSON."""

from __future__ import annotations

import math
import os
import re
import threading
from typing import Any

from starlette.types import ASGIApp

from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.labelling.knowledge import Knowledge, Share
from imgrank.labelling.lesson import PairLesson, ValueLesson
from imgrank.labels import FEWEST_ROWS
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable
from imgrank.web.explanations import Explanations
from imgrank.web.prepare import PreparedLesson
from imgrank.web.records import MOST_STARS, LabelSettings, Reason, Training
from imgrank.web.trainer import Trainer

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

    def app(self, port: int, token: str) -> ASGIApp:
        """The page about this controller, guarded."""
        from imgrank.web.app import make_app

        return make_app(self, port, token)

    def state(self) -> dict[str, Any]:
        """What the page shows, ready for JSON."""
        with self._lock:
            self._leave_out_gone()
            return view(self.settings, self.prepared, self.trainer.state) | {"pictures_at": self.pictures_at}

    @property
    def answers(self) -> int:
        """How many answers about these pictures stand in the file."""
        lesson = self.prepared.lesson
        return len(lesson.answers) if isinstance(lesson, PairLesson) else len(lesson.values)

    def ahead(self, turn: int, n: int) -> dict[str, Any]:
        """The pictures that are asked about after the nth outcome of the present question, which is thought of now.

        None where the turn is another, or there is no such outcome.
        """
        lesson = self.prepared.lesson
        with self._lock:
            find = lesson.ahead(n) if turn == lesson.turn else tuple
        return {"pictures": [_picture(lesson.pool.paths[place], self.prepared) for place in find()]}

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
        lesson, given = self.prepared.lesson, self.answers
        if given < FEWEST_ROWS:
            raise UsageError(
                f"{counted(given, 'answer is', 'answers are')} too few to train on; at least {FEWEST_ROWS} are needed."
            )
        if isinstance(lesson, PairLesson) and not lesson.answers.preferred.any():
            raise UsageError("Every answer says “About the same”, so there is no order to learn. Prefer some pictures.")
        self.trainer.start(name, replace)

    def stop(self) -> None:
        """Have the training end with what it has."""
        self.trainer.stop()

    def why(self, name: str) -> Reason | None:
        """Why a picture has its score, by the ranker trained here if there is one; None where there is no such picture.

        Raises what explaining raises.
        """
        trained = self.trainer.state.result
        return self._reasons.of(name, trained.adapter if trained else self.settings.adapter)

    def close(self) -> None:
        """Whoever waits for an explanation is told that this is the end."""
        self._reasons.close()

    def _leave_out_gone(self) -> None:
        lesson = self.prepared.lesson
        paths = lesson.pool.paths
        if back := [place for place in lesson.gone if os.path.isfile(paths[place])]:
            lesson.bring_back(back)
        while gone := [place for place in lesson.asked() if not os.path.isfile(paths[place])]:
            lesson.leave_out(gone)

    def _value(self, given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise UsageError("A value is a number.")
        if self.settings.mode == "stars" and given not in range(MOST_STARS + 1):
            raise UsageError(f"Stars are 0 to {MOST_STARS}.")
        try:
            return float(given)
        except OverflowError:
            raise UsageError("A value is a number that a computer can hold; this one is too large.") from None


MOST_SHOWN = 120


def view(settings: LabelSettings, prepared: PreparedLesson, training: Training) -> dict[str, Any]:
    """The whole state of the page."""
    lesson = prepared.lesson
    return {
        "mode": settings.mode,
        "sentence": phrasings(settings.sentence)[0],
        "unit": settings.unit,
        "low": settings.low,
        "high": settings.high,
        "labels": printable(settings.labels),
        "fewest": FEWEST_ROWS,
        "name": _suggested_name(settings.sentence),
        "pictures": len(lesson.pool.paths),
        "among": len(prepared.order),
        "turn": lesson.turn,
        **(_pairs(lesson, prepared) if isinstance(lesson, PairLesson) else _values(lesson, prepared)),
        "training": _training(training, prepared, settings),
    }


def _pairs(lesson: PairLesson, prepared: PreparedLesson) -> dict[str, Any]:
    pair = lesson.question()
    paths = lesson.pool.paths
    shown = [_picture(paths[place], prepared) for place in (pair.left, pair.right)] if pair else None
    return {"answers": len(lesson.answers), "question": shown, "knowledge": _knowledge(lesson.knowledge())}


def _values(lesson: ValueLesson, prepared: PreparedLesson) -> dict[str, Any]:
    place = lesson.question()
    shown = None if place is None else [_picture(lesson.pool.paths[place], prepared)]
    return {"answers": len(lesson.values), "question": shown, "knowledge": None}


def _picture(path: str, prepared: PreparedLesson) -> dict[str, str]:
    return {"id": prepared.album.name(path), "name": printable(os.path.basename(path))}


def _knowledge(known: Knowledge) -> dict[str, Any]:
    return {
        "accuracy": _share(known.accuracy),
        "consistency": _share(known.consistency),
        "moved": _number(known.moved),
        "enough": known.enough,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"value": _number(share.value), "low": _number(share.low), "high": _number(share.high), "of": share.of}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def training_view(training: Training) -> dict[str, Any]:
    """How far a training is."""
    return {
        "stage": training.stage,
        "said": training.said,
        "part": training.part,
        "left": None if training.left is None else round(training.left),
        "adapter": training.adapter,
        "answers": training.answers,
        "stopping": training.stopping,
    }


def _training(training: Training, prepared: PreparedLesson, settings: LabelSettings) -> dict[str, Any]:
    result = training.result
    told = training_view(training)
    if result is None:
        return told
    metrics = [
        {"who": f.who, "name": f.name, "value": f.value, "low": _number(f.low), "high": _number(f.high)}
        for f in result.metrics
    ]
    words = [printable(settings.folder), phrasings(settings.sentence)[0]]
    return told | {
        "rows": result.rows,
        "metrics": metrics,
        "seconds": result.seconds,
        "notes": list(result.notes),
        "before": _order(prepared.order, prepared),
        "after": _order(result.order, prepared),
        "command": " ".join(["imgrank", "sort", *map(_quoted, words)]),
    }


def _order(paths: tuple[str, ...], prepared: PreparedLesson) -> list[dict[str, str]]:
    """The first of an order; pictures that came into the folder since the start have no name here."""
    return [_picture(path, prepared) for path in paths if path in prepared.album][:MOST_SHOWN]


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]+", text) else '"' + re.sub(r'(["\\$`])', r"\\\1", text) + '"'


def _suggested_name(sentence: str) -> str:
    words = re.sub(r"[^\w]+", "-", phrasings(sentence)[0].casefold()).strip("-_")
    return words[:60].rstrip("-_") or "mine"
