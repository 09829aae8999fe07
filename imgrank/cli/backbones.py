"""`imgrank backbones`: which backbones there are, which are on disk, how large, how good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from imgrank.backbone.catalogue import CatalogueEntry

MEGABYTE = 1_000_000


def backbones(
    containing: Annotated[str, typer.Argument(metavar="TEXT", help="Only names that contain this.")] = "",
    on_disk: Annotated[bool, typer.Option("--on-disk", help="Only what can be used without a network.")] = False,
) -> None:
    """List the backbones that --backbone takes: which are on disk, their size, and their published zero-shot accuracy.

    Besides these, NAME@FILE takes weights of your own for any model that open_clip can build.
    """
    from imgrank.backbone.catalogue import catalogue

    entries = [entry for entry in catalogue() if containing.lower() in entry.name.lower()]
    shown = [entry for entry in entries if entry.on_disk or not on_disk]
    if sys.stdout.isatty():
        _print_table(shown)
        return
    for entry in shown:
        typer.echo("\t".join([entry.name, "on disk" if entry.on_disk else "", _size(entry), _accuracy(entry)]))


def _print_table(entries: list[CatalogueEntry]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("backbone", "on disk", box=box.SIMPLE)
    table.add_column("size", justify="right")
    table.add_column("ImageNet zero-shot", justify="right")
    for entry in entries:
        table.add_row(entry.name, "yes" if entry.on_disk else "", _size(entry), _accuracy(entry))
    Console().print(table)


def _size(entry: CatalogueEntry) -> str:
    return f"{'~' if entry.about else ''}{entry.size / MEGABYTE:.0f} MB" if entry.size else ""


def _accuracy(entry: CatalogueEntry) -> str:
    return "" if entry.imagenet_top1 is None else f"{entry.imagenet_top1:.1%}"
