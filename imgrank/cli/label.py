"""`imgrank label`: a page on this machine that asks, and a ranker learnt from the answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.arguments import check_sentence
from imgrank.cli.browser import announced, show_origins, tell_end
from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    AdapterOption,
    BackboneOption,
    Device,
    DeviceOption,
    MaxMegapixelsOption,
    NoCacheOption,
    NoOpenOption,
    PortOption,
    Precision,
    PrecisionOption,
    QuietOption,
    RankerSettings,
    RecursiveOption,
    VerboseOption,
    flag,
    named,
    precise,
    was_typed,
)
from imgrank.cli.terminal import note, noting, progress_line
from imgrank.errors import UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.ranker import Ranker
    from imgrank.web.controller import Controller
    from imgrank.web.records import LabelSettings, Mode
    from imgrank.web.viewer.app import LabelPage

FolderArgument = Annotated[
    Optional[str],
    typer.Argument(metavar="FOLDER", help="The folder with the images to compare.", show_default=False),
]
SentenceArgument = Annotated[
    Optional[str],
    typer.Argument(metavar="SENTENCE", help="What to rank by, such as 'cosier room', in quotes.", show_default=False),
]
LabelsOption = Annotated[
    str,
    typer.Option(
        "--labels",
        metavar="FILE",
        callback=named("the name of a file"),
        help="Where to write the answers; relative to the current folder.",
    ),
]
PersonOption = Annotated[
    str, typer.Option("--person", metavar="NAME", help="Your name, to tell the answers of several people apart.")
]
ValuesOption = Annotated[bool, flag("--values", "Ask for a number for each image, with a slider.")]
StarsOption = Annotated[bool, flag("--stars", "Ask for 0 to 5 stars for each image.")]
UnitOption = Annotated[
    Optional[str],
    typer.Option("--unit", metavar="UNIT", help="With --values: the unit of the numbers, such as years."),
]
RangeOption = Annotated[
    tuple[float, float], typer.Option("--range", metavar="LOW HIGH", help="With --values: the ends of the slider.")
]
PicturesOption = Annotated[
    int, typer.Option("--pictures", metavar="N", min=3, max=400, help="Ask about at most N images of the folder.")
]
ReportOption = Annotated[
    Optional[str],
    typer.Option(
        "--report",
        metavar="FILE",
        callback=named("the name of a file"),
        help="Instead of asking: report agreement and contradictions among the answers in FILE.",
    ),
]


def label(
    ctx: typer.Context,
    folder: FolderArgument = None,
    sentence: SentenceArgument = None,
    labels: LabelsOption = "labels.csv",
    person: PersonOption = "",
    values: ValuesOption = False,
    unit: UnitOption = None,
    bounds: RangeOption = (0.0, 100.0),
    stars: StarsOption = False,
    pictures: PicturesOption = 150,
    recursive: RecursiveOption = False,
    port: PortOption = 0,
    no_open: NoOpenOption = False,
    report: ReportOption = None,
    adapter: AdapterOption = "auto",
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Compare images two at a time on a local web page, and train a ranker on the answers.

    imgrank label ./photos "cosier room"
    imgrank label --report labels.csv
    """
    mode = _mode(values, stars, numbers=was_typed(ctx, "bounds") or was_typed(ctx, "unit"))
    if report is not None:
        if folder is not None:
            raise UsageError(
                "--report reads a file of answers and asks nothing; leave out the folder and the sentence."
            )
        print_report(report)
        return
    folder, sentence = _folder_and_sentence(folder, sentence)
    from imgrank.web.records import LabelSettings

    low, high = _ends(bounds)
    settings = LabelSettings(
        folder, sentence, mode, labels, person.strip(), unit, low, high, pictures, recursive, adapter
    )
    show_origins(verbose)
    note = noting(quiet)
    name = precise(backbone, precision, device.value, (), note)
    page = _open_page(settings, RankerSettings(device, no_cache, max_megapixels, note), name, quiet)
    _serve_page(page, port, no_open, note, printable(labels))


