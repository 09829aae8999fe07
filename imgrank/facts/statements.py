"""What one file says, a picture or its sidecar; as a line of text that can be kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from imgrank.facts.records import Taken


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says; nothing, unless said here. Whether the time can be believed is another question."""

    taken: Taken | None = None
    camera: str = ""
    width: int | None = None
    height: int | None = None
    rating: float | None = None
    keywords: tuple[str, ...] = ()

    def before(self, other: Said) -> Said:
        """What both say together, this one's word first."""
        return Said(
            self.taken or other.taken,
            self.camera or other.camera,
            *((self.width, self.height) if self.width else (other.width, other.height)),
            other.rating if self.rating is None else self.rating,
            self.keywords or other.keywords,
        )


def to_text(said: Said) -> str:
    """What `from_text` reads."""
    taken = said.taken and [said.taken.local.isoformat(), said.taken.offset]
    return json.dumps([taken, said.camera, said.width, said.height, said.rating, said.keywords])


def from_text(text: str) -> Said | None:
    """None where it is no such text."""
    try:
        taken, camera, width, height, rating, keywords = json.loads(text)
        when = taken and Taken(datetime.fromisoformat(taken[0]), taken[1])
        return Said(when, str(camera), width, height, rating, tuple(map(str, keywords)))
    except (ValueError, TypeError, KeyError, IndexError):
        return None
