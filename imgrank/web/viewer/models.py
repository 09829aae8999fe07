"""The image models that may look at the pictures, with what each costs: for a person who wants a better one."""

from __future__ import annotations

import shlex
from typing import Any

from imgrank.backbone.catalogue import catalogue
from imgrank.backbone.names import MINI
from imgrank.backbone.rates import known_rate


def models_view(present: str, folder: str, count: int) -> list[dict[str, Any]]:
    """The recommended ones and those on disk; `seconds` is for reading `count` pictures once, null where not timed."""
    entries = [entry for entry in catalogue() if entry.short or entry.on_disk or entry.name == MINI]
    rates = {entry.name: known_rate(entry.name) for entry in entries}
    return [
        {
            "name": entry.short or entry.name,
            "whole": entry.name,
            "present": present in (entry.short, entry.name),
            "on_disk": entry.on_disk,
            "bytes": entry.size or None,
            "imagenet": entry.imagenet_top1,
            "licence": entry.licence,
            "seconds": None if rate is None else round(count / rate.images_per_second),
            "command": shlex.join(["imgrank", "open", folder, "--backbone", entry.short or entry.name]),
        }
        for entry in entries
        for rate in [rates[entry.name]]
    ]
