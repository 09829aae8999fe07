"""Why a picture has its score, asked for over HTTP, and worked out in a thread of its own."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from imgrank.errors import ImgrankError, NothingToRank
from imgrank.explaining import Example, explain
from imgrank.web.explanations import explainer, without_folders
from imgrank.web.records import LabelSettings, Reason
from tests.explaining.making import RED, UPPER_LEFT, RedRanker, painted
from tests.web.making import fake_explain, make_controller, photos, served, until


def test_the_words_and_the_map_of_a_picture_by_its_opaque_name(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        picture = client.ask("/state").json()["question"][0]
        said = client.ask(f"/why/words/{picture['id']}").json()["said"]
        assert said[0] == f"{picture['name']} by auto"
        shown = client.ask(f"/why/map/{picture['id']}")
        assert shown.headers["content-type"] == "image/jpeg" and shown.body.startswith(b"\xff\xd8")


def test_after_a_training_the_new_ranker_is_asked(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        for _ in range(8):
            client.answer("left")
        client.ask("/step/train", {"name": "mine"})
        until(lambda: client.ask("/state").json()["training"]["stage"] == "done")
        picture = client.ask("/state").json()["question"][0]
        assert client.ask(f"/why/words/{picture['id']}").json()["said"][0].endswith(" by mine")


def test_one_picture_at_a_time_in_one_thread_and_each_once(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    asked: list[tuple[str, int]] = []

    def explain_slowly(path: str, adapter: str) -> Reason:
        asked.append((path, threading.get_ident()))
        return fake_explain(path, adapter)

    with served(make_controller(tmp_path, explain=explain_slowly)) as client:
        names = [picture["id"] for picture in client.ask("/state").json()["question"]]
        threads = [
            threading.Thread(target=client.ask, args=(f"/why/{form}/{name}",))
            for name in names
            for form in ("words", "map")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked) == 2 and len({thread for _, thread in asked}) == 1


def test_what_cannot_be_explained_says_why(tmp_path: Path) -> None:
    photos(tmp_path / "photos")

    def refuse(path: str, adapter: str) -> Reason:
        raise NothingToRank("It cannot be explained: the file is empty.")

    with served(make_controller(tmp_path, explain=refuse)) as client:
        picture = client.ask("/state").json()["question"][0]["id"]
        reply = client.ask(f"/why/words/{picture}")
    assert reply.status == 400 and reply.json() == {"error": "It cannot be explained: the file is empty."}


def test_a_picture_that_now_leads_elsewhere_is_not_explained(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    (tmp_path / "secret.png").write_bytes((folder / "photo 0.png").read_bytes())
    with served(make_controller(tmp_path)) as client:
        picture = client.ask("/state").json()["question"][0]
        shown = folder / picture["name"]
        shown.unlink()
        try:
            shown.symlink_to(tmp_path / "secret.png")
        except OSError:
            pytest.skip("this system makes no symbolic links here")
        assert client.ask(f"/why/words/{picture['id']}").status == 404


def test_names_go_out_and_no_folders(tmp_path: Path) -> None:
    path = painted(tmp_path / "one.png", (UPPER_LEFT, RED))
    asked: list[str] = []

    def new_ranker(adapter: str) -> RedRanker:
        asked.append(adapter)
        return RedRanker()

    reason = explainer(LabelSettings(str(tmp_path), "red|redder"), new_ranker)(path, "mine")
    assert asked == ["mine"]
    assert reason.jpeg.startswith(b"\xff\xd8") and reason.said[0].startswith("one.png: ")
    found = replace(explain(RedRanker(), path, "red"), examples=(Example(path, 0.9, "3"),))
    assert str(tmp_path) not in repr(without_folders(found))


def test_what_goes_wrong_with_a_picture_names_it_without_its_folder(tmp_path: Path) -> None:
    explain_one = explainer(LabelSettings(str(tmp_path), "red"), lambda _: RedRanker())
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for name in ("gone.png", "broken.png"):
        with pytest.raises(ImgrankError, match=name) as refused:
            explain_one(str(tmp_path / name), "auto")
        assert str(tmp_path) not in str(refused.value)
