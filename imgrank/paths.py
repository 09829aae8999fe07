"""Where imgrank keeps a user's own files (`IMGRANK_HOME` moves them all under one folder), and how paths are shown."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import platformdirs


def _folder(kind: str, default: str) -> Path:
    home = os.path.expanduser(os.environ.get("IMGRANK_HOME", ""))  # a shell leaves the ~ of a quoted one
    return Path(home) / kind if home else Path(default) / "imgrank"


def tokens_dir() -> Path:
    """Image tokens: `tokens/<fingerprint>/`. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "tokens"


def text_dir() -> Path:
    """Text tokens by fingerprint and sentence. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "text"


def facts_file() -> Path:
    """What EXIF, XMP and sidecars said of files that were read. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "facts.sqlite"


def config_file() -> Path:
    """The user's own defaults of options."""
    return _folder("config", platformdirs.user_config_dir()) / "imgrank.toml"


def adapters_dir() -> Path:
    """Adapters the user trained, and their cards."""
    return _folder("data", platformdirs.user_data_dir()) / "adapters"


def lent_adapters_dir() -> Path:
    """Adapters that came along with a question to this machine. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "adapters"


def journal_dir() -> Path:
    """One journal for each run that changed files: what undo reads."""
    return _folder("state", platformdirs.user_state_dir()) / "journal"


def runtime_dir() -> Path:
    """Files that live as long as a command does."""
    return _folder("state", platformdirs.user_state_dir()) / "running"


def backbones_file() -> Path:
    """What was learnt about weights on disk: their hashes and shapes. Nothing in it is precious."""
    return _folder("cache", platformdirs.user_cache_dir()) / "backbones.json"


def weights_dir() -> Path:
    """The shipped weights: inside the package when installed, at the top level in a checkout."""
    inside = Path(__file__).parent / "weights"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "weights"


def printable(path: str) -> str:
    """`path` as one line that is safe on a terminal: whatever is not visible is escaped, as in \\x1b.

    Bytes that were no UTF-8 (lone surrogates here) come out as the bytes they were: \\xff.
    """
    return path if path.isprintable() else "".join(map(_visible, path))


LONGEST_QUOTED = 120  # characters


def quoted(sentence: str) -> str:
    """What somebody asked, as one line for a message: a very long one without its middle."""
    text = printable(sentence)
    if len(text) <= LONGEST_QUOTED:
        return text
    return f"{text[: LONGEST_QUOTED * 2 // 3].rstrip()} … {text[-LONGEST_QUOTED // 4 :].lstrip()}"


def from_here(path: str) -> str:
    """`printable`, from where the user stands: without the working folder, where the path lies below it."""
    try:
        here = os.path.join(os.path.realpath(os.curdir), "")
    except OSError:  # it was removed
        here = ""
    text = printable(path.removeprefix(here))
    return text if sys.platform != "win32" else text.replace("/", "\\")


def listed(paths: Sequence[str], most: int = 5) -> str:
    """The first `most` paths in one line, from where the user stands, and how many more there are."""
    named = ", ".join(map(from_here, paths[:most]))
    return f"{named} and {len(paths) - most:,} more" if len(paths) > most else named


def _visible(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def why(error: OSError) -> str:
    """What the system refused, in a few plain words that may stand after a colon."""
    words = {
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
        errno.ENOENT: "it no longer exists",
        errno.ELOOP: "a link that leads back to itself",
        errno.ENAMETOOLONG: "its name is too long",
        errno.EIO: "the disk could not read it",
        errno.ENOTDIR: "a part of its path is not a folder",
        errno.EISDIR: "it is a folder",
    }
    return words.get(error.errno or 0) or printable((error.strerror or "the system refused").lower())
