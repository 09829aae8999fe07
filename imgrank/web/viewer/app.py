"""The pages of imgrank open, and of imgrank label with the same folder one click away, over HTTP.

Few addresses, each one question to the room or one deed.
GET /state /pictures /picture/{size}/{number} /facts/{number} /why/{form}/{number} /skipped /history tell.
POST /order orders; /plan makes a plan and changes nothing, and /apply takes its name, which is good once. All of them
are listed in docs/reference/open-endpoints.md.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from imgrank.decode import DecodeError
from imgrank.errors import UsageError
from imgrank.web.answers import STATIC, no_object, not_found, read_json, refused, resource, site, static
from imgrank.web.app import make_page as make_lesson
from imgrank.web.controller import Controller
from imgrank.web.server import Guard
from imgrank.web.viewer.changes import Job
from imgrank.web.viewer.messages import (
    WORDS,
    asked_of,
    names_view,
    number_of,
    numbers_of,
    order_view,
    past_view,
    plan_view,
    skipped_view,
    text_of,
    wanted_of,
)
from imgrank.web.viewer.orders import FORMS, check_length, exported
from imgrank.web.viewer.room import Room
from imgrank.web.viewer.shown import reveal

MOST_BYTES = 8 << 20  # a million numbers
NO_LESSON = "These questions are not asked any more. Teach, below the pictures, goes on with the answers so far."
NO_PICTURE = "This picture is not in the folder any more."
NOT_READ = "This picture is not read yet, or there is none of this number."
Told = dict[str, Any]


def make_app(room: Room, port: int, token: str) -> ASGIApp:
    """The application for one room, guarded."""
    return Guard(make_page(room), port, token, command="imgrank open", most_bytes=MOST_BYTES)


def make_page(room: Room) -> ASGIApp:
    """The page of one room, for who stands behind a guard; wherever it is mounted."""
    deeds: dict[str, Callable[[Told], Response | Told]] = {
        "order": lambda told: _order(room, told),
        "plan": lambda told: _plan(room, told),
        "apply": lambda told: _apply(room, told),
        "undo": lambda told: _take_back(room, told),
        "finish": lambda told: _finish(room, told),
        "rate": lambda told: _rate(room, told),
        "teach": lambda told: _teach(room, told),
        "reveal": lambda told: _reveal(room, told),
        "pause": lambda told: _pause(room, told),
        "look": lambda told: _look(room, told),
        "subfolders": lambda told: _subfolders(room, told),
        "model": lambda told: _take_model(room, told),
        "export": lambda told: _export(room, told),
    }

    async def do_deed(request: Request) -> Response:
        do = deeds.get(request.path_params["deed"])
        if do is None:
            return not_found()

        def allowed(told: Told) -> Response | Told:
            room.check(request.path_params["deed"])
            return do(told)

        told = await read_json(request)
        if told is None:
            return no_object()
        done = await run_in_threadpool(allowed, told)
        return done if isinstance(done, Response) else JSONResponse(done)

    return site(
        [
            Route("/", lambda _: resource(STATIC / "open" / "index.html")),
            Route("/static/{name:path}", static),
            Route("/state", lambda _: JSONResponse(room.state())),
            Route("/pictures", lambda request: _names(room, request)),
            Route("/picture/{size}/{number}", lambda request: _picture(room, request)),
            Route("/groups/{by}", lambda request: _groups(room, request)),
            Route("/facts", lambda _: JSONResponse(room.facts.columns())),
            Route("/facts/{number}", lambda request: _facts(room, request)),
            Route("/why/{form}/{number}", lambda request: _why(room, request)),
            Route("/models", lambda _: JSONResponse(room.models())),
            Route("/skipped", lambda _: JSONResponse(skipped_view(room.library))),
            Route("/history", lambda _: JSONResponse([past_view(past) for past in room.history.runs()])),
            Route("/{deed}", do_deed, methods=["POST"]),
            Mount("/teach/{lesson}", app=_lesson_of(room)),
        ]
    )


def _names(room: Room, request: Request) -> Response:
    start = request.query_params.get("from", "0")
    if not (start.isascii() and start.isdecimal()) or len(start) > 12:
        return not_found()
    return JSONResponse(names_view(room.library, int(start)))


def _picture(room: Room, request: Request) -> Response:
    number = _number(request)
    try:
        jpeg = room.shown.jpeg(number, request.path_params["size"])
    except KeyError:
        return not_found(_why_none(room, number))
    except DecodeError as error:
        return refused(UsageError(f"The picture cannot be shown: {error.reason}."), 415)
    except UsageError as error:
        return refused(error, 415)
    return Response(jpeg, media_type="image/jpeg")


def _facts(room: Room, request: Request) -> Response:
    number = _number(request)
    told = room.facts.about(number)
    return not_found(_why_none(room, number)) if told is None else JSONResponse(told)


def _why_none(room: Room, number: int) -> str:
    names, _ = room.library.names(max(0, number))
    return NO_PICTURE if names else NOT_READ


def _groups(room: Room, request: Request) -> Response:
    rule = request.path_params["by"]
    if rule in room.source.refused:
        raise UsageError(room.source.refused[rule])
    try:
        told = room.groups.of(rule)
    except UsageError:
        return not_found()
    if told["pending"]:
        room.indexer.wake()
    return JSONResponse(told)


def _number(request: Request) -> int:
    """The number in the address."""
    return _whole(request.path_params["number"])


def _whole(number: str) -> int:
    """-1, which no picture has, where it is no number."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 12 else -1


