"""What is known of a picture beside its pixels, and what one file says of it, as a line of text that can be kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

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
        taken: When it was taken; None where no time can be believed.
        doubt: Why no time can be believed, in a few words; empty where one is.
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
