"""How surely two pictures show the same moment: from their small copies, and from when and by which camera.

The weights were fitted by `benchmarks/groups.py` on one part of the pictures that it makes, and measured on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imgrank.facts import Facts
from imgrank.grouping.aligning import alignment, reaches
from imgrank.grouping.copies import Copies, Pairs, Signatures, signatures

DEFAULT_THRESHOLD = 0.95  # the lowest of those tried at which 99 % of pairs were right; a false group costs pictures
# Log odds. Colours count for little: pairs that are looked at agree in them, most of all those that have none.
_COLOURS, _HASH, _ALIGNMENT, _BIAS = 0.866, 2.285, 5.215, -16.102
_NOT_WHOLE = 1.01  # keeps the logarithm finite where two copies are equal
AT_ONCE, LATER = 10.0, 3600.0  # seconds
_TAKEN_AT_ONCE, _TAKEN_LATER = 2.5, -1.5  # log odds: retakes follow each other, and mostly by one camera
_DIGITS = 3  # of log odds; processors differ in the last bits of a correlation

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (on any one clock)

LogOdds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CopiesAndTimes:
    """N pictures to be grouped: their small copies, and their facts where those are known."""

    copies: Copies
    facts: Sequence[Facts] = ()

    def __len__(self) -> int:
        return len(self.copies)

    def only(self, rows: Pairs) -> CopiesAndTimes:
        """The album of these pictures, in this order."""
        if len(rows) == len(self):
            return self
        part = CopiesAndTimes(self.copies.only(rows), [self.facts[n] for n in rows] if self.facts else ())
        part.__dict__["signatures"] = self.signatures.only(rows)  # they cost time
        return part

    @cached_property
    def signatures(self) -> Signatures:
        """What can be compared at once with many."""
        return signatures(self.copies)

    @cached_property
    def times(self) -> npt.NDArray[np.float64]:
        """(N,) seconds, not a number where no time is known."""
        return np.array([seconds_of(facts) for facts in self.facts] or [np.nan] * len(self))

    @cached_property
    def cameras(self) -> npt.NDArray[np.intp]:
        """(N,) a number for each camera, -1 where it is not known."""
        names = sorted({facts.camera for facts in self.facts} - {""})
        number = {name: n for n, name in enumerate(names)} | {"": -1}
        return np.array([number[facts.camera] for facts in self.facts] or [-1] * len(self), np.intp)


def seconds_of(facts: Facts) -> float:
    """When a picture was taken, in seconds; not a number where that is not known."""
    if facts.taken is None:
        return float("nan")
    since = facts.taken.instant - _EPOCH
    return since.days * 86_400 + since.seconds + since.microseconds / 1e6


def log_odds(album: CopiesAndTimes, first: Pairs, second: Pairs) -> LogOdds:
    """(P,) that pictures `first` and `second` show the same moment, mirrored or not; above 0 it is likelier than not.

    The same whichever of two pictures comes first, and whatever other pairs are asked about.
    """
    signs, grey = _signs(album, first, second), album.copies.grey
    # of a crop and its whole, one way around finds more
    found = np.maximum(alignment(grey, first, second, signs.turned), alignment(grey, second, first, signs.turned))
    odds = signs.odds - _ALIGNMENT * np.log(_NOT_WHOLE - found.clip(0, 1).astype(np.float64))
    return np.asarray(np.round(odds, _DIGITS))


def are_same(album: CopiesAndTimes, first: Pairs, second: Pairs, least: float) -> npt.NDArray[np.bool_]:
    """(P,) whether two pictures show the same moment, their log odds being at least so high; quicker than `log_odds`.

    What takes time, to lay one upon the other, ends where small copies leave no doubt.
    """
    signs = _signs(album, first, second)
    needed = _NOT_WHOLE - np.exp((signs.odds - least) / _ALIGNMENT)
    same = np.zeros(len(first), bool)
    open_ = np.flatnonzero(needed <= 1)
    for one, other in ((first, second), (second, first)):
        grey, turned, reached = album.copies.grey, signs.turned[open_], needed[open_].astype(np.float32)
        same[open_] = reaches(grey, one[open_], other[open_], turned, reached)
        open_ = open_[~same[open_]]
    return same


@dataclass(frozen=True, slots=True)
class _Signs:
    """Of pairs (P,): their log odds but for how they lie upon each other, and whether the second is turned around."""

    odds: LogOdds
    turned: npt.NDArray[np.bool_]


def _signs(album: CopiesAndTimes, first: Pairs, second: Pairs) -> _Signs:
    colours, upright, turned = album.signatures.of_pairs(first, second)
    odds = _COLOURS * colours.astype(np.float64) + _HASH * np.maximum(upright, turned) + _BIAS
    return _Signs(odds + _by_time(album, first, second), turned > upright)


def _by_time(album: CopiesAndTimes, first: Pairs, second: Pairs) -> LogOdds:
    apart = np.abs(album.times[first] - album.times[second])
    at_once = (apart <= AT_ONCE) & (album.cameras[first] == album.cameras[second])
    return np.where(at_once, _TAKEN_AT_ONCE, 0) + np.where(apart > LATER, _TAKEN_LATER, 0)
