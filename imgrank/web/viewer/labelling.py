"""`imgrank label`: the labelling page first, and the page of `imgrank open` about the same folder one click away."""

from __future__ import annotations

import threading

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from imgrank.web.app import make_page as make_lesson
from imgrank.web.controller import Controller
from imgrank.web.server import Guard
from imgrank.web.viewer.app import MOST_BYTES
from imgrank.web.viewer.app import make_page as make_pictures
from imgrank.web.viewer.room import Room

PICTURES = "pictures"  # where they stand below the lesson


class LabelPage:
    """One server for a lesson and for the room of its folder, which is read when somebody goes there first."""

    def __init__(self, controller: Controller, room: Room) -> None:
        self.settings = controller.settings
        self._controller, self._room = controller, room
        self._lock, self._started = threading.Lock(), False
        controller.pictures_at = f"{PICTURES}/"

    def app(self, port: int, token: str) -> ASGIApp:
        """Both, guarded."""
        pictures = make_pictures(self._room)

        async def read_first(scope: Scope, receive: Receive, send: Send) -> None:
            with self._lock:
                if not self._started:
                    self._started = True
                    self._room.start()
            await pictures(scope, receive, send)

        both = Starlette(routes=[Mount(f"/{PICTURES}", app=read_first), Mount("/", app=make_lesson(self._controller))])
        return Guard(both, port, token, command="imgrank label", most_bytes=MOST_BYTES)

    def close(self) -> None:
        """End what goes on, among the pictures too."""
        self._controller.close()
        with self._lock:
            if self._started:
                self._room.close()
