"""A ranking as a notebook shows it: the first pictures in a row, small, each with its rank, score and name."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from imgrank.output.page.scale import ScoreScale, scale_of
from imgrank.output.summary import summary
from imgrank.output.thumbnails import Thumbnail, thumbnails
from imgrank.paths import printable
from imgrank.records import PLAIN, RankedImage, Ranking, Standing, places_of

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
