"""Sub-folders as ordered classes -> Labels: `1`, `2`, `3`, or `bad`, `fair`, `good`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import numpy as np
from natsort import natsorted, ns

from imgrank.discover import discover
from imgrank.errors import LabelsError
from imgrank.labels.records import FEWEST_ROWS, Labels, ValueTask
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable

_LEADING_NUMBER = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)(?![\d.])")
SCALES = (  # names whose order everybody knows
    ("worst", "bad", "poor", "fair", "okay", "ok", "average", "good", "great", "excellent", "best"),
    ("none", "few", "some", "many"),
    ("low", "medium", "high"),
    ("small", "medium", "large"),
    ("no", "maybe", "yes"),
)


def labels_from_folders(folder: str, query: str, order: Sequence[str] = ()) -> Labels:
    """The pictures below each sub-folder get its value: the number its name begins with, or else its place.

    Places count from 1 in the given `order` of names, or where it is empty in the order of a scale that
    everybody knows (bad, fair, good), or else by name. Raises LabelsError where that cannot be.
    """
    names = _sub_folders(folder)
    values, notes = _values(folder, names, order)
    found = {name: discover([os.path.join(folder, name)], recursive=True).files for name in names}
    empty = [name for name in names if not found[name]]
    if empty:
        notes = (*notes, f"no picture in {', '.join(map(printable, empty))}")
    images = tuple(file.path for name in names for file in found[name])
    numbers = np.array([values[name] for name in names for _ in found[name]])
    classes = len(np.unique(numbers))
    if len(images) < FEWEST_ROWS or classes < 2:
        raise LabelsError(
            f"{printable(folder)} holds {len(images)} pictures of {classes} classes in its sub-folders; at least "
            f"{FEWEST_ROWS} pictures of 2 classes are needed."
        )
    nothing = ("",) * len(images)
    return Labels(folder, (ValueTask(phrasings(query), images, numbers, nothing, nothing),), notes=notes)


def _sub_folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError as error:
        raise LabelsError(f"{printable(folder)} cannot be read: {error.strerror or error}.") from error
    if len(names) < 2:
        raise LabelsError(
            f"{printable(folder)} has {len(names)} sub-folders; one for each class is needed, 2 at least."
        )
    return natsorted(names, alg=ns.IGNORECASE)


def _values(folder: str, names: Sequence[str], order: Sequence[str]) -> tuple[dict[str, float], tuple[str, ...]]:
    if order:
        return _by_order(folder, names, order), ()
    matches = {name: _LEADING_NUMBER.match(name) for name in names}
    if all(matches.values()):
        return {name: float(match[1].replace(",", ".")) for name, match in matches.items() if match}, ()
    ranked, how = _by_scale(names)
    listed = " < ".join(map(printable, ranked))
    note = f"classes in the order {listed} ({how}; another order: --order {','.join(map(printable, ranked))})"
    return {name: float(place) for place, name in enumerate(ranked, 1)}, (note,)


def _by_scale(names: Sequence[str]) -> tuple[list[str], str]:
    for scale in SCALES:
        if all(name.casefold() in scale for name in names):
            return sorted(names, key=lambda name: scale.index(name.casefold())), "as their names say"
    return list(names), "by name"


def _by_order(folder: str, names: Sequence[str], order: Sequence[str]) -> dict[str, float]:
    odd = sorted(set(names) ^ set(order))
    if odd or len(set(order)) < len(order):
        raise LabelsError(
            f"--order must name each sub-folder of {printable(folder)} once ({', '.join(map(printable, names))}); "
            f"it differs in {', '.join(map(printable, odd)) or 'a name given twice'}."
        )
    return {name: float(place) for place, name in enumerate(order, 1)}
