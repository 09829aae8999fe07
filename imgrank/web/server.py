"""The server of every page: on this machine's loopback address alone, for the one browser that was given the token.

Who may talk to a page:
- Host must be this address: a name that was rebound to 127.0.0.1 is refused.
- Origin and Sec-Fetch-Site must be this page where a browser sends them; a change must say its Origin.
- The token of the printed address becomes a cookie, so that it stays out of later addresses and of history.
- Bodies are small and JSON; answers may be neither kept, framed, sniffed nor embedded.
- A request must come whole in time, and connections are bounded in number.
"""

from __future__ import annotations

import asyncio
import atexit
import hmac
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Protocol, cast

import h11
import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from imgrank.errors import UsageError
from imgrank.web.threads import begin

_log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
PATIENCE = 15.0  # seconds in which a request must have come whole, and an answer must have been taken
MOST_CONNECTIONS = 200
AT_ONCE = 64  # new connections between two looks at how many there are


class Served(Protocol):
    """What a page shows."""

    def app(self, port: int, token: str) -> ASGIApp:
        """The guarded application at this port, for who has the token."""
        ...


def serve(served: Served, port: int = 0, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until Ctrl-C; `on_ready` gets the address with its token. Port 0 picks a free one.

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
        """Begin to answer, then say so: in a thread, for a browser in the terminal would hold everything up.

        Raises UsageError where no thread can be had.
        """
        asyncio.get_running_loop().set_exception_handler(_tell_nobody)
        await super().startup(sockets)
        begin(self._on_ready, "ready")


def _tell_nobody(_: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    """Of a connection that ended badly, or of more than the system has room for, the terminal is told with -v alone."""
    _log.debug("a connection: %s", about.get("message"), exc_info=about.get("exception"))


class _Bounded(H11Protocol):
    """Ends a connection whose request does not come whole in time, or whose answer is not taken; and the one that has
    owed a request for the longest time, where there are too many."""

    _waiting: float | None = None  # since when the client has owed something
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to look at the clock."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._watch()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more to look at."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """It asked in time and took its answer: one that goes on to ask owes nothing from before."""
        self._waiting = None
        super().on_response_complete()

    def _make_room(self) -> None:
        open_ones = [
            each for each in self.connections if isinstance(each, _Bounded) and not each.transport.is_closing()
        ]
        if len(open_ones) > MOST_CONNECTIONS:
            idle = [(each._waiting, each) for each in open_ones if each._waiting is not None]
            min(idle, key=lambda each: each[0], default=(0.0, self))[1].transport.abort()

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
            limit_concurrency=2 * MOST_CONNECTIONS,  # those that end are among them for a moment
            backlog=AT_ONCE,
            timeout_graceful_shutdown=2,
        ),
        on_ready,
    )


MOST_BYTES = 4096
MOVED_ON = '<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>imgrank</title><a href="/">Go on</a>\n'
SAFE_METHODS = {"GET", "HEAD"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """An ASGI application around another: lets through what this page's own browser asks, and nothing else."""

    def __init__(
        self, app: ASGIApp, port: int, token: str, *, command: str = "imgrank label", most_bytes: int = MOST_BYTES
    ) -> None:
        """`command` is what the user has running; a request's body may have `most_bytes`."""
        self._app, self._token, self._command, self._most_bytes = app, token, command, most_bytes
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"imgrank-{port}"  # ports of one machine share their cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, refuse it, or hand it on; anything but HTTP is not spoken here."""
        if scope["type"] != "http":
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_safely)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.getlist("host") != [headers.get("host")] or headers.get("host") not in self._hosts:
            return _refused(421, f"This address is not the one that {self._command} printed.")
        if not self._comes_from_here(scope, headers):
            return _refused(403, "Requests from other pages are refused.")
        given = Request(scope).query_params.get("token")
        if scope["path"] == "/" and scope["method"] == "GET" and given is not None and self._is_token(given):
            return self._with_cookie(headers.get("sec-fetch-site") == "cross-site")
        if not self._is_token(_cookie(headers, self._cookie)):
            return _refused(403, f"Open the address that {self._command} printed in the terminal: it holds a token.")
        return None if scope["method"] in SAFE_METHODS else _bad_body(headers, self._most_bytes)

    def _comes_from_here(self, scope: Scope, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None and scope["method"] not in SAFE_METHODS:
            return False
        if origin is not None and origin != f"http://{headers.get('host')}":
            return False
        opened_by_hand = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        return opened_by_hand or headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    def _with_cookie(self, from_elsewhere: bool) -> Response:
        """Go on without the token. A browser that comes from a file sends no strict cookie along a redirect: there, the
        page itself goes on."""
        response: Response = HTMLResponse(MOVED_ON) if from_elsewhere else RedirectResponse("/", status_code=303)
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return response


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _bad_body(headers: Headers, most_bytes: int) -> Response | None:
    length = headers.get("content-length", "")
    if not length.isdecimal() or "transfer-encoding" in headers:
        return _refused(411, "A request must say how long it is.")
    if len(length) > 12 or int(length) > most_bytes:
        return _refused(413, f"A request is at most {most_bytes} bytes long.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refused(415, "A request must be JSON.")
    return None


def _refused(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", status)
