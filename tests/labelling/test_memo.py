"""Thinking ahead finds what the answer would find, and nobody thinks the same twice."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from imgrank.labelling import lesson as lessons
from imgrank.labelling.answer_file import Notebook
from imgrank.labelling.bradley_terry import Memo
from imgrank.labelling.lesson import PairLesson, Pool


def lesson_at(path: Path) -> PairLesson:
    scores = np.linspace(1, 0, 9)
    paths = tuple(str(path.parent / f"{n}.jpg") for n in range(9))
    return PairLesson(Pool("old", paths, scores), Notebook(str(path)))


def test_what_was_thought_ahead_is_what_is_asked_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, plain = lesson_at(tmp_path / "a.csv"), lesson_at(tmp_path / "b.csv")
    for turn, given in enumerate((1.0, -1.0, 0.0, 1.0)):
        for answers, passed in ahead.outcomes():
            ahead.think(answers, passed)
        with monkeypatch.context() as patch:
            patch.setattr(lessons, "next_pair", lambda *_: pytest.fail("it was to be known already"))
            ahead.answer(turn, given)
            question, figures = ahead.question(), ahead.knowledge()
        plain.answer(turn, given)
        assert question == plain.question() and figures.accuracy == plain.knowledge().accuracy


def test_who_asks_while_another_finds_out_waits_for_that() -> None:
    memo: Memo[int] = Memo(4)
    begun, go_on, made = threading.Event(), threading.Event(), list[int]()

    def make() -> int:
        begun.set()
        go_on.wait(10)
        made.append(1)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(memo.get("key", make))) for _ in range(3)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert found == [7, 7, 7] and made == [1]


def test_a_fault_is_raised_and_not_kept() -> None:
    memo: Memo[int] = Memo(4)
    with pytest.raises(ZeroDivisionError):
        memo.get("key", lambda: 1 // 0)
    assert memo.get("key", lambda: 3) == 3
