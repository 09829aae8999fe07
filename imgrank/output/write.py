"""Writes a ranking for scripts and for people. Fields keep their names and meaning once printed.

Streams are text streams that can carry any path: UTF-8 with the error handler of file names
(`sys.getfilesystemencodeerrors()`), as `imgrank.cli.app` sets up for stdout. In paths and csv a
name that was no UTF-8 leaves as the very bytes it has on disk. JSON is ASCII alone: such a byte 0xff
stands there as the lone surrogate \\udcff, which Python's `os.fsencode(json.loads(...))` turns back.
`partial` and `relevant` are there only where they say something: `"partial": true`, `"relevant": false`.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from imgrank.choices import Format
from imgrank.records import AnsweredTerm, RankedImage, Ranking
from imgrank.version import __version__


def write(
    ranking: Ranking,
    images: Iterable[RankedImage],
    fmt: Format,
    stream: TextIO,
    *,
    separator: str = "\n",
    seconds: float | None = None,
) -> None:
    """Write `images`, a selection of `ranking.images`, to `stream` in one of the formats; they may come one by one.

    `separator` ends each path of the paths format: a newline, or NUL for names that hold newlines.
    `seconds` stand at the table's foot instead of the ranking's own.
    """
    if fmt is Format.table:
        from imgrank.output.table import write_table  # rich is slow to import, and scripts do not need it

        write_table(ranking, tuple(images), stream, seconds)
    elif fmt is Format.paths:
        stream.writelines(utf8_name(image.path) + separator for image in images)
    elif fmt is Format.json:
        json.dump(_as_json(ranking, images), stream, indent=2, allow_nan=False)
        stream.write("\n")
    elif fmt is Format.jsonl:
        stream.writelines(json.dumps(_image_as_json(image), allow_nan=False) + "\n" for image in images)
    else:
        _write_csv(images, stream, grouped=any(image.group is not None for image in ranking.images[:1]))


def utf8_name(path: str) -> str:
    """The bytes of a file name, read as UTF-8 whatever the locale is; the locale's own reading may differ."""
    try:
        return os.fsencode(path).decode("utf-8", sys.getfilesystemencodeerrors())
    except UnicodeError:
        return path


def _as_json(ranking: Ranking, images: Iterable[RankedImage]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "imgrank": __version__,
        "query": ranking.query,
        "backbone": ranking.backbone,
        "fingerprint": ranking.fingerprint,
        "scorer": ranking.scorer,
        "adapter": ranking.adapter,
        "unit": ranking.unit,
        "confident": ranking.confident,
        "images": [_image_as_json(image) for image in images],
        "skipped": [{"path": utf8_name(left_out.path), "reason": left_out.reason} for left_out in ranking.skipped],
        "seconds": round(ranking.seconds, 3),
        "confidence": ranking.confidence,
        "asked": None if ranking.asked is None else ranking.asked.fields(),
        "terms": [_term_as_json(term) for term in ranking.terms],
    }
    return fields | {"partial": True} if ranking.partial else fields


def _term_as_json(term: AnsweredTerm) -> dict[str, Any]:
    """What was asked, as `text`, `picture` or `pictures`, with `low` where those name one end of a scale alone."""
    pictures = [utf8_name(path) for path in term.pictures]
    what = {"text": term.text} if term.text is not None else {"pictures": pictures}
    if len(pictures) == 1:
        what = {"picture": pictures[0]}
    low = {"low": [utf8_name(path) for path in term.low]} if term.low else {}
    return {**what, **low, "weight": term.weight, "scorer": term.scorer, "adapter": term.adapter, "unit": term.unit}


def _image_as_json(image: RankedImage) -> dict[str, Any]:
    fields = {"rank": image.rank, "score": image.score, "percentile": _percentile(image), "path": utf8_name(image.path)}
    if image.group is not None:
        fields |= {"group": image.group, "group_rank": image.group_rank, "group_size": image.group_size}
    return fields if image.relevant else fields | {"relevant": False}


def _percentile(image: RankedImage) -> float:
    """Without the digits that a division leaves: 95.6522 for 95.65217391304348."""
    return round(image.percentile, 4)


def _write_csv(images: Iterable[RankedImage], stream: TextIO, grouped: bool) -> None:
    write = row_writer(stream, ["rank", "score", "percentile", "path", *(["group", "group_rank"] if grouped else [])])
    for image in images:
        path = utf8_name(image.path)
        groups = [image.group, image.group_rank] if grouped else []
        write([image.rank, image.score, _percentile(image), path, *groups], path)


def row_writer(stream: TextIO, header: Sequence[str]) -> Callable[[Iterable[object], str], None]:
    """Write the header of a CSV; what comes back writes a row, which is told the names that stand in it."""
    plain = csv.writer(stream, lineterminator="\n")
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    plain.writerow(header)

    def write(row: Iterable[object], names: str) -> None:
        writer = quoted if "\r" in names else plain  # before Python 3.13, csv leaves a lone \r bare
        writer.writerow(row)

    return write
