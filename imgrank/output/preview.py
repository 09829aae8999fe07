"""A ranking as small pictures in order: in the terminal, and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import numpy as np
from PIL import Image
from rich.bar import Bar
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from imgrank.errors import UsageError
from imgrank.output.page.render import ScoreScale, scale_of
from imgrank.output.summary import group_count, summary
from imgrank.output.table import BAR_WIDTH
from imgrank.output.thumbnails import Thumbnail, thumbnails
from imgrank.paths import printable
from imgrank.records import PLAIN, RankedImage, Ranking, Standing, places_of

WIDTH, HEIGHT = 24, 8  # cells, each about twice as high as wide: room for a picture of 3 to 2
Draw = Callable[[Image.Image], RenderableType]


def check_preview(stream: TextIO) -> None:
    """Raise UsageError where `stream` could not show a picture."""
    console = Console(file=stream)
    if not console.is_terminal or console.color_system is None or console.no_color:
        raise UsageError(
            "A preview needs a terminal with colors, and the output is not one.",
            "Use {page} order.html to write a page to look at.",
        )


def write_preview(
    ranking: Ranking,
    images: Sequence[RankedImage],
    stream: TextIO,
    seconds: float | None = None,
    standing: Mapping[str, Standing] = PLAIN,
) -> None:
    """Write `images`, a selection of `ranking.images`, each beside its picture, as soon as it is read; `standing` as
    for a page."""
    console = Console(file=stream, highlight=False)
    scale = scale_of([image.score for image in ranking.images], ranking.unit)
    draw = _drawing()
    for image, thumbnail in zip(images, thumbnails(places_of(images, standing)), strict=True):
        console.print(_row(image, scale, thumbnail, draw))
        console.print()
    console.print(summary(ranking, seconds), markup=False, style="dim", soft_wrap=True)


def _row(image: RankedImage, scale: ScoreScale, thumbnail: Thumbnail, draw: Draw) -> Table:
    picture = draw(thumbnail.picture) if thumbnail.data else Text(printable(f"no thumbnail: {thumbnail.fault}"))
    share = (image.score - scale.low) / (scale.high - scale.low) if scale.high > scale.low else 1.0
    words = Table.grid()
    words.add_row(
        Text.assemble(
            (f"{image.rank:,}", "bold"), printable(f"  {scale.written(image.score)}  {group_count(image)}".rstrip())
        )
    )
    words.add_row(Bar(1.0, 0.0, share, width=BAR_WIDTH, color="cyan"))
    words.add_row(Text(printable(image.path), overflow="fold"))
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=WIDTH)
    row.add_column()
    row.add_row(picture, words, style=None if image.relevant else "dim")
    return row


def _drawing() -> Draw:
    """textual-image where it is there and finds a terminal that draws pixels, else half blocks.

    It asks the terminal and reads the answer as if it were typed, so standard input must be that terminal.
    """
    if find_spec("textual_image") and all(stream and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__)):
        from textual_image.renderable import Image as Pixels
        from textual_image.renderable import SixelImage, TGPImage

        if Pixels in (SixelImage, TGPImage):
            return lambda picture: Pixels(picture, *_extent(picture))
    return HalfBlocks


def _extent(picture: Image.Image) -> tuple[int | str, int | str]:
    """The side, in cells, that bounds the picture; the other follows."""
    wide = picture.width * 2 * HEIGHT >= picture.height * WIDTH
    return (WIDTH, "auto") if wide else ("auto", HEIGHT)


class HalfBlocks:
    """A picture of two pixels a cell, the upper in the colour of the sign and the lower in that behind it."""

    def __init__(self, picture: Image.Image) -> None:
        scale = min(WIDTH / picture.width, 2 * HEIGHT / picture.height)
        width, rows = max(1, round(picture.width * scale)), max(1, round(picture.height * scale / 2))
        self._pixels = np.asarray(picture.resize((width, 2 * rows)))

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        for upper, lower in zip(self._pixels[::2], self._pixels[1::2], strict=True):
            for sign, behind in zip(upper, lower, strict=True):
                yield Segment("▀", Style(color=Color.from_rgb(*sign), bgcolor=Color.from_rgb(*behind)))
            yield Segment.line()

    def __rich_measure__(self, _console: Console, _options: ConsoleOptions) -> Measurement:
        return Measurement(self._pixels.shape[1], self._pixels.shape[1])


SHOWN = 24
SIDE = 120  # pixels; a thumbnail has twice as many for sharp screens
_ROW = "display:flex;flex-wrap:wrap;gap:12px;font:13px/1.4 sans-serif"
_FIGURE = f"margin:0;width:{SIDE}px;overflow-wrap:anywhere"
_PICTURE = f"width:{SIDE}px;height:{SIDE}px;object-fit:contain"


def as_html(ranking: Ranking, standing: Mapping[str, Standing] = PLAIN) -> str:
    """One piece of HTML without scripts or addresses; names are text, never markup. `standing` as for a page."""
    shown = ranking.images[:SHOWN]
    scale = scale_of([image.score for image in ranking.images], ranking.unit)
    made = zip(shown, thumbnails(places_of(shown, standing)), strict=True)
    figures = "".join(_figure(image, thumbnail, scale) for image, thumbnail in made)
    more = len(ranking.images) - len(shown)
    rest = f" \u00b7 {more:,} more" if more else ""
    head = f"<b>{escape(printable(ranking.query))}</b> \u00b7 {escape(summary(ranking))}{rest}"
    return f'<div><p>{head}</p><div style="{_ROW}">{figures}</div></div>'


def _figure(image: RankedImage, thumbnail: Thumbnail, scale: ScoreScale) -> str:
    name = escape(printable(Path(image.path).name))
    picture = f'<img alt="{name}" src="{thumbnail.inline}" style="{_PICTURE}">' if thumbnail.data else ""
    fault = "" if thumbnail.data else f"<br>{escape(printable(thumbnail.fault))}"
    words = f"{image.rank:,} \u00b7 {escape(scale.written(image.score))}<br>{name}{fault}"
    return f'<figure style="{_FIGURE}" title="{escape(printable(image.path))}">{picture}<div>{words}</div></figure>'
