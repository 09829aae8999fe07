"""Threads of a page: one does a piece of work at a time, and where none can be had nobody waits for it for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imgrank.errors import NO_THREAD, UsageError
from imgrank.web.threads import MOST_WAITING, Apart
from imgrank.web.viewer.room import OpenSettings, Room
from tests.web.making import make_controller, photos, served, until
from tests.web.viewing import finished, new_ranker, numbers_of, opened, pictures


@contextmanager
def without(*names: str) -> Iterator[None]:
    """The system has no thread for what has one of these names."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name in names:
            raise RuntimeError("can't start new thread")
        start(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        yield


def test_work_is_done_in_one_thread_and_its_faults_come_back() -> None:
    apart: Apart[int] = Apart("imgrank-test")
    assert apart.do(lambda: 3) == 3
    assert apart.do(threading.get_ident) == apart.do(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        apart.do(lambda: 1 // 0)
    assert apart.do(lambda: 4) == 4


def test_reading_that_finds_no_thread_says_so(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "photos")
    with without("imgrank-read_0"), opened(folder) as (_, client):
        assert client.ask("/state").json()["indexing"]["fault"] == NO_THREAD


def test_an_end_does_not_wait_for_what_is_in_hand() -> None:
    apart: Apart[bool] = Apart("imgrank-test")
    begun, never = threading.Event(), threading.Event()
    said: list[str] = []

    def wait() -> None:
        try:
            apart.do(lambda: begun.set() or never.wait(60))
        except UsageError as error:
            said.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(120)
    apart.close()
    thread.join(120)
    assert said == ["imgrank is shutting down."]
    with pytest.raises(UsageError, match="shutting down"):
        apart.do(lambda: True)
    never.set()


def test_who_waits_too_long_is_told() -> None:
    apart: Apart[bool] = Apart("imgrank-test", patience=0.05)
    never = threading.Event()
    with pytest.raises(UsageError, match="too long"):
        apart.do(lambda: never.wait(60))
    never.set()


def test_where_too_many_wait_the_first_of_them_is_told_and_what_is_in_hand_ends() -> None:
    apart: Apart[int] = Apart("imgrank-test")
    begun, go_on = threading.Event(), threading.Event()
    said: dict[int, object] = {}

    def ask(number: int, work: Callable[[], int]) -> None:
        try:
            said[number] = apart.do(work)
        except UsageError as error:
            said[number] = str(error)

    def first() -> int:
        begun.set()
        go_on.wait(120)
        return 0

    threads = [threading.Thread(target=ask, args=(0, first))]
    threads[0].start()
    assert begun.wait(120)
    for number in range(1, MOST_WAITING + 2):
        threads.append(threading.Thread(target=ask, args=(number, lambda number=number: number)))
        threads[-1].start()
        until(lambda: len(apart._waiting) + len(said) == len(threads))
    until(lambda: len(said) == 2)
    assert set(said) == {1, 2} and set(said.values()) == {"Too much was asked for after this; ask for it again."}
    go_on.set()
    for thread in threads:
        thread.join(120)
    assert {number: said[number] for number in said if number not in (1, 2)} == {
        number: number for number in range(MOST_WAITING + 2) if number not in (1, 2)
    }


def test_where_no_thread_can_be_had_the_next_who_asks_gets_one() -> None:
    apart: Apart[int] = Apart("imgrank-test")
    with without("imgrank-test"), pytest.raises(UsageError, match="cannot begin"):
        apart.do(lambda: 1)
    assert apart.do(lambda: 2) == 2


def test_a_training_that_cannot_begin_is_refused_and_can_begin_later(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    with served(make_controller(tmp_path)) as client:
        with without("imgrank-ahead"):
            for _ in range(8):
                assert client.answer("left").status == 200
        with without("imgrank-train"):
            told = client.ask("/step/train", {"name": "mine"})
            assert told.status == 400 and "cannot begin" in told.json()["error"]
            assert told.json()["training"]["stage"] == "idle"
        client.ask("/step/train", {"name": "mine"})
        until(lambda: client.ask("/state").json()["training"]["stage"] == "done")


def test_work_on_files_that_cannot_begin_is_refused_and_its_plan_stays_good(tmp_path: Path) -> None:
    with opened(pictures(tmp_path / "photos", ("cat", "dog"))) as (_, client):
        plan = client.ask("/plan", {"action": "copy", "numbers": numbers_of(client, "cat.jpg"), "folder": "../out"})
        with without("imgrank-work"):
            told = client.ask("/apply", plan.json())
            assert told.status == 400 and "cannot begin" in told.json()["error"]
            assert not client.ask("/state").json()["job"]["running"]
        finished(client, client.ask("/apply", plan.json()).json()["job"]["number"])
    assert os.listdir(tmp_path / "out") == ["cat.jpg"]


def test_a_model_that_cannot_begin_to_come_is_refused_and_is_not_on_its_way(tmp_path: Path) -> None:
    with opened(pictures(tmp_path / "photos", ("cat", "dog"))) as (room, client):
        with without("imgrank-model"):
            told = client.ask("/model", {"name": "small"})
            assert told.status == 400 and "cannot begin" in told.json()["error"]
        assert (room.engine.coming, room.engine.fault) == ("", "")


def test_a_folder_is_read_without_the_threads_that_only_make_it_quicker(tmp_path: Path) -> None:
    room = Room(OpenSettings(str(pictures(tmp_path / "photos", ("cat", "dog")))), new_ranker)
    try:
        with without("imgrank-index"), pytest.raises(UsageError, match="cannot begin"):
            room.start()
        with without("imgrank-warm", "imgrank-watch"):
            room.start()
        until(lambda: room.library.count == 2, 120)
    finally:
        room.close()
