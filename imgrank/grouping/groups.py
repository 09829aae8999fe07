"""Pictures to numbered groups, which depend on the pictures alone: not on their order, on batches or on a sentence.

From files it reads the facts and small copies that this takes, and keeps them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imgrank.choices import GroupBy
from imgrank.errors import UsageError
from imgrank.facts import Facts, FactsReader
from imgrank.filtering import doubts
from imgrank.grouping.copies import Copies, CopyMeasure
from imgrank.grouping.same_moment import DEFAULT_THRESHOLD, CopiesAndTimes
from imgrank.grouping.similar import bursts, similar
from imgrank.measuring import Measuring
from imgrank.path_order import path_order
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, RankedImage, Ranking

_UNGROUPED = "no groups were made: the run was stopped before all images were compared"


def group(
    by: GroupBy,
    paths: Sequence[str],
    facts: Sequence[Facts] = (),
    copies: Copies | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> tuple[int, ...]:
    """The number of each picture's group, row for row with `paths`.

    Groups are numbered from 1 by the first of their pictures in natural order of paths; days by date, and pictures
    without a date after them. What nothing is known of stands in a group of its own. `similar` takes `facts` where they
    are known; `burst` and `day` need them, and `burst` and `similar` need `copies`. `threshold`, between 0 and 1, is
    how surely two pictures show the same moment. Raises UsageError on a threshold that is none, ValueError where
    what is needed is lacking.
    """
    if not 0 < threshold < 1:
        raise UsageError(f"The threshold of groups must be from 0 to 1, not {threshold:g}.")
    if not paths:
        return ()
    order = sorted(range(len(paths)), key=lambda n: path_order(paths[n]))
    if by is GroupBy.none:
        keys: list[Any] = [0] * len(paths)
    elif by is GroupBy.folder:
        keys = [os.path.dirname(paths[n]) for n in order]
    elif by is GroupBy.day:
        keys = _days([facts[n] for n in order])
    else:
        keys = _alike(by, order, facts, copies, threshold)
    return _numbered(keys, order)


def _days(facts: Sequence[Facts]) -> list[Any]:
    """The day that the clock showed there, as its place among the days; a place of its own where there is none."""
    days = [None if each.taken is None else each.taken.local.date() for each in facts]
    place = {day: n for n, day in enumerate(sorted(filter(None, days)))}
    return [("day", place[day]) if day is not None else ("picture", n) for n, day in enumerate(days)]


def _alike(
    by: GroupBy, order: Sequence[int], facts: Sequence[Facts], copies: Copies | None, threshold: float
) -> list[Any]:
    if copies is None or (by is GroupBy.burst and not facts and order):
        raise ValueError(f"{by.value} needs small copies of the images, and burst their facts")
    album = CopiesAndTimes(
        copies.only(np.array(order, np.intp)),
        [facts[n] for n in order] if facts else (),
    )
    labels = similar(album, threshold) if by is GroupBy.similar else bursts(album, threshold)
    return list(map(int, labels))


def _numbered(keys: Sequence[Any], order: Sequence[int]) -> tuple[int, ...]:
    """Numbers of keys, which come in `order`; days go by their date and before all others."""
    first = {key: n for n, key in reversed(list(enumerate(keys)))}
    days = isinstance(next(iter(first), None), tuple)
    ranked = sorted(first, key=(lambda key: key) if days else first.__getitem__)
    number = {key: n for n, key in enumerate(ranked, 1)}
    found = [0] * len(keys)
    for place, key in zip(order, keys, strict=True):
        found[place] = number[key]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Which pictures are to stand together.

    Attributes:
        by: `similar` (near-duplicates and retakes), `burst`, `folder`, `day` or `none`.
        threshold: How surely two pictures must show the same moment, between 0 and 1; for `similar` and `burst`.
    """

    by: GroupBy = GroupBy.none
    threshold: float = DEFAULT_THRESHOLD

    @staticmethod
    def of(settings: GroupSettings | str) -> GroupSettings:
        """Settings, or what one word of `by` asks for. Raises UsageError where it is no such word."""
        if isinstance(settings, GroupSettings):
            return settings
        if settings not in {by.value for by in GroupBy}:
            known = ", ".join(by.value for by in GroupBy)
            raise UsageError(f'Images cannot be grouped by "{printable(settings)}"; choose one of {known}.')
        return GroupSettings(GroupBy(settings))


@dataclass(frozen=True, slots=True)
class Grouped:
    """The number of each file's group, and a line about what could not be told; empty where all could."""

    numbers: tuple[int, ...]
    note: str = ""


class Grouper:
    """Groups files; what it reads of them is kept in the cache, and opened when it is first asked for."""

    def __init__(self, facts: FactsReader, *, cache: bool, note: Callable[[str], None], max_megapixels: float) -> None:
        self._facts = facts
        self._copies = Measuring(CopyMeasure(), cache=cache, note=note, max_megapixels=max_megapixels)

    def of(
        self, files: Sequence[ImageFile], settings: GroupSettings, progress: Callable[[Progress], None] = lambda _: None
    ) -> Grouped:
        """Numbers as `group` gives them. Ctrl-C ends it; what was read by then stays stored."""
        facts = self._facts.of(files, progress) if settings.by.needs_facts else ()
        copies = None
        if settings.by.needs_copies:
            measured = self._copies.of(files, progress)
            if measured.partial:
                raise KeyboardInterrupt
            copies = Copies.of_rows(measured.values, measured.known)
        numbers = group(settings.by, [file.path for file in files], facts, copies, settings.threshold)
        needs_dates = settings.by in (GroupBy.day, GroupBy.burst)
        return Grouped(numbers, doubts(facts, "each is in a group of its own") if needs_dates else "")

    def close(self) -> None:
        """Let go of the files of the cache."""
        self._copies.close()


def with_groups(ranking: Ranking, paths: Sequence[str], grouped: Grouped) -> Ranking:
    """The ranking with the number of each picture's group, `paths` in the order of `grouped`, and its place there."""
    numbers = dict(zip(paths, grouped.numbers, strict=True))
    notes = ranking.notes + ((grouped.note,) if grouped.note else ())
    return replace(ranking, images=_in_groups(ranking.images, numbers), notes=notes)


def ungrouped(ranking: Ranking) -> Ranking:
    """The ranking where Ctrl-C came before the groups were known: groups hold for all pictures or not at all."""
    return replace(ranking, partial=True, notes=(*ranking.notes, _UNGROUPED))


def _in_groups(images: Sequence[RankedImage], groups: dict[str, int]) -> tuple[RankedImage, ...]:
    """Images with the numbers of their groups, by path, and their places in them: 1 for the best."""
    sizes: dict[int, int] = {}
    placed = []
    for image in images:
        number = groups[image.path]
        sizes[number] = sizes.get(number, 0) + 1
        placed.append(replace(image, group=number, group_rank=sizes[number]))
    return tuple(replace(image, group_size=sizes[image.group or 0]) for image in placed)
