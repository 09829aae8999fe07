"""`imgrank eval`: how good a ranker is, beside plain ridge and zero-shot."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    AdapterOption,
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
    precise,
)
from imgrank.cli.terminal import as_sentence, note, noting, print_table, progress_line
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.evaluation import Report


class ReportFormat(str, Enum):
    """How metrics are printed."""

    table = "table"
    json = "json"
    csv = "csv"


class Split(str, Enum):
    """Which rows are measured."""

    train = "train"
    val = "val"
    test = "test"
    all = "all"


LabelsArgument = Annotated[
    Optional[str],
    typer.Argument(
        metavar="[LABELS.CSV]",
        help="Labelled images; by default the rows that the last training set aside.",
        show_default=False,
    ),
]
SplitOption = Annotated[
    Optional[Split],
    typer.Option(
        "--split",
        metavar=choices(Split),
        help="Which rows to measure; by default test if there are any, else val, else all.",
    ),
]
FormatOption = Annotated[ReportFormat, typer.Option("--format", metavar=choices(ReportFormat), help="Output format.")]
PlotOption = Annotated[
    Optional[Path],
    typer.Option(
        "--plot", metavar="FILE.png", help="Also plot predictions, errors by decile, and calibration of probabilities."
    ),
]


def evaluate(
    labels: LabelsArgument = None,
    split: SplitOption = None,
    fmt: FormatOption = ReportFormat.table,
    plot: PlotOption = None,
    index: IndexOption = None,
    skip_bad: SkipBadOption = False,
    column: ColumnOption = None,
    adapter: AdapterOption = "auto",
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure a ranker on labelled images, and compare it with plain ridge and with the untrained image model.

    imgrank eval labels.csv --split test --plot figures.png
    """
    if plot is not None:
        from imgrank.evaluation.report_formats import check_plot

        check_plot(plot)
    if labels is None and adapter == "auto":
        found = _rows_set_aside(fmt)
        if found is None:
            return
        labels, adapter = found
    elif labels is None:
        labels = _rows_of(adapter)
    from imgrank import evaluation

    with progress_line(quiet) as report:
        measured = evaluation.evaluate(
            labels,
            adapter=adapter,
            backbone=precise(backbone, precision, device.value, (), noting(quiet)),
            device=device.value,
            cache=not no_cache,
            max_megapixels=max_megapixels,
            split=None if split is None else split.value,
            skip_bad=skip_bad,
            column=column or (),
            index=index,
            progress=report,
        )
    _show(measured, fmt, quiet, verbose)
    if plot is not None:
        from imgrank.evaluation.report_formats import plot_report

        plot_report(measured, plot)


def _rows_set_aside(fmt: ReportFormat) -> tuple[str, str] | None:
    """The rows of the last trained adapter and its file; where there are none, show a card and say what to do."""
    from imgrank.adapter.registry import kept_rows_path
    from imgrank.evaluation.set_aside import card_of, kept_any, last_trained, shipped_card

    path = last_trained()
    if path is not None and kept_any(path):
        note(f"measuring {printable(path.stem)} on the rows that its training set aside")
        return str(kept_rows_path(path)), str(path)
    lack = (
        "none of your rankers has rows set aside. Train one with `imgrank train labels.csv`, or measure"
        if path is None
        else f"{printable(path.stem)}, the ranker trained last, has no rows set aside: it learned from all of them, "
        "and the metrics on its card are cross-validated. Measure it"
    )
    advice = f"{lack} on labels of yours with `imgrank eval labels.csv`."
    if fmt is not ReportFormat.table:  # a card is no report, and a script waits for one
        raise UsageError(f"Nothing was measured: {advice}")
    card = shipped_card() if path is None else card_of(path)
    if card is not None:
        typer.echo(card)
    note(advice)
    return None


def _rows_of(adapter: str) -> str:
    from imgrank.evaluation.set_aside import rows_of

    return str(rows_of(adapter))


def _show(report: Report, fmt: ReportFormat, quiet: bool, verbose: bool) -> None:
    from imgrank.evaluation.report_formats import report_csv, report_json, scorers, table_rows, verdict

    if fmt is ReportFormat.json:
        typer.echo(report_json(report))
    elif fmt is ReportFormat.csv:
        typer.echo(report_csv(report), nl=False)
    else:
        for query in report.queries:
            unit = f" ({printable(query.unit)})" if query.unit else ""
            title = f'"{printable(query.query)}"{unit}, {counted(query.n, "row")} ({query.split}), 95% intervals'
            print_table(title, table_rows(scorers(query), whole=verbose))
            who = "the ranker" if query.quality is None else f"{query.quality} as it is measured"
            learnt = f"{query.learnt:,} of these {counted(query.n, 'row')}" if query.learnt else ""
            typer.echo(as_sentence(verdict(query.ridge, query.versus_ridge, who, learnt)))
            typer.echo("")
        typer.echo(f"ranker: {printable(report.adapter or 'none')}, backbone: {printable(report.backbone)}")
    for each in () if quiet else report.notes:
        note(each)
