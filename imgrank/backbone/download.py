"""Published weights: found in open_clip's own caches, or brought there by its own download."""

from __future__ import annotations

import os
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imgrank.errors import BackboneError

SAFE_NAME, PICKLED_NAME = "open_clip_model.safetensors", "open_clip_pytorch_model.bin"
REACH_SECONDS = 5
URL_CACHE = "~/.cache/clip"
OFFLINE = "it is not on disk, and this machine cannot reach the server to download it from"
OFFLINE_ERRORS = {"OfflineModeIsEnabled", "LocalEntryNotFoundError", "gaierror", "ConnectError", "ConnectTimeout"}


class NotDownloaded(BackboneError):
    """Weights are not on disk and could not be fetched; the message says why, without the name asked for."""


def cached_weights(config: Mapping[str, Any]) -> Path | None:
    """The file of these weights if it is on disk already; asks no network. `config` is open_clip's own."""
    if config.get("file"):
        return _file_or_none(config["file"])
    if not config.get("hf_hub"):
        return _file_or_none(os.path.join(os.path.expanduser(URL_CACHE), os.path.basename(config["url"])))
    from huggingface_hub import try_to_load_from_cache

    repository, filename = os.path.split(config["hf_hub"])
    found = (try_to_load_from_cache(repository, name) for name in _file_names(filename))
    return next((Path(path) for path in found if isinstance(path, str)), None)


def fetch_weights(name: str, config: Mapping[str, Any], note: Callable[[str], None]) -> Path:
    """The file of these weights, downloaded by open_clip (with its progress bar) where it is not on disk.

    Raises NotDownloaded when there is no way to it.
    """
    cached = cached_weights(config)
    if cached:
        return cached
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE and config.get("hf_hub"):
        raise NotDownloaded("it is not on disk, and HF_HUB_OFFLINE forbids a download")
    if not is_reachable(constants.ENDPOINT if config.get("hf_hub") else config["url"]):
        raise NotDownloaded(OFFLINE)
    note(f"downloading {name}; this happens once")
    try:
        return Path(_download(config))
    except Exception as error:  # hub, http and disk each raise their own types, wrapped by open_clip in others
        raise NotDownloaded(reason_of(error)) from error


def _download(config: Mapping[str, Any]) -> str:
    from open_clip.pretrained import download_pretrained

    return str(download_pretrained(dict(config)))


def is_reachable(address: str) -> bool:
    """Asked first, because the hub's client tries a dead connection for most of a minute."""
    if urllib.request.getproxies():
        return True
    parts = urllib.parse.urlsplit(address)
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((parts.hostname or "", port), timeout=REACH_SECONDS).close()
    except OSError:
        return False
    return True


def _file_names(filename: str) -> list[str]:
    """What open_clip takes for a file of a hub, best first: safetensors before pickles."""
    if not filename:
        return [SAFE_NAME, PICKLED_NAME]
    stem, suffix = os.path.splitext(filename)
    safe = [SAFE_NAME] if filename == PICKLED_NAME else [stem + ".safetensors"] if suffix in (".bin", ".pth") else []
    return [*safe, filename]


def _file_or_none(path: str) -> Path | None:
    return Path(path) if os.path.isfile(path) else None


def reason_of(error: BaseException) -> str:
    """Why a download failed, in words for the user, from the whole chain of causes."""
    chain = list(_chain(error))
    if any(type(link).__name__ in OFFLINE_ERRORS or isinstance(link, ConnectionError) for link in chain):
        return OFFLINE
    return f"the download failed ({_first_line(chain[-1])})"


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
