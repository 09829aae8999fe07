"""`imgrank cache`: what is stored of pictures and sentences, and making it smaller."""

from __future__ import annotations

import re
from datetime import datetime

import typer
from rich.filesize import decimal

from imgrank.errors import UsageError
from imgrank.paths import printable

app = typer.Typer(help="Show or shrink what is kept so that no picture is encoded twice.", no_args_is_help=True)

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@app.command()
def info() -> None:
    """Show where the store lies, how large it is and what it holds."""
    from imgrank.measuring import DETAIL_FINGERPRINT
    from imgrank.store import store_info

    found = store_info()
    typer.echo(f"image tokens  {printable(found.tokens_folder)}")
    typer.echo(f"text tokens   {printable(found.text_folder)}")
    for stored in found.backbones:
        images = "unreadable" if stored.images is None else f"{stored.images} images"
        used = datetime.fromtimestamp(stored.last_used).astimezone().strftime("%Y-%m-%d")
        whose = "full size" if stored.fingerprint == DETAIL_FINGERPRINT else "backbone"
        typer.echo(f"{whose} {stored.fingerprint}  {images}  {decimal(stored.bytes)}  last used {used}")
    typer.echo(f"{found.sentences} sentences, {decimal(found.bytes)} in all")


@app.command()
def prune(
    unused_days: float = typer.Option(90, "--unused-days", min=0, help="Drop backbones unused for so many days."),
    max_size: str = typer.Option(
        "", "--max-size", metavar="SIZE", help="Then drop the oldest down to this: 500MB, 2GB."
    ),
) -> None:
    """Drop what is no longer needed: unused backbones, and pictures that are gone (also from drives not plugged in)."""
    from imgrank.store import prune as prune_store

    gone = prune_store(unused_days=unused_days, max_bytes=_parse_size(max_size) if max_size else None)
    typer.echo(f"dropped {gone.images} images and {gone.backbones} backbones, {decimal(max(0, gone.bytes))} freed")


@app.command()
def clear() -> None:
    """Remove everything stored. Pictures are encoded again when they are next sorted."""
    from imgrank.store import clear as clear_store

    gone = clear_store()
    typer.echo(f"dropped {gone.backbones} backbones, {decimal(max(0, gone.bytes))} freed")


def _parse_size(text: str) -> int:
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*", text.lower())
    if not parts:
        raise UsageError(f"--max-size {text!r} is no size; write it as 500MB or 2GB.")
    return int(float(parts[1]) * _UNITS[parts[2]])
