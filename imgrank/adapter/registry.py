"""Which adapters there are, by name or file, and which of them answers a sentence.

Reads headers alone, so that a question pays for one model at most.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imgrank import paths
from imgrank.adapter.files import has_adapter_metadata, read_header
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.errors import AdapterError
from imgrank.records import Unreadable

SUFFIX = ".safetensors"
ANYONE = -2.0  # below every cosine: who was asked for by name answers whatever is asked
_NAME = re.compile(r"[^\W_][\w .+-]{0,63}", re.UNICODE)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices on Windows

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Installed:
    """Adapters that can be used, the user's own first, and files in their folder that cannot."""

    adapters: tuple[AdapterHeader, ...]
    damaged: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The query that answers a sentence; `similarity` is their cosine.

    `reversed` says that the sentence asks for the other end: "younger person" of a query "older person".
    """

    adapter: AdapterHeader
    query: Query
    similarity: float
    reversed: bool = False


def adapter_path(name: str) -> Path:
    """Where the user's adapter of this name stands, or would. Raises AdapterError on a name that is no plain name."""
    plain = _NAME.fullmatch(name) and not _RESERVED.fullmatch(name) and name[-1] not in " ."
    if not plain:
        raise AdapterError(
            f"{paths.printable(name)!r:.80} is no name for an adapter: letters, digits, spaces and . + - _ are, "
            "at most 64 of them, beginning with a letter or digit."
        )
    return paths.adapters_dir() / f"{name}{SUFFIX}"


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
    raise AdapterError(f"There is no adapter named {name_or_file!r}. {_hint(name_or_file, names)}")


def remove(name: str) -> tuple[Path, ...]:
    """Delete a user's adapter and what stands beside it; what was deleted. Raises AdapterError where it cannot be."""
    path = adapter_path(name)
    if not path.is_file():
        header = find_adapter(name)
        raise AdapterError(f"The adapter {header.name} came with imgrank and cannot be removed.")
    beside = (path, card_path(path), kept_rows_path(path), plot_path(path))
    gone = tuple(file for file in beside if file.exists())
    try:
        for file in gone:
            file.unlink()
    except OSError as error:
        raise AdapterError(f"The adapter {name} could not be removed: {paths.why(error)}.") from error
    return gone


def card_path(path: Path) -> Path:
    """The card beside an adapter file: data, terms, figures, failures."""
    return path.with_suffix(".md")


def plot_path(path: Path) -> Path:
    """The plot beside an adapter file: how its training went."""
    return path.with_suffix(".training.png")


def kept_rows_path(path: Path) -> Path:
    """The labels beside an adapter file that was trained here, with the splits of its training."""
    return path.with_suffix(".csv")


def choose(
    sentence: Vector,
    adapters: Iterable[AdapterHeader],
    fingerprint: str,
    opposite: Vector | None = None,
    threshold: float | None = None,
) -> Choice | None:
    """The trained query nearest to a sentence embedding (E,), or None where none is near enough.

    Only adapters of this backbone `fingerprint` are asked. `opposite` is the embedding of the sentence turned
    around, if it has an opposite: a query nearer to that is asked for its other end. `threshold` is a cosine;
    each adapter's own where it is None.
    """
    choices = [
        choice
        for adapter in adapters
        if adapter.fingerprint == fingerprint
        for query in adapter.queries
        if (choice := _placed(sentence, opposite, adapter, query)).similarity
        >= (adapter.threshold if threshold is None else threshold)
    ]
    return max(choices, key=lambda choice: choice.similarity, default=None)


def _placed(sentence: Vector, opposite: Vector | None, adapter: AdapterHeader, query: Query) -> Choice:
    straight = _nearest(sentence, query.embeddings)
    turned = -1.0 if opposite is None else _nearest(opposite, query.embeddings)
    return Choice(adapter, query, max(straight, turned), reversed=turned > straight)


def _nearest(embedding: Vector, phrasings: Vector) -> float:
    lengths = np.linalg.norm(phrasings, axis=1) * np.linalg.norm(embedding)
    return float((phrasings @ embedding / np.maximum(lengths, 1e-12)).max())


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def _hint(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if names:
        return f"Known: {', '.join(names)}."
    return "None is installed; `imgrank train labels.csv` makes one."
