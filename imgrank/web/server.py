"""The page's server: on this machine's loopback address alone, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable

import uvicorn

from imgrank.errors import UsageError
from imgrank.web.app import make_app
from imgrank.web.desk import Desk

LOOPBACK = "127.0.0.1"


def serve(desk: Desk, port: int = 0, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until Ctrl-C; `on_ready` gets the address with its token. Port 0 takes a free one.

    Raises UsageError where the port is taken.
    """
    with listen(port) as listener:
        token = secrets.token_urlsafe(32)
        server = make_server(desk, listener, token, lambda: on_ready(address(listener, token)))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


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


def make_server(
    desk: Desk, listener: socket.socket, token: str, on_ready: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """A server for one desk. It logs nothing: addresses of requests are nobody's business."""
    return _Server(
        uvicorn.Config(
            make_app(desk, listener.getsockname()[1], token),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http="h11",
            timeout_graceful_shutdown=2,
        ),
        on_ready,
    )
