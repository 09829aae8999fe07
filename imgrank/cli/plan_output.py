"""A plan in every output format: what would be, or was, changed."""

from __future__ import annotations

import csv
import json
import os
import sys
from typing import Any, TextIO

from imgrank.actions.records import Change, Plan
from imgrank.choices import Format
from imgrank.output.write import utf8_name
from imgrank.paths import printable


def write_plan(plan: Plan, fmt: Format, stream: TextIO, *, separator: str = "\n") -> None:
    """Write every change. `paths` gives the targets alone (sources for the trash), `separator` after each."""
    if fmt is Format.paths:
        stream.writelines(utf8_name(change.target or change.source) + separator for change in plan.changes)
    elif fmt is Format.jsonl:
        stream.writelines(json.dumps(_as_json(change)) + "\n" for change in plan.changes)
    elif fmt is Format.csv:
        _write_csv(plan, stream)
    elif fmt is Format.json:
        json.dump(_whole(plan), stream, indent=2)
        stream.write("\n")
    else:
        stream.writelines(_line(change) + "\n" for change in plan.changes)


def _write_csv(plan: Plan, stream: TextIO) -> None:
    plain = csv.writer(stream, lineterminator="\n")
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    plain.writerow(["action", "rank", "score", "source", "target"])
    for change in plan.changes:
        names = change.source + (change.target or "")
        rows = quoted if "\r" in names else plain  # before Python 3.13, csv leaves a lone \r bare
        rows.writerow(_as_json(change).values())


def _whole(plan: Plan) -> dict[str, Any]:
    return {
        "action": plan.request.action.value,
        "query": plan.request.query,
        "changes": [_as_json(change) for change in plan.changes],
        "left_out": [{"path": utf8_name(each.path), "reason": each.sentence} for each in plan.left_out],
        "notes": list(plan.notes),
    }


def _as_json(change: Change) -> dict[str, Any]:
    target = None if change.target is None else utf8_name(change.target)
    source = utf8_name(change.source)
    return {
        "action": change.action.value,
        "rank": change.rank,
        "score": change.score,
        "source": source,
        "target": target,
    }


def _line(change: Change) -> str:
    target = "(trash)" if change.target is None else _shown(change.target)
    if change.target and os.path.dirname(change.target) == os.path.dirname(change.source):
        target = printable(os.path.basename(change.target))
    return f"{change.action.value}  {_shown(change.source)}  ->  {target}"


def _shown(path: str) -> str:
    """A path from where the user stands, if it lies below; the whole path otherwise."""
    here = os.path.join(os.path.realpath(os.curdir), "")
    text = printable(path.removeprefix(here))
    return text if sys.platform != "win32" else text.replace("/", "\\")
