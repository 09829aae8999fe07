"""Paths against patterns of a shell: `*`, `?`, `[...]`, and `**` for any number of folders."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch


def fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path are what the parts of a pattern say, from the first to the last."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        rest = pattern[1:] or ["*"]
        return any(fits(parts[start:], rest) for start in range(len(parts)))
    return bool(parts) and fnmatch(parts[0], pattern[0]) and fits(parts[1:], pattern[1:])


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Patterns of what is left out.

    A pattern says how any run of folders and names in a path is called: `*.png`, `rejects` with all that is below it,
    `2023/raw`. One that begins at the root is compared with the whole path.
    """

    patterns: tuple[tuple[str, ...], ...] = ()

    @staticmethod
    def of(texts: Iterable[str]) -> Exclusion:
        """The exclusion of patterns as they are typed; a slash at the end says nothing more."""
        return Exclusion(tuple(tuple(parts) for text in texts if (parts := _parts(text))))

    def covers(self, path: str, named: str = "") -> bool:
        """Whether a path is left out, by itself or with a folder above it.

        `named` is the folder that was asked for, above which no name counts.
        """
        if not self.patterns:
            return False
        near = _parts(path.removeprefix(named))
        if named and near[:1] == [os.sep]:
            del near[0]
        whole = _parts(os.path.abspath(path)) if any(pattern[0] == os.sep for pattern in self.patterns) else []
        for pattern in self.patterns:
            if pattern[0] == os.sep:
                runs = [whole[:end] for end in range(1, len(whole) + 1)]
            else:
                runs = [near[a:b] for a in range(len(near)) for b in range(a + 1, len(near) + 1)]
            if any(fits(run, pattern) for run in runs):
                return True
        return False


NOTHING_EXCLUDED = Exclusion()


def _parts(path: str) -> list[str]:
    """The parts of a path; the root is one of them. Accents are written in one way, for systems differ."""
    path = unicodedata.normalize("NFC", path if os.altsep is None else path.replace(os.altsep, os.sep))
    named = [part for part in path.split(os.sep) if part not in ("", os.curdir)]
    return [os.sep, *named] if path.startswith(os.sep) else named