def _order(room: Room, told: Told) -> Told:
    order = room.orders.of(asked_of(told))
    if order.measuring:
        room.indexer.measure()
    return order_view(order)


def _why(room: Room, request: Request) -> Response:
    asked = request.query_params
    sentence = asked.get("sentence", "")
    check_length(sentence)
    pictures = tuple(map(_whole, asked.getlist("picture")[:3]))
    reason = room.reasons.of(_number(request), sentence, pictures, words_alone=asked.get("by") == WORDS)
    if request.path_params["form"] == "map":
        return Response(reason.jpeg, media_type="image/jpeg")
    return JSONResponse({"said": reason.said}) if request.path_params["form"] == "words" else not_found()


def _plan(room: Room, told: Told) -> Told:
    order = room.orders.of(asked_of(told))
    name, made = room.plans.make(wanted_of(told), order, room.orders.ranking(order), room.facts.stars())
    return plan_view(name, made, room.library)


def _apply(room: Room, told: Told) -> Told:
    with room.plans.taken(text_of(told, "plan")) as plan:
        room.work.carry_out(plan)
    return room.state()


def _take_back(room: Room, told: Told) -> Told:
    room.work.take_back(room.history.run(number_of(told.get("run"))))
    return room.state()


def _finish(room: Room, told: Told) -> Told:
    room.work.finish(room.history.run(number_of(told.get("run"))))
    return room.state()


def _rate(room: Room, told: Told) -> Told:
    room.facts.rate(numbers_of(told), number_of(told.get("stars")))
    return room.state()


def _teach(room: Room, told: Told) -> Told:
    return {"page": room.teach(text_of(told, "sentence").strip(), numbers_of(told))}


def _lesson_of(room: Room) -> ASGIApp:
    async def lesson(scope: Scope, receive: Receive, send: Send) -> None:
        page = room.teaching.page(scope["path_params"]["lesson"])
        await (page or not_found(NO_LESSON))(scope, receive, send)

    return lesson


def _reveal(room: Room, told: Told) -> Told:
    place = room.library.place(number_of(told.get("number")))
    if place is None:
        raise UsageError(NO_PICTURE)
    reveal(place)
    return {}


def _pause(room: Room, told: Told) -> Told:
    room.indexer.pause(told.get("paused") is True)
    return room.state()


def _take_model(room: Room, told: Told) -> Told:
    room.take_model(text_of(told, "name"))
    return room.state()


def _look(room: Room, _: Told) -> Told:
    room.indexer.look()
    return room.state()


def _subfolders(room: Room, _: Told) -> Told:
    room.show_subfolders()
    return room.state()


def _export(room: Room, told: Told) -> Response:
    form = text_of(told, "form")
    if form not in FORMS:
        raise UsageError(f"There is no such list; there are {', '.join(FORMS)}.")
    order = room.orders.of(asked_of(told))
    content = exported(order, room.orders.ranking(order), numbers_of(told), form)
    return Response(content, media_type=FORMS[form])


PICTURES = "pictures"  # where they stand below the lesson


class LabelPage:
    """One server for a lesson and for the room of its folder, which is read when somebody goes there first."""

    def __init__(self, controller: Controller, room: Room) -> None:
        self.settings = controller.settings
        self._controller, self._room = controller, room
        self._lock, self._started = threading.Lock(), False
        controller.pictures_at = f"{PICTURES}/"
        room.teaching.add(controller, "../")

    def app(self, port: int, token: str) -> ASGIApp:
        """Both, guarded."""
        pictures = make_page(self._room)

        async def read_first(scope: Scope, receive: Receive, send: Send) -> None:
            with self._lock:
                if not self._started:
                    self._room.start()
                    self._started = True
            await pictures(scope, receive, send)

        both = site([Mount(f"/{PICTURES}", app=read_first), Mount("/", app=make_lesson(self._controller))])
        return Guard(both, port, token, command="imgrank label", most_bytes=MOST_BYTES)

    def close(self) -> Job | None:
        """End what goes on, among the pictures too. The work on files as it ended, if any went on."""
        self._controller.close()
        with self._lock:
            return self._room.close() if self._started else None
