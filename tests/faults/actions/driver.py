"""One action on a made folder, to be killed in the middle."""

from __future__ import annotations

import os
from pathlib import Path

from imgrank.actions.records import Action
from imgrank.actions.run import act
from tests.actions.trees import planned

COUNT = 50
XMP = (  # with a tag of an earlier run, so that --tag and --untag both have something to do
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<r:Description xmlns:i="https://imgrank.github.io/ns/1.0/" i:rank="99"/> </r:RDF></x:xmpmeta>'
)
FOLDERED = {Action.copy, Action.move, Action.symlink, Action.hardlink}
SHIFT = 10  # each file to the name of another: 50 files go in ten cycles


def jpeg(mark: bytes) -> bytes:
    """The frame of a JPEG around any bytes: no picture, but a file that tags can be written into."""
    comment = b"\xff\xfe" + (len(mark) + 2).to_bytes(2, "big") + mark
    return b"\xff\xd8" + comment + b"\xff\xda\0\2" + mark * 3 + b"\xff\xd9"


def make(place: Path, count: int = COUNT) -> None:
    """A folder of pictures whose names are ranks already, some with sidecars."""
    folder = place / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(1, count + 1):
        path = folder / f"{n:02d}-x.jpg"
        path.write_bytes(jpeg(path.name.encode() * 100))
        os.utime(path, ns=(1, 1_600_000_000_000_000_000 + n * 1_000))
    for n in range(1, count + 1, 2):
        (folder / f"{n:02d}-x.jpg.xmp").write_bytes(XMP)
    (folder / "stays.txt").write_text("not a picture")


def run(place: Path, action: Action, count: int = COUNT, *, embed: bool = False) -> None:
    """The action on all pictures; a rename moves each to the name that another one has."""
    folder = place / "photos"
    names = [f"{(n + SHIFT) % count + 1:02d}-x.jpg" for n in range(count)]
    out = place / "out" if action in FOLDERED else None
    more = {"embed": embed, "keyword": "a cat"} if action.writes else {}
    act(planned(folder, names, action, out, **more))
