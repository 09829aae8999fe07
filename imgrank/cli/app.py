"""The command line: one module a command, one exit point. Imports nothing heavy."""

from __future__ import annotations

import sys

import typer

from imgrank.cli import adapters, backbones, cache
from imgrank.errors import ImgrankError
from imgrank.version import __version__

app = typer.Typer(
    name="imgrank",
    help="Puts a folder of pictures in order by a sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imgrank {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    pass


# One line a command: app.command("name")(module.function)
app.add_typer(adapters.app, name="adapters")
app.command("backbones")(backbones.backbones)
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Run the command line; every error of imgrank's own becomes one line on stderr and its exit code."""
    try:
        app()
    except ImgrankError as error:
        typer.echo(f"imgrank: {error}", err=True)
        sys.exit(error.exit_code)
