"""What the trash takes of a ranking, and what it may not: no pictures by an order that may mean nothing, and no
companions of pictures that stay."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from imgrank.actions.file_names import companions, key, split
from imgrank.actions.gather import Group, Siblings
from imgrank.actions.no_clobber import RealFolders
from imgrank.actions.records import Action, Request
from imgrank.errors import DoubtfulOrder
from imgrank.formats import looks_like_picture
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking


def thrown_away(images: Iterable[RankedImage], bottom: int | None, min_score: float | None) -> tuple[RankedImage, ...]:
    """What the trash takes: pictures that score less than `min_score`, the last `bottom` of them if both are given."""
    poor = tuple(image for image in images if min_score is None or image.score < min_score)
    return poor[-bottom:] if bottom else poor


def refuse_doubt(ranking: Ranking, request: Request) -> None:
    """Raise DoubtfulOrder where pictures would be thrown away by an order that may mean nothing."""
    if request.action is Action.trash and not ranking.confident:
        raise DoubtfulOrder(
            f'No image here clearly matches "{printable(ranking.query)}", so the order may mean little and the wrong '
            "images could be thrown away. Nothing was changed."
        )


def spare(
    groups: Sequence[Group], chosen: Iterable[RankedImage], everyone: Iterable[RankedImage]
) -> tuple[list[Group], tuple[str, ...]]:
    """The groups without companions that belong to a picture that stays as well, and the paths of these companions.

    A picture stays if it was ranked, in `everyone`, and not `chosen`; and one that nobody ranked stays too, unless
    it goes as the RAW or JPEG twin of one that was chosen.
    """
    real = RealFolders()
    meant = {key(real.holding(image.path)) for image in chosen}
    staying = {key(real.holding(image.path)) for image in everyone} - meant
    going = {member.path for group in groups for member in group.members}
    with_them = {path for path in going if key(path) not in meant}
    spared = {path for path in with_them if key(path) in staying}
    siblings = Siblings({group.folder for group in groups})
    while more := {path for path in with_them - spared if _shared(path, siblings, going - spared)}:
        spared |= more
    kept = (tuple(each for each in group.members if each.path not in spared) for group in groups)
    return [replace(group, members=members) for group, members in zip(groups, kept, strict=True)], tuple(sorted(spared))


def _shared(path: str, siblings: Siblings, going: Collection[str]) -> bool:
    """Whether a companion belongs to a picture that does not go; `a.jpg.xmp` belongs to `a.jpg` and to no other."""
    folder, name = os.path.split(path)
    names = siblings.of(folder, name)
    owner = split(name)[0]
    owners = [owner] if owner in names else [other for other in names if companions(other, [name])]
    return any(looks_like_picture(other) and os.path.join(folder, other) not in going for other in owners)
