"""Who may talk to the page: this machine's browser that was given the token, and no page of anyone else's.

- Host must be this address: a name that was rebound to 127.0.0.1 is refused.
- Origin and Sec-Fetch-Site must be this page where a browser sends them; a change must say its Origin.
- The token of the printed address becomes a cookie, so that it stays out of later addresses and of history.
- Bodies are small and JSON; answers may be neither kept, framed, sniffed nor embedded.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
