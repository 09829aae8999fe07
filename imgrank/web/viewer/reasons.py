"""Why a picture has its score, on demand: in a daemon thread with a ranker of its own, so that an end need not wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from imgrank.errors import UsageError
from imgrank.scoring.composing import Asking
from imgrank.scoring.question import Question
from imgrank.web.explanations import Apart, reason_of
from imgrank.web.records import Reason
from imgrank.web.viewer.library import Library

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

KEPT, PATIENCE = 32, 120.0  # maps; seconds


@dataclass(frozen=True, slots=True)
class Meant:
    """One term of what was asked: words, a picture by its path, or a scale between two."""

    text: str = ""
    picture: str = ""
    between: tuple[str, str] | None = None

    def question(self, ranker: Ranker) -> Question:
        """Ready to be put to pictures, named without folders. Raises UsageError where a picture cannot be read."""
        if self.text:
            return Question(self.text)
        asked = ranker.question(Asking(like=self.picture or None, between=self.between))
        names = [os.path.basename(path) for path in self.between or (self.picture,)]
        return replace(asked, sentence=f"from {names[0]} to {names[1]}" if self.between else f"like {names[0]}")


class Reasons:
    """One map at a time, each made once."""

    def __init__(self, library: Library, new_ranker: Callable[[], Ranker]) -> None:
        self._library, self._new_ranker = library, new_ranker
        self._thread: Apart[Reason] = Apart("imgrank-why", PATIENCE)
        self._explain = lru_cache(KEPT)(self._explained)
        self._ranker: Ranker | None = None

    def of(self, number: int, sentence: str = "", pictures: tuple[int, ...] = ()) -> Reason:
        """By a sentence, by likeness to a picture, or by the scale from one to another.

        Raises UsageError where there is no such picture or nothing is asked, and what explaining raises.
        """
        file, named = self._library.file(number), [self._library.file(each) for each in pictures]
        paths = [each.path for each in named if each is not None]
        if file is None or len(paths) != len(pictures) or bool(sentence.strip()) == (len(paths) in (1, 2)):
            raise UsageError("There is nothing to explain: a picture of the folder and a sentence are needed.")
        between = (paths[0], paths[1]) if len(paths) == 2 else None
        meant = Meant(sentence.strip(), paths[0] if len(paths) == 1 else "", between)
        path, time = file.path, file.mtime_ns
        return self._thread.do(lambda: self._explain(path, time, meant))

    def forget(self) -> None:
        """A ranker was trained, or another image model taken: what was said may not hold any more."""
        self._explain.cache_clear()
        self._ranker = None

    def close(self) -> None:
        """Whoever waits for a map is told that this is the end."""
        self._thread.close()

    def _explained(self, path: str, _time: int, meant: Meant) -> Reason:
        from imgrank.explaining.explanation import explain_question

        ranker = self._ranker = self._ranker or self._new_ranker()
        return reason_of(explain_question(ranker, path, meant.question(ranker)), path)
