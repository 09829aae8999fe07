"""Numbers of things in words: "1 image", "1,200 images"; each count that a person reads goes through here."""

from __future__ import annotations


def counted(count: int, one: str, several: str = "") -> str:
    """`count` and its noun, or a few words that begin with it; `several` where more than an s at the end changes.

    `counted(2, "image")` is "2 images", and `counted(2, "image has", "images have")` is "2 images have".
    """
    return f"{count:,} {agreeing(count, one, several or f'{one}s')}"


def agreeing(count: int, one: str, several: str) -> str:
    """The words that go with a count: `one` with 1, `several` with any other."""
    return one if count == 1 else several
