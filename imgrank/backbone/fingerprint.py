"""Sixteen hex digits over everything that shapes a backbone's tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from imgrank.backbone.memory import recall, remember

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
