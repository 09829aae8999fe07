"""What a page sends, as records, and what it is told, ready for JSON.

Whatever is not as a page would send it is a UsageError.
"""

from __future__ import annotations

import os
from typing import Any

from imgrank.actions.records import Plan
from imgrank.actions.undo import Past
from imgrank.adapter.registry import find_adapter
from imgrank.errors import AdapterError, UsageError
from imgrank.paths import printable
from imgrank.records import AnsweredTerm, beside_doubt
from imgrank.web.viewer.changes import ACTIONS, Job, Wanted
from imgrank.web.viewer.indexing import Standing
from imgrank.web.viewer.library import Library
from imgrank.web.viewer.orders import Asked, AskedTerm, Order
from imgrank.web.words import sentence_of

MOST_NUMBERS, MOST_WEIGHT = 1_000_000, 100
WORDS = "words"  # what a page says where no trained ranker is to answer
Told = dict[str, Any]


def asked_of(told: Told) -> Asked:
    """By what to order."""
    terms, between, by = told.get("terms") or [], told.get("between"), told.get("by", "")
    if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
        raise UsageError("The terms of a mix are a list of objects.")
    if between is not None and not (isinstance(between, list) and len(between) == 2):
        raise UsageError("An order between pictures names two of them.")
    if by not in ("", WORDS):
        raise UsageError(f'An order is by "{WORDS}" alone, or by whoever answers best where nothing is said.')
    ends = None if between is None else (number_of(between[0]), number_of(between[1]))
    return Asked(text_of(told, "sentence").strip(), tuple(map(_term_of, terms)), ends, by == WORDS)


def _term_of(told: Told) -> AskedTerm:
    picture, weight = told.get("picture"), told.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not abs(weight) <= MOST_WEIGHT:
        raise UsageError(f"The weight of a term is a number from -{MOST_WEIGHT} to {MOST_WEIGHT}.")
    if picture is not None:
        return AskedTerm(None, number_of(picture), float(weight))
    text = text_of(told, "text").strip()
    if not text:
        raise UsageError("A term is words or a picture.")
    return AskedTerm(text, None, float(weight))


def wanted_of(told: Told) -> Wanted:
    """What to do with which pictures."""
    action = ACTIONS.get(text_of(told, "action"))
    if action is None:
        raise UsageError(f"There is no such action; there are {', '.join(ACTIONS)}.")
    keyword = text_of(told, "keyword") if told.get("keyword", "") is not None else None
    chosen = told.get("chosen", True)
    if not isinstance(chosen, bool):
        raise UsageError("Whether the pictures were chosen is true or false.")
    return Wanted(action, numbers_of(told), text_of(told, "folder"), text_of(told, "template"), keyword, chosen)


def numbers_of(told: Told) -> tuple[int, ...]:
    """Pictures by their numbers."""
    numbers = told.get("numbers", [])
    if not isinstance(numbers, list) or len(numbers) > MOST_NUMBERS:
        raise UsageError("Pictures are named by a list of their numbers.")
    return tuple(map(number_of, numbers))


def number_of(told: object) -> int:
    """One number of a picture, a run or a count."""
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told < 1 << 48:
        raise UsageError("A number of a picture or a run is a whole number that imgrank open gave.")
    return told


def text_of(told: Told, key: str) -> str:
    """Words; empty where there are none."""
    text = told.get(key, "")
    if not isinstance(text, str) or len(text) > 4096:
        raise UsageError(f"The {key} is text of at most 4096 characters.")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON may hold half a character: "\ud800"
        raise UsageError(f"The {key} holds half a character, which is no text.") from error
    return text


MOST_CHANGES, MOST_LEFT_ALONE, MOST_SKIPPED = 2000, 50, 200


