"""Companions whose names phones and their services build in ways of their own. Pure: no file access.

Apple keeps `IMG_O1234.AAE` (what the camera did) beside `IMG_1234.HEIC`, and calls the edited copy `IMG_E1234.HEIC`,
whose edits stand in `IMG_1234.AAE`: support.apple.com/guide/image-capture.
Google Takeout puts the number of a namesake behind the extension (`a.jpg(1).json`, or also
`a.jpg.supplemental-metadata(1).json`, of `a(1).jpg`) and cuts what stands before `.json` off after 46 to 51 characters,
in the picture's own name too: support.google.com/accounts/answer/3024190.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from imgrank.formats import looks_like_picture

_APPLE = re.compile(r"([A-Za-z]{3}_)([EO]?)([0-9]{4,})")
_NUMBERED = re.compile(r"(.+)(\([0-9]+\))", re.DOTALL)
_JSON, _AAE = ".json", ".aae"
METADATA = ".supplemental-metadata"
_SHORTEST_CUT, _LONGEST_CUT = 46, 51


def keys(first: str, name: str) -> set[str]:
    """Under which beginnings a file is to be found beside `first`, its name up to the first dot."""
    found = {first}
    if apple := _APPLE.fullmatch(first):
        found.add(apple[1] + apple[3])
    inner = name[: -len(_JSON)] if name.lower().endswith(_JSON) else ""
    if numbered := _NUMBERED.fullmatch(inner):
        found.add(first + numbered[2])
    return found | {each[:_SHORTEST_CUT] for each in found}


def is_companion(other: str, name: str, siblings: Collection[str]) -> bool:
    """Whether a file goes with picture `name` although its name does not begin with that of the picture."""
    if _is_edit(other, name, siblings):
        return True
    if not is_takeout(other, name):
        return False
    namesakes = [each for each in siblings if each != name and looks_like_picture(each) and is_takeout(other, each)]
    inner, number = _inner(other)
    if len(inner) < len(name) - len(number):
        return not namesakes
    return _begins(inner, number, name) or not any(_begins(inner, number, each) for each in namesakes)


def is_takeout(other: str, name: str) -> bool:
    """Whether a file is what Google Takeout calls the metadata of `name`, by name and in any case."""
    if not other.lower().endswith(_JSON):
        return False
    inner, number = _inner(other)
    base = _base(name, number)
    cut = len(inner) <= _LONGEST_CUT and len(inner + number) >= _SHORTEST_CUT
    whole = (base + METADATA).lower()
    return bool(base) and whole.startswith(inner.lower()) and (len(inner) >= len(base) or cut)


def renamed(other: str, old: str, extension: str, new: str) -> str:
    """The name of a companion whose picture's stem was `old`, before `extension`, and is `new`."""
    if other.startswith(old + ".") or re.match(re.escape(old) + r"_\d\d\.", other):
        return new + other[len(old) :]
    if is_takeout(other, old + extension):
        inner, number = _inner(other)
        rest = inner[len(old) + len(extension) - len(number) :]
        number = number if new.endswith(number) else ""
        return new[: len(new) - len(number)] + extension + rest + number + _JSON
    variant, last = os.path.splitext(other)
    if old in new:
        before, _, after = new.rpartition(old)
        return before + variant + after + last
    apple = _APPLE.fullmatch(variant)
    return f"{new}_{apple[2]}{last}" if apple and apple[2] else new + last


def _is_edit(other: str, name: str, siblings: Collection[str]) -> bool:
    """Edits go with the original; with the edited copy where there is no original."""
    variant, last = os.path.splitext(other)
    mine, theirs = _APPLE.fullmatch(os.path.splitext(name)[0]), _APPLE.fullmatch(variant)
    if last.lower() != _AAE or not mine or not theirs or (mine[1], mine[3]) != (theirs[1], theirs[3]):
        return False
    if mine[2] == "":
        return theirs[2] == "O"
    originals = (each for each in siblings if each.startswith(mine[1] + mine[3] + ".") and looks_like_picture(each))
    return mine[2] == "E" and theirs[2] in ("", "O") and not any(originals)


def _base(name: str, number: str) -> str:
    """The name of a picture without the number of a namesake; nothing where it has another one."""
    stem, extension = os.path.splitext(name)
    return stem[: len(stem) - len(number)] + extension if stem.endswith(number) else ""


def _begins(inner: str, number: str, name: str) -> bool:
    """Whether both begin alike to the letter."""
    return inner.startswith(_base(name, number))


def _inner(other: str) -> tuple[str, str]:
    """What stands before `.json`, and the number of a namesake in it, if there is one."""
    inner = other[: -len(_JSON)]
    numbered = _NUMBERED.fullmatch(inner)
    return (numbered[1], numbered[2]) if numbered else (inner, "")
