"""`imgrank eval`: how good a ranker is, beside ridge and zero-shot."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import AdapterOption, BackboneOption, Device, DeviceOption, IndexOption, QuietOption
from imgrank.cli.progress import progress_line
from imgrank.cli.tables import print_table
from imgrank.cli.terminal import note
from imgrank.errors import UsageError
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
        found = _kept_aside(fmt)
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


def _kept_aside(fmt: ReportFormat) -> tuple[str, str] | None:
    """The rows of the last trained adapter and its file; where there are none, show a card and say what to do."""
    from imgrank.adapter.registry import kept_rows_path
    from imgrank.evaluation.kept import card_of, kept_any, last_trained, shipped_card

    path = last_trained()
    if path is not None and kept_any(path):
        note(f"{printable(path.stem)}, on the rows that its training kept aside")
        return str(kept_rows_path(path)), str(path)
    lack = (
        "no ranker of yours has rows kept aside. Train one with `imgrank train labels.csv`, or measure"
        if path is None
        else f"{printable(path.stem)} was trained last and kept no rows aside: it learnt from all of them, and the "
        "figures of its card are cross-validated. Measure it"
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
    for each in () if quiet else report.notes:
        note(each)
