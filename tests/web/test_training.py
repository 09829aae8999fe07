"""A training behind a page: names that are taken, a ranker that answers before the end, stopping, one at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imgrank import training
from imgrank.adapter.registry import adapter_path, checkpoint_path
from imgrank.errors import AdapterError, TrainingError, UsageError
from imgrank.web import trainer as trainer_module
from imgrank.web.records import LabelSettings, Trained
from imgrank.web.trainer import Report, Trainer, teach
from tests.web.making import SENTENCE, FakeRanker, fake_teach, make_controller, photos, served, until


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))


class Slow:
    """A teaching that saves a first ranker and goes on until it is let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go, self.saved, self._error = threading.Event(), threading.Event(), error

    def __call__(self, name: str, replace: bool, report: Report) -> Trained:
        report("Learning from the answers", 0.0)
        report("Looking", 0.5, 9.0, saved=True)
        self.saved.set()
        assert self.go.wait(600)
        if self._error:
            raise self._error
        try:
            report("Looking", 0.25, 3.0, saved=True)
        except KeyboardInterrupt:
            report("Ordering the folder", 1.0)
        return fake_teach(name, replace, report)


def begun(slow: Slow, changed: list[int] | None = None) -> Trainer:
    trainer = Trainer(slow, lambda: (changed if changed is not None else []).append(1))
    trainer.start("mine", False)
    assert slow.saved.wait(120)
    return trainer


def test_a_ranker_answers_before_its_training_ends(tmp_path: Path) -> None:
    slow, changed = Slow(), list[int]()
    trainer = begun(slow, changed)
    assert (trainer.state.stage, trainer.state.answers, trainer.state.left) == ("running", True, 9.0)
    assert changed == [1]
    slow.go.set()
    until(lambda: trainer.state.stage == "done")
    assert trainer.state.adapter == "mine" and changed == [1, 1]


def test_a_training_that_is_stopped_keeps_what_there_is(tmp_path: Path) -> None:
    slow = Slow()
    trainer = begun(slow)
    trainer.stop()
    slow.go.set()
    until(lambda: trainer.state.stage == "done")
    assert "Saved as mine" in trainer.state.said


def test_one_that_is_being_stopped_says_so_and_when_the_next_may_begin(tmp_path: Path) -> None:
    slow = Slow()
    trainer = begun(slow)
    trainer.stop()
    told = trainer.state
    assert (told.stage, told.stopping, told.left) == ("running", True, None) and "Stopping" in told.said
    with pytest.raises(UsageError, match=r"is being stopped\..* every answer is kept"):
        trainer.start("mine", True)
    slow.go.set()
    until(lambda: trainer.state.stage == "done" and not trainer.alone.locked())
    trainer.start("mine", True)
    assert not trainer.state.stopping
    until(lambda: trainer.state.stage == "done")


def test_one_that_is_stopped_before_there_is_a_ranker_says_so(tmp_path: Path) -> None:
    waiting, go = threading.Event(), threading.Event()

    def teach(name: str, replace: bool, report: Report) -> Trained:
        waiting.set()
        assert go.wait(120)
        return fake_teach(name, replace, lambda said, part, left=None, *, saved=False: report(said, 0.1))

    trainer = Trainer(teach)
    trainer.start("mine", False)
    assert waiting.wait(120)
    trainer.stop()
    go.set()
    until(lambda: trainer.state.stage == "failed" and not trainer.alone.locked())
    assert "answers are kept" in trainer.state.said and not trainer.state.answers
    trainer.start("mine", False)
    until(lambda: trainer.state.stage == "done")


def test_what_was_saved_before_a_fault_is_named(tmp_path: Path) -> None:
    slow = Slow(TrainingError("It diverged."))
    trainer = begun(slow)
    slow.go.set()
    until(lambda: trainer.state.stage == "failed")
    assert trainer.state.said == "It diverged. mine stays as it was saved before that."
    assert trainer.state.answers


def test_a_bar_never_goes_back(tmp_path: Path) -> None:
    parts: list[float] = []

    def teach(name: str, replace: bool, report: Report) -> Trained:
        for part in (0.2, 0.6, 0.3):
            report("Looking", part)
            parts.append(trainer.state.part)
        return fake_teach(name, replace, report)

    trainer = Trainer(teach)
    trainer.start("mine", False)
    until(lambda: trainer.state.stage == "done")
    assert parts == [0.2, 0.6, 0.6]


def test_pages_that_share_it_train_one_after_another(tmp_path: Path) -> None:
    alone, slow = threading.Lock(), Slow()
    one, other = Trainer(slow, alone=alone), Trainer(fake_teach, alone=alone)
    one.start("mine", False)
    with pytest.raises(UsageError, match="Another ranker is being trained"):
        other.start("another", False)
    assert other.state.stage == "idle"
    slow.go.set()
    until(lambda: one.state.stage == "done")
    until(lambda: not alone.locked())
    other.start("another", False)
    until(lambda: other.state.stage == "done")


