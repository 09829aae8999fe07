"""The page over HTTP: questions, answers, undo, training, two tabs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imgrank.errors import TrainingError
from imgrank.web.records import Trained
from imgrank.web.trainer import Report
from tests.web.making import fake_teach, make_controller, photos, served, until


def rows(folder: Path) -> list[str]:
    return (folder / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_an_answer_is_in_the_file_before_the_next_question(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        shown = client.ask("/state").json()["question"]
        told = client.answer("right").json()
    assert rows(tmp_path) == [f"photos/{shown[0]['name']},photos/{shown[1]['name']},older person,right"]
    assert told["answers"] == 1 and told["question"] != shown


def test_a_new_server_goes_on_with_the_same_question(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    names = []
    for _ in range(2):
        with served(make_controller(tmp_path)) as client:
            if not names:
                for given in ("left", "tie", "right"):
                    client.answer(given)
            state = client.ask("/state").json()
            names.append(([picture["name"] for picture in state["question"]], state["answers"]))
    assert names[0] == names[1]


def test_the_second_tab_is_told_that_its_question_is_gone(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        turn = client.ask("/state").json()["turn"]
        client.ask("/step/answer", {"turn": turn, "given": "left"})
        late = client.ask("/step/answer", {"turn": turn, "given": "left"})
        assert late.status == 409
        assert late.json()["turn"] == turn + 1 and "another tab" in late.json()["error"]
    assert len(rows(tmp_path)) == 1


def test_answers_of_many_tabs_at_once_are_written_once_each(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        said: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: said.append(client.ask("/step/answer", {"turn": 0, "given": "left"}).status)
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(said) == [200] + [409] * 7
    assert len(rows(tmp_path)) == 1


def test_undo_and_skip(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        first = client.ask("/state").json()["question"]
        client.answer("left")
        back = client.ask("/step/undo", {"turn": 1}).json()
        assert back["question"] == first and rows(tmp_path) == []
        past = client.ask("/step/skip", {"turn": 2}).json()
        assert past["question"] != first and rows(tmp_path) == []


@pytest.mark.parametrize("given", ["both", None, 1, True, ["left"], {"a": 1}])
def test_what_is_no_answer_is_refused_in_words(tmp_path: Path, given: object) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        reply = client.answer(given)
    assert reply.status == 400 and "left, right or tie" in reply.json()["error"]
    assert rows(tmp_path) == []


def test_values_and_stars_are_written_in_their_form(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path, mode="values", unit="years")) as client:
        state = client.ask("/state").json()
        assert (state["unit"], len(state["question"])) == ("years", 1)
        client.answer(31.5)
        assert client.answer("31").status == 400
    assert rows(tmp_path) == [f"photos/{state['question'][0]['name']},older person,31.5"]
    (tmp_path / "labels.csv").unlink()
    with served(make_controller(tmp_path, mode="stars")) as client:
        assert client.answer(6).status == 400
        assert client.answer(2.5).status == 400
        assert client.answer(5).status == 200
    assert rows(tmp_path)[0].endswith(",older person,5")


def test_training_shows_the_new_order_beside_the_old(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    paths = sorted(str(path) for path in (tmp_path / "photos").iterdir())

    def teach(name: str, replace: bool, report: Report) -> Trained:
        trained = fake_teach(name, replace, report)
        return Trained(
            trained.adapter, trained.rows, trained.metrics, tuple(paths[::-1]), trained.seconds, ("it is thin",)
        )

    with served(make_controller(tmp_path, teach)) as client:
        early = client.ask("/step/train", {"name": "mine"})
        assert early.status == 400 and "too few" in early.json()["error"]
        for _ in range(8):
            client.answer("left")
        client.ask("/step/train", {"name": "mine"})
        until(lambda: client.ask("/state").json()["training"]["stage"] == "done")
        told = client.ask("/state").json()["training"]
    assert (told["adapter"], told["rows"], told["metrics"][0]["value"]) == ("mine", 8, 0.75)
    assert told["notes"] == ["it is thin"]
    assert [p["name"] for p in told["after"]] == [Path(path).name for path in paths[::-1]]
    assert len(told["before"]) == 12
    assert told["command"].startswith("imgrank sort ") and told["command"].endswith(' "older person"')


@pytest.mark.parametrize("error", [TrainingError("The loss was no number."), RuntimeError("boom")])
def test_a_training_that_fails_says_why_and_the_page_goes_on(tmp_path: Path, error: Exception) -> None:
    photos(tmp_path / "photos")

    def teach(name: str, replace: bool, report: Report) -> Trained:
        raise error

    with served(make_controller(tmp_path, teach)) as client:
        for _ in range(8):
            client.answer("left")
        client.ask("/step/train", {"name": "mine"})
        until(lambda: client.ask("/state").json()["training"]["stage"] == "failed")
        assert str(error) in client.ask("/state").json()["training"]["said"]
        assert client.answer("left").status == 200


def test_questions_are_answered_while_a_training_runs_and_no_second_one_starts(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    go_on = threading.Event()

    def teach(name: str, replace: bool, report: Report) -> Trained:
        go_on.wait(600)
        return fake_teach(name, replace, report)

    with served(make_controller(tmp_path, teach)) as client:
        for _ in range(8):
            client.answer("left")
        assert client.ask("/step/train", {"name": "mine"}).json()["training"]["stage"] == "running"
        assert client.answer("left").status == 200
        assert "running" in client.ask("/step/train", {"name": "other"}).json()["error"]
        go_on.set()
        until(lambda: client.ask("/state").json()["training"]["stage"] == "done")


def test_every_static_file_of_the_page_is_there(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        page = client.ask("/")
        assert page.status == 200 and b"<script src=" in page.body
        for name in ("label.js", "shared/base.css", "label.css", "label.svg"):
            assert f"/static/{name}".encode() in page.body
            assert client.ask(f"/static/{name}").status == 200
