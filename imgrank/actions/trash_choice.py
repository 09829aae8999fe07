"""What the trash takes of a ranking, and that an order which may mean nothing throws nothing away. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from imgrank.actions.records import Action, Request
from imgrank.errors import DoubtfulOrder
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking


def thrown_away(images: Iterable[RankedImage], bottom: int | None, min_score: float | None) -> tuple[RankedImage, ...]:
    """What the trash takes: pictures that score less than `min_score`, the last `bottom` of them if both are given."""
    poor = tuple(image for image in images if min_score is None or image.score < min_score)
    return poor[-bottom:] if bottom else poor


def refuse_doubt(ranking: Ranking, request: Request) -> None:
    """Raise DoubtfulOrder where pictures would be thrown away by an order that may mean nothing."""
    if request.action is Action.trash and not ranking.confident:
        raise DoubtfulOrder(
            f'No image here clearly matches "{printable(ranking.query)}", so the order may mean little and the wrong '
            "images could be thrown away. Nothing was changed."
        )
