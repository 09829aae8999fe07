"""The live view of a training run, on stderr: redrawn on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from imgrank.counting import counted

if TYPE_CHECKING:
    from rich.table import Table

    from imgrank.records import Progress
    from imgrank.training import TrainingResult
    from imgrank.training.loop import Epoch

EPOCHS_SHOWN = 8
HEAD = ("epoch", "value loss", "order loss", "val SRCC", "val MAE", "images/s", "time left")


def measured_rows(count: int, cross_validated: bool | None) -> str:
    """The rows that figures come from; None where an older file does not say whether they were trained on."""
    if cross_validated is None:
        return counted(count, "row")
    if cross_validated:
        return f"{counted(count, 'training row')}, each predicted by a fit without it"
    return f"{counted(count, 'row')} set aside (val)"


@dataclass(frozen=True, slots=True)
class TrainingView:
    """What to call while pictures are read, once the closed form is saved, and after each epoch."""

    reading: Callable[[Progress], None]
    saved: Callable[[TrainingResult], None]
    epoch: Callable[[Epoch], None]


@contextmanager
def training_view(quiet: bool) -> Iterator[TrainingView]:
    """A view while the block runs; nobody is shown anything where `quiet`."""
    if quiet:
        yield TrainingView(lambda _: None, lambda _: None, lambda _: None)
    elif not sys.stderr.isatty():
        yield TrainingView(
            lambda _: None,
            lambda result: typer.echo(_saved(result), err=True),
            lambda epoch: typer.echo(_line(epoch), err=True),
        )
    else:
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), transient=True, refresh_per_second=8) as live:
            seen: list[Epoch] = []

            def watch(epoch: Epoch) -> None:
                if seen and seen[-1].stage != epoch.stage:
                    seen.clear()
                seen.append(epoch)
                live.update(_table(seen))

            yield TrainingView(
                lambda now: live.update(f"{now.step} {now.done} of {counted(now.total, 'image')}"),
                lambda result: live.console.print(_saved(result), markup=False, highlight=False),
                watch,
            )


def _saved(result: TrainingResult) -> str:
    return (
        f"imgrank: a first ranker is saved ({result.seconds:.0f} s); a network is trained now, which may take minutes, "
        "and kept where it ranks better. Ctrl-C keeps what is saved"
    )


def _table(epochs: list[Epoch]) -> Table:
    from rich.table import Table

    last, best = epochs[-1], max(epochs, key=lambda epoch: epoch.metric)
    caption = f"best so far: epoch {best.number}" if _known(best.metric) else ""
    table = Table(title=f"training {last.stage}".rstrip(), caption=caption, box=None, pad_edge=False, min_width=72)
    for name in HEAD:
        table.add_column(name, justify="right")
    for epoch in epochs[-EPOCHS_SHOWN:]:
        table.add_row(*_cells(epoch), style="bold" if epoch is best and _known(best.metric) else "")
    return table


def _cells(epoch: Epoch) -> tuple[str, ...]:
    return (
        f"{epoch.number}/{epoch.of}",
        f"{epoch.value_loss:.4f}",
        f"{epoch.order_loss:.4f}",
        f"{epoch.metric:.3f}" if _known(epoch.metric) else "-",
        f"{epoch.mae:.4g}" if _known(epoch.mae) else "-",
        f"{epoch.pictures_per_second:,.0f}",
        f"{int(epoch.seconds_left) // 60}:{int(epoch.seconds_left) % 60:02d}",
    )


def _line(epoch: Epoch) -> str:
    told = ", ".join(f"{name} {cell}" for name, cell in zip(HEAD, _cells(epoch), strict=True))
    return f"{epoch.stage}: {told}" if epoch.stage else told


def _known(value: float) -> bool:
    return math.isfinite(value)
