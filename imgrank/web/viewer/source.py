"""What is opened: where its pictures come from, what is known of them, and what cannot be done with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.facts import FactBook
from imgrank.web.viewer.groups import GroupBook
from imgrank.web.viewer.indexing import Indexer
from imgrank.web.viewer.library import Library

Refused = Mapping[str, str]  # by what the page may ask for: why it cannot be, in a sentence
NOTHING: Refused = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The pictures of what is opened. `new_indexer` makes what fills the library, with the arguments of `Indexer`.
    An index is read once; a folder is watched."""

    library: Library
    facts: FactBook
    groups: GroupBook
    new_indexer: Callable[..., Indexer]
    refused: Refused
    is_index: bool = False


def source_of(where: str, engine: Engine) -> Source:
    """A folder, or an index. Raises UsageError where it is neither, or an index of another image model."""
    from imgrank.index.reading import is_index

    if is_index(where):
        from imgrank.web.viewer.index_source import source_of_index

        return source_of_index(where, engine)
    if not os.path.isdir(where):
        raise UsageError(f"{printable(where)} is no folder; imgrank open shows the images of one, or of an index.")
    library = Library(where)
    return Source(library, FactBook(library), GroupBook(library, engine), Indexer, NOTHING)
