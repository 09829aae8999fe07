"""The options that say which pictures are ranked at all, and in which order what was kept is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.choices import Orientation, ShownBy
from imgrank.cli.options import choices, flag
from imgrank.cli.terminal import note
from imgrank.errors import UsageError

if TYPE_CHECKING:
    from imgrank.filtering import Filters
    from imgrank.records import RankedImage, Ranking

_PANEL = "Filtering and grouping"
SinceOption = Annotated[
    Optional[str],
    typer.Option(
        "--since",
        metavar="DATE",
        rich_help_panel=_PANEL,
        help="Only images taken on this date or later: 2024, 2024-05, 2024-05-01 or '2024-05-01 14:30'.",
    ),
]
UntilOption = Annotated[
    Optional[str],
    typer.Option(
        "--until",
        metavar="DATE",
        rich_help_panel=_PANEL,
        help="Only images taken on this date or earlier; 2024 means to the end of 2024.",
    ),
]
CameraOption = Annotated[
    Optional[str],
    typer.Option(
        "--camera", metavar="TEXT", rich_help_panel=_PANEL, help="Only images by a camera of this name, or part of it."
    ),
]
OrientationOption = Annotated[
    Optional[Orientation],
    typer.Option(
        "--orientation", metavar=choices(Orientation), rich_help_panel=_PANEL, help="Only images of this orientation."
    ),
]
MinRatingOption = Annotated[
    Optional[float],
    typer.Option(
        "--min-rating",
        metavar="STARS",
        rich_help_panel=_PANEL,
        help="Only images with at least this many stars, 0 to 5.",
    ),
]
ExcludeOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--exclude",
        metavar="GLOB",
        rich_help_panel=_PANEL,
        help="Leave out files and folders of this name: '*.png', rejects, '2023/raw'. Repeatable.",
    ),
]
ShowFitsOption = Annotated[
    bool, flag("--show-fits", "Only images that surely show what the sentence is about.", panel=_PANEL)
]
OrderOption = Annotated[
    ShownBy,
    typer.Option(
        "--order",
        metavar=choices(ShownBy),
        rich_help_panel=_PANEL,
        help="Order in which to print the kept images; their ranks stay as they are.",
    ),
]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """In which order what was kept is shown."""

    by: ShownBy
    reverse: bool
    cache: bool
    quiet: bool

    def __call__(self, images: Sequence[RankedImage]) -> tuple[RankedImage, ...]:
        """The images in that order; a line about those without a date."""
        if self.by is ShownBy.score:
            return tuple(images)
        from imgrank.arranging import by_date, by_name
        from imgrank.facts import facts_of

        if self.by is ShownBy.name:
            arranged = by_name(images)
        else:
            arranged = by_date(images, facts_of([image.path for image in images], cache=self.cache))
        if arranged.note and not self.quiet:
            note(arranged.note)
        return arranged.images[::-1] if self.reverse else arranged.images


def wanted_filters(
    since: str | None,
    until: str | None,
    camera: str | None,
    orientation: Orientation | None,
    min_rating: float | None,
    exclude: Sequence[str] | None,
) -> Filters | None:
    """The filters that the options name; None where they name none. Raises UsageError where they cannot be met."""
    if all(one is None for one in (since, until, camera, orientation, min_rating)) and not exclude:
        return None
    from imgrank.filtering import Filters, end_of, first_moment

    return Filters(
        None if since is None else first_moment(since),
        None if until is None else end_of(until),
        camera,
        orientation,
        min_rating,
        tuple(exclude or ()),
    )


def tells_fit(ranking: Ranking) -> bool:
    """Whether its images are said to show the sentence or not: how near they must be is known for mini alone."""
    return ranking.scorer == "zero-shot" and ranking.backbone == "mini"


def told_of_fits(ranking: Ranking) -> str:
    """How many images fit, and where that could not be told."""
    count = sum(image.fits and image.relevant for image in ranking.images)
    line = f"{count:,} of {len(ranking.images):,} fit"
    if ranking.scorer == "zero-shot" and not tells_fit(ranking):
        return f"{line}; how near an image must be to fit was measured for mini alone, so that only a ranker could tell"
    if ranking.scorer in ("like", "between", "detail"):
        return f"{line}: every image has its place in such an order"
    return line


def not_in_indexes() -> UsageError:
    """What an engine is told that is asked for more than indexes hold."""
    return UsageError(
        "--engine ranks indexes, which hold no dates, cameras or small copies of images: leave out filters, --group, "
        "--show-fits and --order, or rank the images themselves without --engine."
    )
