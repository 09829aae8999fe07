"""Near-duplicates and retakes, and bursts: pictures that hang together by pairs of the same moment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.grouping.candidates import candidates
from imgrank.grouping.copies import Copies
from imgrank.grouping.likeness import Album, log_odds
from imgrank.grouping.signatures import Pairs

BURST_GAP = 3.0  # seconds from one picture of a burst to the next
_BURST = 5.0  # log odds: what one camera took within that time needs little likeness
_AT_ONCE = 4096  # pairs looked at before it is known which others need no look any more
_MOST_ROUNDS = 4

Labels = npt.NDArray[np.intp]


def similar(album: Album, threshold: float) -> Labels:
    """(N,) for each picture the first one that hangs together with it, by pairs at least so surely the same."""
    least = _log_odds_of(threshold)
    joined = _Joined(len(album))
    for _ in range(_MOST_ROUNDS):
        left = np.unique(joined.roots())
        smaller = _part(album, left)
        found = candidates(smaller)
        before = len(left)
        _join(smaller, found.first, found.second, least, joined, left)
        if not found.cut or len(np.unique(joined.roots())) == before:
            break
    return joined.roots()


def bursts(album: Album, threshold: float) -> Labels:
    """(N,) as `similar`: pictures that one camera took in a row, with little time between and alike enough.

    A picture without a time stands alone.
    """
    joined = _Joined(len(album))
    dated = np.flatnonzero(~np.isnan(album.times))
    order = dated[np.lexsort((dated, album.times[dated], album.cameras[dated]))]
    first, second = order[:-1], order[1:]
    close = (album.cameras[first] == album.cameras[second]) & (album.times[second] - album.times[first] <= BURST_GAP)
    known = album.copies.known
    close &= known[first] & known[second]
    first, second = first[close], second[close]
    alike = log_odds(album, first, second) + _BURST >= _log_odds_of(threshold)
    joined.join(first[alike], second[alike])
    return joined.roots()


def _join(album: Album, first: Pairs, second: Pairs, least: float, joined: _Joined, names: Pairs) -> None:
    """Look at pairs, nearest first; those that hang together already need no look."""
    for start in range(0, len(first), _AT_ONCE):
        roots = joined.roots()
        one, other = first[start : start + _AT_ONCE], second[start : start + _AT_ONCE]
        apart = roots[names[one]] != roots[names[other]]
        one, other = one[apart], other[apart]
        same = log_odds(album, one, other) >= least
        joined.join(names[one[same]], names[other[same]])


def _part(album: Album, kept: Pairs) -> Album:
    if len(kept) == len(album):
        return album
    copies = album.copies
    facts = [album.facts[n] for n in kept] if album.facts else ()
    return Album(Copies(copies.grey[kept], copies.colour[kept], copies.known[kept]), facts)


def _log_odds_of(threshold: float) -> float:
    return float(np.log(threshold) - np.log1p(-threshold))


class _Joined:
    """Which pictures hang together: each leads to the first of them."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def join(self, first: Pairs, second: Pairs) -> None:
        """Let each two hang together."""
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            a, b = self._root(one), self._root(other)
            self._above[max(a, b)] = min(a, b)

    def roots(self) -> Labels:
        """(N,) the first of each picture's."""
        return np.array([self._root(n) for n in range(len(self._above))], np.intp)

    def _root(self, picture: int) -> int:
        while self._above[picture] != picture:
            self._above[picture] = picture = self._above[self._above[picture]]
        return picture
