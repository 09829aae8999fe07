"""What of a picture a row of the store describes."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class View(str, Enum):
    """A picture may be stored in several views, each a row of its own.

    Files lead to the digest of their bytes and to nothing else: what is wanted of the picture, the asker says.
    """

    plain = "plain"
    mirrored = "mirrored"


class Key(NamedTuple):
    """The name of a row: the hash of a file's bytes, and the view."""

    digest: str
    view: View

    @property
    def owner(self) -> str:
        """What the row's checksum is seeded with, so that a row of another picture or view fails."""
        return owner_of(self.digest, self.view)


def owner_of(digest: str, view: View) -> str:
    """As `Key.owner`, for many digests of one view."""
    return digest if view is View.plain else f"{view.value} {digest}"
