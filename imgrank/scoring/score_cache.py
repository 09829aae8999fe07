"""Scores of single terms over the pictures last asked about: another weight, or one more term, then costs little."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping

from imgrank.scoring.question import Scored

MOST_TERMS = 24


class KeptScores:
    """Nothing can go stale: pictures are named by their content, terms by all that their scores depend on.

    Holds one set of pictures, so that memory stays within a few numbers a picture. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._pictures: Hashable = None
        self._scores: dict[Hashable, Scored] = {}
        self._lock = threading.Lock()

    def over(self, pictures: Hashable) -> dict[Hashable, Scored]:
        """What is known of these pictures, by term."""
        with self._lock:
            return dict(self._scores) if pictures == self._pictures else {}

    def keep(self, pictures: Hashable, scores: Mapping[Hashable, Scored]) -> None:
        """The terms last asked about take the room of others."""
        with self._lock:
            before = self._scores if pictures == self._pictures else {}
            both = {key: one for key, one in before.items() if key not in scores} | dict(scores)
            self._pictures, self._scores = pictures, dict(list(both.items())[-MOST_TERMS:])
