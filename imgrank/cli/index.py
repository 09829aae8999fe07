"""`imgrank index`: pictures from anywhere to a portable index of their tokens; merging such indexes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from imgrank.cli.engines import (
    AddressOption,
    EngineName,
    EngineOption,
    EngineWish,
    NumGpusOption,
    WorkersOption,
)
from imgrank.cli.options import (
    MAX_MEGAPIXELS,
    BackboneOption,
    Device,
    DeviceOption,
    MaxMegapixelsOption,
    NoCacheOption,
    QuietOption,
    RecursiveOption,
)
from imgrank.cli.progress import Report, progress_line
from imgrank.cli.terminal import noting
from imgrank.errors import NothingToRank, UsageError
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.index.building import Built
    from imgrank.index.pictures import Item

Note = Callable[[str], None]

EXIT_SKIPPED, EXIT_INTERRUPTED = 3, 130
NAMED_AT_MOST = 10
MERGE, FILL = "merge", "fill"

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCES",
        help="Folders, globs, lists (- or .txt), URLs (s3, gs, az, http), .tar and .parquet files. Or the word merge, "
        "a place to write and indexes to read; or the word fill and indexes: take their tokens into the local store.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Optional[str],
    typer.Option(
        "--out", metavar="TOKENS", help="Where the index stands: a folder, or a URL such as s3://mine/tokens."
    ),
]
ShardOption = Annotated[
    str, typer.Option("--shard", metavar="I/N", help="Do the I-th of N parts alone, counted from 0: for N machines.")
]
ColumnOption = Annotated[
    Optional[str],
    typer.Option("--column", metavar="NAME", help="The Parquet column of bytes or addresses, if it is not clear."),
]
Print0Option = Annotated[bool, typer.Option("-0", help="The list on standard input is separated by NUL.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 3 if a picture could not be read.")]


def index(
    words: Words,
    out: OutOption = None,
    recursive: RecursiveOption = False,
    shard: ShardOption = "0/1",
    column: ColumnOption = None,
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    no_cache: NoCacheOption = False,
    nul: Print0Option = False,
    strict: StrictOption = False,
    quiet: QuietOption = False,
    engine: EngineOption = None,
    address: AddressOption = None,
    workers: WorkersOption = None,
    num_gpus: NumGpusOption = 0.0,
) -> None:
    """Encode pictures once, wherever they are, into an index that sort and train take in place of a folder.

    imgrank index ./photos -r --out tokens

    imgrank index "s3://mine/shards/*.tar" --out s3://mine/tokens --shard 3/64

    imgrank index merge tokens tokens-0 tokens-1

    imgrank index fill tokens

    imgrank index "s3://mine/photos/**" --out s3://mine/tokens --engine ray --address auto --num-gpus 1

    Run it again and it goes on where it stood: what is indexed is not encoded again. A picture that cannot be
    read is a row with its reason.
    """
    from imgrank.index.sources import find_items, parse_shard

    wish = EngineWish(engine, address, workers, num_gpus)
    wish.check()
    note = noting(quiet)
    if words[0] == MERGE:
        _merge(words[1:], out, quiet, note)
        return
    if words[0] == FILL:
        _fill(words[1:], out, backbone, device, note)
        return
    if out is None:
        raise UsageError("Where shall the index stand? Name it: --out TOKENS.")
    items = find_items(
        words,
        recursive=recursive,
        shard=parse_shard(shard),
        column=column,
        stdin=sys.stdin.buffer if "-" in words else None,
        nul=nul,
    )
    wanted = _Wanted(out, backbone, device, not no_cache, max_megapixels)
    with progress_line(quiet) as report:
        on = _build if engine in (None, EngineName.local) else partial(_build_on, wish)
        built = on(items, wanted, report, note)
    _report(built, out, note)
    if built.partial:
        raise typer.Exit(EXIT_INTERRUPTED)
    if strict and built.failed:
        raise typer.Exit(EXIT_SKIPPED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where the index stands, and how its tokens are made."""

    out: str
    backbone: str
    device: Device
    cache: bool
    max_megapixels: float


def _build(items: Iterable[Item], wanted: _Wanted, progress: Report, note: Note) -> Built:
    from imgrank.backbone.load import load_backbone
    from imgrank.index.building import build_index
    from imgrank.index.places import Place
    from imgrank.store import open_store

    backbone = load_backbone(wanted.backbone, wanted.device.value, note)
    store = open_store(backbone.fingerprint, backbone.shape, note=note) if wanted.cache else None
    limit = wanted.max_megapixels
    try:
        return build_index(
            items, Place(wanted.out), backbone, store, max_megapixels=limit, progress=progress, note=note
        )
    finally:
        if store is not None:
            store.close()


def _build_on(wish: EngineWish, items: Iterable[Item], wanted: _Wanted, progress: Report, note: Note) -> Built:
    from imgrank.engine.contract import Making
    from imgrank.index.places import Place

    making = Making(wanted.backbone, wanted.device.value, wanted.max_megapixels)
    with wish.open() as engine:
        return engine.build(items, Place(wanted.out), making, progress, note)


def _report(built: Built, out: str, note: Note) -> None:
    """What the run came to. Raises NothingToRank where the sources gave nothing at all."""
    for failed in built.failed[:NAMED_AT_MOST]:
        note(f"not read: {printable(failed.path)}: {failed.reason}")
    if len(built.failed) > NAMED_AT_MOST:
        note(f"and {len(built.failed) - NAMED_AT_MOST:,} more; each is a row of the index with its reason")
    if not built.known and not built.partial and len(built.failed) == built.found:
        hint = " Use -r to go down into folders." if not built.failed else ""
        raise NothingToRank(f"No picture was found that could be read.{hint}")
    state = "interrupted; run it again to go on" if built.partial else f"{built.known:,} were there"
    note(f"{printable(out)}: {built.added:,} rows added, {built.encoded:,} pictures encoded, {state}")


def _merge(words: Sequence[str], out: str | None, quiet: bool, note: Note) -> None:
    from imgrank.index.merging import merge
    from imgrank.index.places import Place

    if out is not None or len(words) < 2:
        raise UsageError("Merging needs one place to write and indexes to read: imgrank index merge OUT SHARD SHARD...")
    target, *shards = map(Place, words)
    with progress_line(quiet) as report:
        rows = merge(target, shards, progress=report)
    note(f"{printable(target.where)}: {rows:,} pictures of {len(shards)} indexes")


def _fill(words: Sequence[str], out: str | None, backbone: str, device: Device, note: Note) -> None:
    from imgrank.backbone.load import load_backbone
    from imgrank.index.local import fill_store
    from imgrank.index.places import Place
    from imgrank.store import open_store

    if out is not None or not words:
        raise UsageError("Filling the local store needs indexes to read: imgrank index fill TOKENS...")
    loaded = load_backbone(backbone, device.value, note)
    with open_store(loaded.fingerprint, loaded.shape, note=note) as store:
        count = sum(fill_store(Place(word), store, loaded.fingerprint, loaded.name) for word in words)
    note(f"{count:,} pictures that stand here are in the local store")
