"""A lesson: asking, answering, taking back, and going on after the computer was switched off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from imgrank.errors import UsageError
from imgrank.labelling import lesson as lessons
from imgrank.labelling.answer_file import Notebook, read_notes
from imgrank.labelling.lesson import PairLesson, Pool, StaleAnswer, ValueLesson, spread

COUNT = 10


def pool(folder: Path, sentence: str = "older person") -> Pool:
    paths = tuple(str(folder / f"{n}.jpg") for n in range(COUNT))
    return Pool(sentence, paths, np.linspace(1, 0, COUNT), np.random.default_rng(0).normal(size=(COUNT, 4)))


def lesson(folder: Path, person: str = "", sentence: str = "older person") -> PairLesson:
    return PairLesson(pool(folder, sentence), Notebook(str(folder / "labels.csv"), person=person))


def test_each_answer_is_in_the_file_as_it_was_shown(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    for n in range(6):
        shown = taught.question()
        assert shown is not None
        taught.answer(taught.turn, 1.0 if n % 2 else -1.0)
        note = read_notes(str(tmp_path / "labels.csv"))[-1]
        assert note.left == taught.pool.paths[shown.left]
        assert note.right == taught.pool.paths[shown.right]
        assert note.preferred == (1.0 if n % 2 else -1.0)


def test_starting_again_goes_on_with_the_same_question(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    for _ in range(14):
        taught.answer(taught.turn, 1.0)
    again = lesson(tmp_path)
    assert again.question() == taught.question()
    assert again.order() == taught.order()
    assert len(again.answers) == 14


def test_undo_brings_back_the_question_and_the_file(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    states = []
    for _ in range(5):
        states.append((taught.question(), (tmp_path / "labels.csv").read_bytes()))
        taught.answer(taught.turn, 1.0)
    for question, content in reversed(states):
        assert taught.undo(taught.turn)
        assert (taught.question(), (tmp_path / "labels.csv").read_bytes()) == (question, content)
    assert not taught.undo(taught.turn)


def test_undo_reaches_into_the_session_before(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    taught.answer(taught.turn, 1.0)
    again = lesson(tmp_path)
    assert again.undo(again.turn)
    assert read_notes(str(tmp_path / "labels.csv")) == ()


def test_a_skipped_pair_does_not_come_again_until_undo(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    shown = taught.question()
    assert shown is not None
    taught.skip(taught.turn)
    assert taught.question() != shown
    assert read_notes(str(tmp_path / "labels.csv")) == ()
    taught.undo(taught.turn)
    assert taught.question() == shown


def test_an_answer_to_a_question_of_another_tab_is_refused(tmp_path: Path) -> None:
    taught = lesson(tmp_path)
    turn = taught.turn
    taught.answer(turn, 1.0)
    for late in (lambda: taught.answer(turn, 1.0), lambda: taught.skip(turn), lambda: taught.undo(turn)):
        with pytest.raises(StaleAnswer):
            late()
    assert len(read_notes(str(tmp_path / "labels.csv"))) == 1


def test_answers_of_other_people_and_to_other_sentences_are_theirs(tmp_path: Path) -> None:
    for taught in (lesson(tmp_path, "Ann"), lesson(tmp_path, "Bob"), lesson(tmp_path, "Ann", "happier person")):
        assert len(taught.answers) == 0
        taught.answer(taught.turn, 1.0)
    assert len(lesson(tmp_path, "Ann").answers) == 1


def test_when_every_pair_was_asked_there_is_no_question(tmp_path: Path) -> None:
    few = Pool("older person", tuple(str(tmp_path / f"{n}.jpg") for n in range(3)), np.zeros(3))
    taught = PairLesson(few, Notebook(str(tmp_path / "labels.csv")))
    for _ in range(3):
        taught.answer(taught.turn, 1.0)
    assert taught.question() is None
    with pytest.raises(StaleAnswer):
        taught.answer(taught.turn, 1.0)


def test_the_order_follows_the_answers(tmp_path: Path) -> None:
    taught = lesson(tmp_path)  # the ranker says 0 is most; the person says the highest number is
    for _ in range(40):
        pair = taught.question()
        if pair is None:
            break
        taught.answer(taught.turn, 1.0 if pair.left > pair.right else -1.0)
    placed = np.argsort(taught.order())
    assert np.corrcoef(placed, np.arange(COUNT))[0, 1] < -0.8


def test_values_go_on_where_they_stood_and_are_taken_back(tmp_path: Path) -> None:
    taught = ValueLesson(pool(tmp_path), Notebook(str(tmp_path / "labels.csv"), values=True))
    for n in range(4):
        taught.answer(taught.turn, float(n))
    again = ValueLesson(pool(tmp_path), Notebook(str(tmp_path / "labels.csv"), values=True))
    assert again.question() == taught.question()
    assert again.values == taught.values
    assert again.undo(again.turn)
    assert len(again.values) == 3 == len(read_notes(str(tmp_path / "labels.csv")))


def test_no_number_is_no_value(tmp_path: Path) -> None:
    taught = ValueLesson(pool(tmp_path), Notebook(str(tmp_path / "labels.csv"), values=True))
    for value in (float("nan"), float("inf")):
        with pytest.raises(UsageError):
            taught.answer(taught.turn, value)
    assert not taught.values


@pytest.mark.parametrize("count", [1, 2, 7, 64, 100])
def test_any_first_few_places_are_spread_over_the_order(count: int) -> None:
    places = spread(np.arange(count, dtype=float))
    assert sorted(places) == list(range(count))
    if count >= 64:
        gaps = np.diff(sorted(places[:16]))
        assert gaps.max() <= 2 * count / 16


def test_a_thought_holds_products_to_one_thread_for_small_ones_wait_for_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []

    def watched(*given: object) -> None:
        used.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    monkeypatch.setattr(lessons, "next_pair", watched)
    with threadpool_limits(2, user_api="blas"):
        lesson(tmp_path).question()
    assert used and set(used) == {1}
