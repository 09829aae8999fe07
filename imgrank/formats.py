"""Which file names promise a picture, and which something else. No decoder, no file access."""

from __future__ import annotations

import os

PILLOW_EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"}
    | {".avif", ".avifs", ".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c", ".psd", ".psb", ".btf", ".tf8"}
)
JXL_EXTENSIONS = frozenset({".jxl"})
HEIC_EXTENSIONS = frozenset({".heic", ".heif", ".heics", ".heifs", ".hif"})
RAW_EXTENSIONS = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos"}
    | {".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
PICTURE_EXTENSIONS = PILLOW_EXTENSIONS | JXL_EXTENSIONS | HEIC_EXTENSIONS | RAW_EXTENSIONS

# Pictures that imgrank does not read: left out by name, with this reason.
UNREAD_EXTENSIONS = frozenset(
    {".ai", ".cdr", ".dcm", ".dds", ".djvu", ".eps", ".exr", ".fits", ".hdp", ".hdr", ".icns", ".ico", ".jxr", ".kra"}
    | {".pbm", ".pcx", ".pgm", ".pnm", ".ppm", ".qoi", ".svg", ".svgz", ".tga", ".wdp", ".xcf"}
)
PLOT_EXTENSION = ".training.png"  # of the plot that training draws beside a ranker
PLOT_MARK = "imgrank"  # the Software that it names, near its beginning
# What people keep beside pictures, and may take for some: counted, and not looked at.
_OTHER_KINDS = {
    "videos": ".3gp .avi .flv .insv .lrv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .webm .wmv",
    "sounds": ".aac .aif .aiff .flac .m4a .mp3 .oga .ogg .opus .wav .wma",
    "documents": ".doc .docx .indd .key .odp .odt .pages .pdf .ppt .pptx .ps .rtf",
    "archives": ".7z .bz2 .gz .rar .tar .tgz .xz .zip .zst",
}
OTHER_EXTENSIONS = {extension: kind for kind, extensions in _OTHER_KINDS.items() for extension in extensions.split()}


def extension(path: str) -> str:
    """The extension in lower case, with its dot; empty where there is none."""
    return os.path.splitext(path)[1].lower()


def looks_like_picture(path: str) -> bool:
    """Whether the extension is one that imgrank can read."""
    return extension(path) in PICTURE_EXTENSIONS
