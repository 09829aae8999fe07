"""Star ratings that photo programs keep -> Labels: `xmp:Rating` 0-5, in a sidecar or inside the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgrank.discover import discover
from imgrank.errors import LabelsError
from imgrank.facts import facts_of
from imgrank.facts.xmp import REJECTED
from imgrank.labels.records import FEWEST_ROWS, Fault, Labels, ValueTask
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable


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
            f"{len(rated)} of {len(files)} images in {', '.join(map(printable, sources))} have a star rating, "
            f"of {len(set(rated.values()))} different values; at least {FEWEST_ROWS} with 2 are needed."
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
    return (f"{zeros} images have 0 stars and count as the lowest; some programs write 0 for images without a rating",)
