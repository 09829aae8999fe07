"""A folder that is open, to test: real pictures, the shipped ranker, and a server in a thread."""

from __future__ import annotations

import secrets
import shutil
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imgrank.ranker import Ranker
from imgrank.web.server import listen, make_server
from imgrank.web.viewer.engine import NewRanker
from imgrank.web.viewer.room import OpenSettings, Room
from tests.web.making import Client, until

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"
NAMES = ("cat", "kitten", "dog", "owl", "parrot", "house", "coffee", "rocket")


def pictures(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    """A folder with some of the example photographs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        put(EXAMPLES / f"{name}.jpg", folder / f"{name}.jpg")
    return folder


def put(picture: Path, place: Path) -> Path:
    """A copy of a picture, which is there whole or not at all: who watches the folder reads no half of it."""
    half = place.with_name(f"{place.name}.half")  # which is no picture
    shutil.copy(picture, half)
    return half.replace(place)


def new_ranker(adapter: str, backbone: str) -> Ranker:
    """A ranker for a thread of its own."""
    return Ranker(backbone, adapter, "cpu")


@contextmanager
def opened(folder: Path, recursive: bool = False, new_ranker: NewRanker = new_ranker) -> Iterator[tuple[Room, Client]]:
    """The room of a folder once it is read, and a browser that knows its token."""
    with opening(folder, recursive, new_ranker) as (room, client):
        until(lambda: room.indexer.standing.stage in ("idle", "failed"), 600)
        yield room, client


@contextmanager
def opening(folder: Path, recursive: bool = False, new_ranker: NewRanker = new_ranker) -> Iterator[tuple[Room, Client]]:
    """As `opened`, while it begins to be read."""
    room = Room(OpenSettings(str(folder), recursive), new_ranker)
    with listen(0) as listener:
        token = secrets.token_urlsafe(32)
        server = make_server(room, listener, token)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        room.start()
        try:
            yield room, Client(listener.getsockname()[1], token)
        finally:
            server.should_exit = True
            thread.join(20)
            room.close()


def index_of(folder: Path, out: Path, in_tar: str = "") -> Path:
    """An index of a folder, and of one example photograph in a tar file beside it, where one is named."""
    from imgrank.index.building import build_index
    from imgrank.index.locations import Location
    from imgrank.index.sources import find_items

    sources = [str(folder)]
    if in_tar:
        sources.append(str(out.with_suffix(".tar")))
        with tarfile.open(sources[1], "w") as tar:
            tar.add(EXAMPLES / f"{in_tar}.jpg", f"{in_tar}.jpg")
    with new_ranker("auto", "mini") as ranker:
        build_index(find_items(sources), Location(out), ranker.backbone)
    return out


def names_in_order(client: Client, **question: Any) -> list[str]:
    """The names of the pictures in the order of a question."""
    told = client.ask("/order", question).json()
    names = client.ask("/pictures").json()["names"]
    return [names[number] for number in told["numbers"]]


def numbers_of(client: Client, *wanted: str) -> list[int]:
    """The numbers of pictures by their names."""
    names = client.ask("/pictures").json()["names"]
    return [names.index(name) for name in wanted]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def finished(client: Client, number: int) -> dict[str, Any]:
    """The job of this number, once it has ended."""
    until(lambda: (job := client.ask("/state").json()["job"])["number"] >= number and not job["running"])
    job: dict[str, Any] = client.ask("/state").json()["job"]
    return job
