"""The names of the output formats. Apart from the writers, so that `--help` imports none of them."""

from __future__ import annotations

from enum import Enum


class Format(str, Enum):
    """How a ranking is written: a table for people, the others for scripts."""

    table = "table"
    paths = "paths"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
