"""What is known of one picture's file: for the panel beside the large picture."""

from __future__ import annotations

import os
from datetime import datetime

from PIL import ExifTags, Image

from imgrank.paths import printable, why
from imgrank.records import ImageFile


def facts_of(file: ImageFile, name: str) -> dict[str, str]:
    """Names and values, ready to be shown; what cannot be read is left out. No place where it was taken."""
    told = {"Name": printable(os.path.basename(file.path))}
    folder = os.path.dirname(name)
    if folder:
        told["Folder"] = printable(folder)
    told["Size"] = _bytes(file.size)
    told["Changed"] = _time(file.mtime_ns / 1e9)
    try:
        told |= _from_header(file.path)
    except OSError as error:
        told["Header"] = f"cannot be read: {why(error)}"
    except (ValueError, SyntaxError, TypeError, Image.DecompressionBombError):
        pass
    return {key: value for key, value in told.items() if value}


def _from_header(path: str) -> dict[str, str]:
    with Image.open(path) as picture:
        exif = picture.getexif()
        width, height = picture.size
        if exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        told = {"Dimensions": f"{width} × {height}", "Kind": picture.format or ""}
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        told["Taken"] = printable(str(inner.get(ExifTags.Base.DateTimeOriginal, "")).replace(":", "-", 2).strip("\0 "))
        told["Camera"] = printable(str(exif.get(ExifTags.Base.Model, "")).strip("\0 "))
        told["Lens"] = printable(str(inner.get(ExifTags.Base.LensModel, "")).strip("\0 "))
        return told


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return ""
