"""The options that name an engine, for `index` and `sort`, and what `sort` does with one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.arguments import AskedFor
from imgrank.cli.options import choices, named
from imgrank.cli.terminal import progress_line
from imgrank.errors import UsageError

if TYPE_CHECKING:
    from imgrank.cli.results import Delivery
    from imgrank.engine.contract import Engine
    from imgrank.ranker import Ranker


class EngineName(str, Enum):
    """Who does the work."""

    local = "local"
    ray = "ray"


_PANEL = "Many machines"
EngineOption = Annotated[
    Optional[EngineName],
    typer.Option(
        "--engine",
        metavar=choices(EngineName),
        rich_help_panel=_PANEL,
        help="Where the work runs: on this machine, which is the default, or on a Ray cluster, which needs pip install "
        '"imgrank[cluster]".',
    ),
]
AddressOption = Annotated[
    Optional[str],
    typer.Option(
        "--address",
        callback=named("the address of a cluster, or auto"),
        metavar="HOST:PORT|auto",
        rich_help_panel=_PANEL,
        help="Address of the Ray cluster; by default a cluster is started on this machine.",
    ),
]
WorkersOption = Annotated[
    Optional[int],
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        rich_help_panel=_PANEL,
        help="Number of cluster workers that encode images; by default as many as fit.",
    ),
]
NumGpusOption = Annotated[
    float,
    typer.Option(
        "--num-gpus",
        metavar="X",
        min=0,
        rich_help_panel=_PANEL,
        help="GPUs per worker, such as 1, or 0.5 for two workers on one GPU.",
    ),
]


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Which engine was asked for; none, if `name` is None."""

    name: EngineName | None
    address: str | None = None
    workers: int | None = None
    gpus: float = 0.0

    def open(self) -> Engine:
        """The engine. Raises UsageError where it cannot be had."""
        from imgrank.engine.contract import open_engine

        return open_engine((self.name or EngineName.local).value, self.address, self.workers, self.gpus)

    def check(self) -> None:
        """Raises UsageError where options of a cluster are given without one."""
        if self.name in (None, EngineName.local) and (
            self.address is not None or self.workers is not None or self.gpus
        ):
            raise UsageError("--address, --workers and --num-gpus only work with a cluster; add --engine ray.")


@dataclass(frozen=True, slots=True)
class EngineQuestion:
    """What `sort` asks of an engine. `streamed`: the order is written as it comes, and only `top` of it is made."""

    sources: Sequence[str]
    wanted: AskedFor
    refine: bool
    streamed: bool
    top: int | None
    min_score: float | None


def can_order(question: EngineQuestion) -> bool:
    """Whether the local engine can answer, which is faster and holds less: where all sources are indexes."""
    if question.refine or not all(os.path.isdir(source) or "://" in source for source in question.sources):
        return False
    from imgrank.index.reading import is_index

    return all(map(is_index, question.sources))


def order_on(
    settings: EngineSettings,
    new_ranker: Callable[[], Ranker],
    question: EngineQuestion,
    delivery: Delivery,
    quiet: bool,
) -> int:
    """Put a question to an engine, and show the order, a streamed one while it is made; the exit code.

    Raises UsageError for what an engine cannot do.
    """
    from imgrank.engine.sorting import rank_indexes

    if question.refine:
        raise UsageError(
            "--refine compares images across the whole ranking, which an engine cannot do; leave out --engine."
        )
    with ExitStack() as opened:
        with progress_line(quiet):
            engine, ranker = opened.enter_context(settings.open()), opened.enter_context(new_ranker())
            ordered = rank_indexes(
                ranker,
                engine,
                question.sources,
                question.wanted.sentence,
                opposite=question.wanted.opposite,
                like=question.wanted.like,
                between=question.wanted.between,
                plus=question.wanted.plus,
                minus=question.wanted.minus,
                top=question.top if question.streamed else None,
                min_score=question.min_score if question.streamed else None,
            )
        if question.streamed:
            return delivery.stream(ordered.ranking, ordered.images, ordered.highest)
        return delivery.whole(replace(ordered.ranking, images=tuple(ordered.images)))
