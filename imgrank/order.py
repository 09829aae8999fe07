"""Scores to an order, and the part of an order that was asked for. Pure: no file, no model, no clock.

The order is a function of (relevant, score, path) alone, so it cannot depend on batch size, on the state of
the store, on the device, or on how much of it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from numbers import Integral, Real
from operator import itemgetter
from typing import NamedTuple

from natsort import natsort_keygen

from imgrank.errors import ImgrankError, UsageError
from imgrank.records import RankedImage

_natural = natsort_keygen()


def order(
    scores: Sequence[float],
    paths: Sequence[str],
    relevant: Sequence[bool] | None = None,
    fits: Sequence[bool] | None = None,
) -> tuple[RankedImage, ...]:
    """Best first, pictures that are not `relevant` after all others; equal scores stand in natural path
    order (img2 before img10), then by the raw path.

    Ranks run from 1 to n without gaps, also among equal scores. The percentile says the same place on
    a scale that does not depend on n: 100 for rank 1, 0 for rank n, evenly spaced between, and 100
    for a picture that is alone. Raises ImgrankError on a score that is not a finite number, ValueError
    if there are not as many scores as paths.
    """
    shows = [True] * len(scores) if relevant is None else relevant
    sure = shows if fits is None else fits
    rows = zip(shows, scores, paths, sure, strict=True)
    scored = [ScoredPath(show, float(score), path, fit) for show, score, path, fit in rows]
    check_finite(scored)
    scored.sort(key=itemgetter(0, 1), reverse=True)
    return tuple(rank_sorted(scored, len(scored)))


def rank_sorted(scored: Iterable[ScoredPath], count: int) -> Iterator[RankedImage]:
    """The same order of `count` pictures that come sorted by (relevant, score), best first, with ties as they fall.

    Holds no more than pictures of one score at once, so that a stream may be longer than memory.
    """
    for rank, one in enumerate(_settle_ties(scored), start=1):
        yield RankedImage(rank, one.score, _percentile(rank, count), one.path, one.relevant, fits=one.fits)


def select(
    images: Sequence[RankedImage],
    *,
    reverse: bool = False,
    top: int | None = None,
    bottom: int | None = None,
    min_score: float | None = None,
    fitting: bool = False,
    best: int | None = None,
    rest: bool = False,
) -> tuple[RankedImage, ...]:
    """The part of an order that was asked for, each picture with the rank it has in the whole order.

    First `min_score` leaves out what scores less or is not relevant, and `fitting` what does not fit; then `best` keeps
    the N best of each group, or `rest` all others (than the one best, if no N is given); of what is left, `top` keeps
    the N best and `bottom` the N last (both: the two ends together); `reverse` then turns what is kept around. Raises
    UsageError if N is below 1 or `min_score` is not a number.
    """
    check_selection(top, bottom, min_score, best)
    kept = [image for image in images if min_score is None or (image.relevant and image.score >= min_score)]
    if fitting:
        kept = [image for image in kept if image.relevant and image.fits]
    if best is not None or rest:
        kept = [image for image in kept if ((image.group_rank or 1) > (best or 1)) is rest]
    if top is not None or bottom is not None:
        last_of_top, first_of_bottom = top or 0, len(kept) - (bottom or 0)
        kept = [image for place, image in enumerate(kept) if place < last_of_top or place >= first_of_bottom]
    return tuple(reversed(kept) if reverse else kept)


def check_selection(top: int | None, bottom: int | None, min_score: float | None, best: int | None = None) -> None:
    """Raises UsageError if `select` would refuse these: to be asked before a long run, not after."""
    _check_kinds((top, bottom, best), min_score)
    if any(count is not None and count < 1 for count in (top, bottom)):
        raise UsageError("The number of images to keep at the top or the bottom must be at least 1.")
    if best is not None and best < 1:
        raise UsageError("The number of images to keep of each group must be at least 1.")
    if min_score is not None and math.isnan(min_score):
        raise UsageError("The minimum score must be a number, not nan.")


def _check_kinds(counts: Iterable[object], min_score: object) -> None:
    for count in counts:
        if count is not None and not isinstance(count, Integral):
            raise UsageError(f"The number of images to keep must be a whole number, not {count!r:.80}.")
    if min_score is not None and not isinstance(min_score, Real):
        raise UsageError(f"The minimum score must be a number, not {min_score!r:.80}.")


class ScoredPath(NamedTuple):
    """A picture's path with what its place depends on."""

    relevant: bool
    score: float
    path: str
    fits: bool = True


def check_finite(scored: Iterable[ScoredPath]) -> None:
    """Raises ImgrankError on a score that is not a finite number."""
    for _, score, path, _ in scored:
        if not math.isfinite(score):
            raise ImgrankError(
                f"The score of {path!r} is {score}, which cannot be ranked: the ranker or the cached encoding of this "
                "image is damaged.",
                "Try again with {no_cache}, or with {adapter} none.",
            )


def _settle_ties(scored: Iterable[ScoredPath]) -> Iterable[ScoredPath]:
    """Natural keys are slow to make, so only pictures of equal score get one."""
    for _, group in groupby(scored, key=itemgetter(0, 1)):
        tied = list(group)
        yield from tied if len(tied) == 1 else sorted(tied, key=lambda one: (_natural(one.path), one.path))


def _percentile(rank: int, count: int) -> float:
    return 100.0 if count == 1 else 100.0 * (count - rank) / (count - 1)
