"""Where a map is written: over a map of imgrank's own, and over no other file ever."""

from __future__ import annotations

import os

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from imgrank.errors import UsageError
from imgrank.paths import printable, why
from imgrank.version import __version__

_KEY, _VALUE = "Software", "imgrank explain"


def check_out(path: str) -> None:
    """Raise UsageError where a map cannot be written at `path`, or would replace what imgrank did not write."""
    if not path.lower().endswith(".png"):
        raise UsageError(f"A heat map is a PNG file, and {printable(path)} does not end in .png.")
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise UsageError(f"The heat map {printable(path)} cannot be written: its folder does not exist.")
    if os.path.lexists(path) and not _is_ours(path):
        raise UsageError(
            f"{printable(path)} exists and was not made by imgrank, so it is left as it is.",
            "Choose another name for {out}, or remove that file first.",
        )


def write_map(picture: Image.Image, path: str) -> None:
    """Write the picture as a PNG that says whose it is. Raises UsageError as `check_out` does."""
    check_out(path)
    marked = PngInfo()
    marked.add_text(_KEY, f"{_VALUE} {__version__}")
    try:
        picture.save(path, "PNG", pnginfo=marked)
    except OSError as error:
        raise UsageError(f"The map {printable(path)} cannot be written: {why(error)}.") from error


def _is_ours(path: str) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as there:
            return str(there.info.get(_KEY, "")).startswith(_VALUE)
    except (OSError, ValueError, SyntaxError):
        return False
