"""Lessons that are begun from the page of a folder: one page each, and what the pictures tell of a training."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imgrank.web.records import Trained
from imgrank.web.trainer import Report
from imgrank.web.viewer import teaching
from tests.web.making import until
from tests.web.viewing import numbers_of, opened, pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pictures(tmp_path / "photos")


def test_teaching_begins_with_what_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    with opened(folder) as (_, client):
        assert client.ask("/teach/none/state").status == 404
        numbers = numbers_of(client, "cat.jpg", "dog.jpg", "owl.jpg")
        assert client.ask("/teach", {"sentence": " ", "numbers": numbers}).status == 400
        assert client.ask("/teach", {"sentence": "cosier", "numbers": numbers[:2]}).status == 400
        assert client.ask("/teach", {"sentence": "cosy " * 300, "numbers": numbers}).status == 400
        page = "/" + client.ask("/teach", {"sentence": "cosier", "numbers": numbers}).json()["page"]
        state = client.ask(f"{page}state").json()
        assert {picture["name"] for picture in state["question"]} <= {"cat.jpg", "dog.jpg", "owl.jpg"}
        told = client.ask(f"{page}step/answer", {"turn": state["turn"], "given": "left"}).json()
        assert told["answers"] == 1
        assert (folder.parent / "labels.csv").read_text().count("cosier") == 1


def test_two_tabs_teach_without_answering_each_others_questions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    with opened(folder) as (_, client):
        numbers = numbers_of(client, "cat.jpg", "dog.jpg", "owl.jpg")

        def begin(sentence: str) -> str:
            return "/" + str(client.ask("/teach", {"sentence": sentence, "numbers": numbers}).json()["page"])

        one, other = begin("cosier"), begin("older")
        for page in (one, other):
            assert client.ask(f"{page}step/answer", {"turn": 0, "given": "left"}).status == 200
        said = [line.split(",")[2] for line in (folder.parent / "labels.csv").read_text().splitlines()[1:]]
        assert said == ["cosier", "older"]
        assert begin("cosier") == one and client.ask(f"{one}state").json()["answers"] == 1
        for n in range(9):
            begin(f"cosier {n}")
        assert client.ask(f"{one}state").status == 404 and client.ask(f"{begin('cosier 8')}state").status == 200


def test_the_pictures_tell_of_a_training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(_settings: object, _new: object, name: str, _replace: bool, report: Report) -> Trained:
        report("Looking", 0.5, 9.0, saved=True)
        assert go.wait(600)
        return Trained(name, 8, (), (), 1.0)

    monkeypatch.setattr(teaching, "teach", slow)
    monkeypatch.chdir(folder.parent)
    with opened(folder) as (_, client):
        assert client.ask("/state").json()["teaching"] == {"rankers": 0, "most": 150, "fewest": 8, "training": None}
        numbers = numbers_of(client, "cat.jpg", "dog.jpg", "owl.jpg", "parrot.jpg", "house.jpg")
        page = client.ask("/teach", {"sentence": "cosier", "numbers": numbers}).json()["page"]
        for turn in range(8):
            client.ask(f"/{page}step/answer", {"turn": turn, "given": "left"})
        client.ask(f"/{page}step/train", {"name": "cosy"})
        until(lambda: client.ask("/state").json()["teaching"]["training"]["answers"])
        assert client.ask("/state").json()["teaching"]["rankers"] == 1
        told = client.ask("/state").json()["teaching"]["training"]
        assert (told["page"], told["sentence"], told["adapter"]) == (page, "cosier", "cosy")
        assert (told["stage"], told["answers"], told["left"]) == ("running", True, 9)
        go.set()
        until(lambda: client.ask("/state").json()["teaching"]["training"]["stage"] == "done")
        assert client.ask("/state").json()["teaching"]["rankers"] == 2


def test_two_lessons_about_one_sentence_take_back_each_others_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    with opened(folder) as (_, client):
        few, more = numbers_of(client, "cat.jpg", "dog.jpg", "owl.jpg"), numbers_of(client, "house.jpg")

        def begin(numbers: list[int]) -> str:
            return "/" + str(client.ask("/teach", {"sentence": "cosier", "numbers": numbers}).json()["page"])

        one = begin(few)
        client.ask(f"{one}step/answer", {"turn": 0, "given": "left"})
        other = begin(few + more)
        assert client.ask(f"{other}step/undo", {"turn": 0}).json()["answers"] == 0
        told = client.ask(f"{one}step/undo", {"turn": 1})
        assert (told.status, told.json()["answers"]) == (200, 0)