def order_view(order: Order) -> dict[str, Any]:
    """Numbers and scores in order, and who answered."""
    verdict = order.verdict
    return {
        "version": order.version,
        "numbers": order.numbers,
        "scores": None if order.by_name else order.scores,
        "relevant": order.relevant,
        "fits": order.fits,
        "decimals": order.decimals,
        "measuring": order.measuring,
        "notes": (*verdict.asked.told_of_scores, *beside_doubt(verdict.notes, verdict.confident)),
        "scorer": verdict.scorer,
        "adapter": verdict.adapter,
        "shipped": _is_shipped(verdict.adapter),
        "unit": verdict.unit,
        "confident": verdict.confident,
        "doubt": "" if verdict.confident else verdict.doubt.said("this"),
        "confidence": round(float(verdict.confidence), 3),
        "terms": [_term_view(term) for term in order.terms],
        "query": verdict.asked.query,
        "reason": verdict.asked.reason,
        "quantity": verdict.asked.quantity,
    }


def _term_view(term: AnsweredTerm) -> dict[str, Any]:
    """Who answered a part of the question."""
    pictures = [printable(os.path.basename(path)) for path in (*term.low, *term.pictures)]
    return {
        "text": term.text,
        "pictures": pictures,
        "weight": term.weight,
        "scorer": term.scorer,
        "adapter": term.adapter,
        "shipped": _is_shipped(term.adapter),
        "unit": term.unit,
    }


def _is_shipped(adapter: str | None) -> bool:
    """Whether a ranker came with imgrank; one of a file is the user's own."""
    try:
        return adapter is not None and find_adapter(adapter).shipped
    except AdapterError:
        return False


def standing_view(standing: Standing) -> dict[str, Any]:
    """How far reading is."""
    left = standing.left
    return {
        "stage": standing.stage,
        "done": standing.done,
        "total": standing.total,
        "rate": round(standing.rate, 1),
        "left": None if left is None else round(left),
        "news": standing.news,
        "fault": standing.fault,
    }


def job_view(job: Job, library: Library) -> dict[str, Any]:
    """What is being done to files, or was last."""
    left = [[_name(each.path, library), each.reason] for each in job.left_alone[:MOST_LEFT_ALONE]]
    return {
        "number": job.number,
        "what": job.what,
        "done": job.done,
        "total": job.total,
        "running": job.running,
        "said": job.said,
        "fault": "" if job.error is None else sentence_of(job.error),
        "run": job.run,
        "left_alone": left,
    }


def plan_view(name: str, made: Plan, library: Library) -> dict[str, Any]:
    """A plan to look at: what goes where."""
    changes = [
        [_name(change.source, library), _target(change.target, library)] for change in made.changes[:MOST_CHANGES]
    ]
    pictures = len({(change.rank, change.stem) for change in made.changes})
    return {
        "plan": name,
        "action": made.request.action.value,
        "folder": None if made.request.folder is None else printable(made.request.folder),
        "changes": changes,
        "stars": [[change.stars, change.stars_before] for change in made.changes[:MOST_CHANGES]],
        "count": len(made.changes),
        "companions": len(made.changes) - pictures,
        "bytes": sum(change.size for change in made.changes),
        "notes": [*made.notes, *(problem.sentence for problem in made.left_out)],
    }


def past_view(past: Past) -> dict[str, Any]:
    """One line of the history."""
    return {
        "run": past.run,
        "time": printable(past.time),
        "action": printable(past.action),
        "query": printable(past.query),
        "done": past.done,
        "left": past.left,
        "unfinished": past.unfinished,
        "undoes": past.undoes,
        "damaged": past.damaged,
        "state": past.state,
        "can_undo": past.can_undo,
    }


def skipped_view(library: Library) -> list[list[str]]:
    """What could not be read, and why."""
    return [[_name(each.path, library), each.reason] for each in library.skipped[:MOST_SKIPPED]]


def names_view(library: Library, start: int) -> dict[str, Any]:
    """Names of pictures from a number on, their folders parted by / on every system."""
    names, epoch = library.names(start)
    shown = [None if name is None else printable(name.replace(os.sep, "/")) for name in names]
    return {"from": start, "epoch": epoch, "names": shown}


def _target(target: str | None, library: Library) -> str:
    return "the trash" if target is None else _name(target, library)


def _name(path: str, library: Library) -> str:
    """Below the folder by its name there, elsewhere by its whole path."""
    inside = os.path.abspath(path).startswith(library.folder.rstrip(os.sep) + os.sep)
    return printable(os.path.relpath(path, library.folder) if inside else path)
