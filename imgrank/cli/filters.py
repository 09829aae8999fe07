"""The options that say which pictures are ranked at all, in which order what was kept is shown, and in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.choices import GroupBy, Orientation, ShownBy
from imgrank.cli.options import choices, flag, named
from imgrank.cli.terminal import note
from imgrank.counting import agreeing
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.filtering import Filters
    from imgrank.grouping import GroupSettings
    from imgrank.records import AnsweredTerm, RankedImage, Ranking

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
        "--camera",
        callback=named("a part of the name of a camera"),
        metavar="TEXT",
        rich_help_panel=_PANEL,
        help="Only images from cameras whose name contains this text.",
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
        callback=named("a name or a pattern"),
        metavar="GLOB",
        rich_help_panel=_PANEL,
        help="Leave out files and folders that match: '*.png', rejects, '2023/raw'. Repeatable.",
    ),
]
ShowFitsOption = Annotated[
    bool, flag("--show-fits", "Only images that almost certainly show what the sentence is about.", panel=_PANEL)
]
OrderOption = Annotated[
    ShownBy,
    typer.Option(
        "--order",
        metavar=choices(ShownBy),
        rich_help_panel=_PANEL,
        help="Order in which to print the images; their ranks stay the same.",
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
        from imgrank.facts import facts_of
        from imgrank.filtering import by_date, by_name

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


def told_of_fits(ranking: Ranking) -> str:
    """How many images fit, and where that could not be told."""
    count = sum(image.fits and image.relevant for image in ranking.images)
    line = f"{count:,} of {len(ranking.images):,} {agreeing(count, 'fits', 'fit')}"
    untold = [term for term in ranking.terms if not _can_tell(term, ranking.backbone)]
    if not untold:
        return line
    if len(untold) < len(ranking.terms):
        line += f", not counting {', '.join(map(_named, untold))}"
    if any(term.scorer == "zero-shot" for term in untold):
        return f"{line}; the limit for a fit was measured for mini alone, so only a trained ranker could tell"
    return f"{line}: every image has its place in such an order"


def _can_tell(term: AnsweredTerm, backbone: str) -> bool:
    return term.scorer == "adapter" or (term.scorer == "zero-shot" and backbone == "mini")


def _named(term: AnsweredTerm) -> str:
    return repr(printable(term.text or ", ".join((*term.low, *term.pictures))))


def not_in_indexes() -> UsageError:
    """What an engine is told that is asked for more than indexes hold."""
    return UsageError(
        "--engine ranks indexes, which hold no dates, cameras or small copies of images: leave out filters, --group, "
        "--show-fits and --order, or rank the images themselves without --engine."
    )


THRESHOLD = 0.95  # as in imgrank.grouping, which loads too much to be asked for its number here
GroupOption = Annotated[
    GroupBy,
    typer.Option(
        "--group",
        metavar=choices(GroupBy),
        rich_help_panel=_PANEL,
        help="Group near-duplicates and retakes (similar), shots in quick succession (burst), or a folder or day.",
    ),
]
ThresholdOption = Annotated[
    float,
    typer.Option(
        "--group-threshold",
        metavar="P",
        rich_help_panel=_PANEL,
        help="How certain it must be that two images show the same moment, from 0 to 1; higher makes smaller groups.",
    ),
]
BestOption = Annotated[
    Optional[int],
    typer.Option("--best", metavar="N", rich_help_panel=_PANEL, help="Keep the N best of each group."),
]
RestOption = Annotated[bool, flag("--rest", "Keep all but the best of each group: the images to cull.", panel=_PANEL)]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What groups are for."""

    by: GroupBy
    threshold: float
    best: int | None
    rest: bool

    def __post_init__(self) -> None:
        if self.by is GroupBy.none and (self.best is not None or self.rest):
            option = "--best" if self.best is not None else "--rest"
            raise UsageError(f"{option} keeps a part of each group; choose how to group, such as --group similar.")
        if not 0 < self.threshold < 1:
            raise UsageError(f"--group-threshold must be from 0 to 1, not {self.threshold:g}.")

    @property
    def settings(self) -> GroupSettings:
        """As the library takes it."""
        from imgrank.grouping import GroupSettings

        return GroupSettings(self.by, self.threshold)

    @property
    def cuts(self) -> bool:
        """Whether a part of each group is kept."""
        return self.best is not None or self.rest

    def for_people(self, images: Sequence[RankedImage], everyone: Sequence[RankedImage]) -> tuple[RankedImage, ...]:
        """Of `images`, a part of `everyone`, the best of each group, with the rank of its group in place of its own.

        Groups are ranked by their best image. All images as they are where there are no groups, and where several or
        the rest of each were asked for.
        """
        if self.by is GroupBy.none or self.rest or (self.best or 1) > 1:
            return tuple(images)
        ranks = _ranks_of_groups(everyone)
        best: dict[int | None, RankedImage] = {}
        for image in sorted(images, key=lambda each: each.rank):
            best.setdefault(image.group, image)
        return tuple(replace(image, rank=ranks[image.group]) for image in images if best[image.group] is image)

    def folded(self, people: Sequence[RankedImage], images: Sequence[RankedImage]) -> tuple[RankedImage, ...]:
        """Of `images`, those that `people`, as `for_people` gives them, stand for."""
        shown = {image.path for image in people}
        return tuple(image for image in images if image.path not in shown)


def wanted_groups(by: GroupBy, threshold: float, best: int | None, rest: bool, *, threshold_typed: bool) -> Grouping:
    """The groups that the options name. Raises UsageError where they do not fit together."""
    groups = Grouping(by, threshold, best, rest)
    if by is GroupBy.none and threshold_typed:
        raise UsageError("--group-threshold only works with groups; choose how to group, such as --group similar.")
    return groups


def _ranks_of_groups(images: Iterable[RankedImage]) -> dict[int | None, int]:
    groups = dict.fromkeys(image.group for image in sorted(images, key=lambda each: each.rank))
    return {group: rank for rank, group in enumerate(groups, 1)}
