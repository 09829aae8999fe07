"""Near-duplicates and retakes, and bursts: pictures that hang together by pairs of the same moment.

Which pairs are worth a closer look is found without looking at all pairs of many. Up to `WHOLE` pictures, all pairs of
signatures are compared at once. Of more, only those that share a list: each picture stands in the lists of the few
pictures nearest to it among some hundred that were drawn (an inverted file, as in Jegou et al., 2011), and beside those
taken before and after it. Pictures are drawn by their bytes, so that neither their order nor their names decide it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from imgrank.grouping.copies import UNIT, Pairs, Signatures
from imgrank.grouping.same_moment import CopiesAndTimes, are_same, log_odds

WHOLE = 16_384
NEAR = 2.5  # of signatures, at most 3.55; what is less near was the same moment in one pair of 200
MOST_NEIGHBOURS = 24  # of one picture: the nearest
_LEAST = int(np.ceil(NEAR * UNIT))
_BLOCK = 512  # rows of pairs compared at once
_PICTURES_TO_A_LIST = 200
_LISTS = 4  # that each picture stands in
_NEXT = 8  # pictures taken after one that are compared with it
_DENSE = 8  # times more than are kept

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PairCandidates:
    """Pairs `first` < `second` (P,), nearest first; `cut` tells that a picture had more neighbours than are kept."""

    first: Pairs
    second: Pairs
    cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """Pictures `one` and `other` (P,), how `near` they are, and whether a picture has more neighbours than these."""

    one: Pairs
    other: Pairs
    near: Whole
    cut: bool

    def nearest(self) -> _Neighbours:
        """Those nearest to each `one`; of those as near, the first. Each pair once."""
        order = np.lexsort((self.other, -self.near, self.one))
        one, other = self.one[order], self.other[order]
        new = np.ones(len(order), bool)
        new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
        order, one = order[new], one[new]
        kept = place_among(one) < MOST_NEIGHBOURS
        order = order[kept]
        return _Neighbours(self.one[order], self.other[order], self.near[order], self.cut or not kept.all())


def candidates(album: CopiesAndTimes) -> PairCandidates:
    """The pairs of an album that may show the same moment."""
    known = np.flatnonzero(album.copies.known)
    part = album.only(known)
    lists = [np.arange(len(known))] if len(known) <= WHOLE else _lists(part)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        each = list(threads.map(lambda strip: _neighbours(part.signatures, *strip), _strips(lists)))
    if not each:
        return PairCandidates(np.zeros(0, np.intp), np.zeros(0, np.intp), False)
    one, other, near = (np.concatenate([getattr(n, name) for n in each]) for name in ("one", "other", "near"))
    found = _Neighbours(one, other, near, any(n.cut for n in each)).nearest()
    first, second = np.minimum(found.one, found.other), np.maximum(found.one, found.other)
    _, once = np.unique(first * len(part) + second, return_index=True)
    order = once[np.argsort(-found.near[once], kind="stable")]  # pairs that are as near stay in their order
    return PairCandidates(known[first[order]], known[second[order]], found.cut)


def _strips(lists: Iterable[Pairs]) -> Iterator[tuple[Pairs, int]]:
    """Each list as often as it has blocks of rows, with the first of those."""
    for each in lists:
        for start in range(0, len(each), _BLOCK):
            yield each, start


def _neighbours(signs: Signatures, pictures: Pairs, start: int) -> _Neighbours:
    """Of some rows of a list, and of what comes after them in it, the nearest of each other that are near enough."""
    rows, columns = pictures[start : start + _BLOCK], pictures[start:]
    near = signs.nearness(rows, columns)
    near[:, : len(rows)][np.tri(len(rows), dtype=bool)] = 0  # each pair once
    row, column = np.nonzero(near >= _LEAST)
    dense = len(row) > _DENSE * MOST_NEIGHBOURS * len(rows)
    if dense:
        row, column = _nearest_of_dense(near)
    found = near[row, column].astype(np.int64)
    one, other = rows[row], columns[column]
    both = np.concatenate([one, other]), np.concatenate([other, one]), np.concatenate([found, found])
    return _Neighbours(*both, dense).nearest()


def _nearest_of_dense(near: npt.NDArray[np.float32]) -> tuple[Pairs, Pairs]:
    """Row and column of the nearest of each row and column, where most are near: quicker than to put all in order."""
    whole = near.astype(np.int64) * max(near.shape)
    kept = np.zeros(near.shape, bool)
    for axis in (0, 1):  # of those as near, the first is the greatest
        key = whole - np.arange(near.shape[axis]).reshape(-1, *[1] * (1 - axis))
        most = min(MOST_NEIGHBOURS, near.shape[axis])
        np.put_along_axis(kept, np.argpartition(key, -most, axis).take(np.arange(-most, 0), axis), True, axis)
    row, column = np.nonzero(kept & (near >= _LEAST))
    return row, column


def place_among(owners: Pairs) -> Pairs:
    """(P,) how many before each have the same owner."""
    order = np.argsort(owners, kind="stable")
    place = np.empty(len(owners), np.intp)
    place[order] = np.arange(len(owners)) - np.searchsorted(owners[order], owners[order])
    return place


def _lists(album: CopiesAndTimes) -> Iterator[Pairs]:
    yield from _one_after_another(album)
    yield from _around_drawn(album)


def _one_after_another(album: CopiesAndTimes) -> Iterator[Pairs]:
    """Runs of pictures by the time of taking, each of which overlaps the next."""
    dated = np.flatnonzero(~np.isnan(album.times))
    order = dated[np.argsort(album.times[dated], kind="stable")]
    for start in range(0, max(len(order) - 1, 0), _NEXT):
        yield np.sort(order[start : start + 2 * _NEXT])


def _around_drawn(album: CopiesAndTimes) -> Iterator[Pairs]:
    """For each drawn picture those that it is one of the nearest of."""
    signs, drawn = album.signatures, _drawn(album)
    most = min(_LISTS, len(drawn))
    owner = np.empty((len(album), most), np.intp)
    for start in range(0, len(album), _BLOCK):
        rows = slice(start, start + _BLOCK)
        key = signs.nearness(rows, drawn).astype(np.int64) * len(drawn) - np.arange(len(drawn))
        owner[rows] = np.argpartition(key, -most, axis=1)[:, -most:]
    order = np.argsort(owner.ravel(), kind="stable")
    bounds = np.searchsorted(owner.ravel()[order], np.arange(1, len(drawn)))
    yield from (np.sort(each // most) for each in np.split(order, bounds) if len(each) > 1)


def _drawn(album: CopiesAndTimes) -> Pairs:
    """One picture of so many, drawn by the digests of their small copies; of equal ones the first."""
    grey, colour = album.copies.grey, album.copies.colour
    digests = [xxh3_64_intdigest(grey[n].tobytes() + colour[n].tobytes()) for n in range(len(album))]
    _, once = np.unique(np.array(digests, np.uint64), return_index=True)
    return once[: max(len(album) // _PICTURES_TO_A_LIST, 1)]


BURST_GAP = 3.0  # seconds from one picture of a burst to the next
_BURST = 9.5  # log odds: what one camera took within that time needs little likeness
_MOST_ROUNDS = 4
_MOST_LOOKS = 8  # more found 1 pair in 10,000 that was looked at, of 10,000 pictures as of 30,000

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
    """Look at pairs that do not lead from a picture to another that hangs together with it already.

    First at the nearest of each picture, but at none that would lead nowhere new if those before it were the same, then
    at twice as many of each group in each round: most pairs need no look. Where the last `_MOST_LOOKS` of a group were
    others, so are all that are less near, or so nearly all that they are not worth the time.
    """
    most = 1
    while len(first) and most <= _MOST_LOOKS:
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