def test_a_name_that_is_taken_is_refused_at_once_and_in_the_words_of_the_page(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    taken = adapter_path("mine")
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"a ranker")
    with served(make_controller(tmp_path)) as client:
        for _ in range(9):
            client.answer("left")
        refused = client.ask("/step/train", {"name": "mine"})
        assert refused.status == 400 and refused.json()["training"]["stage"] == "idle"
        assert "Choose another “Name”, or tick “Replace a ranker of this name”." in refused.json()["error"]
        assert client.ask("/step/train", {"name": "../mine"}).status == 400
        assert client.ask("/step/train", {"name": "mine", "replace": True}).json()["error"] is None


def test_answers_that_prefer_nothing_are_refused_at_once(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        for _ in range(9):
            client.answer("tie")
        refused = client.ask("/step/train", {"name": "mine"})
        assert refused.status == 400 and "no order to learn" in refused.json()["error"]
        client.answer("left")
        assert client.ask("/step/train", {"name": "mine"}).json()["error"] is None


@pytest.mark.parametrize(
    ("name", "words"),
    [("auto", "says which ranker answers"), ("None", "says which ranker answers"), ("x.safetensors", "for a file")],
)
@pytest.mark.parametrize("replace", [False, True])
def test_a_name_by_which_no_ranker_could_be_asked_for_is_refused_at_once(
    tmp_path: Path, name: str, words: str, replace: bool
) -> None:
    trainer = Trainer(fake_teach)
    with pytest.raises(AdapterError, match=words):
        trainer.start(name, replace)
    assert trainer.state.stage == "idle"


def test_a_stop_before_the_first_ranker_is_saved_keeps_that(tmp_path: Path) -> None:
    waiting, go, changed = threading.Event(), threading.Event(), list[int]()

    def teach(name: str, replace: bool, report: Report) -> Trained:
        waiting.set()
        assert go.wait(120)
        report("Looking whether a network adds to it", 0.0, saved=True)  # a stop cannot be taken up here
        with pytest.raises(KeyboardInterrupt):
            report("Looking whether a network adds to it", 0.5, saved=True)
        return fake_teach(name, replace, report)

    trainer = Trainer(teach, lambda: changed.append(1))
    trainer.start("mine", False)
    assert waiting.wait(120)
    trainer.stop()
    go.set()
    until(lambda: trainer.state.stage != "running")
    assert (trainer.state.stage, trainer.state.answers, changed) == ("done", True, [1, 1])


def test_a_training_that_is_stopped_leaves_nothing_to_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = checkpoint_path(adapter_path("mine"))
    left.parent.mkdir(parents=True)

    def stopped(*_: object, **__: object) -> None:
        left.write_bytes(b"two folds")
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", stopped)
    monkeypatch.setattr(trainer_module, "_about", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        teach(LabelSettings(str(tmp_path), SENTENCE), lambda _: FakeRanker(), "mine", False, lambda *_, **__: None)
    assert not left.exists()


@pytest.mark.parametrize(("mode", "outcomes"), [("pairs", 4), ("values", 1)])
def test_what_may_be_asked_next_is_told_before_the_answer(tmp_path: Path, mode: str, outcomes: int) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path, mode=mode)) as client:
        for given in ("left", "right", "tie", "skip"):
            turn = client.ask("/state").json()["turn"]
            ahead = [client.ask(f"/ahead/{turn}/{n}").json()["pictures"] for n in range(6)]
            assert [bool(pictures) for pictures in ahead] == [n < outcomes for n in range(6)]
            if given == "skip":
                told = client.ask("/step/skip", {"turn": turn})
            else:
                told = client.answer(given if mode == "pairs" else 3)
            assert told.json()["question"] in ahead
        for address in (f"/ahead/{turn}/0", "/ahead/99/0", f"/ahead/x/{'9' * 5000}"):
            assert client.ask(address).json() == {"pictures": []}


def test_true_is_no_turn(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        assert client.answer("left").json()["turn"] == 1
        for step in ("answer", "skip", "undo"):
            assert client.ask(f"/step/{step}", {"turn": True, "given": "left"}).status == 409
        assert client.ask("/state").json()["answers"] == 1


@pytest.mark.parametrize("mode", ["pairs", "values"])
def test_a_picture_whose_file_has_gone_is_not_asked_about(tmp_path: Path, mode: str) -> None:
    folder = photos(tmp_path / "photos", 5)
    with served(make_controller(tmp_path, mode=mode)) as client:
        before = client.ask("/state").json()
        (folder / before["question"][0]["name"]).unlink()
        gone = before["question"][0]["id"]
        told = client.ask("/state").json()
        asked = 0
        while told["question"]:
            assert gone not in [picture["id"] for picture in told["question"]]
            told = client.answer("left" if mode == "pairs" else 3).json()
            asked += 1
        assert asked == (6 if mode == "pairs" else 4)


def test_pictures_of_a_disk_that_is_connected_again_are_asked_about_again(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 5)
    with served(make_controller(tmp_path)) as client:
        assert client.answer("left").json()["question"]
        folder.rename(tmp_path / "away")
        assert client.ask("/state").json()["question"] is None
        (tmp_path / "away").rename(folder)
        assert client.ask("/state").json()["question"]
        asked = 1
        while client.answer("left").json()["question"]:
            asked += 1
        assert asked == 9
