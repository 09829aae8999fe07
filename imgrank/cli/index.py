"""`imgrank index`: images from anywhere to a portable index of their tokens; such indexes to one, or to the cache."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.engines import (
    AddressOption,
    EngineName,
    EngineOption,
    EngineSettings,
    NumGpusOption,
    WorkersOption,
)
from imgrank.cli.help import HelpfulCommand, HelpfulGroup, new_group
from imgrank.cli.options import (
    EXIT_SKIPPED,
    MAX_MEGAPIXELS,
    BackboneOption,
    Context,
    Device,
    DeviceOption,
    MaxMegapixelsOption,
    NoCacheOption,
    Precision,
    PrecisionOption,
    QuietOption,
    RecursiveOption,
    VerboseOption,
    flag,
    named,
    precise,
)
from imgrank.cli.terminal import Report, noting, progress_line
from imgrank.counting import counted
from imgrank.errors import Interrupted, NothingToRank, UsageError
from imgrank.path_lists import read_list
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.index.building import Built
    from imgrank.index.pictures import Item
    from imgrank.records import Unreadable

Note = Callable[[str], None]

NAMED_AT_MOST = 10
BUILD, MERGE, IMPORT, FILL = "build", "merge", "import", "fill"


class _IndexGroup(HelpfulGroup):
    """`imgrank index SOURCE... --out INDEX` is short for `imgrank index build`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the command in where none was named."""
        named = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if named else [BUILD, *args])


app = new_group(
    """Encode images once, wherever they are, into an index: a folder that sort, train and eval take in place of images.

    imgrank index build ./photos -r --out tokens
    imgrank sort tokens "a cat"
    """,
    _IndexGroup,
)

SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Folders, globs, lists of paths (- for standard input, or a .txt file), URLs (s3, gs, az, http), .tar and "
        ".parquet files.",
        show_default=False,
    ),
]
IndexesArgument = Annotated[
    list[str], typer.Argument(metavar="INDEX...", help="Indexes to read: folders or URLs.", show_default=False)
]
MergedArgument = Annotated[
    str, typer.Argument(metavar="OUT", help="The index to write: a folder or a URL.", show_default=False)
]
OutOption = Annotated[
    Optional[str],
    typer.Option(
        "--out",
        metavar="INDEX",
        callback=named("a folder or a URL"),
        help="The index to write: a folder, or a URL such as s3://mine/tokens.",
    ),
]
ShardOption = Annotated[
    str,
    typer.Option(
        "--shard", metavar="I/N", help="Encode only part I of N, counted from 0: each of N machines takes one part."
    ),
]
ColumnOption = Annotated[
    Optional[str],
    typer.Option(
        "--column",
        metavar="NAME",
        callback=named("the name of a column"),
        help="The Parquet column with image bytes or addresses, if imgrank cannot tell.",
    ),
]
Print0Option = Annotated[
    bool, flag("--print0", "Read a list with NUL separators on standard input, as find -print0 writes it.", "-0")
]
DetailOption = Annotated[
    bool,
    flag("--detail", "Also measure sharpness and noise of the full-size images, for sentences that ask for them."),
]
AllowLocalOption = Annotated[
    bool,
    flag(
        "--allow-local-urls",
        "Allow Parquet rows to name files on this computer, and link-local addresses.",
    ),
]
StrictOption = Annotated[bool, flag("--strict", "Exit with code 3 if an image could not be read.")]


@app.command(BUILD, cls=HelpfulCommand)
def build(
    sources: SourcesArgument,
    out: OutOption = None,
    recursive: RecursiveOption = False,
    shard: ShardOption = "0/1",
    column: ColumnOption = None,
    nul: Print0Option = False,
    allow_local_urls: AllowLocalOption = False,
    strict: StrictOption = False,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    precision: PrecisionOption = Precision.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    detail: DetailOption = False,
    engine: EngineOption = None,
    address: AddressOption = None,
    workers: WorkersOption = None,
    num_gpus: NumGpusOption = 0.0,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Encode images into an index, or add new ones to it.

    imgrank index build ./photos -r --out tokens
    imgrank index build "s3://mine/shards/*.tar" --out s3://mine/tokens --shard 3/64
    imgrank index build "s3://mine/photos/**" --out s3://mine/tokens --engine ray

    Run it again to continue: indexed images are not encoded a second time. Unreadable images are recorded with the
    reason.
    """
    from imgrank.index.sources import ALL, find_items, parse_shard

    settings = EngineSettings(engine, address, workers, num_gpus)
    settings.check()
    note = noting(quiet)
    if out is None:
        raise UsageError("Where should the index be written? Add --out, such as --out tokens.")
    share = parse_shard(shard)
    listed = read_list(sys.stdin.buffer) if "-" in sources else b""
    find = partial(find_items, sources, recursive=recursive, column=column, nul=nul, allow_local_urls=allow_local_urls)
    items = find(shard=share, stdin=io.BytesIO(listed), note=note)
    name = precise(backbone, precision, device.value, sources, note)
    wanted = _Wanted(out, name, device, not no_cache, max_megapixels, detail)
    with progress_line(quiet) as report:
        on = _build if engine in (None, EngineName.local) else partial(_build_on, settings)
        built = on(items, wanted, report, note)
    _name_failed(built.failed, note, named=len(built.failed) if verbose else NAMED_AT_MOST)
    if not built.known and not built.partial and len(built.failed) == built.found:
        others = () if share == ALL else islice(find(stdin=io.BytesIO(listed)), built.found, None)
        _allow_empty_shard(shard, built, any(True for _ in others), note)
    state = "interrupted; run the command again to continue" if built.partial else f"{built.known:,} already there"
    note(f"{printable(out)}: {counted(built.added, 'image')} added, {built.encoded:,} encoded, {state}")
    if built.partial:
        raise typer.Exit(Interrupted.exit_code)
    if strict and built.failed:
        raise typer.Exit(EXIT_SKIPPED)


