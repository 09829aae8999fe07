"""Which file names promise a picture. No decoder, no file access."""

from __future__ import annotations

import os

PILLOW_EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"}
    | {".avif", ".avifs", ".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c", ".psd", ".btf", ".tf8"}
)
JXL_EXTENSIONS = frozenset({".jxl"})
HEIC_EXTENSIONS = frozenset({".heic", ".heif", ".heics", ".heifs", ".hif"})
RAW_EXTENSIONS = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos"}
    | {".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
PICTURE_EXTENSIONS = PILLOW_EXTENSIONS | JXL_EXTENSIONS | HEIC_EXTENSIONS | RAW_EXTENSIONS


def extension(path: str) -> str:
    """The extension in lower case, with its dot; empty where there is none."""
    return os.path.splitext(path)[1].lower()


def looks_like_picture(path: str) -> bool:
    """Whether the extension is one that imgrank can read."""
    return extension(path) in PICTURE_EXTENSIONS
