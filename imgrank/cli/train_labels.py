"""Where `imgrank train` takes labels from: a file, the folders of images, or their stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.arguments import shown
from imgrank.cli.options import flag, named
from imgrank.cli.terminal import note
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.labels import Labels

MOST_NOTES = 50
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="LABELS.CSV|FOLDER",
        help="A labels file, or a folder with --from-folders or --from-ratings.",
        show_default=False,
    ),
]
FromFoldersOption = Annotated[
    bool, flag("--from-folders", "Take labels from subfolders: 1, 2, 3, or names such as bad, fair, good.")
]
FromRatingsOption = Annotated[bool, flag("--from-ratings", "Take labels from the star ratings (XMP) of the images.")]
QueryOption = Annotated[
    Optional[str],
    typer.Option(
        "--query",
        metavar="TEXT",
        callback=named("a text"),
        help="What the folders or stars measure; separate other wordings by |: 'better photo|nicer picture'.",
    ),
]
OrderOption = Annotated[
    Optional[str],
    typer.Option("--order", metavar="A,B,C", help="With --from-folders: the subfolders from lowest to highest."),
]
WriteLabelsOption = Annotated[
    Optional[str],
    typer.Option(
        "--write-labels",
        metavar="FILE",
        callback=named("the name of a file"),
        help="Write the labels to a CSV file instead of training.",
    ),
]


@dataclass(frozen=True, slots=True)
class LabelSource:
    """Where the options say that labels are; those of a file may only name images of `index`, if there is one."""

    source: str
    from_folders: bool
    from_ratings: bool
    query: str | None
    order: str | None
    index: str | None
    skip_bad: bool
    column: Sequence[str]

    def read(self) -> Labels:
        """The labels. Raises UsageError where options do not fit together, and what reading labels raises."""
        if self.from_folders and self.from_ratings:
            raise UsageError("--from-folders and --from-ratings cannot be used together; leave one out.")
        if self.order is not None and not self.from_folders:
            raise UsageError("--order needs --from-folders: it gives the order of the subfolders.")
        if not (self.from_folders or self.from_ratings):
            return self._of_file()
        if self.column:
            raise UsageError("--column names a column of a labels file; subfolders and stars have none.")
        from imgrank.labels.tasks import phrasings

        if not self.query or not phrasings(self.query):
            raise UsageError(
                "--from-folders and --from-ratings need --query to say what they measure, such as "
                '--query "better photo".'
            )
        return self._of_folders(self.query) if self.from_folders else self._of_ratings(self.query)

    def _of_file(self) -> Labels:
        from imgrank.index.reading import index_paths
        from imgrank.labels import read_labels

        if self.query is not None:
            raise UsageError("--query needs --from-folders or --from-ratings; a labels file names its own queries.")
        if Path(self.source).is_dir():
            raise UsageError(
                f"{printable(self.source)} is a folder. Add --from-folders or --from-ratings to take labels from it, "
                "or name a labels file."
            )
        pictures = set(index_paths(self.index)) if self.index else None
        return read_labels(self.source, skip_bad=self.skip_bad, pictures=pictures, column=self.column)

    def _of_folders(self, query: str) -> Labels:
        from imgrank.index.reading import index_paths
        from imgrank.labels import labels_from_folders

        names = [part.strip() for part in self.order.split(",")] if self.order else ()
        return labels_from_folders(self.source, query, names, index_paths(self.index) if self.index else None)

    def _of_ratings(self, query: str) -> Labels:
        from imgrank.labels import labels_from_ratings

        if self.index is not None:
            raise UsageError(
                "An index has no star ratings. Name the folder of the images, or write the ratings to a labels.csv "
                "with --write-labels first."
            )
        return labels_from_ratings([self.source], query)


def index_in(source: str) -> str | None:
    """The folder that labels are taken from, if it is an index."""
    from imgrank.index.reading import is_index

    return source if is_index(source) else None


def say_notes(labels: Labels, quiet: bool) -> None:
    """What a user should know of the labels, and which rows were left out, on stderr."""
    if quiet:
        return
    taken = {
        str(left): f"; --column {shown(left.name)} trains on it" for left in labels.left_columns if left.may_be_query
    }
    for each in labels.notes:
        note(each + taken.get(each, ""))
    for fault in labels.left_out[:MOST_NOTES]:
        note(f"left out: {fault}")
    if len(labels.left_out) > MOST_NOTES:
        note(f"and {len(labels.left_out) - MOST_NOTES} more were left out")


def write_csv(labels: Labels, path: str) -> None:
    """Write the labels to a file, and say so."""
    from imgrank import labels as room

    room.write_labels(labels, path)
    note(f"{counted(sum(map(len, labels.tasks)), 'row')} written to {printable(path)}")
