"""A small json file of what was learnt about weights on disk. Losing it costs one more look at them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

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
