"""The option by which `sort` writes the chosen list into a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Optional

import typer

from imgrank.cli.terminal import noting
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking

ExportOption = Annotated[
    Optional[str],
    typer.Option(
        "--export",
        metavar="FILE",
        rich_help_panel="Output",
        help="Also write the list to a file for other programs: .csv, .json or .m3u8 (a playlist).",
    ),
]


def check(file: str | None, yes: bool, changes_files: bool) -> None:
    """Raise UsageError before any work where the list that is asked for cannot be written."""
    if file is None:
        return
    if changes_files:
        raise UsageError(
            "--export cannot be combined with an action that changes files: the list would have the old names."
        )
    from imgrank.output.export import check_export

    check_export(file, replaces=yes)


def write(ranking: Ranking, images: Sequence[RankedImage], file: str | None, quiet: bool) -> None:
    """Write the list, if one is asked for, and say so."""
    if file is None:
        return
    from imgrank.output.export import write_export
    from imgrank.showing import standing_of

    was_there = os.path.lexists(file)
    count = write_export(ranking, images, file, standing_of(ranking, images))
    say = noting(quiet)
    left_out = (
        f"; {len(images) - count:,} cannot stand in it: no files as indexed, or names with a line break"
        if count < len(images)
        else ""
    )
    listed = f"{counted(count, 'image is', 'images are')} listed in {printable(file)}"
    say(f"{listed}{', which was replaced' if was_there else ''}{left_out}.")
