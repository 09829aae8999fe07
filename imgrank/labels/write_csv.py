"""Labels -> labels.csv, for reading what was understood."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

from imgrank.errors import UsageError
from imgrank.labels.read_csv import ANSWERS
from imgrank.labels.tasks import Labels
from imgrank.paths import printable, why


def write_labels(labels: Labels, path: str, *, absolute: bool = False) -> None:
    """Write labels in the long form, or in the pairs form; paths are relative to the file unless `absolute`; URLs stay.

    Raises UsageError where labels hold both forms, or the file exists or cannot be written.
    """
    if labels.values and labels.pairs:
        raise UsageError("Values and pairs cannot be in the same labels file.")

    def place(image: str) -> str:
        if "://" in image:
            return image
        return os.path.abspath(image) if absolute else _relative(image, path)

    try:
        with Path(path).open("x", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                _pair_rows(labels, place) if labels.pairs else _rows(labels, place)
            )
    except FileExistsError:
        raise UsageError(f"{printable(path)} exists and is not overwritten; name another file.") from None
    except (OSError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{printable(path)} could not be written: {why(error) if isinstance(error, OSError) else error}."
        ) from error


def _rows(labels: Labels, place: Callable[[str], str]) -> list[list[str]]:
    rows = [["image", "query", "value", "split", "group"]]
    for task in labels.values:
        query = "|".join(task.phrasings)
        for image, value, split, group in zip(task.images, task.values, task.splits, task.groups, strict=True):
            rows.append([place(image), query, f"{value:.12g}", split, group])
    return rows


def _pair_rows(labels: Labels, place: Callable[[str], str]) -> list[list[str]]:
    said = {number: word for word, number in ANSWERS.items()}
    rows = [["left", "right", "query", "preferred", "split", "group"]]
    for task in labels.pairs:
        query = "|".join(task.phrasings)
        for left, right, answer, split, group in zip(
            task.left, task.right, task.preferred, task.splits, task.groups, strict=True
        ):
            rows.append([place(left), place(right), query, said[float(answer)], split, group])
    return rows


def _relative(image: str, path: str) -> str:
    try:
        return os.path.relpath(image, os.path.dirname(path) or os.curdir)
    except ValueError:  # another drive on Windows
        return os.path.abspath(image)
