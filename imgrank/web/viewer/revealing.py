"""Shows a file in the system's file manager."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from imgrank.errors import UsageError
from imgrank.paths import why


def reveal(path: str) -> None:
    """Ask the file manager to show a file, and wait for nothing. Raises UsageError where there is none to ask."""
    words = _command(os.path.abspath(path))
    if words is None:
        raise UsageError("No file manager was found here; the path is in the list above.")
    nothing = subprocess.DEVNULL
    try:
        subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)  # noqa: S603
    except OSError as error:
        raise UsageError(f"The file manager could not be asked: {why(error)}.") from error


def _command(path: str) -> list[str] | None:
    """The file itself is named where the system can mark it, else its folder."""
    if sys.platform == "darwin":
        return ["open", "-R", path]
    if os.name == "nt":
        return ["explorer", f"/select,{path}"]
    if shutil.which("dbus-send") and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        manager = "org.freedesktop.FileManager1"
        show = ["/org/freedesktop/FileManager1", f"{manager}.ShowItems"]
        return ["dbus-send", f"--dest={manager}", *show, f"array:string:{Path(path).as_uri()}", "string:"]
    opener = shutil.which("xdg-open")
    return None if opener is None else [opener, os.path.dirname(path)]
