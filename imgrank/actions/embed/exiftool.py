"""XMP in TIFF, DNG, HEIC and AVIF, written by exiftool where it is installed; the file itself is only read."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

EXTENSIONS = frozenset({".tif", ".tiff", ".dng", ".heic", ".heif", ".hif", ".avif"})
_PATIENCE = 120  # seconds for one file


@lru_cache(maxsize=1)
def program() -> str | None:
    """Where exiftool is; None where it is not installed."""
    return shutil.which("exiftool")


def packet_of(path: str) -> bytes | None:
    """The XMP in a picture. Raises ValueError where exiftool cannot read it."""
    return _run("-b", "-XMP", path) or None


def with_packet(path: str, packet: bytes) -> bytes:
    """The picture with another packet; empty: with none. Raises ValueError where exiftool cannot write it."""
    with tempfile.TemporaryDirectory(prefix="imgrank-") as folder:
        new, source = os.path.join(folder, "new" + os.path.splitext(path)[1]), os.path.join(folder, "packet.xmp")
        Path(source).write_bytes(packet)
        _run("-q", "-o", new, f"-XMP<={source}" if packet else "-XMP=", path)
        try:
            return Path(new).read_bytes()
        except OSError as error:
            raise ValueError("exiftool did not write it") from error


def _run(*arguments: str) -> bytes:
    exiftool = program()
    if exiftool is None:
        raise ValueError("exiftool, which writes into images of this format, is not installed")
    command = [exiftool, "-config", "", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 (a program of the user's; no shell reads the words)
            command, capture_output=True, timeout=_PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError("exiftool does not answer") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(f"exiftool cannot do it ({words[0].partition(' - ')[0]})" if words else "exiftool failed")
    return done.stdout
