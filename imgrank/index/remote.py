"""URLs through fsspec: which driver serves them, and their bytes, asked for again where a store is busy.

Addresses that lead to this machine or its nearest network are refused: what others wrote may not make us ask them. A
name is looked at when it is resolved, and so is every hop of a redirect.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from imgrank.errors import UsageError
from imgrank.index.needs import fsspec
from imgrank.paths import printable, why

_FOREIGN_SCHEMES = frozenset({"http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
_CONNECT_SECONDS, _SILENT_SECONDS, _WHOLE_SECONDS = 15.0, 30.0, 300.0
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")  # numbers of IPv6
_ALLOWED = "add --allow-local-urls if it is meant"


class LocalAddress(Exception):  # no OSError: aiohttp would make one of its own of it
    """A host that is this machine, or on its own link."""


def why_foreign_is_refused(text: str) -> str | None:
    """Why a picture may not be read from here, where a file that others wrote names it; None where it may."""
    scheme = text.split("://", 1)[0].lower() if "://" in text else ""
    if scheme not in _FOREIGN_SCHEMES:
        kind = f"an address of {scheme}" if scheme and scheme not in ("file", "local") else "a file of this machine"
        return f"a Parquet file names {kind}; {_ALLOWED}"
    if "::" in _IN_BRACKETS.sub("", text):  # fsspec would open one inside the other
        return "an address that is made of several"
    host = host_of(text)
    if scheme in ("http", "https") and (host is None or is_local(host)):
        return f"a Parquet file names this machine or its link ({printable(host or '')}); {_ALLOWED}"
    return None


def host_of(url: str) -> str | None:
    """The host of a URL; None where it has none, or is no URL."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def is_local(host: str) -> bool:
    """Whether a host, as it is written, is loopback, link-local or no host at all. Resolves no name."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return _is_odd_number(name)
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    return bool(
        inner.is_loopback or inner.is_link_local or inner.is_unspecified or inner.is_multicast or address.is_loopback
    )


def _is_odd_number(name: str) -> bool:
    """127.1 and 0x7f000001 are no names: the system's own reading of them decides."""
    if not name or (not name[-1].isdigit() and not name.startswith("0x")):
        return False
    try:
        return is_local(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return False


@lru_cache(maxsize=1024)
def leads_here(host: str) -> bool:
    """Whether a host is local, as it is written or by what its name resolves to now."""
    if is_local(host):
        return True
    try:
        return any(is_local(str(found[4][0])) for found in socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


async def plain_client(**options: Any) -> Any:
    """A session that gives up on servers that do not answer."""
    import aiohttp

    return aiohttp.ClientSession(timeout=_timeout(), **options)


async def guarded_client(**options: Any) -> Any:
    """A session that connects to no local address, whatever name or redirect leads there."""
    import aiohttp

    return aiohttp.ClientSession(timeout=_timeout(), connector=_connector_class()(), **options)


def _timeout() -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(_WHOLE_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)


@lru_cache(maxsize=1)
def _connector_class() -> Any:
    import aiohttp
    from aiohttp.resolver import DefaultResolver

    class Resolver(DefaultResolver):  # type: ignore[misc, valid-type]  # aiohttp is an extra
        async def resolve(self, host: str, *rest: Any, **named: Any) -> Any:
            found = await super().resolve(host, *rest, **named)
            _check([str(one["host"]) for one in found], host)
            return found

    class Connector(aiohttp.TCPConnector):
        def __init__(self) -> None:
            super().__init__(resolver=Resolver())

        async def connect(self, req: Any, *rest: Any, **named: Any) -> Any:
            _check([req.url.host or ""], req.url.host or "")
            return await super().connect(req, *rest, **named)

    return Connector


def _check(addresses: list[str], host: str) -> None:
    if any(map(is_local, addresses)):
        raise LocalAddress(f"{printable(host)} is this machine or on its link; {_ALLOWED}")


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVERS = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
}
_WEB = frozenset({"http", "https"})
LARGEST = 512 << 20  # bytes of what is read into memory as a whole, as of a file here
_PIECE = 1 << 20
_FIRST_WAIT = 0.2  # seconds; doubled each time
_TRIES = 5

_T = TypeVar("_T")


class TooLong(PermissionError):
    """More bytes than are read; asking again will not help."""


def is_url(text: str) -> bool:
    """Whether `text` is a URL and not a path: `s3://bucket/photos`. `C:\\photos` is none."""
    return _URL.match(text) is not None


def local_path(location: str) -> str | None:
    """The path of a file here, as a path or a URL of `file:`; None for other URLs."""
    if not is_url(location):
        return location
    scheme, rest = location.split("://", 1)
    return unquote(rest) if scheme.lower() in ("file", "local") else None


def file_system(url: str, is_foreign: bool = False) -> Any:
    """The fsspec file system of a URL, the same object for the same kind of URL.

    A web server may not lead to this machine or its link, unless the user named such a one: `is_foreign` says that
    others wrote the URL. Raises UsageError where its driver is not installed, or it cannot be set up.
    """
    kind = url.split("://", 1)[0].lower()
    options = {"get_client": _client_for(url, is_foreign)} if kind in _WEB else {}
    try:
        return fsspec().core.url_to_fs(url, **options)[0]
    except ImportError as error:
        driver = _DRIVERS.get(kind, "its fsspec driver")
        missing = "aiohttp" if kind in _WEB else driver
        package = '"imgrank[remote]"' if missing in ("aiohttp", "s3fs") else missing
        raise UsageError(f"{printable(url)} needs {missing}, which is not installed: pip install {package}.") from error
    except Exception as error:  # each driver refuses an address in its own way
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise UsageError(f"{printable(url)} cannot be used: {printable(words)}.") from error


def retried(action: Callable[[], _T], may_pass: Callable[[Exception], bool] = lambda _: True) -> _T:
    """What `action` gives; while a store is busy or a connection breaks it is called again, some seconds in all.

    Raises OSError as the last try did. What is not there, or not allowed, is tried once, and so is what `may_pass`
    says will not pass.
    """
    for turn in range(_TRIES):
        try:
            return action()
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            raise
        except Exception as error:  # each driver raises kinds of its own; what cannot pass is raised on
            if not may_pass(error):
                raise
            is_slow = isinstance(error, (TimeoutError, asyncio.TimeoutError))
            if turn == _TRIES - 1 or (is_slow and turn) or not _may_pass(error):
                raise _as_os_error(error) from error
        time.sleep(_FIRST_WAIT * 2**turn)
    raise AssertionError("unreachable")


def read_url(url: str, start: int | None = None, end: int | None = None, *, is_foreign: bool = False) -> bytes:
    """The bytes of what stands at a URL, or those from `start` to `end`, no more than LARGEST.

    Raises OSError, UsageError.
    """
    system = file_system(url, is_foreign)
    if url.split("://", 1)[0].lower() in _WEB:
        return retried(lambda: _streamed(system, url, start, end))
    if start is None and end is None:
        _check_length(retried(lambda: system.info(url)).get("size"))
    return bytes(retried(lambda: system.cat_file(url, start=start, end=end)))


def _streamed(system: Any, url: str, start: int | None, end: int | None) -> bytes:
    """From a web server, which may say nothing of the length, or not the truth."""
    asked = {} if end is None else {"headers": {"Range": f"bytes={start or 0}-{end - 1}"}}
    pieces, length, most = [], 0, LARGEST if end is None else end
    with system.open(url, block_size=0, size=-1, **asked) as stream:
        while length <= most and (piece := stream.read(_PIECE)):
            pieces.append(piece)
            length += len(piece)
    _check_length(length)
    return b"".join(pieces)[: max(most, 0)]


def _check_length(length: object) -> None:
    if isinstance(length, int) and length > LARGEST:
        raise TooLong(f"the file is larger than {LARGEST >> 20} MB")


def _client_for(url: str, is_foreign: bool) -> Callable[..., Any]:
    host = host_of(url)
    is_meant = not is_foreign and host is not None and leads_here(host)
    return plain_client if is_meant else guarded_client


def reason_of(error: OSError) -> str:
    """Why a URL could not be read, in a few plain words that may stand after a colon."""
    if isinstance(error, TooLong):
        return str(error)
    if isinstance(error, TimeoutError):
        return "the server took too long"
    if error.errno or isinstance(error, (FileNotFoundError, PermissionError)):
        return why(error) if error.errno else _plain(error)
    return printable(" ".join(str(error).split())[:200]) or "the store refused"


def _plain(error: OSError) -> str:
    return "permission denied" if isinstance(error, PermissionError) else "there is nothing at this address"


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help: the store is busy, or the network was away."""
    status = getattr(error, "status", None)  # aiohttp
    if isinstance(status, int):
        return status in (408, 429) or status >= 500
    return isinstance(error, OSError) or type(error).__module__.split(".")[0] in ("aiohttp", "botocore", "asyncio")


def _as_os_error(error: Exception) -> OSError:
    if isinstance(error, OSError):
        return error
    if isinstance(error, asyncio.TimeoutError):
        return TimeoutError()
    if isinstance(error, LocalAddress):
        return OSError(str(error))
    status = getattr(error, "status", None)
    return OSError(f"the server answered {status}" if status else f"{type(error).__name__} {error}".strip())
