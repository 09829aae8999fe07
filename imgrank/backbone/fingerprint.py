"""Sixteen hex digits over everything that shapes a backbone's tokens, and a file of what was learnt about weights.

The file is a small json one. Losing it costs one more look at the weights.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from imgrank.atomic import write_atomic
from imgrank.paths import backbones_file


def recall(key: str) -> object | None:
    """What was remembered under `key`, or None; any fault of the file counts as nothing remembered."""
    return _read(backbones_file()).get(key)


def remember(key: str, value: object) -> None:
    """Keep a json value under `key`. A cache folder that cannot be written to is no error."""
    path = backbones_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps({**_read(path), key: value}, indent=1).encode())


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


TOKENS_VERSION = 3  # raise it when the arithmetic between a file and its stored tokens changes
DIGITS = 16


def fingerprint(config: Mapping[str, Any], weights: Sequence[Path], preprocessing: Mapping[str, Any]) -> str:
    """16 hex digits over the architecture's config, the bytes of its files, preprocessing and TOKENS_VERSION.

    Where the files lie and what they are called does not matter; their order does. Raises OSError where
    one cannot be read.
    """
    facts = {
        "config": config,
        "preprocessing": preprocessing,
        "tokens_version": TOKENS_VERSION,
        "weights": [weights_hash(path) for path in weights],
    }
    return blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=DIGITS // 2).hexdigest()


def weights_hash(path: Path) -> str:
    """Hash of a file's bytes, read once: remembered by path, size and time of change."""
    path = path.absolute()
    stat = path.stat()
    key, stamp = f"weights {path}", [stat.st_size, stat.st_mtime_ns]
    known = recall(key)
    if isinstance(known, dict) and known.get("stamp") == stamp and isinstance(known.get("hash"), str):
        return str(known["hash"])
    digest = _hash_bytes(path)
    remember(key, {"stamp": stamp, "hash": digest})
    return digest


def _hash_bytes(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest()
