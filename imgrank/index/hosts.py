"""Addresses that lead to this machine or its nearest network: what others wrote may not make us ask them.

A name is looked at when it is resolved, and so is every hop of a redirect.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from imgrank.paths import printable

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


async def plain_client(**options: Any) -> Any:  # noqa: ANN401 (aiohttp is an extra)
    """A session that gives up on servers that do not answer."""
    import aiohttp

    return aiohttp.ClientSession(timeout=_timeout(), **options)


async def guarded_client(**options: Any) -> Any:  # noqa: ANN401
    """A session that connects to no local address, whatever name or redirect leads there."""
    import aiohttp

    return aiohttp.ClientSession(timeout=_timeout(), connector=_connector_class()(), **options)


def _timeout() -> Any:  # noqa: ANN401
    import aiohttp

    return aiohttp.ClientTimeout(_WHOLE_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)


@lru_cache(maxsize=1)
def _connector_class() -> Any:  # noqa: ANN401
    import aiohttp
    from aiohttp.resolver import DefaultResolver

    class Resolver(DefaultResolver):  # type: ignore[misc, valid-type]
        async def resolve(self, host: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
            found = await super().resolve(host, *rest, **named)
            _check([str(one["host"]) for one in found], host)
            return found

    class Connector(aiohttp.TCPConnector):
        def __init__(self) -> None:
            super().__init__(resolver=Resolver())

        async def connect(self, req: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
            _check([req.url.host or ""], req.url.host or "")
            return await super().connect(req, *rest, **named)

    return Connector


def _check(addresses: list[str], host: str) -> None:
    if any(map(is_local, addresses)):
        raise LocalAddress(f"{printable(host)} is this machine or on its link; {_ALLOWED}")
