"""What every page of this house answers with: files of the package, JSON, and nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from importlib.abc import Traversable

STATIC, SHARED = files("imgrank.web") / "static", files("imgrank.output.page")
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static_files() -> dict[str, Traversable]:
    """Everything that a page may load, by its address below /static/."""
    found = dict(_below(STATIC, ""))
    found.update((name, SHARED / name) for name in ("base.css", "parts.css", "parts.js"))
    return found


def resource(file: Traversable) -> Response:
    """A file of the package, as what its name says."""
    kind = next((kind for ending, kind in KINDS.items() if file.name.endswith(ending)), "text/html")
    return Response(file.read_bytes(), media_type=kind)


def not_found() -> Response:
    """There is no such address."""
    return PlainTextResponse("There is nothing here.\n", 404)


async def read_json(request: Request) -> dict[str, Any] | None:
    """The JSON object of a request; None where it is none, or its sender has gone."""
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError, ClientDisconnect):
        return None
    return asked if isinstance(asked, dict) else None


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _below(each, f"{prefix}{each.name}/")
        elif each.name.endswith(tuple(KINDS)):
            yield prefix + each.name, each
