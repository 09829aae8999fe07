"""Which files are shown, linked and listed for an order: a row of an index is one only as it was indexed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgrank.output.preview import SHOWN
from imgrank.output.preview import as_html as _as_html
from imgrank.records import PLAIN, RankedImage, Ranking, Standing


def standing_of(ranking: Ranking, images: Sequence[RankedImage]) -> Mapping[str, Standing]:
    """By path, where those of `images` stand that come from an index. Raises DamagedPart, IndexFault."""
    if not ranking.indexes:
        return PLAIN
    from imgrank.index.standing import file_of, rows_of, unfit

    rows = rows_of(ranking.indexes, {image.path for image in images})
    found = {}
    for path, row in rows.items():
        fault = unfit(row)
        file = file_of(row)
        found[path] = Standing(file or path, None if fault else file, fault)
    return found


def as_html(ranking: Ranking) -> str:
    """What a notebook shows of an order."""
    return _as_html(ranking, standing_of(ranking, ranking.images[:SHOWN]))
