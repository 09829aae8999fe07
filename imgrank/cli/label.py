"""`imgrank label`: a page on this machine that asks, and a ranker learnt from the answers."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.options import (
    AdapterOption,
    BackboneOption,
    Device,
    DeviceOption,
    NoCacheOption,
    QuietOption,
    RecursiveOption,
)
from imgrank.cli.progress import progress_line
from imgrank.cli.terminal import note, noting
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.ranker import Ranker
    from imgrank.web.desk import Desk
    from imgrank.web.records import Mode, Wish

FolderArgument = Annotated[
    Optional[str],
    typer.Argument(metavar="DIR", help="The folder whose pictures are asked about.", show_default=False),
]
SentenceArgument = Annotated[
    Optional[str],
    typer.Argument(metavar="SENTENCE", help="What to order by, such as 'cosier room'.", show_default=False),
]
LabelsOption = Annotated[
    str, typer.Option("--labels", metavar="FILE", help="Where answers go; by default in the folder you stand in.")
]
PersonOption = Annotated[str, typer.Option("--person", metavar="NAME", help="Whose answers these are.")]
UnitOption = Annotated[
    Optional[str],
    typer.Option("--unit", metavar="UNIT", help="With --values: what the numbers count, such as years."),
]
RangeOption = Annotated[
    tuple[float, float], typer.Option("--range", metavar="LOW HIGH", help="With --values: the ends of the slider.")
]
PicturesOption = Annotated[
    int, typer.Option("--pictures", min=3, max=400, help="Ask about at most so many pictures of the folder.")
]
ReportOption = Annotated[
    Optional[str],
    typer.Option("--report", metavar="FILE", help="Instead: agreement, contradictions and circles in a labels file."),
]


def label(
    folder: FolderArgument = None,
    sentence: SentenceArgument = None,
    labels: LabelsOption = "labels.csv",
    person: PersonOption = "",
    values: Annotated[bool, typer.Option("--values", help="Ask for a number of each picture, by a slider.")] = False,
    unit: UnitOption = None,
    bounds: RangeOption = (0.0, 100.0),
    stars: Annotated[bool, typer.Option("--stars", help="Ask for 0 to 5 stars of each picture.")] = False,
    pictures: PicturesOption = 150,
    recursive: RecursiveOption = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="A port of your own; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address; open no browser.")] = False,
    report: ReportOption = None,
    backbone: BackboneOption = "mini",
    adapter: AdapterOption = "auto",
    device: DeviceOption = Device.auto,
    no_cache: NoCacheOption = False,
    quiet: QuietOption = False,
) -> None:
    """Teach an order by hand: a page asks "which is more?" and trains on the answers.

    imgrank label ./photos "cosier room"

    imgrank label --report labels.csv
    """
    if report is not None:
        print_report(report)
        return
    if folder is None or sentence is None:
        raise UsageError('A folder and a sentence are needed: imgrank label ./photos "cosier room".')
    from imgrank.index.reading import is_index
    from imgrank.ranker import Ranker
    from imgrank.web.records import Wish

    if is_index(folder):
        raise UsageError(
            f"{printable(folder)} is an index, and has no pictures to show; name the folder that they stand in, and "
            "train on the answers with imgrank train labels.csv --index TOKENS."
        )
    mode, low, high = _mode(values, stars), min(bounds), max(bounds)
    wish = Wish(folder, sentence, mode, labels, person.strip(), unit, low, high, pictures, recursive, adapter)
    note = noting(quiet)
    desk = open_desk(wish, lambda a: Ranker(backbone, a, device.value, not no_cache, note), quiet)
    _serve(desk, port, no_open)
    note(f"stopped; the answers are in {printable(labels)}.")


def open_desk(wish: Wish, new_ranker: Callable[[str], Ranker], quiet: bool) -> Desk:
    """Rank the folder and make everything ready for the page."""
    from imgrank.web.desk import Desk
    from imgrank.web.prepare import prepare
    from imgrank.web.reasons import Reasons, explainer
    from imgrank.web.teach import teach
    from imgrank.web.trainer import Trainer

    with new_ranker(wish.adapter) as ranker, progress_line(quiet) as progress:
        prepared = prepare(wish, ranker, progress)
    for line in () if quiet else prepared.notes:
        note(line)
    reasons = Reasons(prepared.album, explainer(wish, new_ranker))
    return Desk(wish, prepared, Trainer(partial(teach, wish, new_ranker)), reasons)


def _serve(desk: Desk, port: int, no_open: bool) -> None:
    from imgrank.web.server import serve

    serve(desk, port, lambda address: _ready(address, desk.wish.labels, no_open))


def print_report(path: str) -> None:
    """Agreement, contradictions and circles of a labels file, on stdout."""
    from imgrank.labelling.agreement import report
    from imgrank.labelling.notebook import PairNote, read_notes
    from imgrank.labelling.wording import report_lines

    notes = [note for note in read_notes(path) if isinstance(note, PairNote)]
    if not notes:
        raise UsageError(f"{printable(path)} holds no answers about pairs; a report is about those.")
    for line in report_lines(report(notes)):
        typer.echo(line)


def _mode(values: bool, stars: bool) -> Mode:
    if values and stars:
        raise UsageError("Ask for --values or for --stars, not for both.")
    return "values" if values else "stars" if stars else "pairs"


def _ready(address: str, labels: str, no_open: bool) -> None:
    typer.echo(address)
    note(f"each answer is written to {printable(labels)}; Ctrl-C ends.")
    if not no_open and not webbrowser.open(address):
        note("no browser could be opened; open the address yourself.")
    sys.stdout.flush()
