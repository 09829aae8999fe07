"""In which order what was kept of a ranking is shown: by score, by the time of taking, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imgrank.counting import agreeing, counted
from imgrank.discover import path_order
from imgrank.facts import Facts
from imgrank.records import RankedImage


@dataclass(frozen=True, slots=True)
class Arranged:
    """Images in the order that was asked for, and a line about those that had to stand last; empty where none had."""

    images: tuple[RankedImage, ...]
    note: str = ""


def by_name(images: Sequence[RankedImage]) -> Arranged:
    """In natural order of paths."""
    return Arranged(tuple(sorted(images, key=lambda image: path_order(image.path))))


def by_date(images: Sequence[RankedImage], facts: Sequence[Facts]) -> Arranged:
    """Earliest first, pictures of one moment by their paths, and what has no date that can be believed last.

    Where every picture says how far its clock was ahead of UTC, they stand in the order in which they were taken;
    otherwise in that of the clocks, for a camera that keeps no time zone is mostly set to the one it is in.
    """
    zoned = all(each.taken.offset is not None for each in facts if each.taken is not None)

    def place(n: int) -> tuple[object, ...]:
        taken = facts[n].taken
        path = path_order(images[n].path)
        return (1, path) if taken is None else (0, taken.instant if zoned else taken.local, path)

    return Arranged(tuple(images[n] for n in sorted(range(len(images)), key=place)), doubts(facts, "they stand last"))


def doubts(facts: Sequence[Facts], consequence: str) -> str:
    """A line about pictures without a date that can be believed, and what becomes of them; empty where all have one."""
    why = Counter(each.doubt for each in facts if each.taken is None)
    if not why:
        return ""
    reasons = ", ".join(f"{count:,} with {reason}" for reason, count in why.most_common())
    undated = sum(why.values())
    have = agreeing(undated, "has", "have")
    return f"{undated:,} of {counted(len(facts), 'image')} {have} no usable date ({reasons}); {consequence}"
