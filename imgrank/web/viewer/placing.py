"""Scores to places, for a page that waits: the order of `imgrank.order`, without a record for each picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from natsort import natsort_keygen

from imgrank.arrays import Flags, Floats
from imgrank.web.viewer.library import Numbers

_natural: Callable[[str], Any] = natsort_keygen()


class Placer:
    """Remembers the natural key of each path that was ever tied: keys are slow to make, and ties come again."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def places(self, scores: Floats, relevant: Flags, paths: Sequence[str]) -> Numbers:
        """(N,) rows, best first: relevant ones before others, by score, and equal ones in natural order of paths."""
        rows: Numbers = np.lexsort((-scores, ~relevant))
        ordered, shown = scores[rows], relevant[rows]
        same = np.flatnonzero((ordered[1:] == ordered[:-1]) & (shown[1:] == shown[:-1]))
        if not len(same):
            return rows
        starts = same[np.flatnonzero(np.diff(same, prepend=-2) > 1)]
        ends = same[np.flatnonzero(np.diff(same, append=len(rows) + 1) > 1)] + 2
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            tied = rows[start:end].tolist()
            rows[start:end] = sorted(tied, key=lambda row: (self._key(paths[row]), paths[row]))
        return rows

    def _key(self, path: str) -> Any:  # noqa: ANN401 (natsort's own)
        if path not in self._keys:
            self._keys[path] = _natural(path)
        return self._keys[path]