@app.command(MERGE, cls=HelpfulCommand)
def merge(out: MergedArgument, indexes: IndexesArgument, quiet: QuietOption = False) -> None:
    """Merge indexes into one, without encoding images again.

    imgrank index merge tokens tokens-0 tokens-1
    """
    from imgrank.index.locations import Location
    from imgrank.index.merging import merge as merge_indexes

    target = Location(out)
    with progress_line(quiet) as report:
        merged = merge_indexes(target, [Location(index) for index in indexes], progress=report)
    sources = f"{counted(len(indexes), 'index', 'indexes')}{' and what it held' if merged.before else ''}"
    unread = f"; {counted(merged.unread, 'image')} could not be read" if merged.unread else ""
    again = f"; {counted(merged.again, 'row')} of a path that another row has, too, left out" if merged.again else ""
    noting(quiet)(f"{printable(target.where)}: {counted(merged.images, 'image')} from {sources}{unread}{again}")


@app.command(IMPORT, cls=HelpfulCommand)
def import_(
    indexes: IndexesArgument,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    quiet: QuietOption = False,
) -> None:
    """Copy encoded images from indexes to the cache, so that sort need not encode these images on this machine.

    imgrank index import tokens
    """
    from imgrank.backbone.load import load_backbone
    from imgrank.index.locations import Location
    from imgrank.index.merging import fill_store
    from imgrank.store import open_store

    note = noting(quiet)
    loaded = load_backbone(backbone, device.value, note)
    with open_store(loaded.fingerprint, loaded.shape, note=note) as store:
        count = sum(fill_store(Location(index), store, loaded.fingerprint, loaded.name) for index in indexes)
    note(f"{counted(count, 'image was', 'images were')} added to the cache")


app.command(FILL, cls=HelpfulCommand, hidden=True)(import_)  # its name until 0.1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where the index stands, and how its tokens are made."""

    out: str
    backbone: str
    device: Device
    cache: bool
    max_megapixels: float
    detail: bool


def _build(items: Iterable[Item], wanted: _Wanted, progress: Report, note: Note) -> Built:
    from imgrank.backbone.load import load_backbone
    from imgrank.index.building import IndexOptions, build_index
    from imgrank.index.locations import Location
    from imgrank.store import open_store

    backbone = load_backbone(wanted.backbone, wanted.device.value, note)
    store = open_store(backbone.fingerprint, backbone.shape, note=note) if wanted.cache else None
    options = IndexOptions(max_megapixels=wanted.max_megapixels, detail=wanted.detail)
    try:
        return build_index(items, Location(wanted.out), backbone, store, options=options, progress=progress, note=note)
    finally:
        if store is not None:
            store.close()


def _build_on(settings: EngineSettings, items: Iterable[Item], wanted: _Wanted, progress: Report, note: Note) -> Built:
    from imgrank.engine.contract import Making
    from imgrank.index.locations import Location

    making = Making(wanted.backbone, wanted.device.value, wanted.max_megapixels, wanted.detail)
    with settings.open() as engine:
        return engine.build(items, Location(wanted.out), making, progress, note)


def _name_failed(failed: Sequence[Unreadable], note: Note, named: int) -> None:
    for one in failed[:named]:
        note(f"not read: {printable(one.path)}: {one.reason}")
    if len(failed) > named:
        note(f"and {len(failed) - named:,} more; the index records each with the reason")


def _allow_empty_shard(shard: str, built: Built, is_part: bool, note: Note) -> None:
    """Of few images a part may have none, which is no fault. Raises NothingToRank where no part has any."""
    if not is_part:
        hint = "" if built.failed else " Use -r to include subfolders."
        raise NothingToRank(f"No readable image was found.{hint}")
    note(f"part {shard} has no readable image" if built.failed else f"no image falls to part {shard}")
