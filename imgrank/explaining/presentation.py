"""An explanation for people: in words, and as a map over the picture with the score and the labelled pictures like it.

A map is written over a map of imgrank's own, and over no other file ever.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from PIL.PngImagePlugin import PngInfo

from imgrank.arrays import Floats
from imgrank.decode import DecodeError, open_image
from imgrank.errors import UsageError
from imgrank.explaining.explanation import Explanation
from imgrank.paths import printable, why
from imgrank.rounding import decimals_for
from imgrank.version import __version__

ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")
NAMES = {("middle", "centre"): "centre", ("middle", "left"): "left", ("middle", "right"): "right"}
WHO = {
    "zero-shot": "similarity",
    "like": "similarity to the image",
    "between": "its place between the images",
}
NAMED = 3  # regions at most that are named


def score_words(one: Explanation) -> str:
    """The score with its unit, as people read it."""
    return _number(one.score, one) + _unit(one)


def difference(one: Explanation, other: Explanation) -> str:
    """Which of two pictures scores more, and by how much."""
    gap = one.score - other.score
    which = "the first" if gap > 0 else "the second"
    return "both have the same score" if gap == 0 else f"{which} scores more by {_number(abs(gap), one)}{_unit(one)}"


def told(explanations: Sequence[Explanation]) -> list[str]:
    """Lines about each picture: score, places and examples; of two pictures, the difference last."""
    lines = [line for one in explanations for line in _told(one)]
    return [*lines, difference(*explanations)] if len(explanations) == 2 else lines


def _told(one: Explanation) -> list[str]:
    who = one.adapter or WHO.get(one.scorer, one.scorer)
    who = f"{one.asked.quantity}, measured at full size" if one.scorer == "detail" and one.asked is not None else who
    who += f" ({one.asked.reason})" if one.asked is not None else ""
    lines = [f"{one.path}: {score_words(one)} for “{one.explained}”, by {who}"]
    if one.scorer != "detail" or one.influence.any():
        lines += [f"  {end}: {_places(one, turn)}" for end, turn in zip(one.ends, (1, -1), strict=True)]
    lines += [f"  {note}" for note in one.notes]
    if one.examples:
        lines.append("  most similar labelled images:")
        lines += [f"    {example.said}: {example.path} (similarity {example.likeness:.2f})" for example in one.examples]
    elif one.adapter:
        lines.append(f"  no labelled images were kept with {one.adapter}")
    return lines


def as_json(explanations: Sequence[Explanation]) -> str:
    """Everything, with the maps as rows of numbers; with two pictures, the difference of their scores."""
    fields: dict[str, Any] = {"images": [_fields(one) for one in explanations]}
    if len(explanations) == 2:
        fields["difference"] = explanations[0].score - explanations[1].score
    return json.dumps(fields, ensure_ascii=False, indent=2)


def _fields(one: Explanation) -> dict[str, Any]:
    return {
        "path": one.path,
        "sentence": one.sentence,
        "score": one.score,
        "unit": one.unit,
        "scorer": one.scorer,
        "adapter": one.adapter,
        "relevant": one.relevant,
        "influence": [[float(f"{part:.6g}") for part in row] for row in one.influence],
        "ends": list(one.ends),
        "shares": [{"text": text, "share": share} for text, share in one.shares],
        "asked": None if one.asked is None else one.asked.fields(),
        "notes": list(one.notes),
        "examples": [{"path": e.path, "likeness": e.likeness, "said": e.said} for e in one.examples],
    }


def _places(one: Explanation, turn: int) -> str:
    """The thirds of the picture whose strongest part is on this side of 0, the strongest first, with that part."""
    regions = [
        (NAMES.get((row, column), f"{row} {column}"), turn * _strongest(block))
        for row, band in zip(ROWS, np.array_split(one.influence, 3, axis=0), strict=True)
        for column, block in zip(COLUMNS, np.array_split(band, 3, axis=1), strict=True)
    ]
    most = abs(_strongest(one.influence))
    weighing = sorted((r for r in regions if most and r[1] >= most / 4), key=lambda r: -r[1])[:NAMED]
    return ", ".join(f"{name} ({_number(weight, one)})" for name, weight in weighing) or "nothing much"


def _strongest(influence: Floats) -> float:
    """Of parts, the one farthest from 0."""
    return float(influence.flat[np.abs(influence).argmax()])


def _number(value: float, one: Explanation) -> str:
    rounded = round(value, decimals := decimals_for(float(np.abs(one.influence).max())))
    return f"{rounded + 0.0:.{decimals}f}"  # no negative zero


def _unit(one: Explanation) -> str:
    return f" {one.unit}" if one.unit else ""


LARGE, SIDE, THUMB, GAP, MARGIN = 900, 480, 111, 12, 24
PAPER, INK, QUIET = "#ffffff", "#1b1d21", "#5a606b"
FOR, AGAINST = np.array([214.0, 80, 20]), np.array([25.0, 90, 200])
STRONGEST = 0.8  # how much of the picture the colour hides where it is strongest


def map_over(picture: Image.Image, influence: Floats, most: float) -> Image.Image:
    """The picture in grey; orange over what speaks for the sentence, blue over what speaks against it.

    An influence of `most` either way is painted strongest.
    """
    grey = np.asarray(ImageOps.autocontrast(picture.convert("L"), cutoff=1), np.float64)[..., None] * 0.75 + 60
    part = Image.fromarray((influence / most if most else influence).astype(np.float32))
    share = np.clip(np.asarray(part.resize(picture.size, Image.Resampling.BICUBIC), np.float64), -1, 1)[..., None]
    cover = STRONGEST * np.abs(share)
    painted = grey * (1 - cover) + np.where(share > 0, FOR, AGAINST) * cover
    return Image.fromarray(painted.clip(0, 255).astype(np.uint8))


def draw_map(one: Explanation) -> Image.Image:
    """The map over the picture alone, on a scale of its own."""
    return map_over(_open(one.path, LARGE), one.influence, float(np.abs(one.influence).max()))


def draw(explanations: Sequence[Explanation]) -> Image.Image:
    """One column a picture: its map, name, score and examples. One alone stands beside its own photograph.

    Colours of several are on one scale. A picture that has become unreadable is an empty frame.
    """
    most = max(float(np.abs(one.influence).max()) for one in explanations)
    columns = [_column(one, map_over(_open(one.path, SIDE), one.influence, most)) for one in explanations]
    if len(columns) == 1:
        columns.insert(0, _framed(_open(explanations[0].path, SIDE)))
    return _sheet(columns, _heading(explanations), explanations[0].ends)


def _heading(explanations: Sequence[Explanation]) -> list[str]:
    first = explanations[0]
    lines = [f"“{first.explained}”" + (f", a part of “{first.sentence}”" if first.shares else "")]
    return [*lines, difference(*explanations[:2])] if len(explanations) > 1 else lines


def _sheet(columns: Sequence[Image.Image], heading: Sequence[str], ends: tuple[str, str]) -> Image.Image:
    top = MARGIN + 34 * len(heading) + GAP
    height = top + max(column.height for column in columns) + 60
    sheet = Image.new("RGB", (2 * MARGIN + len(columns) * (SIDE + GAP) - GAP, height), PAPER)
    for number, line in enumerate(heading):
        _write(sheet, (MARGIN, MARGIN + 34 * number), line, 24 if number == 0 else 20, INK, sheet.width - 2 * MARGIN)
    for number, column in enumerate(columns):
        sheet.paste(column, (MARGIN + number * (SIDE + GAP), top))
    _legend(sheet, height - 44, ends)
    return sheet


def _column(one: Explanation, picture: Image.Image) -> Image.Image:
    framed = _framed(picture)
    column = Image.new("RGB", (SIDE, framed.height + 66 + (THUMB + 46 if one.examples else 0)), PAPER)
    column.paste(framed, (0, 0))
    _write(column, (0, framed.height + 8), score_words(one), 20, INK, SIDE)
    _write(column, (0, framed.height + 36), os.path.basename(one.path), 16, QUIET, SIDE)
    for number, example in enumerate(one.examples):
        left = number * (THUMB + GAP)
        thumb = ImageOps.fit(_open(example.path, 2 * THUMB), (THUMB, THUMB))
        column.paste(thumb, (left, framed.height + 70))
        _write(column, (left, framed.height + 74 + THUMB), example.said, 14, QUIET, THUMB)
    return column


def _framed(picture: Image.Image) -> Image.Image:
    """On paper of the width of a column."""
    frame = Image.new("RGB", (SIDE, picture.height), PAPER)
    frame.paste(picture, (0, 0))
    return frame


def _legend(sheet: Image.Image, top: int, ends: tuple[str, str]) -> None:
    bar = map_over(Image.new("RGB", (160, 16), "#c0c0c0"), np.linspace(-1, 1, 160)[None], 1.0)
    sheet.paste(bar, (MARGIN, top))
    _write(sheet, (MARGIN + 170, top - 3), f"orange: {ends[0]}, blue: {ends[1]}", 16, QUIET, sheet.width)


def _write(sheet: Image.Image, at: tuple[int, int], words: str, size: int, colour: str, width: int) -> None:
    """One line, cut short where it is too long."""
    font = ImageFont.load_default(size)
    words = printable(words)
    while len(words) > 1 and font.getlength(words) > width:
        words = words[:-2].rstrip("…") + "…"
    ImageDraw.Draw(sheet).text(at, words, fill=colour, font=font)


def _open(path: str, side: int) -> Image.Image:
    try:
        return Image.fromarray(np.asarray(open_image(path, side)))  # from bare pixels: no place comes along
    except DecodeError:
        return Image.new("RGB", (side, side), "#d4d7dd")


def jpeg(picture: Image.Image) -> bytes:
    """The picture's bytes, for a page."""
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=88)
    return into.getvalue()


_KEY, _VALUE = "Software", "imgrank explain"


def check_out(path: str) -> None:
    """Raise UsageError where a map cannot be written at `path`, or would replace what imgrank did not write."""
    if not path.lower().endswith(".png"):
        raise UsageError(f"A heat map is a PNG file, but {printable(path)} does not end in .png.")
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise UsageError(f"The heat map {printable(path)} cannot be written: its folder does not exist.")
    if os.path.lexists(path) and not _is_ours(path):
        raise UsageError(
            f"{printable(path)} already exists and was not made by imgrank, so it was not replaced.",
            "Choose another name for {out}, or remove that file first.",
        )


def write_map(picture: Image.Image, path: str) -> None:
    """Write the picture as a PNG that says whose it is. Raises UsageError as `check_out` does."""
    check_out(path)
    marked = PngInfo()
    marked.add_text(_KEY, f"{_VALUE} {__version__}")
    try:
        picture.save(path, "PNG", pnginfo=marked)
    except OSError as error:
        raise UsageError(f"The heat map {printable(path)} cannot be written: {why(error)}.") from error


def _is_ours(path: str) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as there:
            return str(there.info.get(_KEY, "")).startswith(_VALUE)
    except (OSError, ValueError, SyntaxError):
        return False