def _ends(bounds: tuple[float, float]) -> tuple[float, float]:
    """The lower one first. Raises UsageError where a slider cannot end there."""
    if not all(map(math.isfinite, bounds)):
        raise UsageError("--range takes two numbers that a slider can end at, such as --range 0 100.")
    return min(bounds), max(bounds)


def _folder_and_sentence(folder: str | None, sentence: str | None) -> tuple[str, str]:
    """Both, where they are there. Raises UsageError where one is missing or of another kind."""
    from imgrank.index.reading import is_index

    if folder is None or sentence is None:
        raise UsageError('label needs a folder and a sentence: imgrank label ./photos "cosier room".')
    check_sentence(sentence, [folder])
    if is_index(folder):
        raise UsageError(
            f"{printable(folder)} is an index and has no images to show. Name the folder with the images, then train "
            f"on the answers with imgrank train labels.csv --index {printable(folder)}."
        )
    return folder, sentence


def _open_page(settings: LabelSettings, rankers: RankerSettings, backbone: str, quiet: bool) -> LabelPage:
    """The page that asks, and its folder as `imgrank open` shows it."""
    from imgrank.web.viewer.app import LabelPage
    from imgrank.web.viewer.room import OpenSettings, Room

    new_ranker = partial(rankers.open, backbone=backbone)
    controller = open_controller(settings, new_ranker, quiet, lambda: room.teaching.trained())
    room = Room(OpenSettings(settings.folder, settings.recursive, settings.adapter, backbone), rankers.open)
    return LabelPage(controller, room)


def _serve_page(page: LabelPage, port: int, no_open: bool, note: Callable[[str], None], labels: str) -> None:
    """Answer the browser until Ctrl-C."""
    from imgrank.web.server import serve

    saved = f"answers are saved to {labels} as you give them; press Ctrl-C to stop."
    with announced(no_open, note, saved) as ready:
        try:
            serve(page, port, ready)
        finally:
            tell_end(page.close(), note)
    note(f"stopped; the answers are in {labels}.")


def open_controller(
    settings: LabelSettings, new_ranker: Callable[[str], Ranker], quiet: bool, taught: Callable[[], None] = lambda: None
) -> Controller:
    """Rank the folder and make everything ready for the page. `taught` is called when a ranker was trained."""
    from imgrank.web.controller import Controller
    from imgrank.web.explanations import Explanations, explainer
    from imgrank.web.prepare import prepare
    from imgrank.web.trainer import Trainer, teach

    with new_ranker(settings.adapter) as ranker, progress_line(quiet) as progress:
        prepared = prepare(settings, ranker, progress)
    for line in () if quiet else prepared.notes:
        note(line)
    reasons = Explanations(prepared.album, explainer(settings, new_ranker))
    return Controller(settings, prepared, Trainer(partial(teach, settings, new_ranker), taught), reasons)


def print_report(path: str) -> None:
    """Agreement, contradictions and circles of a labels file, on stdout."""
    from imgrank.labelling.agreement import report, report_lines
    from imgrank.labelling.answer_file import PairNote, read_notes

    notes = [note for note in read_notes(path) if isinstance(note, PairNote)]
    if not notes:
        raise UsageError(f"{printable(path)} has no answers about pairs, so there is nothing to report.")
    for line in report_lines(report(notes)):
        typer.echo(line)


def _mode(values: bool, stars: bool, *, numbers: bool) -> Mode:
    """What is asked for; `numbers` where options of numbers were typed. Raises UsageError where these do not fit."""
    if values and stars:
        raise UsageError("--values and --stars cannot be used together; leave one out.")
    if numbers and not values:
        raise UsageError("--range and --unit are for numbers; add --values, or leave them out.")
    return "values" if values else "stars" if stars else "pairs"
