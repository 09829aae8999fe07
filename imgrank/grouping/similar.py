"""Near-duplicates and retakes, and bursts: pictures that hang together by pairs of the same moment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.grouping.candidates import candidates, place_among
from imgrank.grouping.same_moment import CopiesAndTimes, are_same, log_odds
from imgrank.grouping.signatures import Pairs

BURST_GAP = 3.0  # seconds from one picture of a burst to the next
_BURST = 7.0  # log odds: what one camera took within that time needs little likeness
_MOST_ROUNDS = 4

Labels = npt.NDArray[np.intp]


def similar(album: CopiesAndTimes, threshold: float) -> Labels:
    """(N,) for each picture the first one that hangs together with it, by pairs at least so surely the same."""
    least = _log_odds_of(threshold)
    joined = _Joined(len(album))
    looked_at = np.zeros(0, np.intp)
    for _ in range(_MOST_ROUNDS):
        left = np.unique(joined.roots())
        found = candidates(album.only(left))
        first, second = left[found.first], left[found.second]
        new = ~np.isin(first * len(album) + second, looked_at)
        first, second = first[new], second[new]
        _join(album, first, second, least, joined)
        if not found.cut or len(np.unique(joined.roots())) == len(left):
            break
        looked_at = np.concatenate([looked_at, first * len(album) + second])
    return joined.roots()


def bursts(album: CopiesAndTimes, threshold: float) -> Labels:
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


def _join(album: CopiesAndTimes, first: Pairs, second: Pairs, least: float, joined: _Joined) -> None:
    """Look at pairs until every one that is left leads from a picture to another that hangs together with it already.

    First at the nearest of each picture, but at none that would lead nowhere new if those before it were the same, then
    at twice as many of each group in each round: most pairs need no look.
    """
    most = 1
    while len(first):
        roots = joined.roots()
        apart = roots[first] != roots[second]
        first, second = first[apart], second[apart]
        now = np.minimum(place_among(roots[first]), place_among(roots[second])) < most
        if most == 1:
            now[now] = _Joined(len(album)).leading_on(roots[first[now]], roots[second[now]])
        same = are_same(album, first[now], second[now], least)
        joined.join(first[now][same], second[now][same])
        first, second, most = first[~now], second[~now], 2 * most


def _log_odds_of(threshold: float) -> float:
    return float(np.log(threshold) - np.log1p(-threshold))


class _Joined:
    """Which pictures hang together: each leads to the first of them."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def join(self, first: Pairs, second: Pairs) -> None:
        """Let each two hang together."""
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            self._join(one, other)

    def leading_on(self, first: Pairs, second: Pairs) -> npt.NDArray[np.bool_]:
        """(P,) whether each two did not hang together before; they do then."""
        each = zip(first.tolist(), second.tolist(), strict=True)
        return np.array([self._join(one, other) for one, other in each], bool)

    def _join(self, one: int, other: int) -> bool:
        a, b = self._root(one), self._root(other)
        self._above[max(a, b)] = min(a, b)
        return a != b

    def roots(self) -> Labels:
        """(N,) the first of each picture's."""
        return np.array([self._root(n) for n in range(len(self._above))], np.intp)

    def _root(self, picture: int) -> int:
        while self._above[picture] != picture:
            self._above[picture] = picture = self._above[self._above[picture]]
        return picture
