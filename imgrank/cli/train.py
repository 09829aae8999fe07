"""`imgrank train`: labels in, a ranker out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace as with_fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    BackboneOption,
    ColumnOption,
    Device,
    DeviceOption,
    IndexOption,
    MaxMegapixelsOption,
    NoCacheOption,
    Precision,
    PrecisionOption,
    QuietOption,
    SkipBadOption,
    VerboseOption,
    choices,
    flag,
    named,
    precise,
)
from imgrank.cli.terminal import as_sentence, note, noting, print_table
from imgrank.cli.train_labels import (
    MOST_NOTES,
    FromFoldersOption,
    FromRatingsOption,
    LabelSource,
    OrderOption,
    QueryOption,
    SourceArgument,
    WriteLabelsOption,
    index_in,
    say_notes,
    write_csv,
)
from imgrank.cli.training_view import measured_rows, training_view
from imgrank.errors import Interrupted, UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.labels import Labels
    from imgrank.training import TrainingOptions, TrainingResult

_TRAINING = "Training"
_SAVING = "Saving"
NameOption = Annotated[
    Optional[str],
    typer.Option(
        "--name",
        metavar="NAME",
        callback=named("a name"),
        rich_help_panel=_SAVING,
        help="Name of the ranker; by default made from the query.",
    ),
]
OutOption = Annotated[
    Optional[Path],
    typer.Option(
        "--out",
        metavar="FILE",
        rich_help_panel=_SAVING,
        help="Save the ranker as this .safetensors file, not among the installed rankers.",
    ),
]
UnitOption = Annotated[
    Optional[str],
    typer.Option(
        "--unit", metavar="TEXT", rich_help_panel=_SAVING, help="Unit of the values, such as years, points or cells."
    ),
]
ReplaceOption = Annotated[bool, flag("--replace", "Overwrite a ranker of the same name.", panel=_SAVING)]


class PresetName(str, Enum):
    """Sizes and options of the network that belong together."""

    mini = "mini"
    paper = "paper"


PresetOption = Annotated[
    PresetName,
    typer.Option(
        "--preset",
        metavar=choices(PresetName),
        rich_help_panel=_TRAINING,
        help="Size of the neural network: mini, or paper, which has the published sizes, reads every patch of "
        "--backbone, trains on crops and on images without the subject, and is slow without a GPU.",
    ),
]
EpochsOption = Annotated[
    Optional[int],
    typer.Option(
        "--epochs",
        metavar="N",
        min=0,
        rich_help_panel=_TRAINING,
        help="Maximum number of epochs of the neural network; by default 60, or 40 with --preset paper. 0 trains "
        "averaged ridges only: several ridge regressions on different views of an image.",
    ),
]
RateOption = Annotated[
    Optional[float],
    typer.Option(
        "--learning-rate",
        metavar="X",
        rich_help_panel=_TRAINING,
        help="Peak learning rate of AdamW; by default 0.0005, or 0.00005 with --preset paper.",
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        rich_help_panel=_TRAINING,
        help="Random seed; the same seed gives the same ranker.",
    ),
]
ResumeOption = Annotated[bool, flag("--resume", "Continue an interrupted run.", panel=_TRAINING)]


def train(
    source: SourceArgument,
    from_folders: FromFoldersOption = False,
    from_ratings: FromRatingsOption = False,
    query: QueryOption = None,
    order: OrderOption = None,
    index: IndexOption = None,
    skip_bad: SkipBadOption = False,
    column: ColumnOption = None,
    write_labels: WriteLabelsOption = None,
    name: NameOption = None,
    out: OutOption = None,
    unit: UnitOption = None,
    replace: ReplaceOption = False,
    preset: PresetOption = PresetName.mini,
    epochs: EpochsOption = None,
    learning_rate: RateOption = None,
    seed: SeedOption = 0,
    resume: ResumeOption = False,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Train a ranker on your own labelled images.

    imgrank train labels.csv --name ages --unit years
    imgrank train ./sorted --from-folders --query "better photo"

    A labels file has the columns image,query,value, or left,right,query,preferred for pairs.
    """
    if index is None and (from_folders or from_ratings):
        index = index_in(source)
    labels = LabelSource(source, from_folders, from_ratings, query, order, index, skip_bad, column or ()).read()
    say_notes(labels, quiet)
    if write_labels is not None:
        write_csv(labels, write_labels)
        return
    named = precise(backbone, precision, device.value, () if index is not None else labels.images(), noting(quiet))
    with training_view(quiet) as view, _stopped(view.saved, index is None and not no_cache) as saved:
        from imgrank import training

        result = training.train(
            labels,
            name=name,
            out=out,
            unit=unit,
            backbone=named,
            device=device.value,
            cache=not no_cache,
            max_megapixels=max_megapixels,
            options=_options(preset, epochs, learning_rate, seed),
            preset=preset.value,
            skip_bad=skip_bad,
            replace=replace,
            resume=resume,
            index=index,
            watch=view.epoch,
            progress=view.reading,
            saved=saved,
        )
    _tell(result, labels, not (from_folders or from_ratings), quiet, verbose)


