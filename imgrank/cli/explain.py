"""`imgrank explain`: what raises the score of an image, and what lowers it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Optional

import typer

from imgrank.cli.arguments import OppositeOption, check_sentence
from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    AdapterOption,
    BackboneOption,
    Device,
    DeviceOption,
    MaxMegapixelsOption,
    NoCacheOption,
    Precision,
    PrecisionOption,
    QuietOption,
    RankerSettings,
    VerboseOption,
    choices,
    named,
    precise,
)
from imgrank.cli.terminal import noting, progress_line
from imgrank.paths import printable


class Telling(str, Enum):
    """How an explanation is printed."""

    text = "text"
    json = "json"


ImageArgument = Annotated[str, typer.Argument(metavar="IMAGE", help="The image to explain.", show_default=False)]
SentenceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SENTENCE", help="What it is ranked by, such as 'older person', in quotes.", show_default=False
    ),
]
AgainstOption = Annotated[
    Optional[str],
    typer.Option(
        "--against", metavar="IMAGE", callback=named("an image"), help="A second image, to explain side by side."
    ),
]
OutOption = Annotated[
    Optional[str],
    typer.Option(
        "--out",
        metavar="FILE.png",
        callback=named("the name of a file"),
        help="Write a heat map over the image, with similar labelled images beside it.",
    ),
]
FormatOption = Annotated[Telling, typer.Option("--format", metavar=choices(Telling), help="Output format.")]


def explain(
    image: ImageArgument,
    sentence: SentenceArgument,
    against: AgainstOption = None,
    out: OutOption = None,
    fmt: FormatOption = Telling.text,
    adapter: AdapterOption = "auto",
    opposite: OppositeOption = None,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show which parts of an image raise its score: how far the score falls when each part is blurred.

    imgrank explain photo.jpg "older person" --out map.png
    imgrank explain first.jpg "a cat" --against second.jpg --out both.png
    """
    check_sentence(sentence, [image])
    from imgrank.explaining import explain, presentation

    if out is not None:
        presentation.check_out(out)
    asked = [image] if against is None else [image, against]
    note = noting(quiet)
    name = precise(backbone, precision, device.value, (), note)
    ranker = RankerSettings(device, no_cache, max_megapixels, note).open(adapter, name)
    with ranker, progress_line(quiet) as progress:
        explained = [explain(ranker, one, sentence, opposite=opposite, progress=progress) for one in asked]
    if fmt is Telling.json:
        typer.echo(presentation.as_json(explained))
    else:
        for line in presentation.told(explained):
            typer.echo(printable(line))
    if out is not None:
        presentation.write_map(presentation.draw(explained), out)
        if not quiet:
            note(f"wrote {printable(out)}")
