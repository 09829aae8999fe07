"""One action on a made folder, to be killed in the middle."""

from __future__ import annotations

from pathlib import Path

from imgrank.actions.records import Action
from imgrank.actions.run import act
from tests.actions.trees import fill, planned

COUNT = 50
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"> </r:RDF></x:xmpmeta>'
)
FOLDERED = {Action.copy, Action.move, Action.symlink, Action.hardlink}
SHIFT = 10  # each file to the name of another: 50 files go in ten cycles


def make(place: Path, count: int = COUNT) -> None:
    """A folder of pictures whose names are ranks already, some with sidecars."""
    folder = fill(place / "photos", *(f"{n:02d}-x.jpg" for n in range(1, count + 1)))
    for n in range(1, count + 1, 9):
        (folder / f"{n:02d}-x.jpg.xmp").write_bytes(XMP)
    (folder / "stays.txt").write_text("not a picture")


def run(place: Path, action: Action, count: int = COUNT) -> None:
    """The action on all pictures; a rename moves each to the name that another one has."""
    folder = place / "photos"
    names = [f"{(n + SHIFT) % count + 1:02d}-x.jpg" for n in range(count)]
    out = place / "out" if action in FOLDERED else None
    act(planned(folder, names, action, out))
