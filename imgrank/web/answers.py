"""What pages answer beside what they are for: files of the package, and a sentence wherever something is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from imgrank.errors import ImgrankError
from imgrank.web.words import sentence_of

if TYPE_CHECKING:
    from importlib.abc import Traversable

STATIC, SHARED = files("imgrank.web") / "static", files("imgrank.output.page")
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def site(routes: Sequence[BaseRoute]) -> Starlette:
    """An application of these routes, which answers in a sentence whatever goes wrong in them."""
    handlers = {HTTPException: _no_route, ImgrankError: _fault, Exception: _fault}
    return Starlette(routes=routes, exception_handlers=handlers)


def refused(error: Exception, status: int = 400) -> Response:
    """Why there is no answer; 500 where no error of imgrank says so."""
    return JSONResponse({"error": sentence_of(error)}, status if isinstance(error, ImgrankError) else 500)


def not_found(sentence: str = "There is nothing here.") -> Response:
    """There is no such address, or not any more."""
    return JSONResponse({"error": sentence}, 404)


def no_object() -> Response:
    """What was sent is none."""
    return JSONResponse({"error": "A request is a JSON object."}, 400)


async def read_json(request: Request) -> dict[str, Any] | None:
    """The JSON object of a request; None where it is none, or its sender has gone."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError, ClientDisconnect):
        return None
    return asked if isinstance(asked, dict) else None


def resource(file: Traversable) -> Response:
    """A file of the package, as what its name says."""
    kind = next((kind for ending, kind in KINDS.items() if file.name.endswith(ending)), "text/html")
    return Response(file.read_bytes(), media_type=kind)


def static(request: Request) -> Response:
    """The file whose name stands in the address below /static/."""
    name = request.path_params["name"]
    return resource(FILES[name]) if name in FILES else not_found()


def _static_files() -> dict[str, Traversable]:
    """Everything that a page may load, by its address below /static/."""
    found = dict(_below(STATIC, ""))
    for folder in ("shared", "vendor"):
        found.update(_below(SHARED / folder, f"{folder}/"))
    return found


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _below(each, f"{prefix}{each.name}/")
        elif each.name.endswith(tuple(KINDS)):
            yield prefix + each.name, each


FILES = _static_files()


# Both run in the server's own thread: there may be no other one to have.
async def _fault(_: Request, error: Exception) -> Response:
    return refused(error)


async def _no_route(_: Request, error: Exception) -> Response:
    is_wrong_method = isinstance(error, HTTPException) and error.status_code == 405
    return JSONResponse({"error": "This address is not asked in that way."}, 405) if is_wrong_method else not_found()
