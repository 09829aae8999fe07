"""A page's server: on this machine's loopback address alone, until Ctrl-C, and bounded in all that a client may do."""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from typing import Protocol, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from imgrank.errors import UsageError

LOOPBACK = "127.0.0.1"
PATIENCE = 15.0  # seconds in which a request must have come whole, and an answer must have been taken
MOST_CONNECTIONS = 200


class Served(Protocol):
    """What a page shows."""

    def app(self, port: int, token: str) -> ASGIApp:
        """The guarded application at this port, for who has the token."""
        ...


def serve(served: Served, port: int = 0, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until Ctrl-C; `on_ready` gets the address with its token. Port 0 takes a free one.

    Raises UsageError where the port is taken.
    """
    with listen(port) as listener:
        token = secrets.token_urlsafe(32)
        atexit.register(_leave_threads_behind)
        server = make_server(served, listener, token, lambda: on_ready(address(listener, token)))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


def _leave_threads_behind() -> None:
    """At the end of a process that served: end it where threads of the page still sum, for torch would abort it.

    They hold nothing that has to be written: labels, journals and tokens are on the disk as soon as they are made.
    """
    if any(thread.name.startswith("imgrank-") and thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def listen(port: int) -> socket.socket:
    """A socket that this machine alone can reach. Raises UsageError where the port is taken."""
    try:
        return socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        raise UsageError(f"Port {port} cannot be used: {error}.", "Choose another {port}, or leave it out.") from error


def address(listener: socket.socket, token: str) -> str:
    """What to open in the browser, once; from then on a cookie holds the token."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}/?token={token}"


class _Server(uvicorn.Server):
    """Says when it is ready: from then on Ctrl-C ends it in peace."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so: in a thread, for a browser in the terminal would hold everything up."""
        await super().startup(sockets)
        threading.Thread(target=self._on_ready, daemon=True).start()


class _Bounded(H11Protocol):
    """Ends a connection whose request does not come whole in time, or whose answer is not taken."""

    _waiting: float | None = None  # since when the client has owed something
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to look at the clock."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more to look at."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        now = self.loop.time()
        owes = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) or self.transport.get_write_buffer_size() > 0
        self._waiting = (self._waiting or now) if owes else None
        if self._waiting is not None and now - self._waiting > PATIENCE:
            self.transport.abort()
            return
        self._look = self.loop.call_later(PATIENCE / 3, self._watch)


def make_server(
    served: Served, listener: socket.socket, token: str, on_ready: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """A server of one application. It logs nothing: addresses of requests are nobody's business."""
    return _Server(
        uvicorn.Config(
            served.app(listener.getsockname()[1], token),
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http=_Bounded,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=2,
        ),
        on_ready,
    )
