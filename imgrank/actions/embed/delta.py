"""What differs between two versions of a file: small enough to be kept for undo, enough to make one of the other."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass

_ANCHOR = 64  # bytes that are looked for in the other version, to find where both go on alike
_REACH = 1 << 16
_COMPARED = 1 << 16


@dataclass(frozen=True, slots=True)
class ChangedBytes:
    """At byte `at` of the old version, `old` stands where the new one has `new`."""

    at: int
    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Delta:
    """All parts in which a new version differs from the old one of `size` bytes, in their order."""

    size: int
    parts: tuple[ChangedBytes, ...]

    def apply(self, old: bytes) -> bytes:
        """The new version. Raises ValueError where `old` is not what the delta was made of."""
        if len(old) != self.size or any(old[part.at : part.at + len(part.old)] != part.old for part in self.parts):
            raise ValueError("the delta was made of another file")
        pieces, done = [], 0
        for part in self.parts:
            pieces += [old[done : part.at], part.new]
            done = part.at + len(part.old)
        return b"".join((*pieces, old[done:]))

    def reversed(self) -> Delta:
        """The delta that makes the old version of the new one."""
        parts, shift = [], 0
        for part in self.parts:
            parts.append(ChangedBytes(part.at + shift, part.new, part.old))
            shift += len(part.new) - len(part.old)
        return Delta(self.size + shift, tuple(parts))

    def encode(self) -> bytes:
        """As JSON lines: the size, then the parts."""
        lines = [[part.at, b64encode(part.old).decode(), b64encode(part.new).decode()] for part in self.parts]
        return "\n".join(map(json.dumps, [self.size, *lines])).encode()


def decode(content: bytes) -> Delta:
    """A delta from what `encode` gave. Raises ValueError where it is none."""
    try:
        size, *lines = map(json.loads, content.split(b"\n"))
        parts = tuple(
            ChangedBytes(at, b64decode(old, validate=True), b64decode(new, validate=True)) for at, old, new in lines
        )
        ends = [0, *(part.at + len(part.old) for part in parts)]
        good = all(type(at) is int for at in (size, *(part.at for part in parts)))
        good = good and all(part.at >= end for part, end in zip(parts, ends, strict=False)) and ends[-1] <= size
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError("it is no delta") from error
    if not good:
        raise ValueError("it is no delta")
    return Delta(size, parts)


def between(old: bytes, new: bytes) -> Delta:
    """What makes `new` of `old`; `apply` on it gives exactly that."""
    return Delta(len(old), tuple(_parts(old, new)))


def _parts(old: bytes, new: bytes) -> Iterator[ChangedBytes]:
    tail = _alike_before(old, new, len(old), len(new))
    ends = len(old) - tail, len(new) - tail
    here = there = 0
    while True:
        same = min(_alike_after(old, new, here, there), ends[0] - here, ends[1] - there)
        here, there = here + same, there + same
        if (here, there) == ends:
            return
        next_here, next_there = _meeting(old, new, here, there, ends)
        yield ChangedBytes(here, old[here:next_here], new[there:next_there])
        here, there = next_here, next_there


def _meeting(old: bytes, new: bytes, here: int, there: int, ends: tuple[int, int]) -> tuple[int, int]:
    """Where both go on alike: a piece of the old one that soon comes in the new one, or else the ends of both."""
    step = 1
    for at in _probes(here, ends[0] - _ANCHOR):
        found = new.find(old[at : at + _ANCHOR], there, min(ends[1], there + (at - here) + _REACH + step))
        if found >= 0:
            back = min(_alike_before(old, new, at, found), at - here, found - there)
            return at - back, found - back
    return ends


def _probes(start: int, end: int) -> Iterator[int]:
    """Places to look at: all near ones, and farther ones in growing steps."""
    at, step = start, 1
    while at <= end:
        yield at
        step = step if at - start < _ANCHOR else step + step // 2 + 1
        at += step


def _alike_after(old: bytes, new: bytes, here: int, there: int) -> int:
    """How many bytes from here and there on are the same."""
    start, length = here, _COMPARED
    while old[here : here + length] == new[there : there + length] and here < len(old) and there < len(new):
        here, there = here + length, there + length
    piece, other = old[here : here + length], new[there : there + length]
    return min(here + _common(piece, other), len(old)) - start


def _alike_before(old: bytes, new: bytes, here: int, there: int) -> int:
    """How many bytes before here and there are the same."""
    start, length = here, _COMPARED
    while here >= length and there >= length and old[here - length : here] == new[there - length : there]:
        here, there = here - length, there - length
    piece, other = old[max(here - length, 0) : here], new[max(there - length, 0) : there]
    return start - here + _common(piece[::-1], other[::-1])


def _common(one: bytes, other: bytes) -> int:
    """The length of the common beginning of two short pieces."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
