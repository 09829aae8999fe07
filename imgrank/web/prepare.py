"""From a folder and a sentence to a lesson about some of its pictures, which the page knows by opaque names alone.

Pictures are made anew for the page: no path goes out, no path comes in, and no EXIF either.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from imgrank.counting import counted
from imgrank.decode import DecodeError, open_image
from imgrank.errors import UsageError
from imgrank.labelling.answer_file import Notebook, PairNote, can_be_written, is_one_line, place_of
from imgrank.labelling.lesson import Lesson, PairLesson, Pool, ValueLesson, spread
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable
from imgrank.records import Progress
from imgrank.web.records import LabelSettings

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

LARGE_SIDE, SMALL_SIDE = 1400, 240
JPEGS_KEPT = 64


class Album:
    """The pictures of one folder. A name is drawn for each and holds as long as the program runs."""

    def __init__(self, folder: str, paths: Iterable[str]) -> None:
        self._folder = os.path.realpath(folder)
        self._real_of = {path: os.path.realpath(path) for path in paths}
        self.outside = tuple(path for path, real in self._real_of.items() if not self._is_inside(real))
        for path in self.outside:
            del self._real_of[path]
        self._name_of = {path: secrets.token_urlsafe(12) for path in self._real_of}
        self._path_of = {name: path for path, name in self._name_of.items()}
        self._jpeg = lru_cache(JPEGS_KEPT)(self._encode)

    def __contains__(self, path: str) -> bool:
        return path in self._name_of

    def name(self, path: str) -> str:
        """The opaque name of a picture of this album; KeyError on any other."""
        return self._name_of[path]

    def jpeg(self, name: str, side: int) -> bytes | None:
        """The picture upright, no side longer than `side`, with no metadata; None where there is no such picture.

        A file that has gone, is no picture any more, or now leads out of the folder, is no such picture.
        """
        path = self.path(name)
        try:
            return None if path is None else self._jpeg(path, side)
        except DecodeError:
            return None

    def path(self, name: str) -> str | None:
        """The picture of an opaque name; None where there is none, or it now leads elsewhere than at the start."""
        path = self._path_of.get(name)
        return None if path is None or os.path.realpath(path) != self._real_of[path] else path

    def _encode(self, path: str, side: int) -> bytes:
        pixels = np.asarray(open_image(path, side))
        into = io.BytesIO()
        Image.fromarray(pixels).save(into, "JPEG", quality=88)  # from bare pixels: nothing else can come along
        return into.getvalue()

    def _is_inside(self, real: str) -> bool:
        try:
            return os.path.commonpath([self._folder, real]) == self._folder
        except ValueError:  # another drive on Windows
            return False


FEWEST_PICTURES = 3


@dataclass(frozen=True, slots=True, eq=False)
class PreparedLesson:
    """A lesson, the album that shows its pictures, the folder's order before it, and lines for the user."""

    lesson: Lesson
    album: Album
    order: tuple[str, ...]
    notes: tuple[str, ...]


def prepare(
    settings: LabelSettings, ranker: Ranker, progress: Callable[[Progress], None] = lambda _: None
) -> PreparedLesson:
    """Rank the folder, choose the pictures to ask about, and open the labels file.

    Pictures answered about before are among them; the others are spread over the ranker's order. Raises
    UsageError where the folder is none, has too few pictures, or the labels file does not fit.
    """
    _check(settings)
    if not os.path.isdir(settings.folder):
        raise UsageError(f"{printable(settings.folder)} is not a folder; imgrank label needs a folder of images.")
    notebook = Notebook(settings.labels, values=settings.mode != "pairs", person=settings.person)
    ranking = ranker.rank(
        [settings.folder], phrasings(settings.sentence)[0], recursive=settings.recursive, progress=progress
    )
    return _prepared(settings, ranker, notebook, [image.path for image in ranking.images], ranking.notes)


def prepare_ranked(settings: LabelSettings, ranker: Ranker, paths: Sequence[str]) -> PreparedLesson:
    """As `prepare`, about pictures that are ranked already, best first; one that is named twice counts once."""
    _check(settings)
    notebook = Notebook(settings.labels, values=settings.mode != "pairs", person=settings.person)
    return _prepared(settings, ranker, notebook, tuple(dict.fromkeys(paths)), ())


def _check(settings: LabelSettings) -> None:
    if not phrasings(settings.sentence):
        raise UsageError('A sentence to rank by is missing; give one, such as "older person".')
    for what, text in (("sentence", settings.sentence), ("name of who answers", settings.person)):
        if not is_one_line(text):
            raise UsageError(
                f"A labels file cannot hold this {what}; write it in one line, without control characters."
            )


def _prepared(
    settings: LabelSettings, ranker: Ranker, notebook: Notebook, paths: Sequence[str], notes: Sequence[str]
) -> PreparedLesson:
    album = Album(settings.folder, paths)
    order = tuple(path for path in paths if path in album)
    usable = [path for path in order if can_be_written(place_of(path, settings.labels))]
    if len(usable) < FEWEST_PICTURES:
        left = f" {_unwritable(len(order) - len(usable))}." if len(usable) < len(order) else ""
        raise UsageError(
            f"{printable(settings.folder)} has {counted(len(usable), 'image')} to ask about; "
            f"at least {FEWEST_PICTURES} are needed.{left}"
        )
    chosen = _chosen(usable, _answered(notebook), settings.pictures)
    packed = ranker.encode(chosen).packed
    pool = Pool(
        settings.sentence, tuple(chosen), -np.arange(len(chosen), dtype=np.float64), packed.embedding.astype(np.float64)
    )
    lesson = PairLesson(pool, notebook) if settings.mode == "pairs" else ValueLesson(pool, notebook)
    return PreparedLesson(lesson, album, order, (*notes, *_left_out(album.outside, order, usable, chosen)))


def _answered(notebook: Notebook) -> set[str]:
    named: set[str] = set()
    for note in notebook.notes():
        named |= {note.left, note.right} if isinstance(note, PairNote) else {note.image}
    return named


def _chosen(usable: Sequence[str], answered: set[str], most: int) -> list[str]:
    """In the ranker's order."""
    known = [path for path in usable if os.path.abspath(path) in answered]
    others = [path for path in usable if os.path.abspath(path) not in answered]
    places = spread(-np.arange(len(others), dtype=np.float64))
    chosen = {*known, *(others[place] for place in places[: max(0, most - len(known))])}
    return [path for path in usable if path in chosen]


def _unwritable(count: int) -> str:
    left = counted(count, "image is not asked about: its path", "images are not asked about: their paths")
    return f"{left} cannot be written to a labels file"


def _left_out(
    outside: Sequence[str], order: Sequence[str], usable: Sequence[str], chosen: Sequence[str]
) -> tuple[str, ...]:
    notes = []
    if outside:
        links = counted(len(outside), "link that leads out of the folder is", "links that lead out of the folder are")
        notes.append(f"{links} left out, such as {printable(outside[0])}")
    if len(usable) < len(order):
        notes.append(_unwritable(len(order) - len(usable)))
    if len(chosen) < len(usable):
        notes.append(f"{len(chosen):,} of {counted(len(usable), 'image')} are asked about, spread over the order")
    return tuple(notes)
