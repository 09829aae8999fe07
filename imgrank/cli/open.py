"""`imgrank open`: the pictures of a folder in a browser, on this machine alone."""

from __future__ import annotations

from typing import Annotated

import typer

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
    QuietOption,
    RankerSettings,
    RecursiveOption,
    VerboseOption,
)
from imgrank.cli.terminal import noting

FolderArgument = Annotated[
    str, typer.Argument(metavar="FOLDER", help="The folder with the images to show, or an index.", show_default=False)
]


def open_folder(
    folder: FolderArgument,
    recursive: RecursiveOption = False,
    port: PortOption = 0,
    no_open: NoOpenOption = False,
    adapter: AdapterOption = "auto",
    backbone: BackboneOption = "mini",
    device: DeviceOption = Device.auto,
    no_cache: NoCacheOption = False,
    max_megapixels: MaxMegapixelsOption = MAX_MEGAPIXELS,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Search, look at, choose and sort the images of a folder on a local web page.

    imgrank open ./photos
    imgrank open ./photos -r --no-open
    imgrank open index
    """
    from imgrank.web.server import serve
    from imgrank.web.viewer.room import OpenSettings, Room

    show_origins(verbose)
    note = noting(quiet)
    rankers = RankerSettings(device, no_cache, max_megapixels, note)
    room = Room(OpenSettings(folder, recursive, adapter, backbone), rankers.open)
    with announced(no_open, note, "this page is for you alone; press Ctrl-C to stop.") as ready:
        room.start()
        try:
            serve(room, port, ready)
        finally:
            tell_end(room.close(), note)
