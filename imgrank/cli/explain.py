"""`imgrank explain`: what speaks for a picture's score, and what against it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Optional

import typer

from imgrank.cli.options import AdapterOption, BackboneOption, Device, DeviceOption, NoCacheOption, QuietOption
from imgrank.cli.progress import progress_line
from imgrank.cli.terminal import noting
from imgrank.paths import printable


class Telling(str, Enum):
    """How an explanation is printed."""

    text = "text"
    json = "json"


ImageArgument = Annotated[str, typer.Argument(metavar="IMAGE", help="The picture.", show_default=False)]
SentenceArgument = Annotated[
    str, typer.Argument(metavar="SENTENCE", help="What it was ordered by, such as 'older person'.", show_default=False)
]
AgainstOption = Annotated[
    Optional[str],
    typer.Option("--against", metavar="OTHER", help="Another picture: what speaks for each, side by side."),
]
OutOption = Annotated[
    Optional[str],
    typer.Option("--out", metavar="MAP.png", help="Draw the map over the picture, with labelled pictures like it."),
]
OppositeOption = Annotated[
    Optional[str],
    typer.Option("--opposite", metavar="TEXT", help="The other end of the scale, for zero-shot."),
]


def explain(
    image: ImageArgument,
    sentence: SentenceArgument,
    against: AgainstOption = None,
    out: OutOption = None,
    fmt: Annotated[Telling, typer.Option("--format", help="How to print.")] = Telling.text,
    adapter: AdapterOption = "auto",
    backbone: BackboneOption = "mini",
    opposite: OppositeOption = None,
    device: DeviceOption = Device.auto,
    no_cache: NoCacheOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show which parts of a picture speak for its score: how far it falls where each is washed out.

    imgrank explain photo.jpg "older person" --out map.png

    imgrank explain first.jpg "a cat" --against second.jpg --out both.png
    """
    from imgrank.explaining import explain, files, wording
    from imgrank.ranker import Ranker

    if out is not None:
        files.check_out(out)
    asked = [image] if against is None else [image, against]
    note = noting(quiet)
    with Ranker(backbone, adapter, device.value, not no_cache, note) as ranker, progress_line(quiet) as report:
        explained = [explain(ranker, one, sentence, opposite=opposite, progress=report) for one in asked]
    if fmt is Telling.json:
        typer.echo(wording.as_json(explained))
    else:
        for line in wording.told(explained):
            typer.echo(printable(line))
    if out is not None:
        from imgrank.explaining.drawing import draw

        files.write_map(draw(explained), out)
        if not quiet:
            note(f"the map is in {printable(out)}")