@contextmanager
def _stopped(show: Callable[[TrainingResult], None], keeps_images: bool) -> Iterator[Callable[[TrainingResult], None]]:
    """What to call once a first ranker is saved, which is shown; a Ctrl-C that leaves no result says what was kept."""
    saved: list[Path] = []

    def keep(first: TrainingResult) -> None:
        saved.append(first.path)
        show(first)

    try:
        yield keep
    except KeyboardInterrupt:
        if saved:
            told = f"Interrupted: the first ranker is saved, {printable(str(saved[0]))}; {_how_to_go_on(saved[0])}."
        else:
            images = "; images that were encoded are kept" if keeps_images else ""
            told = f"Interrupted: no ranker was saved. To start again, run the same command{images}."
        raise Interrupted(told) from None


def _how_to_go_on(path: Path) -> str:
    """After a Ctrl-C; before the network's first checkpoint there is nothing to resume."""
    from imgrank.adapter.registry import checkpoint_path

    if checkpoint_path(path).exists():
        return "to continue, run the same command with --resume"
    return "nothing of the network was kept yet; to train it, run the same command with --replace"


def _tell(result: TrainingResult, labels: Labels, of_file: bool, quiet: bool, verbose: bool) -> None:
    """Show what came of it. Raises typer.Exit where Ctrl-C ended it."""
    _show(result, verbose)
    if not result.interrupted:
        typer.echo(_how_to_ask(result, of_file))
    told = {*labels.notes, *(f"left out: {fault}" for fault in labels.left_out)}  # by `say_notes`, before training
    for each in () if quiet else [line for line in result.notes if line not in told][:MOST_NOTES]:
        note(each)
    _plot(result, quiet, verbose)
    if result.interrupted:
        raise typer.Exit(Interrupted.exit_code)


def _options(preset: PresetName, epochs: int | None, learning_rate: float | None, seed: int) -> TrainingOptions:
    from imgrank.training.options import PAPER, TrainingOptions

    given = PAPER if preset is PresetName.paper else TrainingOptions()
    return with_fields(
        given,
        epochs=given.epochs if epochs is None else epochs,
        learning_rate=given.learning_rate if learning_rate is None else learning_rate,
        seed=seed,
    )


def _plot(result: TrainingResult, quiet: bool, verbose: bool) -> None:
    """Draw how it went, beside the ranker, if matplotlib is here; the ranker is saved all the same."""
    from imgrank.adapter.registry import plot_path
    from imgrank.training.card import plot_training

    path = plot_path(result.path)
    try:
        plot_training(result, path)
    except UsageError as error:
        told, wanted = str(error), verbose  # nobody asked for a plot
    else:
        told, wanted = f"plot: {printable(str(path))}", True
    if wanted and not quiet:
        note(told)


def _show(result: TrainingResult, verbose: bool) -> None:
    from imgrank.evaluation.report_formats import table_rows, verdict
    from imgrank.training.card import sections

    for query in result.queries:
        rows = measured_rows(query.rows, result.cross_validated)
        print_table(f'"{printable(query.query)}", {rows}, 95% intervals', table_rows(sections(query), whole=verbose))
        typer.echo(as_sentence(verdict(query.ridge, query.versus_ridge, "this ranker")))
        typer.echo("")
    state = "the best so far; interrupted" if result.interrupted else f"{result.seconds:.0f} s"
    typer.echo(f"saved {printable(str(result.path))} ({state})\nmodel card: {printable(str(result.card))}")
    if result.interrupted:
        note(_how_to_go_on(result.path))


def _how_to_ask(result: TrainingResult, of_file: bool) -> str:
    """By which sentence the ranker answers; a name such as Score came from a column, and more words may be given."""
    first = result.queries[0]
    name = printable(first.query)
    ask = f'try: imgrank sort FOLDER "{name}"'
    if len(first.phrasings) > 1:
        return ask
    where = f'write "{name}|WORDS" for "{name}" in the labels file' if of_file else f'use --query "{name}|WORDS"'
    return f"{ask}\nto ask in other words too, {where} and train again"
