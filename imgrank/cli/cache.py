"""`imgrank cache`: what is stored of images and sentences, and making it smaller."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import typer
from rich.filesize import decimal

from imgrank.cli.help import HelpfulCommand, new_group
from imgrank.counting import counted
from imgrank.errors import UsageError
from imgrank.paths import printable

app = new_group("Show or shrink the cache, which keeps encoded images so that none is encoded twice.")

UnusedDays = Annotated[
    float,
    typer.Option("--unused-days", metavar="DAYS", min=0, help="Remove backbones unused for this many days."),
]
MaxSize = Annotated[
    str,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        help="Then remove the oldest images until the cache fits this size, such as 500MB or 2GB; no limit by default.",
    ),
]
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@app.command(cls=HelpfulCommand)
def info() -> None:
    """Show where the cache is, how large it is, and what it holds."""
    from imgrank.measuring import DETAIL_FINGERPRINT
    from imgrank.store import store_info

    found = store_info()
    typer.echo(f"image tokens  {printable(found.tokens_folder)}")
    typer.echo(f"text tokens   {printable(found.text_folder)}")
    for stored in found.backbones:
        images = "unreadable" if stored.images is None else counted(stored.images, "image")
        used = datetime.fromtimestamp(stored.last_used).astimezone().strftime("%Y-%m-%d")
        whose = "full size" if stored.fingerprint == DETAIL_FINGERPRINT else "backbone"
        typer.echo(f"{whose} {stored.fingerprint}  {images}  {decimal(stored.bytes)}  last used {used}")
    typer.echo(f"{counted(found.sentences, 'sentence')}, {decimal(found.bytes)} in all")


@app.command(cls=HelpfulCommand)
def prune(unused_days: UnusedDays = 90, max_size: MaxSize = "") -> None:
    """Remove from the cache what is no longer needed: backbones not used lately, and images that no longer exist.

    imgrank cache prune --max-size 2GB

    Images on drives that are not connected count as gone; they are encoded again when needed.
    """
    from imgrank.store import prune as prune_store

    gone = prune_store(unused_days=unused_days, max_bytes=_parse_size(max_size) if max_size else None)
    removed = f"{counted(gone.images, 'image')} and {counted(gone.backbones, 'backbone')}"
    typer.echo(f"removed {removed}, {decimal(max(0, gone.bytes))} freed")


@app.command(cls=HelpfulCommand)
def clear() -> None:
    """Remove everything from the cache. Images are encoded again when they are next used."""
    from imgrank.store import clear as clear_store

    gone = clear_store()
    typer.echo(f"removed {counted(gone.backbones, 'backbone')}, {decimal(max(0, gone.bytes))} freed")


def _parse_size(text: str) -> int:
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*", text.lower())
    if not parts:
        raise UsageError(f"--max-size takes a size such as 500MB or 2GB, not {text!r}.")
    return int(float(parts[1]) * _UNITS[parts[2]])
