"""pyarrow and fsspec, imported when first needed; where one is missing, one sentence says what to install."""

from __future__ import annotations

import importlib
from typing import Any

from imgrank.errors import UsageError

_OF = {"pyarrow": ("An index, or a Parquet file,", "index"), "fsspec": ("An image or an index at a URL", "remote")}


def arrow() -> Any:  # noqa: ANN401 (pyarrow has no types)
    """The module pyarrow, its compute functions loaded. Raises UsageError where it is not installed."""
    _needed("pyarrow.compute")
    return _needed("pyarrow")


def parquet() -> Any:  # noqa: ANN401
    """The module pyarrow.parquet. Raises UsageError where it is not installed."""
    return _needed("pyarrow.parquet")


def fsspec() -> Any:  # noqa: ANN401
    """The module fsspec. Raises UsageError where it is not installed."""
    return _needed("fsspec")


def _needed(name: str) -> Any:  # noqa: ANN401
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        what, extra = _OF[package]
        raise UsageError(f'{what} needs {package}, which is not installed: pip install "imgrank[{extra}]".') from error
