"""What the page shows, as JSON. Numbers that cannot be said are null."""

from __future__ import annotations

import math
import os
import re
from typing import Any

from imgrank.labelling.knowledge import Knowledge, Share
from imgrank.labelling.lesson import PairLesson, ValueLesson
from imgrank.labels import FEWEST_ROWS
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable
from imgrank.web.prepare import PreparedLesson
from imgrank.web.records import LabelSettings, Training

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


def _training(training: Training, prepared: PreparedLesson, settings: LabelSettings) -> dict[str, Any]:
    result = training.result
    told = {"stage": training.stage, "said": training.said, "part": training.part}
    if result is None:
        return told
    metrics = [
        {"who": f.who, "name": f.name, "value": f.value, "low": _number(f.low), "high": _number(f.high)}
        for f in result.metrics
    ]
    words = [printable(settings.folder), phrasings(settings.sentence)[0]]
    return told | {
        "adapter": result.adapter,
        "rows": result.rows,
        "metrics": metrics,
        "seconds": result.seconds,
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
