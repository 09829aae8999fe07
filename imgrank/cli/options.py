"""Options that several commands share, each with one spelling and one help text."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Optional

import typer


class Device(str, Enum):
    """Where the towers run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


BackboneOption = Annotated[
    str,
    typer.Option(
        "--backbone", metavar="NAME", help="mini, small, medium, best, NAME/TAG as open_clip has it, or NAME@FILE."
    ),
]
AdapterOption = Annotated[
    str, typer.Option("--adapter", metavar="NAME|FILE|auto|none", help="Which trained ranker answers; none: zero-shot.")
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where the backbone runs.")]
RecursiveOption = Annotated[bool, typer.Option("--recursive", "-r", help="Go down into folders.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write stored tokens.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.")]
IndexOption = Annotated[
    Optional[str],
    typer.Option("--index", metavar="TOKENS", help="An index that has the pictures' tokens: no picture is read."),
]
MaxMegapixelsOption = Annotated[
    float,
    typer.Option(
        "--max-megapixels",
        metavar="N",
        min=0,
        help="Skip what is larger; kinds of files that take more memory may have a share of it.",
    ),
]
MAX_MEGAPIXELS = 500.0  # as in imgrank.decode, which loads too much to be asked for its number here
