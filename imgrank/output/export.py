"""A list of pictures in a file, for other programs: CSV, JSON or a playlist (M3U8), in UTF-8, whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from imgrank.atomic import write_atomic
from imgrank.choices import Format
from imgrank.errors import ActionError, UsageError
from imgrank.formats import extension
from imgrank.output.write import write
from imgrank.paths import printable, why
from imgrank.records import PLAIN, RankedImage, Ranking, Standing, places_of

KINDS = (".csv", ".json", ".m3u8")
_PLAYLIST, _MARK = "#EXTM3U", "#PLAYLIST:imgrank: "
_HERE = ("file:", "local:")  # addresses of this machine, which an index of others may not lead to
_HEAD = 1 << 16  # bytes in which it shows whether a file is a list of ours


def check_export(file: str, *, replaces: bool) -> None:
    """Raise UsageError before any work where no list can be written to `file`.

    A file that is no list of imgrank's is only replaced where `replaces` says so.
    """
    if extension(file) not in KINDS:
        raise UsageError(
            f"imgrank cannot write a list in the format of {printable(file)}; use a name that ends in "
            f"{', '.join(KINDS[:-1])} or {KINDS[-1]}."
        )
    folder = os.path.dirname(os.path.abspath(file))
    if not os.path.isdir(folder):
        raise UsageError(f"{printable(file)} cannot be written: there is no folder {printable(folder)}.")
    if os.path.isdir(file):
        raise UsageError(f"{printable(file)} is a folder; name a file.")
    if os.path.lexists(file) and not replaces and not is_ours(file):
        raise UsageError(
            f"{printable(file)} already exists, and imgrank did not write it. Nothing was written.",
            "Choose another file, or use {yes} to replace it.",
        )


def is_ours(file: str) -> bool:
    """Whether a file is a list that imgrank wrote, in the form that its name says."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            head = stream.read(_HEAD)
            kind = extension(file)
            if kind == ".json":
                return '"imgrank"' in head and '"images"' in head + stream.read()
            if kind == ".csv":
                return head.startswith(_csv_header())
            return head.startswith(_PLAYLIST) and _MARK in head
    except OSError:
        return False


def write_export(
    ranking: Ranking, images: Iterable[RankedImage], file: str, standing: Mapping[str, Standing] = PLAIN
) -> int:
    """Write the list; returns how many pictures are in it. Raises ActionError where the system refuses.

    Paths are whole, so that any program finds them from anywhere; in a playlist those below its folder are relative, so
    that the folder can be moved. A playlist cannot hold a name with a line break, nor what no program can open, such as
    a member of a tar file: such pictures are not in it. `standing` says of paths that may be no files where they stand.
    """
    chosen = tuple(images)
    placed = tuple(zip(chosen, places_of(chosen, standing), strict=True))
    kind = extension(file)
    if kind == ".m3u8":
        folder = os.path.dirname(os.path.realpath(file))
        placed = tuple(one for one in placed if _can_be_played(one[1]))
        text = _playlist(ranking.query, placed, folder)
    else:
        whole = tuple(replace(image, path=_whole(place)) for image, place in placed)
        stream = io.StringIO()
        write(ranking, whole, Format.json if kind == ".json" else Format.csv, stream)
        text = stream.getvalue()
    try:
        write_atomic(file, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ActionError(f"{printable(file)} cannot be written: {why(error)}.") from error
    return len(placed)


def _whole(place: Standing) -> str:
    """What is no file is called as its index calls it: to make that whole would lead elsewhere."""
    return place.path if place.file is None or _is_address(place.file) else os.path.abspath(place.file)


def _is_address(path: str) -> bool:
    return "://" in path and not path.lower().startswith(_HERE)


def _can_be_played(place: Standing) -> bool:
    return (place.file is not None or _is_address(place.path)) and not {"\n", "\r"} & set(place.path)


def _playlist(sentence: str, placed: Sequence[tuple[RankedImage, Standing]], folder: str) -> str:
    name = " ".join(sentence.split())
    lines = [_PLAYLIST, "#EXTENC:UTF-8", _MARK + name]
    for image, place in placed:
        lines += [f"#EXTINF:-1,{image.rank}. {os.path.basename(place.path)}", _listed(place, folder)]
    return "\n".join(lines) + "\n"


def _listed(place: Standing, folder: str) -> str:
    whole = _whole(place)
    if place.file is not None and not _is_address(place.file):
        with suppress(ValueError):  # another drive on Windows
            short = os.path.relpath(os.path.realpath(os.path.dirname(whole)), folder)
            if not short.startswith(os.pardir):
                whole = os.path.normpath(os.path.join(short, os.path.basename(whole)))
    return f"./{whole}" if whole.startswith("#") else whole


def _csv_header() -> str:
    stream = io.StringIO()
    write(_NOTHING, (), Format.csv, stream)
    return stream.getvalue()


_NOTHING = Ranking("", (), (), "", "", "like", None, None, True, "", 0, 0.0)
