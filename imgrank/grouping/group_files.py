"""From files to the numbers of their groups: reads the facts and small copies that it takes, and keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from imgrank.arranging import doubts
from imgrank.choices import GroupBy
from imgrank.errors import UsageError
from imgrank.facts import FactsReader
from imgrank.grouping.copies import Copies, CopyMeasure
from imgrank.grouping.groups import group
from imgrank.grouping.same_moment import DEFAULT_THRESHOLD
from imgrank.measuring import Measuring
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, RankedImage


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
            raise UsageError(f'Images cannot be grouped by "{printable(settings)}"; what can be asked for is {known}.')
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
        return Grouped(numbers, doubts(facts, "each stands in a group of its own") if needs_dates else "")

    def close(self) -> None:
        """Let go of the files of the cache."""
        self._copies.close()


def in_groups(images: Sequence[RankedImage], groups: dict[str, int]) -> tuple[RankedImage, ...]:
    """Images with the numbers of their groups, by path, and their places in them: 1 for the best."""
    sizes: dict[int, int] = {}
    placed = []
    for image in images:
        number = groups[image.path]
        sizes[number] = sizes.get(number, 0) + 1
        placed.append(replace(image, group=number, group_rank=sizes[number]))
    return tuple(replace(image, group_size=sizes[image.group or 0]) for image in placed)
