"""`imgrank adapters`: lists, shows and removes trained rankers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imgrank import paths
from imgrank.cli.help import HelpfulCommand, new_group
from imgrank.cli.options import YesOption
from imgrank.cli.terminal import note
from imgrank.cli.training_view import measured_rows
from imgrank.counting import counted
from imgrank.errors import UsageError

if TYPE_CHECKING:
    from imgrank.adapter.header import AdapterHeader, Query, ValMetrics

app = new_group("List, show or remove trained rankers.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the ranker.")]
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="Name of the ranker, or its .safetensors file.")]


@app.command("list", cls=HelpfulCommand)
def list_adapters() -> None:
    """List the trained rankers, their backbone, and what each ranks by."""
    from imgrank.adapter.registry import installed_adapters

    installed = installed_adapters()
    rows = [
        (header.name, header.backbone, "shipped" if header.shipped else "yours", "; ".join(_names(header)))
        for header in installed.adapters
    ]
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in rows:
            typer.echo("\t".join(row))
    for fault in installed.damaged:
        note(fault.reason)
    if not rows:
        note("no ranker is installed; `imgrank train labels.csv` trains one.")


@app.command(cls=HelpfulCommand)
def show(name: NameOrFile) -> None:
    """Show what a ranker was trained on, how good it is, and under which terms it may be used."""
    from imgrank.adapter.registry import card_path, find_adapter

    header = find_adapter(name)
    assert header.path is not None
    typer.echo(f"name: {paths.printable(header.name)}")
    typer.echo(f"backbone: {header.backbone} ({header.fingerprint})")
    typer.echo(f"file: {paths.printable(str(header.path))}")
    if card_path(header.path).is_file():
        typer.echo(f"card: {paths.printable(str(card_path(header.path)))}")
    typer.echo(f"terms: {header.terms or 'none stated'}")
    typer.echo(f"minimum similarity of a sentence to its queries: {header.threshold:.2f}")
    for query in header.queries:
        typer.echo("")
        _show_query(query)


@app.command(cls=HelpfulCommand)
def remove(
    name: NameArgument,
    yes: YesOption = False,
) -> None:
    """Delete a ranker that you trained, and its model card. Images and labels stay as they are."""
    from imgrank.adapter.registry import removable
    from imgrank.adapter.registry import remove as remove_adapter

    removable(name)  # before anybody is asked about what cannot be removed
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"Nothing was removed: there is no terminal to ask on. Add --yes to remove {name!r}.")
        if not typer.confirm(f"Remove the ranker {name}?"):
            typer.echo("nothing was removed.", err=True)
            return
    for path in remove_adapter(name):
        typer.echo(f"removed {paths.printable(str(path))}")


def _names(header: AdapterHeader) -> list[str]:
    return [query.name for query in header.queries]


def _show_query(query: Query) -> None:
    metrics = query.metrics
    typer.echo(f"query: {query.name}")
    if query.phrasings[1:]:
        typer.echo(f"  also: {'; '.join(query.phrasings[1:])}")
    typer.echo(f"  unit: {query.unit or 'none'}")
    typer.echo(f"  answered by: {_answered_by(query)}")
    typer.echo(f"  recognizes images without its subject: {'yes' if query.relevance else 'no'}")
    if metrics.trained_on is not None:
        typer.echo(f"  trained on: {counted(metrics.trained_on, 'row')}")
    measured = _values(metrics) if metrics.srcc is not None or metrics.pair_accuracy is None else _answers(metrics)
    known = ", ".join(f"{name} {value}" for name, value in measured.items() if value)
    if known:
        typer.echo(f"  on {measured_rows(metrics.rows, metrics.cross_validated)}: {known}")
    elif metrics.trained_on:
        typer.echo("  not measured: there were too few rows to leave any out")


def _answered_by(query: Query) -> str:
    ridges = "plain ridge" if query.closed is None else "averaged ridges"
    return {
        "adapter": "the neural network",
        "ridge": f"{ridges}, without the neural network",
        "blend": f"the neural network ({query.blend_weight:.0%}) and {ridges} together",
    }[query.scorer]


def _values(metrics: ValMetrics) -> dict[str, str]:
    return {
        "SRCC": _figure(metrics.srcc, metrics.srcc_low, metrics.srcc_high),
        "MAE": _figure(metrics.mae),
        "plain ridge SRCC": _figure(metrics.ridge_srcc),
        "plain ridge MAE": _figure(metrics.ridge_mae),
        "zero-shot SRCC": _figure(metrics.zero_shot_srcc),
    }


def _answers(metrics: ValMetrics) -> dict[str, str]:
    return {
        "pair accuracy": _figure(metrics.pair_accuracy, metrics.pair_accuracy_low, metrics.pair_accuracy_high),
        "plain ridge": _figure(metrics.ridge_pair_accuracy),
        "zero-shot": _figure(metrics.zero_shot_pair_accuracy),
    }


def _figure(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A figure with its 95 % interval, if that is known; empty where it was not measured."""
    if value is None:
        return ""
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _print_table(rows: list[tuple[str, str, str, str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("ranker", "backbone", "from", "ranks by", box=box.SIMPLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
