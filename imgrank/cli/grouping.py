"""The options by which `sort` groups pictures and keeps the best of each group, or the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.choices import GroupBy
from imgrank.cli.options import choices, flag
from imgrank.errors import UsageError

if TYPE_CHECKING:
    from imgrank.grouping import GroupSettings
    from imgrank.records import RankedImage

_PANEL = "Filtering and grouping"
THRESHOLD = 0.95  # as in imgrank.grouping, which loads too much to be asked for its number here
GroupOption = Annotated[
    GroupBy,
    typer.Option(
        "--group",
        metavar=choices(GroupBy),
        rich_help_panel=_PANEL,
        help="Group images that show one moment (similar, burst), or those of a folder or a day.",
    ),
]
ThresholdOption = Annotated[
    float,
    typer.Option(
        "--group-threshold",
        metavar="P",
        rich_help_panel=_PANEL,
        help="How surely two images must show the same moment, from 0 to 1; higher makes smaller groups.",
    ),
]
BestOption = Annotated[
    Optional[int],
    typer.Option("--best", metavar="N", rich_help_panel=_PANEL, help="Keep the N best of each group."),
]
RestOption = Annotated[bool, flag("--rest", "Keep all but the best of each group: what to cull.", panel=_PANEL)]


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
            raise UsageError(f"{option} keeps a part of each group; say which groups: --group similar.")
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

    def for_people(self, images: Iterable[RankedImage]) -> tuple[RankedImage, ...]:
        """One image a group, the first that comes, unless the groups are cut already; all where there are no groups."""
        if self.by is GroupBy.none or self.cuts:
            return tuple(images)
        first: dict[int | str, RankedImage] = {}
        for image in images:
            first.setdefault(image.path if image.group is None else image.group, image)
        return tuple(first.values())
