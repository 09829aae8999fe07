"""`imgrank label` with the pictures of its folder one click away: they are read when somebody goes there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imgrank.web.records import Trained
from imgrank.web.trainer import Report
from imgrank.web.viewer.app import LabelPage
from imgrank.web.viewer.room import OpenSettings, Room
from tests.web.making import fake_teach, make_controller, photos, served, until
from tests.web.viewing import new_ranker


def test_pictures_are_read_when_somebody_goes_there_and_again_where_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path / "photos")
    controller = make_controller(tmp_path)
    room = Room(OpenSettings(str(folder)), new_ranker)
    page, start, failed = LabelPage(controller, room), room.start, list[bool]()

    def start_at_second() -> None:
        if not failed:
            failed.append(True)
            raise RuntimeError("can't start new thread")
        start()

    monkeypatch.setattr(room, "start", start_at_second)
    try:
        with served(page) as client:
            assert client.ask("/state").json()["pictures_at"] == "pictures/" and not failed
            refused = client.ask("/pictures/state")
            assert refused.status == 500 and "cannot begin more work" in refused.json()["error"]
            assert client.ask("/pictures/state").status == 200
            until(lambda: client.ask("/pictures/state").json()["count"] == 12, 120)
    finally:
        page.close()


def test_the_first_page_and_a_lesson_begun_among_the_pictures_train_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(name: str, replace: bool, report: Report) -> Trained:
        assert go.wait(600)
        return fake_teach(name, replace, report)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    folder = photos(tmp_path / "photos")
    page = LabelPage(make_controller(tmp_path, slow), Room(OpenSettings(str(folder)), new_ranker))
    try:
        with served(page) as client:
            until(lambda: client.ask("/pictures/state").json()["count"] == 12, 120)
            asked = {"sentence": "cosier", "numbers": list(range(12))}
            lesson = f"/pictures/{client.ask('/pictures/teach', asked).json()['page']}"
            for at in ("/", lesson):
                for turn in range(9):
                    assert client.ask(f"{at}step/answer", {"turn": turn, "given": "left"}).status == 200
            assert client.ask("/step/train", {"name": "one"}).status == 200
            refused = client.ask(f"{lesson}step/train", {"name": "other"})
            assert refused.status == 400 and "is being trained" in refused.json()["error"]
            go.set()
            until(lambda: client.ask("/state").json()["training"]["stage"] == "done")
    finally:
        go.set()
        page.close()
