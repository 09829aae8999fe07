"""The table for people: rank, score with a bar, path; then one line about the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich import box
from rich.bar import Bar
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from imgrank.output.summary import group_count, summary
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking
from imgrank.rounding import decimals_for

BAR_WIDTH = 16
APART = "set aside: these do not seem to show the subject"
WIDTH_OF_A_FILE = 10_000  # nothing is cut or folded where no terminal sets the width


def write_table(ranking: Ranking, images: Sequence[RankedImage], stream: TextIO, seconds: float | None = None) -> None:
    """Write `images` as a table with the summary line below it; no control character of a name gets through."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH_OF_A_FILE)
    table = _table(ranking, images)
    if not _fits(table, console):
        table = _table(ranking, images, bars=False)
    console.print(table)
    console.print(summary(ranking, seconds), markup=False, style="dim", soft_wrap=True)


def _fits(table: Table, console: Console) -> bool:
    """Whether no path has to be folded."""
    return table.__rich_measure__(console, console.options.update_width(WIDTH_OF_A_FILE)).maximum <= console.width


def _table(ranking: Ranking, images: Sequence[RankedImage], bars: bool = True) -> Table:
    low, high = _range(ranking)
    decimals = decimals_for(high - low)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column(_score_heading(ranking), justify="right", no_wrap=True)
    if bars:
        table.add_column("", width=BAR_WIDTH)
    grouped = any(image.group is not None for image in images)
    if grouped:
        table.add_column("group", justify="right", no_wrap=True)
    table.add_column("path", overflow="fold")
    apart = _first_apart(images)
    for place, image in enumerate(images):
        if place and place == apart:
            table.add_section()
            table.add_row(*["", ""] + [""] * bars, Text(APART, style="italic dim"))
        share = (image.score - low) / (high - low) if high > low else 1.0
        cells: list[RenderableType] = [str(image.rank), f"{image.score:.{decimals}f}"]
        cells += [Bar(1.0, 0.0, share, width=BAR_WIDTH, color="cyan")] * bars
        cells += [group_count(image)] * grouped
        cells.append(Text(printable(image.path)))
        table.add_row(*cells, style=None if image.relevant else "dim")
    return table


def _first_apart(images: Sequence[RankedImage]) -> int:
    """From where on the pictures were set aside, whatever their score; 0 where all are alike."""
    aside = [not image.relevant for image in images]
    return aside.index(True) if any(aside) and not all(aside) and aside == sorted(aside) else 0


def _range(ranking: Ranking) -> tuple[float, float]:
    """Lowest and highest score of the whole order, so that a bar means the same under --top."""
    scores = [image.score for image in ranking.images]
    return min(scores, default=0.0), max(scores, default=0.0)


def _score_heading(ranking: Ranking) -> Text:
    minus = "" if ranking.asked is None else ranking.asked.minus.removeprefix("predicted ")
    what = ranking.unit or (f"minus {minus}" if minus else "")
    return Text(printable(f"score ({what})") if what else "score")
