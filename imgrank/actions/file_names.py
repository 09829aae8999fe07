"""File names: their companions, and what makes two of them the same. Pure: no file access."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterable

from imgrank.actions import phones
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
        or phones.is_companion(other, name, siblings)
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
    if last == ".json" and len(cut := split(inner)[1]) > 1 and phones.METADATA.startswith(cut):
        inner = split(inner)[0] or inner
    if last in SIDECARS:
        return inner == extension or _twins(extension, inner)
    return rest in SIDECARS or rest in RECORDINGS or _twins(extension, rest)


def _twins(one: str, other: str) -> bool:
    """Two extensions of one shot: both are pictures, and one of them alone is RAW."""
    return looks_like_picture("x" + other) and (one in RAW_EXTENSIONS) != (other in RAW_EXTENSIONS)
