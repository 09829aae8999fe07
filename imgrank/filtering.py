"""Which pictures are ranked at all, by what is known of them beside their pixels, and in which order they are shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from imgrank.choices import Orientation
from imgrank.counting import agreeing, counted
from imgrank.errors import UsageError
from imgrank.facts import Facts
from imgrank.path_order import path_order
from imgrank.patterns import Exclusion
from imgrank.records import RankedImage

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII
)  # year, month, day, hour, minute, second: each only with all before it
_STEPS = (timedelta(days=1), timedelta(0), timedelta(minutes=1), timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a picture must be, to be ranked.

    Attributes:
        since: Taken then or later, by the clock where it was taken.
        until: Taken before this.
        camera: All of these words are in the name of its camera.
        orientation: `landscape`, `portrait` or `square`, of the upright picture.
        min_rating: It has at least so many stars, 0 to 5.
        exclude: Patterns of files and folders that are left out, as in a shell: `*.png`, `rejects`, `2023/raw`.
    """

    since: datetime | None = None
    until: datetime | None = None
    camera: str | None = None
    orientation: Orientation | None = None
    min_rating: float | None = None
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError("No image can match: the first date is not before the last; swap them.")
        if self.min_rating is not None and not 0 <= self.min_rating <= 5:
            raise UsageError(f"A rating is 0 to 5 stars, not {self.min_rating:g}.")

    @property
    def need_facts(self) -> bool:
        """Whether headers of files must be read."""
        asked = (self.since, self.until, self.camera, self.orientation, self.min_rating)
        return any(one is not None for one in asked)

    @property
    def exclusion(self) -> Exclusion:
        """What is left out by its name."""
        return Exclusion.of(self.exclude)

    def reason_against(self, facts: Facts) -> str:
        """Why a picture with these facts is left out, in words that may stand behind a number; empty where it is not.

        What nobody knows of a picture is not what was asked for.
        """
        if self.since is not None or self.until is not None:
            if facts.taken is None:
                return f"with {facts.doubt}"
            if self.since is not None and facts.taken.local < self.since:
                return "taken before"
            if self.until is not None and facts.taken.local >= self.until:
                return "taken later"
        if self.camera is not None and not _names(self.camera, facts.camera):
            return "by another camera" if facts.camera else "by an unknown camera"
        if self.orientation is not None and facts.orientation is not self.orientation:
            return "of another shape"
        if self.min_rating is not None and (facts.rating is None or facts.rating < self.min_rating):
            return "without a rating" if facts.rating is None else "with fewer stars"
        return ""


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Filtered:
    """Positions of the pictures that are kept, and a line that says how many were left out and why."""

    kept: tuple[int, ...]
    note: str


def filtered(filters: Filters, facts: Sequence[Facts]) -> Filtered:
    """What `filters` keep of pictures with these facts."""
    reasons = list(map(filters.reason_against, facts))
    kept = tuple(n for n, reason in enumerate(reasons) if not reason)
    left_out = Counter(filter(None, reasons))
    why = ", ".join(f"{count:,} {reason}" for reason, count in left_out.most_common())
    note = f"{len(kept):,} of {counted(len(facts), 'image')} {agreeing(len(kept), 'passes', 'pass')} the filters" + (
        f"; left out: {why}" if why else ""
    )
    return Filtered(kept, note)


def first_moment(text: str | date) -> datetime:
    """When a year, a month, a day, a minute or a second begins: "2024", "2024-05", "2024-05-01 14:30"."""
    return _moments(text)[0]


def end_of(text: str | date) -> datetime:
    """The first moment after a year, a month, a day, a minute or a second, which itself lies before it."""
    return _moments(text)[1]


def _moments(text: str | date) -> tuple[datetime, datetime]:
    """Where such a stretch of time begins, and where the next one does. Raises UsageError where it is none."""
    if isinstance(text, datetime):
        return text, text + timedelta(microseconds=1)
    match = _MOMENT.fullmatch(str(text).strip())
    try:
        parts = [int(part) for part in (match.groups() if match else ("",)) if part is not None]
        if len(parts) == 1:
            return datetime(parts[0], 1, 1), datetime(parts[0] + 1, 1, 1)  # noqa: DTZ001 (the clock's own time)
        if len(parts) == 2:
            year, month = parts[0] + parts[1] // 12, parts[1] % 12 + 1
            return datetime(parts[0], parts[1], 1), datetime(year, month, 1)  # noqa: DTZ001 (likewise)
        year, month, day, hour, minute, second = [*parts, 0, 0, 0][:6]
        start = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (likewise)
        return start, start + _STEPS[len(parts) - 3]
    except (ValueError, OverflowError):
        raise UsageError(
            f'"{text}" is not a date: write a day as 2024-05-01, a month as 2024-05, a minute as "2024-05-01 14:30".'
        ) from None


def _names(wanted: str, camera: str) -> bool:
    return bool(camera) and all(word in camera.casefold() for word in wanted.casefold().split())


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
