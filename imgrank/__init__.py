"""imgrank: puts a folder of pictures in order by a sentence."""

from __future__ import annotations

from imgrank.version import __version__

__all__ = ["__version__"]
