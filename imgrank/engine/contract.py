"""What `imgrank index` and `imgrank sort` ask of an engine, and which engine a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from imgrank.engine.score_part import PartScores, Run, ScoreParts
from imgrank.errors import UsageError
from imgrank.index.building import Built
from imgrank.index.locations import Location
from imgrank.index.pictures import Item
from imgrank.index.reading import KeptRows
from imgrank.paths import printable
from imgrank.records import Progress


@dataclass(frozen=True, slots=True)
class Making:
    """How tokens are made: the backbone by name, where it runs, and what is too large to decode. `detail` is that of
    `IndexOptions`."""

    backbone: str
    device: str
    max_megapixels: float
    detail: bool = False


class Engine(Protocol):
    """Spreads work over workers. Leaving it as a context lets them go."""

    def build(
        self,
        items: Iterable[Item],
        location: Location,
        making: Making,
        progress: Callable[[Progress], None],
        note: Callable[[str], None],
    ) -> Built:
        """Index what `items` name and the index at `location` lacks, as `imgrank.index.building.build_index` does."""
        ...

    def score(self, task: ScoreParts, parts: Sequence[KeptRows]) -> Iterator[PartScores]:
        """What `task` makes of each part, in any order."""
        ...

    def sort(self, task: ScoreParts, parts: Sequence[KeptRows]) -> tuple[list[PartScores], Iterator[Run]]:
        """What `task` makes of all parts, without their rows; and all those rows as sorted runs, one after another."""
        ...

    def __enter__(self) -> Engine: ...

    def __exit__(self, *_: object) -> None: ...


LOCAL, RAY = "local", "ray"


def open_engine(name: str, address: str | None = None, workers: int | None = None, gpus: float = 0.0) -> Engine:
    """The engine called `local` or `ray`; `address` is a Ray cluster's, None for one that is started here.

    `workers` encode, each with `gpus` of a GPU. Raises UsageError on another name, on what `local` cannot be asked,
    and where Ray is not installed or cannot be reached.
    """
    if name == RAY:
        from imgrank.engine.on_ray import RayEngine, Workers

        return RayEngine(address, Workers(workers, gpus))
    if name != LOCAL:
        raise UsageError(f'"{printable(name)}" is not an engine; choose local or ray.')
    if address is not None or workers is not None or gpus:
        raise UsageError("An address, workers and GPUs only work with a cluster.", "Add {engine} ray.")
    from imgrank.engine.local import LocalEngine

    return LocalEngine()
