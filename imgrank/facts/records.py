"""What is known of a picture beside its pixels, and what one file says of it, as a line of text that can be kept.

Times stand as cameras and programs write them, with which of them can be believed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from imgrank.choices import Orientation

_NEARLY_SQUARE = 0.02  # of the longer side


@dataclass(frozen=True, slots=True)
class Taken:
    """When a picture was taken: `local` is what the clock there showed, with microseconds where the camera wrote them.

    `offset` is how far that clock was ahead of UTC, in minutes; None where nothing says so.
    """

    local: datetime
    offset: int | None = None

    @property
    def instant(self) -> datetime:
        """In UTC where the offset is known, as the clock showed it elsewhere."""
        return self.local - timedelta(minutes=self.offset or 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What EXIF, XMP and a sidecar say of one picture.

    Attributes:
        taken: When it was taken; None where no reliable time is known.
        doubt: Why no reliable time is known, in a few words; empty where one is.
        camera: Maker and model; empty where unknown.
        width: Of the upright picture, in pixels; None where unknown.
        height: Likewise.
        rating: 0 to 5 stars, -1 where it was rejected, None where nobody rated it.
        keywords: As photo programs write them.
    """

    taken: Taken | None = None
    doubt: str = "no date"
    camera: str = ""
    width: int | None = None
    height: int | None = None
    rating: float | None = None
    keywords: tuple[str, ...] = ()

    @property
    def orientation(self) -> Orientation | None:
        """None where the size is unknown; square where the sides differ by at most two percent."""
        if not self.width or not self.height:
            return None
        if abs(self.width - self.height) <= _NEARLY_SQUARE * max(self.width, self.height):
            return Orientation.square
        return Orientation.landscape if self.width > self.height else Orientation.portrait


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says; nothing, unless told here. Whether the time can be believed is another question."""

    taken: Taken | None = None
    camera: str = ""
    width: int | None = None
    height: int | None = None
    rating: float | None = None
    keywords: tuple[str, ...] = ()

    def before(self, other: FileFacts) -> FileFacts:
        """What both say together, this one's word first."""
        return FileFacts(
            self.taken or other.taken,
            self.camera or other.camera,
            *((self.width, self.height) if self.width else (other.width, other.height)),
            other.rating if self.rating is None else self.rating,
            self.keywords or other.keywords,
        )


def to_text(told: FileFacts) -> str:
    """What `from_text` reads."""
    taken = told.taken and [told.taken.local.isoformat(), told.taken.offset]
    return json.dumps([taken, told.camera, told.width, told.height, told.rating, told.keywords])


def from_text(text: str) -> FileFacts | None:
    """None where it is no such text."""
    try:
        taken, camera, width, height, rating, keywords = json.loads(text)
        when = taken and Taken(datetime.fromisoformat(taken[0]), taken[1])
        return FileFacts(when, str(camera), width, height, rating, tuple(map(str, keywords)))
    except (ValueError, TypeError, KeyError, IndexError):
        return None


_TIME = re.compile(
    r"(?P<year>\d{4})(?:\D(?P<month>\d{1,2})(?:\D(?P<day>\d{1,2})"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?)?)?)?"
    r"\s*(?P<offset>Z|[+-]\d{1,2}:?\d{2})?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})", re.ASCII)
_FARTHEST_OFFSET = 14 * 60
_FIRST_PHOTOGRAPH = 1826
# The days on which clocks begin that nobody has set: Unix, west of it, QuickTime, FAT.
_UNSET = frozenset({date(1970, 1, 1), date(1969, 12, 31), date(1904, 1, 1), date(1980, 1, 1)})
_AHEAD = timedelta(days=1)  # a clock may be wrong by so much, or stand in another time zone


def parse_time(text: str, fraction: str = "", offset: str = "") -> Taken | None:
    """A time in the way of EXIF or of XMP; None where it is none, such as blanks or zeros.

    `fraction` and `offset` are what EXIF keeps in fields of their own.
    """
    match = _TIME.fullmatch(text.strip("\0 \t\r\n"))
    if match is None:
        return None
    year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    digits = match["fraction"] or _digits(fraction)
    try:
        midnight = datetime(year, month, day)  # noqa: DTZ001 (the clock's own time)
        if hour > 24 or minute > 59 or second > 60:
            return None
        local = midnight + timedelta(hours=hour, minutes=minute, seconds=second)  # some write 24:00 for midnight
        local = local.replace(microsecond=int(digits[:6].ljust(6, "0")) if digits else 0)
    except (ValueError, OverflowError):
        return None
    return Taken(local, _minutes(match["offset"] or offset))


def doubt_of(taken: Taken | None, now: datetime | None = None) -> str:
    """Why a time cannot be believed, in a few words; empty where it can be."""
    if taken is None:
        return "no date"
    local = taken.local
    if local.date() in _UNSET:
        return "a clock that was not set"
    if local.year < _FIRST_PHOTOGRAPH:
        return "a date before photography"
    now = now or datetime.now(timezone.utc).replace(tzinfo=None)
    return "a date in the future" if local > now + _AHEAD else ""


def _digits(text: str) -> str:
    text = text.strip("\0 ")
    return text if text.isascii() and text.isdigit() else ""


def _minutes(offset: str) -> int | None:
    """Of an offset such as +05:45; None where it is none that a place on earth has."""
    offset = offset.strip("\0 ")
    if offset == "Z":
        return 0
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return None
    minutes = (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)
    return minutes if abs(minutes) <= _FARTHEST_OFFSET and minutes % 15 == 0 else None
