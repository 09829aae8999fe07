"""The options by which `sort` shows the pictures, as a page or on the terminal, and exports the chosen list."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Optional

import typer

from imgrank.choices import Format
from imgrank.cli.options import named
from imgrank.cli.terminal import note, noting, progress_line, seconds_so_far
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking

MANY = 2000  # from here on a page with its thumbnails inside is slow to open
_PANEL = "Output"
PageOption = Annotated[
    Optional[str],
    typer.Option(
        "--page",
        metavar="FILE",
        callback=named("the name of a file"),
        rich_help_panel=_PANEL,
        help="Also write a web page of the ranked images.",
    ),
]
PageDirOption = Annotated[
    Optional[str],
    typer.Option(
        "--page-dir",
        callback=named("the name of a folder"),
        metavar="DIR",
        rich_help_panel=_PANEL,
        help="With --page: write thumbnails as files in DIR, for thousands of images.",
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview",
        rich_help_panel=_PANEL,
        help='Show the images in the terminal; pip install "imgrank[preview]" makes them sharper.',
    ),
]


def check_preview(fmt: Format | None, print0: bool, changes_files: bool) -> None:
    """Raise UsageError before any work where pictures cannot be shown on the terminal."""
    if changes_files or print0 or fmt not in (None, Format.table):
        raise UsageError(
            "--preview cannot be combined with another output format, --print0 or an action that changes files."
        )
    from imgrank.output.preview import check_preview

    check_preview(sys.stdout)


def write_preview(ranking: Ranking, images: Sequence[RankedImage]) -> None:
    """Show the order on stdout, a picture beside each rank."""
    from imgrank.output.preview import write_preview
    from imgrank.showing import standing_of

    write_preview(ranking, images, sys.stdout, seconds_so_far(), standing_of(ranking, images))


def check_page_options(page: str | None, page_dir: str | None, changes_files: bool) -> None:
    """Raise UsageError before any work where the page that is asked for cannot be written."""
    if page_dir is not None and page is None:
        raise UsageError("--page-dir needs --page, such as --page order.html.")
    if page is None:
        return
    if changes_files:
        raise UsageError(
            "--page cannot be combined with an action that changes files: the page would show the old file names."
        )
    from imgrank.output.page import check_page

    check_page(page)


def save_page(
    ranking: Ranking,
    images: Sequence[RankedImage],
    page: str | None,
    page_dir: str | None,
    quiet: bool,
    members: Sequence[RankedImage] = (),
) -> None:
    """Write the page, if one is asked for, with the command line that was typed and can be typed again.

    `members` are images that stand behind the ones of `images` that stand for their groups.
    """
    if page is None:
        return
    from imgrank.output.page import write_page
    from imgrank.showing import standing_of

    everyone = (*images, *members)
    standing, command = standing_of(ranking, everyone), typed(sys.argv[1:])
    with progress_line(quiet) as report:
        write_page(
            ranking, images, page, page_dir, members=members, command=command, standing=standing, progress=report
        )
    if not quiet:
        note(f"wrote {printable(page)}")
    if page_dir is None and len(everyone) > MANY and not quiet:
        typer.echo(
            f"imgrank: {len(everyone):,} thumbnails are inside {printable(page)}; "
            "with --page-dir DIR they are separate files, and the page opens faster.",
            err=True,
        )


def typed(words: Sequence[str]) -> list[str]:
    """The command line without what only said where the page goes and where the cut was."""
    kept, ended, left_out = ["imgrank"], False, False
    for word in words:
        if left_out:
            left_out = False
        elif not ended and word in ("--page", "--page-dir", "--min-score"):
            left_out = True
        elif ended or not word.startswith(("--page=", "--page-dir=", "--min-score=")):
            kept.append(word)
            ended = ended or word == "--"
    return kept


ExportOption = Annotated[
    Optional[str],
    typer.Option(
        "--export",
        callback=named("the name of a file"),
        metavar="FILE",
        rich_help_panel="Output",
        help="Also write the list to a file for other programs: .csv, .json or .m3u8 (a playlist).",
    ),
]


def check_export_options(file: str | None, yes: bool, changes_files: bool) -> None:
    """Raise UsageError before any work where the list that is asked for cannot be written."""
    if file is None:
        return
    if changes_files:
        raise UsageError(
            "--export cannot be combined with an action that changes files: the list would have the old file names."
        )
    from imgrank.output.export import check_export

    check_export(file, replaces=yes)


def save_list(ranking: Ranking, images: Sequence[RankedImage], file: str | None, quiet: bool) -> None:
    """Write the list, if one is asked for, and say so."""
    if file is None:
        return
    from imgrank.output.export import write_export
    from imgrank.showing import standing_of

    was_there = os.path.lexists(file)
    count = write_export(ranking, images, file, standing_of(ranking, images))
    say = noting(quiet)
    left_out = (
        f"; {len(images) - count:,} left out: not the files that were indexed, or names with a line break"
        if count < len(images)
        else ""
    )
    listed = f"{counted(count, 'image is', 'images are')} listed in {printable(file)}"
    say(f"{listed}{', which was replaced' if was_there else ''}{left_out}.")
