"""What the page is told, ready for JSON."""

from __future__ import annotations

import os
from typing import Any

from imgrank.actions.records import Plan
from imgrank.actions.undo import Past
from imgrank.paths import printable
from imgrank.records import AnsweredTerm
from imgrank.web.viewer.asking import Order
from imgrank.web.viewer.changes import Job
from imgrank.web.viewer.indexing import Standing
from imgrank.web.viewer.library import Library

MOST_CHANGES, MOST_LEFT_ALONE, MOST_SKIPPED = 2000, 50, 200


def order_view(order: Order) -> dict[str, Any]:
    """Numbers and scores in order, and who answered."""
    verdict = order.verdict
    return {
        "version": order.version,
        "numbers": order.numbers,
        "scores": None if order.by_name else order.scores,
        "relevant": order.relevant,
        "decimals": order.decimals,
        "measuring": order.measuring,
        "notes": verdict.notes,
        "scorer": verdict.scorer,
        "adapter": verdict.adapter,
        "unit": verdict.unit,
        "confident": verdict.confident,
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
        "unit": term.unit,
    }


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
        "fault": job.fault,
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
        "folder": made.request.folder,
        "changes": changes,
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
