"""The page over HTTP: a handful of addresses, each one step of the controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from imgrank.errors import ImgrankError, UsageError
from imgrank.labelling.lesson import StaleAnswer
from imgrank.web.answers import STATIC, no_object, not_found, read_json, resource, site, static
from imgrank.web.controller import Controller
from imgrank.web.prepare import LARGE_SIDE, SMALL_SIDE
from imgrank.web.records import Reason
from imgrank.web.server import Guard
from imgrank.web.words import sentence_of

REPLIES: dict[str, Callable[[Reason], Response]] = {
    "words": lambda reason: JSONResponse({"said": list(reason.said)}),
    "map": lambda reason: Response(reason.jpeg, media_type="image/jpeg"),
}


def make_app(controller: Controller, port: int, token: str) -> ASGIApp:
    """The application for one controller, guarded."""
    return Guard(make_page(controller), port, token)


def make_page(controller: Controller) -> ASGIApp:
    """The page of one controller, for who stands behind a guard."""
    steps: dict[str, Callable[[dict[str, Any]], None]] = {
        "answer": lambda asked: controller.answer(_turn(asked), asked.get("given")),
        "skip": lambda asked: controller.skip(_turn(asked)),
        "undo": lambda asked: controller.undo(_turn(asked)),
        "stop": lambda _: controller.stop(),
        "train": lambda asked: controller.train(_text(asked, "name"), asked.get("replace") is True),
    }

    def page(_: Request) -> Response:
        return resource(STATIC / "index.html")

    def state(_: Request) -> Response:
        return JSONResponse(controller.state())

    def ahead(request: Request) -> Response:
        turn, outcome = (_whole(request.path_params[name]) for name in ("turn", "outcome"))
        return JSONResponse(controller.ahead(turn, outcome))

    def picture(request: Request) -> Response:
        side = LARGE_SIDE if request.path_params["size"] == "large" else SMALL_SIDE
        jpeg = controller.album.jpeg(request.path_params["name"], side)
        return not_found() if jpeg is None else Response(jpeg, media_type="image/jpeg")

    def why(request: Request) -> Response:
        reply = REPLIES.get(request.path_params["form"])
        if reply is None:
            return not_found()
        reason = controller.why(request.path_params["name"])
        return not_found() if reason is None else reply(reason)

    async def step(request: Request) -> Response:
        take = steps.get(request.path_params["step"])
        if take is None:
            return not_found()
        asked = await read_json(request)
        return await run_in_threadpool(_taken, controller, take, asked)

    return site(
        [
            Route("/", page),
            Route("/static/{name:path}", static),
            Route("/state", state),
            Route("/ahead/{turn}/{outcome}", ahead),
            Route("/picture/{size}/{name}", picture),
            Route("/why/{form}/{name}", why),
            Route("/step/{step}", step, methods=["POST"]),
        ]
    )


def _taken(controller: Controller, take: Callable[[dict[str, Any]], None], asked: dict[str, Any] | None) -> Response:
    """The state after the step; with a step that could not be taken, why, and the state as it is.

    Who asks for a brief reply to a step hears of it before the next question is thought of.
    """
    if asked is None:
        return no_object()
    error, status = None, 200
    try:
        take(asked)
    except ImgrankError as refused:
        error, status = sentence_of(refused), 409 if isinstance(refused, StaleAnswer) else 400
    if error is None and asked.get("brief") is True:
        return JSONResponse({"answers": controller.answers, "error": None})
    return JSONResponse(controller.state() | {"error": error}, status)


def _whole(number: str) -> int:
    """A large one where it is no number."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 9 else 10**9


def _turn(asked: dict[str, Any]) -> int:
    turn = asked.get("turn")
    return turn if isinstance(turn, int) and not isinstance(turn, bool) else -1


def _text(asked: dict[str, Any], key: str) -> str:
    text = asked.get(key)
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"A {key} is missing.")
    return text.strip()
