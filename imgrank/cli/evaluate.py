"""`imgrank eval`: how good a ranker is, beside ridge and zero-shot."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import AdapterOption, BackboneOption, Device, DeviceOption, IndexOption, QuietOption
from imgrank.cli.progress import progress_line
from imgrank.cli.tables import print_table
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.evaluation import Report


class ReportFormat(str, Enum):
    """How figures are printed."""

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
    typer.Argument(metavar="[LABELS.CSV]", help="Labelled pictures; without: those the last training kept aside."),
]
SplitOption = Annotated[
    Optional[Split],
    typer.Option("--split", help="Which rows (default: test, or else val, or else all)."),
]
PlotOption = Annotated[
    Optional[Path],
    typer.Option("--plot", metavar="OUT.PNG", help="Also draw values, errors by decile, and probabilities."),
]


def evaluate(
    labels: LabelsArgument = None,
    adapter: AdapterOption = "auto",
    backbone: BackboneOption = "mini",
    split: SplitOption = None,
    index: IndexOption = None,
    fmt: Annotated[ReportFormat, typer.Option("--format", help="How to print.")] = ReportFormat.table,
    plot: PlotOption = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave faulty rows out.")] = False,
    device: DeviceOption = Device.auto,
    quiet: QuietOption = False,
) -> None:
    """Measure a ranker on labelled pictures, beside ridge regression and zero-shot, with 95 % intervals.

    imgrank eval labels.csv --split test --plot figures.png
    """
    if labels is None and adapter == "auto":
        found = _kept_aside(backbone)
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
            backbone=backbone,
            device=device.value,
            split=None if split is None else split.value,
            skip_bad=skip_bad,
            index=index,
            progress=report,
        )
    _show(measured, fmt, quiet)
    if plot is not None:
        from imgrank.evaluation.plots import plot_report

        plot_report(measured, plot)


def _kept_aside(backbone: str) -> tuple[str, str] | None:
    """The last trained adapter and its rows; where there is none, say what there is and what to do."""
    from imgrank.adapter.registry import kept_rows_path
    from imgrank.evaluation.kept import last_trained, shipped_card

    path = last_trained()
    if path is not None:
        typer.echo(f"imgrank: {printable(path.stem)}, on the rows that its training kept aside", err=True)
        return str(kept_rows_path(path)), str(path)
    card = shipped_card()
    if card is not None:
        typer.echo(card)
    typer.echo(
        "imgrank: no ranker of yours has rows kept aside. Train one with `imgrank train labels.csv`, "
        "or measure on labels of yours with `imgrank eval labels.csv`.",
        err=True,
    )
    return None


def _rows_of(adapter: str) -> str:
    from imgrank.evaluation.kept import rows_of

    return str(rows_of(adapter))


def _show(report: Report, fmt: ReportFormat, quiet: bool) -> None:
    from imgrank.evaluation.formats import report_csv, report_json, scorers, table_rows, verdict

    if fmt is ReportFormat.json:
        typer.echo(report_json(report))
    elif fmt is ReportFormat.csv:
        typer.echo(report_csv(report), nl=False)
    else:
        for query in report.queries:
            unit = f" ({printable(query.unit)})" if query.unit else ""
            print_table(f'"{printable(query.query)}"{unit}, {query.n} rows, 95 % intervals', table_rows(scorers(query)))
            typer.echo(f"On these rows {verdict(query.ridge, query.versus_ridge)}.")
            typer.echo("")
        typer.echo(f"adapter: {printable(report.adapter or 'none')}, backbone: {printable(report.backbone)}")
    for note in () if quiet else report.notes:
        typer.echo(f"imgrank: {note}", err=True)
