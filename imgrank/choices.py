"""The few words that an option takes, for the library and the command line. Imports nothing: help stays fast."""

from __future__ import annotations

from enum import Enum


class Orientation(str, Enum):
    """How a picture lies when it is upright."""

    landscape = "landscape"
    portrait = "portrait"
    square = "square"


class ShownBy(str, Enum):
    """What decides who stands first of what was kept."""

    score = "score"
    date = "date"
    name = "name"


class GroupBy(str, Enum):
    """What puts pictures into one group."""

    similar = "similar"
    burst = "burst"
    folder = "folder"
    day = "day"
    none = "none"

    @property
    def needs_facts(self) -> bool:
        """Whether it goes by when and by which camera pictures were taken."""
        return self in (GroupBy.similar, GroupBy.burst, GroupBy.day)

    @property
    def needs_copies(self) -> bool:
        """Whether it goes by how pictures look."""
        return self in (GroupBy.similar, GroupBy.burst)


class Format(str, Enum):
    """How a ranking is written: a table for people, the others for scripts."""

    table = "table"
    paths = "paths"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
