"""`imgrank adapters`: lists, shows and removes trained rankers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imgrank import paths
from imgrank.cli.help import HelpfulCommand, new_group
from imgrank.cli.options import YesOption
from imgrank.cli.terminal import note
from imgrank.counting import counted
from imgrank.errors import UsageError

if TYPE_CHECKING:
    from imgrank.adapter.header import AdapterHeader, Query

app = new_group("List, show or remove trained rankers.")

_ANSWERED_BY = {
    "adapter": "the neural network",
    "ridge": "ridge regression, which was better",
    "blend": "the neural network and ridge regression together, which was better than either",
}

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
    typer.echo(f"  answered by: {_ANSWERED_BY[query.scorer]}")
    typer.echo(f"  recognizes images without its subject: {'yes' if query.relevance else 'no'}")
    measured = {
        "SRCC": metrics.srcc,
        "MAE": metrics.mae,
        "ridge SRCC": metrics.ridge_srcc,
        "ridge MAE": metrics.ridge_mae,
        "zero-shot SRCC": metrics.zero_shot_srcc,
    }
    known = ", ".join(f"{name} {value:.3f}" for name, value in measured.items() if value is not None)
    if known:
        typer.echo(f"  on {counted(metrics.rows, 'row')} set aside: {known}")


def _print_table(rows: list[tuple[str, str, str, str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("ranker", "backbone", "from", "ranks by", box=box.SIMPLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
