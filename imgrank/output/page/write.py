"""Writes the page: one file that holds everything, or one with its thumbnails in a folder beside it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import TextIO

from imgrank.atomic import atomic_file
from imgrank.errors import UsageError
from imgrank.output.page import render
from imgrank.output.page.inlined import one_script
from imgrank.output.page.render import ScoreScale, explain_command, scale_of, shell_command
from imgrank.output.thumbnails import Thumbnail, thumbnails
from imgrank.paths import printable, why
from imgrank.records import PLAIN, Progress, RankedImage, Ranking, Standing, places_of
from imgrank.version import __version__

_CHUNK = 60  # rows of 2, 3, 4, 5 and 6 come out even; browsers skip whole chunks that are out of sight
_HERE = files("imgrank.output.page")


def write_page(
    ranking: Ranking,
    images: Sequence[RankedImage],
    path: str,
    page_dir: str | None = None,
    *,
    members: Sequence[RankedImage] = (),
    command: Sequence[str] | None = None,
    standing: Mapping[str, Standing] = PLAIN,
    progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Write `images`, a selection of `ranking.images`, as a page at `path` that opens from disk.

    Thumbnails stand inside the page, or as files in `page_dir`. `members` are folded behind the one of `images` that
    stands for their group. `command` are the words of the command line
    that made this order, to which the page adds `--min-score`; by default sort over the pictures' folders. `standing`
    says of paths that need not be files where they stand; only a file is shown and linked.
    Raises UsageError where the page cannot be written or would replace a file that imgrank did not write.
    """
    scale = scale_of([image.score for image in images if image.relevant], ranking.unit)
    head, tail = _frame(ranking, images, scale, list(command or _command(ranking, images)))
    with page_file(path) as stream:
        folder = os.path.dirname(os.path.realpath(path))
        stream.write(head)
        sheet = _with_members(images, members)
        places = places_of([image for image, _ in sheet], standing)
        _write_sheet(sheet, places, scale, folder, page_dir, stream, progress)
        stream.write(tail)


def _frame(
    ranking: Ranking, images: Sequence[RankedImage], scale: ScoreScale, command: Sequence[str]
) -> tuple[str, str]:
    """The page before its pictures and after them."""
    css = "\n".join(map(_read, ("shared/base.css", "shared/grid.css", "shared/look.css", "sheet/sheet.css")))
    js = one_script("sheet/main.js", _read)
    page = Template(_read("sheet/sheet.html")).substitute(
        policy=_policy(css, js),
        generator=GENERATOR,
        css=css,
        js=js,
        query=render.text(ranking.query),
        about=render.about(ranking, len(images)),
        remarks=render.remarks(ranking),
        cut=render.cut(scale, shell_command(command)),
        why=render.why(explain_command(command, ranking.query)),
        aside=render.ASIDE,
        skipped=render.skipped(ranking.skipped),
        pictures="\0",  # no text of the page can hold it: what is invisible is escaped
    )
    head, _, tail = page.partition("\0")
    return head, tail


_Sheet = Sequence[tuple[RankedImage, RankedImage]]  # each picture, and the one that stands for it


def _with_members(images: Sequence[RankedImage], members: Sequence[RankedImage]) -> _Sheet:
    """The pictures in order, each with itself, and behind it the members of its group, the best first."""
    behind: dict[int | None, list[RankedImage]] = {}
    for member in sorted(members, key=lambda each: each.group_rank or 0):
        behind.setdefault(member.group, []).append(member)
    folded = ((head, behind.pop(head.group, ()) if head.group is not None else ()) for head in images)
    return [(image, head) for head, others in folded for image in (head, *others)]


def _write_sheet(
    sheet: _Sheet,
    places: Sequence[Standing],
    scale: ScoreScale,
    folder: str,
    page_dir: str | None,
    stream: TextIO,
    progress: Callable[[Progress], None],
) -> None:
    its_paths = render.page_paths([image.path for image, _ in sheet], folder)
    small: Iterator[tuple[Standing, Thumbnail]] = zip(places, thumbnails(places), strict=True)
    done = heads = 0
    for relevant, group in groupby(sheet, key=lambda each: each[1].relevant):
        title = "" if relevant else f"<h2>{render.ASIDE}</h2>\n"
        stream.write(
            f'<section aria-label="{"Images in order" if relevant else render.ASIDE}">{title}<ol role="list">\n'
        )
        for image, head in group:
            stream.write('</ol><ol role="list">\n' if image is head and heads and heads % _CHUNK == 0 else "")
            heads += image is head
            standing, thumbnail = next(small)
            source = _source(thumbnail, page_dir, folder)
            stream.write(render.cell(image, standing.file, scale, thumbnail, source, its_paths, head))
            done += 1
            progress(Progress(done, len(sheet), "page"))
        stream.write("</ol></section>\n")


def _source(thumbnail: Thumbnail, page_dir: str | None, folder: str) -> str:
    """Where the page finds the thumbnail: in itself, or in a file that is written here."""
    if page_dir is None or not thumbnail.data:
        return thumbnail.inline
    path = os.path.join(page_dir, thumbnail.file_name)
    try:
        os.makedirs(page_dir, exist_ok=True)
        with suppress(FileExistsError), open(path, "xb") as file:  # its name says its bytes: it is there already
            file.write(thumbnail.data)
    except OSError as error:
        raise UsageError(f"The thumbnails cannot be written into {printable(page_dir)}: {why(error)}.") from error
    return render.address(path, folder)


def _policy(css: str, js: str) -> str:
    """Nothing but this very style and script, and pictures that are in the page or on this computer."""
    pictures = "data: file: 'self'"
    return (
        f"default-src 'none'; img-src {pictures}; style-src {_hash(css)}; script-src {_hash(js)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(words: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8").replace("\r\n", "\n").strip()


def _command(ranking: Ranking, images: Sequence[RankedImage]) -> list[str]:
    folders = dict.fromkeys(os.path.dirname(image.path) or "." for image in images)
    return ["imgrank", "sort", *folders, ranking.query]


_MARK = '<meta name="generator" content="imgrank '
GENERATOR = f'{_MARK}{__version__}">'
_HEAD_BYTES = 4096


def check_page(path: str) -> None:
    """Raise UsageError where a page cannot be written at `path`, or would replace what imgrank did not write."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise UsageError(
            f"The page {printable(path)} cannot be written: the folder {printable(folder)} does not exist."
        )
    if os.path.lexists(path) and not _is_ours(path):
        raise UsageError(
            f"{printable(path)} already exists and was not made by imgrank, so it was not replaced.",
            "Choose another name for {page}, or remove that file first.",
        )


@contextmanager
def page_file(path: str) -> Iterator[TextIO]:
    """A stream to the page, which stands at `path` only when it is whole; a failure leaves what was there."""
    check_page(path)
    try:
        with atomic_file(path) as file:
            stream = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
            yield stream
            stream.flush()
            stream.detach()
            check_page(path)
    except OSError as error:
        raise UsageError(f"The page {printable(path)} cannot be written: {why(error)}.") from error


def _is_ours(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return _MARK.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False
