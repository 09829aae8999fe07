"""`imgrank train`: labels in, an adapter out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    BackboneOption,
    Device,
    DeviceOption,
    IndexOption,
    MaxMegapixelsOption,
    QuietOption,
)
from imgrank.cli.tables import print_table
from imgrank.cli.terminal import note
from imgrank.cli.watching import training_view
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.labels import Labels
    from imgrank.training import TrainingResult

EXIT_INTERRUPTED = 130

Source = Annotated[str, typer.Argument(metavar="LABELS.CSV|FOLDER", help="What people say about pictures.")]
FromFolders = Annotated[
    bool, typer.Option("--from-folders", help="Sub-folders are ordered classes: 1, 2, 3, or bad, fair, good.")
]
FromRatings = Annotated[bool, typer.Option("--from-ratings", help="Star ratings (XMP) of the pictures in a folder.")]
QueryOption = Annotated[
    Optional[str],
    typer.Option("--query", metavar="TEXT", help="What folders or stars mean; other words for it after |."),
]
OrderOption = Annotated[
    Optional[str],
    typer.Option("--order", metavar="A,B,C", help="The sub-folders from least to most."),
]
WriteLabels = Annotated[
    Optional[str],
    typer.Option("--write-labels", metavar="OUT.CSV", help="Write what was understood, and train nothing."),
]
NameOption = Annotated[
    Optional[str],
    typer.Option("--name", metavar="NAME", help="Save it under this name (default: the query's)."),
]
OutOption = Annotated[
    Optional[Path],
    typer.Option("--out", metavar="FILE.safetensors", help="Save it as this file instead."),
]
UnitOption = Annotated[
    Optional[str],
    typer.Option("--unit", metavar="TEXT", help="What the values are: years, points, cells."),
]
EpochsOption = Annotated[
    int, typer.Option("--epochs", min=0, help="The most passes of the network over the labels; 0: closed form alone.")
]
RateOption = Annotated[float, typer.Option("--learning-rate", help="Of AdamW, at its highest.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same adapter.")]


def train(
    source: Source,
    from_folders: FromFolders = False,
    from_ratings: FromRatings = False,
    query: QueryOption = None,
    order: OrderOption = None,
    write_labels: WriteLabels = None,
    index: IndexOption = None,
    name: NameOption = None,
    out: OutOption = None,
    unit: UnitOption = None,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    epochs: EpochsOption = 60,
    learning_rate: RateOption = 5e-4,
    seed: SeedOption = 0,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave faulty rows out, and name them.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite an adapter of that name.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Train a ranker of your own on labelled pictures.

    imgrank train labels.csv --name ages --unit years

    imgrank train ./sorted --from-folders --query "better photo"
    """
    from imgrank.index.reading import is_index

    if index is None and (from_folders or from_ratings) and is_index(source):
        index = source
    labels = _labels(source, from_folders, from_ratings, query, order, skip_bad, index)
    _notes(labels, quiet)
    if write_labels is not None:
        _write(labels, write_labels)
        return
    from imgrank import training

    with training_view(quiet) as view:
        result = training.train(
            labels,
            name=name,
            out=out,
            unit=unit,
            backbone=backbone,
            device=device.value,
            max_megapixels=max_megapixels,
            options=training.TrainingOptions(epochs=epochs, learning_rate=learning_rate, seed=seed),
            skip_bad=skip_bad,
            replace=replace,
            resume=resume,
            index=index,
            watch=view.epoch,
            progress=view.reading,
            saved=view.saved,
        )
    _show(result)
    _plot(result, quiet)
    if result.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _labels(
    source: str,
    folders: bool,
    ratings: bool,
    query: str | None,
    order: str | None,
    skip_bad: bool,
    index: str | None,
) -> Labels:
    from imgrank.index.reading import index_paths
    from imgrank.labels import labels_from_folders, labels_from_ratings, read_labels

    if folders and ratings:
        raise UsageError("Labels come from folders or from ratings, not from both.")
    if order is not None and not folders:
        raise UsageError("--order puts sub-folders in order; it goes with --from-folders.")
    if not (folders or ratings):
        if query is not None:
            raise UsageError("A labels file names its own queries; --query goes with --from-folders or --from-ratings.")
        if Path(source).is_dir():
            raise UsageError(
                f"{printable(source)} is a folder; say --from-folders or --from-ratings, or name a labels.csv."
            )
        return read_labels(source, skip_bad=skip_bad, pictures=set(index_paths(index)) if index else None)
    if not query or not query.strip("| "):
        raise UsageError('Say what more of it means: --query "better photo".')
    if folders:
        names = [part.strip() for part in order.split(",")] if order else ()
        return labels_from_folders(source, query, names, index_paths(index) if index else None)
    if index is not None:
        raise UsageError("Stars stand in the pictures themselves, not in an index; write them to a labels.csv first.")
    return labels_from_ratings([source], query)


def _notes(labels: Labels, quiet: bool) -> None:
    if quiet:
        return
    for each in labels.notes:
        note(each)
    for fault in labels.left_out[:50]:
        note(f"left out: {fault}")
    if len(labels.left_out) > 50:
        note(f"and {len(labels.left_out) - 50} more left out")


def _write(labels: Labels, path: str) -> None:
    from imgrank import labels as room

    room.write_labels(labels, path)
    note(f"{sum(map(len, labels.tasks))} rows written to {printable(path)}")


def _plot(result: TrainingResult, quiet: bool) -> None:
    """Draw how it went, beside the adapter; where that cannot be, the adapter is saved all the same."""
    from imgrank.adapter.registry import plot_path
    from imgrank.training.plots import plot_training

    path = plot_path(result.path)
    try:
        plot_training(result, path)
    except UsageError as error:
        told = str(error)
    else:
        told = f"its plot: {printable(str(path))}"
    if not quiet:
        note(told)


def _show(result: TrainingResult) -> None:
    from imgrank.evaluation.formats import table_rows, verdict
    from imgrank.training.card import sections

    for query in result.queries:
        how = "cross-validated" if result.cross_validated else "val"
        title = f'"{printable(query.query)}", {query.rows} rows ({how}), 95 % intervals'
        print_table(title, table_rows(sections(query)))
        typer.echo(f"On these rows {verdict(query.ridge, query.versus_ridge, 'this adapter')}.")
        typer.echo("")
    state = "the best so far, interrupted" if result.interrupted else f"{result.seconds:.0f} s"
    typer.echo(f"saved {printable(str(result.path))} ({state}); its card: {printable(str(result.card))}")
    if result.interrupted:
        note("the same command with --resume goes on from here")
    elif sys.stdout.isatty():
        query_text = printable(result.queries[0].query)
        typer.echo(f'try: imgrank sort FOLDER "{query_text}"')
