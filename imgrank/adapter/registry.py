"""Which adapters there are, by name or file, and those in memory, each read once.

Reads headers alone, so that a question pays for one model at most.
"""

from __future__ import annotations

import difflib
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgrank import paths
from imgrank.adapter.files import has_adapter_metadata, read_header
from imgrank.adapter.header import AdapterHeader
from imgrank.errors import AdapterError
from imgrank.formats import PLOT_EXTENSION
from imgrank.records import Unreadable

if TYPE_CHECKING:
    from imgrank.adapter.files import Adapter

SUFFIX = ".safetensors"
_NAME = re.compile(r"[^\W_][\w .+-]{0,63}", re.UNICODE)
MEANT = ("auto", "none")  # what stands in place of an adapter's name: whichever fits, and none at all
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices on Windows


@dataclass(frozen=True, slots=True)
class Installed:
    """Adapters that can be used, the user's own first, and files in their folder that cannot."""

    adapters: tuple[AdapterHeader, ...]
    damaged: tuple[Unreadable, ...]


def adapter_path(name: str) -> Path:
    """Where the user's adapter of this name stands, or would. Raises AdapterError on a name that is no plain name."""
    plain = _NAME.fullmatch(name) and not _RESERVED.fullmatch(name) and name[-1] not in " ."
    if not plain:
        raise AdapterError(
            f"{paths.printable(name)!r:.80} is not a valid name for a ranker: use letters, digits, spaces and . + "
            "- _, at most 64 of them, starting with a letter or digit."
        )
    return paths.adapters_dir() / f"{name}{SUFFIX}"


def new_adapter_path(name: str) -> Path:
    """Where an adapter that is to be made stands: under a name by which it can be asked for afterwards.

    Raises AdapterError on any other.
    """
    if name.casefold() in MEANT or name.endswith(SUFFIX):
        why = "would be taken for a file" if name.endswith(SUFFIX) else "says which ranker answers"
        raise AdapterError(
            f'A ranker cannot be called "{paths.printable(name)}": that {why}.', "Choose another {name}."
        )
    return adapter_path(name)


def installed_adapters() -> Installed:
    """The user's adapters and the shipped ones. A user's adapter hides a shipped one of the same name."""
    adapters: dict[str, AdapterHeader] = {}
    damaged = []
    shipped = [path for path in _files(paths.weights_dir()) if has_adapter_metadata(path)]
    for path in [*_files(paths.adapters_dir()), *shipped]:
        try:
            header = read_header(path, shipped=path in shipped)
        except AdapterError as error:
            damaged.append(Unreadable(str(path), str(error)))
        else:
            adapters.setdefault(header.name, header)
    return Installed(tuple(adapters.values()), tuple(damaged))


def find_adapter(name_or_file: str) -> AdapterHeader:
    """An adapter by its name or by its file. Raises AdapterError where there is none, with names that are near."""
    if name_or_file.endswith(SUFFIX) or os.path.dirname(name_or_file):
        return read_header(Path(name_or_file))
    adapter_path(name_or_file)
    installed = installed_adapters()
    for header in installed.adapters:
        if header.name == name_or_file:
            return header
    for fault in installed.damaged:
        if Path(fault.path).stem == name_or_file:
            raise AdapterError(fault.reason)
    names = [header.name for header in installed.adapters]
    raise AdapterError(f"There is no ranker named {name_or_file!r}. {_hint(name_or_file, names)}")


def removable(name: str) -> Path:
    """The file of a user's adapter. Raises AdapterError where there is none, or where it ships with imgrank."""
    path = adapter_path(name)
    if not path.is_file():
        header = find_adapter(name)
        raise AdapterError(f"The ranker {header.name} is part of imgrank and cannot be removed.")
    return path


def remove(name: str) -> tuple[Path, ...]:
    """Delete a user's adapter and what stands beside it; what was deleted. Raises AdapterError where it cannot be."""
    path = removable(name)
    beside = (path, card_path(path), kept_rows_path(path), plot_path(path), checkpoint_path(path))
    gone = tuple(file for file in beside if file.exists())
    try:
        for file in gone:
            file.unlink()
    except OSError as error:
        raise AdapterError(f"The ranker {name} could not be removed: {paths.why(error)}.") from error
    return gone


def card_path(path: Path) -> Path:
    """The card beside an adapter file: data, terms, figures, failures."""
    return path.with_suffix(".md")


def plot_path(path: Path) -> Path:
    """The plot beside an adapter file: how its training went."""
    return path.with_suffix(PLOT_EXTENSION)


def kept_rows_path(path: Path) -> Path:
    """The labels beside an adapter file that was trained here, with the splits of its training."""
    return path.with_suffix(".csv")


def checkpoint_path(path: Path) -> Path:
    """Where an interrupted run that makes this adapter is kept."""
    return path.with_suffix(".resume")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def _hint(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if names:
        return f"The rankers are: {', '.join(names)}."
    return "None is installed; `imgrank train labels.csv` trains one."


_Version = tuple[int, int]


class Shelf:
    """Loads adapters, and hands out the one in memory while its file is unchanged. Safe to use from several threads."""

    def __init__(self) -> None:
        self._adapters: dict[Path, tuple[_Version, Adapter]] = {}
        self._lock = threading.Lock()

    def load(self, header: AdapterHeader, fingerprint: str) -> Adapter:
        """The adapter of this header. Raises AdapterError as `imgrank.adapter.files.load` does."""
        from imgrank.adapter.files import load

        path = header.path or Path()
        with self._lock:
            version = version_of(path)
            known = self._adapters.get(path)
            if known is None or version is None or known[0] != version:
                known = version or (0, 0), load(path, fingerprint)
                self._adapters[path] = known
            return known[1]


def version_of(path: Path) -> _Version | None:
    """Size and time of a file; None where it cannot be seen, and loading says why."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
