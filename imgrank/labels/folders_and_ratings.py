"""Labels from what people did to their pictures: folders they sorted them into, and star ratings they gave.

Ratings are `xmp:Rating` 0-5, in a sidecar or inside the picture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import numpy as np
from natsort import natsorted, ns

from imgrank.counting import agreeing, counted
from imgrank.discover import discover
from imgrank.errors import LabelsError
from imgrank.facts import facts_of
from imgrank.facts.xmp import REJECTED
from imgrank.labels.tasks import FEWEST_ROWS, Fault, Labels, ValueTask, phrasings
from imgrank.paths import printable

_LEADING_NUMBER = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)(?![\d.])")
SCALES = (  # names whose order everybody knows
    ("worst", "bad", "poor", "fair", "okay", "ok", "average", "good", "great", "excellent", "best"),
    ("none", "few", "some", "many"),
    ("low", "medium", "high"),
    ("small", "medium", "large"),
    ("no", "maybe", "yes"),
)


def labels_from_folders(
    folder: str, query: str, order: Sequence[str] = (), pictures: Sequence[str] | None = None
) -> Labels:
    """The pictures below each sub-folder get its value: the number that its name begins with, or else its place.

    Args:
        folder: The folder that holds the sub-folders.
        query: What the order means; other words for it after bars.
        order: The sub-folders from least to most. Without it: a scale that everybody knows (bad, fair, good), or else
            the order of the names. Places count from 1.
        pictures: The pictures of an index in natural order; their common folder then stands for `folder`.

    Raises:
        LabelsError: There are too few pictures or sub-folders, or `order` does not name them all.
    """
    found = _below(folder) if pictures is None else _grouped(folder, pictures)
    names = list(found)
    values, notes = _values(folder, names, order)
    empty = [name for name in names if not found[name]]
    if empty:
        notes = (*notes, f"no image in {', '.join(map(printable, empty))}")
    images = tuple(path for name in names for path in found[name])
    numbers = np.array([values[name] for name in names for _ in found[name]])
    classes = len(np.unique(numbers))
    if len(images) < FEWEST_ROWS or classes < 2:
        raise LabelsError(
            f"{printable(folder)} holds {counted(len(images), 'image')} of {counted(classes, 'class', 'classes')} "
            f"in its subfolders; at least {FEWEST_ROWS} images of 2 classes are needed."
        )
    nothing = ("",) * len(images)
    return Labels(folder, (ValueTask(phrasings(query), images, numbers, nothing, nothing),), notes=notes)


def _below(folder: str) -> dict[str, list[str]]:
    """By sub-folder, the paths of its pictures."""
    names = _sub_folders(folder)
    return {
        name: [file.path for file in discover([os.path.join(folder, name)], recursive=True).files] for name in names
    }


def _grouped(where: str, pictures: Sequence[str]) -> dict[str, list[str]]:
    """The same from paths alone: the part that follows what all of them have in common names the sub-folder."""
    parts = [re.split(r"[/\\]" if os.sep == "\\" else "/", path)[:-1] for path in pictures]
    shortest = min(map(len, parts), default=0)
    common = next((n for n in range(shortest) if len({part[n] for part in parts}) > 1), shortest)
    found: dict[str, list[str]] = {}
    for path, folders in zip(pictures, parts, strict=True):
        if len(folders) > common:
            found.setdefault(folders[common], []).append(path)
    if len(found) < 2:
        raise LabelsError(f"The images of {printable(where)} are in {len(found)} subfolders; at least 2 are needed.")
    return {name: found[name] for name in natsorted(found, alg=ns.IGNORECASE)}


def _sub_folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError as error:
        raise LabelsError(f"{printable(folder)} cannot be read: {error.strerror or error}.") from error
    if len(names) < 2:
        raise LabelsError(
            f"{printable(folder)} has {len(names)} subfolders; at least 2 are needed, one for each class."
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
    note = f"classes in the order {listed} ({how})"
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
            f"The order must name each subfolder of {printable(folder)} once ({', '.join(map(printable, names))}); "
            f"it differs in {', '.join(map(printable, odd)) or 'a name given twice'}."
        )
    return {name: float(place) for place, name in enumerate(order, 1)}


def labels_from_ratings(sources: Sequence[str], query: str, *, recursive: bool = True) -> Labels:
    """Pictures and the stars given to them; unrated and rejected ones are left out and counted in the notes.

    A sidecar (`name.xmp`, or `name.jpg.xmp`) goes before what stands in the picture.

    Args:
        sources: Pictures and folders.
        query: What the stars mean; other words for it after bars.
        recursive: Go down into sub-folders.

    Raises:
        LabelsError: Too few pictures have stars, or all have the same.
    """
    files = discover(sources, recursive=recursive).files
    stars = {file.path: facts.rating for file, facts in zip(files, facts_of(files), strict=True)}
    rated = {path: value for path, value in stars.items() if value is not None and value != REJECTED}
    if len(rated) < FEWEST_ROWS or len(set(rated.values())) < 2:
        raise LabelsError(
            f"{len(rated):,} of {counted(len(files), 'image')} in {', '.join(map(printable, sources))} "
            f"{agreeing(len(rated), 'has', 'have')} a star rating, "
            f"with {counted(len(set(rated.values())), 'different value')}; training needs at least {FEWEST_ROWS} "
            "images with 2 different values."
        )
    nothing = ("",) * len(rated)
    task = ValueTask(phrasings(query), tuple(rated), np.array(list(rated.values())), nothing, nothing)
    left_out = tuple(
        Fault(0, f"{printable(path)} {'has no rating' if value is None else 'is rejected'}")
        for path, value in stars.items()
        if path not in rated
    )
    return Labels(", ".join(sources), (task,), left_out=left_out, notes=_notes(rated))


def _notes(rated: dict[str, float]) -> tuple[str, ...]:
    zeros = sum(value == 0 for value in rated.values())
    if not zeros:
        return ()
    lowest = counted(zeros, "image has 0 stars and counts", "images have 0 stars and count")
    return (f"{lowest} as the lowest; some programs write 0 for images without a rating",)
