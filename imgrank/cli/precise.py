"""`--precision`: in which precision a larger model runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Annotated

import typer

from imgrank.cli.options import choices


class Precision(str, Enum):
    """Of the image model."""

    auto = "auto"
    float32 = "float32"
    bf16 = "bf16"


PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        metavar=choices(Precision),
        help="Precision of a larger image model; auto tries bf16 once, and takes it where it is faster and keeps the "
        "order.",
    ),
]


def precise(
    backbone: str, precision: Precision, device: str, sources: Sequence[str], note: Callable[[str], None]
) -> str:
    """The backbone's name with its precision; `mini` has but one."""
    if backbone == "mini":
        return backbone
    from imgrank.precision import named_precisely

    return named_precisely(backbone, precision.value, device, sources, note)
