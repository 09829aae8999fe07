"""What goes wrong behind a page arrives there as a sentence, whoever asked, and nothing of the inside goes with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import imgrank.web.viewer.app
from imgrank.errors import UsageError
from imgrank.web.controller import Controller
from imgrank.web.viewer.room import Room
from tests.web.making import Client, Reply, make_controller, photos, served
from tests.web.viewing import opened, pictures

INSIDE = "/home/somebody/secret"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, Client]]:
    with opened(pictures(tmp_path_factory.mktemp("opened") / "photos", ("cat", "dog"))) as both:
        yield both


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Controller, Client]]:
    folder = tmp_path_factory.mktemp("lesson")
    photos(folder / "photos")
    controller = make_controller(folder)
    with served(controller) as client:
        yield controller, client


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def is_sentence(reply: Reply, status: int) -> bool:
    told = reply.json()
    assert (reply.status, reply.headers["content-type"], list(told)) == (status, "application/json", ["error"])
    assert INSIDE not in told["error"] and told["error"].endswith((".", ")."))
    return True


OPEN_ROUTES: dict[str, Callable[[Room], tuple[object, str]]] = {
    "/state": lambda room: (room, "state"),
    "/pictures": lambda room: (room.library, "names"),
    "/picture/small/0": lambda room: (room.shown, "jpeg"),
    "/groups/folder": lambda room: (room.groups, "of"),
    "/facts": lambda room: (room.facts, "columns"),
    "/facts/0": lambda room: (room.facts, "about"),
    "/why/words/0?sentence=x": lambda room: (room.reasons, "of"),
    "/why/map/0?sentence=x": lambda room: (room.reasons, "of"),
    "/models": lambda room: (room, "models"),
    "/skipped": lambda _: (imgrank.web.viewer.app, "skipped_view"),
    "/history": lambda room: (room.history, "runs"),
}


@pytest.mark.parametrize("path", OPEN_ROUTES)
def test_what_goes_wrong_behind_a_question_is_told_in_a_sentence(
    both: tuple[Room, Client], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, client = both
    holder, name = OPEN_ROUTES[path](room)
    monkeypatch.setattr(holder, name, raising(LookupError(INSIDE)))
    reply = client.ask(path)
    assert is_sentence(reply, 500) and "LookupError" in reply.json()["error"]
    monkeypatch.setattr(holder, name, raising(PermissionError(13, "no", INSIDE)))
    reply = client.ask(path)
    assert is_sentence(reply, 500) and "permission denied" in reply.json()["error"]


def test_what_goes_wrong_behind_a_wish_is_told_no_further(
    both: tuple[Room, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, client = both
    monkeypatch.setattr(room.indexer, "pause", raising(LookupError(INSIDE)))
    assert is_sentence(client.ask("/pause", {"paused": True}), 500)


@pytest.mark.parametrize("kind", ["state", "picture", "why"])
def test_the_labelling_page_is_told_in_a_sentence_too(
    lesson: tuple[Controller, Client], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, client = lesson
    shown = client.ask("/state").json()["question"][0]["id"]
    path = {"state": "/state", "picture": f"/picture/small/{shown}", "why": f"/why/words/{shown}"}[kind]
    holder = controller.album if kind == "picture" else controller
    monkeypatch.setattr(holder, {"picture": "jpeg"}.get(kind, kind), raising(LookupError(INSIDE)))
    assert is_sentence(client.ask(path), 500)
    monkeypatch.setattr(holder, {"picture": "jpeg"}.get(kind, kind), raising(UsageError("It is so.")))
    assert client.ask(path).json() == {"error": "It is so."}
    if kind == "state":
        assert is_sentence(client.ask("/step/skip", {"turn": 0}), 400)


def test_what_there_is_not_is_said_in_a_sentence(both: tuple[Room, Client]) -> None:
    client = both[1]
    assert is_sentence(client.ask("/state/x/y"), 404) and is_sentence(client.ask("/picture/small/99"), 404)
    assert is_sentence(client.ask("/nothing", {}), 404) and is_sentence(client.ask("/state", {}, "PUT"), 405)
    assert is_sentence(client.ask("/order", b"[1]"), 400)


def test_where_it_came_from_is_kept_for_who_wants_to_know(
    both: tuple[Room, Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room, client = both
    monkeypatch.setattr(room, "models", raising(LookupError(INSIDE)))
    with caplog.at_level(logging.DEBUG, "imgrank"):
        client.ask("/models")
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [error.args for error in errors if error is not None] == [(INSIDE,)]
