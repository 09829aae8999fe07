"""File names: their companions, and what makes two of them the same. Pure: no file access.

Phones and their services build names of companions in ways of their own.
Apple keeps `IMG_O1234.AAE` (what the camera did) beside `IMG_1234.HEIC`, and calls the edited copy `IMG_E1234.HEIC`,
whose edits stand in `IMG_1234.AAE`: support.apple.com/guide/image-capture.
Google Takeout puts the number of a namesake behind the extension (`a.jpg(1).json`, or also
`a.jpg.supplemental-metadata(1).json`, of `a(1).jpg`) and cuts what stands before `.json` off after 46 to 51 characters,
in the picture's own name too: support.google.com/accounts/answer/3024190.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Collection, Iterable

from imgrank.formats import RAW_EXTENSIONS, looks_like_picture

# What programs and cameras keep beside a picture, as `a.xmp` or `a.jpg.xmp`, with where it is described.
SIDECARS = frozenset(
    {
        ".xmp",  # Lightroom, digiKam, darktable: docs.darktable.org/usermanual/4.8/en/overview/sidecar-files
        ".json",  # Google Takeout: support.google.com/accounts/answer/3024190
        ".aae",  # Apple Photos, edits of a picture: support.apple.com/guide/photos (Export photos)
        ".acr",  # Adobe Camera Raw, masks: helpx.adobe.com/camera-raw/using/acr-files.html
        ".arp",  # ART, as .pp3: art.pixls.us
        ".dop",  # DxO PhotoLab: support.dxo.com (Sidecar files)
        ".on1",  # ON1 Photo RAW: on1.com/blog (Sidecars)
        ".pp3",  # RawTherapee: rawpedia.rawtherapee.com/Sidecar_Files_-_Processing_Profiles
        ".vrd",  # Canon Digital Photo Professional: exiftool.org/TagNames/CanonVRD.html
    }
)
# What a camera took along with a picture, under its very name.
RECORDINGS = frozenset(
    {
        ".mov",  # Live Photo: support.apple.com/en-us/104966
        ".mp",  # motion photo of Pixel phones: developer.android.com/media/platform/motion-photo-format
        ".mp4",
        ".thm",  # thumbnail of old Canon cameras: exiftool.org/filename.html
        ".wav",  # voice memo of Canon, Nikon and Sony cameras
    }
)
_DUPLICATE = re.compile(r"(.+)_\d\d(\.[^.]+\.xmp)", re.DOTALL | re.IGNORECASE)  # darktable: a_01.jpg.xmp of a.jpg
_PREFIX = re.compile(r"(\d+)-(?=.)", re.DOTALL)


def is_too_long(name: str) -> bool:
    """Whether no file can have this name: 255 bytes are the most, characters on Windows and macOS."""
    return (len(os.fsencode(name)) if sys.platform == "linux" else len(name)) > 255


def key(path: str) -> str:
    """Equal for two paths that some file system takes for one: by case, or by Unicode form."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def split(name: str) -> tuple[str, str]:
    """Stem and extension of a file name."""
    return os.path.splitext(name)


def ranked_alike(stems: Iterable[str]) -> bool:
    """Whether names carry a whole set of ranks, 1 to their count in one width: a rank that we may replace."""
    found = [_PREFIX.match(stem) for stem in stems]
    numbers = [match[1] for match in found if match]
    width = len(str(len(found)))
    whole = sorted(map(int, numbers)) == list(range(1, len(found) + 1))
    return bool(found) and whole and all(len(number) == width for number in numbers)


def without_rank(stem: str) -> str:
    """The stem after `0001-`."""
    return _PREFIX.sub("", stem, count=1)


def companions(name: str, siblings: Collection[str]) -> list[str]:
    """Files of a folder that go with picture `name`.

    Sidecars, what the camera recorded with it, its RAW or JPEG twin, and the twin's sidecars.
    """
    stem, extension = split(name)
    rests = {other: _rest(other, stem, siblings) for other in siblings if other != name}
    return sorted(
        other
        for other, rest in rests.items()
        if (rest and _belongs(extension.lower(), rest.lower()) and not _is_of_namesake(other, name, rests))
        or is_phone_companion(other, name, siblings)
    )


def _rest(other: str, stem: str, siblings: Collection[str]) -> str:
    """What a name has after the stem: `.jpg.xmp`, for `a_01.jpg.xmp` too unless there is an `a_01.jpg`; or nothing."""
    if other.startswith(stem + "."):
        return other[len(stem) :]
    duplicate = _DUPLICATE.fullmatch(other)
    return duplicate[2] if duplicate and duplicate[1] == stem and split(other)[0] not in siblings else ""


def is_of_stem(other: str, name: str) -> bool:
    """Whether a file has the stem of a picture, whatever it is."""
    return other != name and other.startswith(split(name)[0] + ".")


def _is_of_namesake(other: str, name: str, near: Collection[str]) -> bool:
    """Whether `a.jpg.xmp` would go with `a.JPG`, and there is an `a.jpg`."""
    return any(other.startswith(each + ".") and each.lower() == name.lower() for each in near)


def _belongs(extension: str, rest: str) -> bool:
    """Whether `stem + rest` goes with `stem + extension`: `a.xmp`, `a.jpg.xmp`, `a.cr2`, `a.cr2.xmp` with `a.jpg`."""
    inner, last = split(rest)
    if last == ".json" and len(cut := split(inner)[1]) > 1 and TAKEOUT_METADATA.startswith(cut):
        inner = split(inner)[0] or inner
    if last in SIDECARS:
        return inner == extension or _twins(extension, inner)
    return rest in SIDECARS or rest in RECORDINGS or _twins(extension, rest)


def _twins(one: str, other: str) -> bool:
    """Two extensions of one shot: both are pictures, and one of them alone is RAW."""
    return looks_like_picture("x" + other) and (one in RAW_EXTENSIONS) != (other in RAW_EXTENSIONS)


_APPLE = re.compile(r"([A-Za-z]{3}_)([EO]?)([0-9]{4,})")
_NUMBERED = re.compile(r"(.+)(\([0-9]+\))", re.DOTALL)
_JSON, _AAE = ".json", ".aae"
TAKEOUT_METADATA = ".supplemental-metadata"
_SHORTEST_CUT, _LONGEST_CUT = 46, 51


def companion_keys(first: str, name: str) -> set[str]:
    """Under which beginnings a file is to be found beside `first`, its name up to the first dot."""
    found = {first}
    if apple := _APPLE.fullmatch(first):
        found.add(apple[1] + apple[3])
    inner = name[: -len(_JSON)] if name.lower().endswith(_JSON) else ""
    if numbered := _NUMBERED.fullmatch(inner):
        found.add(first + numbered[2])
    return found | {each[:_SHORTEST_CUT] for each in found}


def is_phone_companion(other: str, name: str, siblings: Collection[str]) -> bool:
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
    whole = (base + TAKEOUT_METADATA).lower()
    return bool(base) and whole.startswith(inner.lower()) and (len(inner) >= len(base) or cut)


def renamed_companion(other: str, old: str, extension: str, new: str) -> str:
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
