"""Plans the tags: which sidecar each picture has or gets, and its new bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from imgrank.actions.gather import Group
from imgrank.actions.names import split
from imgrank.actions.records import Action, Change, Plan, Problem, Request
from imgrank.actions.xmp import rating, tag
from imgrank.formats import RAW_EXTENSIONS
from imgrank.paths import printable, why


def plan_tags(groups: Sequence[Group], request: Request) -> Plan:
    """One sidecar a picture. A sidecar that cannot be read is left out and named; its picture stays untagged."""
    found = list(_tags(groups))
    changes = tuple(each for each in found if isinstance(each, Change))
    return Plan(request, changes, tuple(each for each in found if isinstance(each, Problem)))


def _tags(groups: Iterable[Group]) -> Iterator[Change | Problem]:
    for group in groups:
        picture, image = group.members[0], group.image
        path, exists = sidecar_of(group)
        try:
            if os.path.islink(path):
                raise ValueError("it is a link to a file elsewhere")
            if not exists and os.path.lexists(path):
                raise ValueError("it belongs to another picture")
            before = _bytes(path) if exists else None
            text = tag(before, image.rank, image.score, rating(image.percentile))
        except (OSError, ValueError) as error:
            words = why(error) if isinstance(error, OSError) else str(error)
            yield Problem("sidecar", path, f"{printable(path)} is left as it is: {words}.")
            continue
        if text != before:
            yield Change(
                Action.tag,
                picture.path,
                path,
                image.rank,
                image.score,
                picture.size,
                picture.mtime_ns,
                group.stem,
                text,
                before,
            )


def sidecar_of(group: Group) -> tuple[str, bool]:
    """The sidecar that a picture has, and True; or that it gets, and False.

    A new one is `a.xmp` for RAW, as Lightroom has it, and `a.jpg.xmp` for others, as digiKam and darktable do.
    """
    picture = group.members[0]
    extension = split(picture.path)[1]
    own, shared = extension.lower() + ".xmp", ".xmp"
    by_rest = {member.rest.lower(): member.path for member in group.members}
    for rest in (own, shared):
        if rest in by_rest:
            return by_rest[rest], True
    rest = shared if extension.lower() in RAW_EXTENSIONS else extension + ".xmp"
    return os.path.join(group.folder, group.stem + rest), False


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
