"""Plans the tags: where each picture has or gets them, and what changes there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from imgrank.actions.embed import pictures
from imgrank.actions.embed.pictures import Edit
from imgrank.actions.file_names import is_too_long, key
from imgrank.actions.gather import Group, Member
from imgrank.actions.records import Action, Change, Plan, Problem, Request
from imgrank.actions.xmp_edit import has_tags, rating, stars_given, tag, untag
from imgrank.counting import counted
from imgrank.facts import facts_of
from imgrank.formats import RAW_EXTENSIONS, extension, looks_like_picture
from imgrank.paths import from_here, listed, printable, why
from imgrank.regular import read_regular

STAY_INSIDE = "tags inside, which stay"
_LARGEST_SIDECAR = 1 << 26  # bytes; an undo keeps as many
_NOT_ITS_OWN = "it belongs to another image"


def plan_tags(groups: Sequence[Group], request: Request) -> Plan:
    """The sidecars of each picture, and with `embed` the picture itself, with tags or without them.

    What cannot be read or written is left out and named; the picture stays as it is there.
    """
    found = list(_once(_tags(groups, request)))
    changes = tuple(each for each in found if isinstance(each, Change))
    left_out = tuple(each for each in found if isinstance(each, Problem))
    return Plan(request, changes, left_out, (*_notes(groups, request), *_tag_notes(changes, groups, request)))


def kept_of(change: Change) -> Iterator[bytes]:
    """The bytes that a change and its undo need."""
    yield from (text for text in (change.text, change.before) if text)
    if change.patch is not None:
        yield from (change.patch.delta, change.patch.back)


def sidecars_of(group: Group, picture: Member) -> tuple[tuple[str, bool], ...]:
    """The sidecars that a picture has, each with True; and those that it gets, with False.

    `a.xmp` belongs to the RAW of a shot, if there is one. A RAW gets `a.xmp`, which Lightroom, Bridge and Capture One
    read, and also `a.nef.xmp` where it has none at all: beside a fuller `a.xmp` a new one would hide from digiKam and
    darktable what stands there. Others get `a.jpg.xmp`. docs/how-to/tags.md says which program reads what.
    """
    raws = [member for member in group.members if extension(member.path) in RAW_EXTENSIONS]
    by_rest = {member.rest.lower(): member.path for member in group.members}
    is_raw = picture in raws
    wanted = [picture.rest.lower() + ".xmp"] + ([".xmp"] if is_raw or not raws else [])
    there = tuple((by_rest[rest], True) for rest in wanted if rest in by_rest)
    if is_raw:
        new = [".xmp"] if there else [".xmp", picture.rest + ".xmp"]
        new = [rest for rest in new if rest.lower() not in by_rest]
    else:
        new = [] if there else [picture.rest + ".xmp"]
    return (*there, *((os.path.join(group.folder, group.stem + rest), False) for rest in new))


def _once(found: Iterable[Change | Problem]) -> Iterator[Change | Problem]:
    """Two RAW files of one stem would share `a.xmp`; it goes to the first of them."""
    taken = set[str]()
    for each in found:
        if isinstance(each, Change):
            target = each.target or ""
            if key(target) in taken:
                yield _left_as_it_is(target, ValueError(_NOT_ITS_OWN))
                continue
            taken.add(key(target))
        yield each


def _tags(groups: Sequence[Group], request: Request) -> Iterator[Change | Problem]:
    found = [(group, picture) for group in groups for picture in group.members if looks_like_picture(picture.path)]
    paths = [picture.path for _, picture in found] if request.action is Action.tag else []
    ratings = {path: facts.rating for path, facts in zip(paths, facts_of(paths), strict=True)}
    for group, picture in found:
        for each in _tags_of(group, picture, request):
            yield _with_stars(each, group, picture, request, ratings) if isinstance(each, Change) else each


def _with_stars(
    change: Change, group: Group, picture: Member, request: Request, ratings: Mapping[str, float | None]
) -> Change:
    if request.action is not Action.tag:
        return change
    stars, there = _stars(group, request), round(ratings[picture.path] or 0)
    is_other = there not in (0, stars) and not _is_given(group, picture, there)
    return replace(change, stars=stars, stars_before=there if is_other else None)


def _stars(group: Group, request: Request) -> int:
    return request.stars.get(group.image.path, rating(group.image.percentile))


def _is_given(group: Group, picture: Member, stars: int) -> bool:
    """Whether imgrank gave these stars, in a sidecar or in the picture; what exiftool reads is too slow to ask."""
    beside = (path for path, exists in sidecars_of(group, picture) if exists)
    inside = partial(pictures.packet_here, picture.path)
    readers: tuple[Callable[[], bytes | None], ...] = (*(partial(_bytes, path) for path in beside), inside)
    for packet in readers:
        with suppress(OSError, ValueError):
            if stars_given((packet() or b"").rstrip(b"\0")) == stars:
                return True
    return False


def _tags_of(group: Group, picture: Member, request: Request) -> Iterator[Change | Problem]:
    inside = request.embed and pictures.can_hold(picture.path)
    edit = _edit_of(group, picture, request)
    if inside:
        yield from _change_in_picture(group, picture, request, edit)
    for path, exists in sidecars_of(group, picture):
        if exists or not (inside or request.action is Action.untag):
            yield from _change_in_sidecar(group, picture, request, edit, path, exists)


def _edit_of(group: Group, picture: Member, request: Request) -> Edit:
    if request.action is Action.untag:
        return lambda before: b"" if before is None else untag(before)
    image = group.image
    keyword = request.keyword if request.keyword_on.takes(image) else ""
    others = pictures.keywords_in(picture.path) if keyword else ()
    stars = _stars(group, request)
    return partial(tag, rank=image.rank, score=image.score, stars=stars, keyword=keyword, others=others)


def _change_in_picture(group: Group, picture: Member, request: Request, edit: Edit) -> Iterator[Change | Problem]:
    try:
        patch = pictures.edited(picture.path, edit)
    except (OSError, ValueError) as error:
        yield _left_as_it_is(picture.path, error)
        return
    if patch is not None:
        yield _change(group, picture, request, picture.path, patch=patch)


def _change_in_sidecar(
    group: Group, picture: Member, request: Request, edit: Edit, path: str, exists: bool
) -> Iterator[Change | Problem]:
    try:
        if is_too_long(os.path.basename(path)):
            raise ValueError("its name would be too long")
        if os.path.islink(path):
            raise ValueError("it is a link to a file elsewhere")
        if os.path.lexists(path) and not os.path.isfile(path):
            raise ValueError("it is not a regular file")
        if not exists and os.path.lexists(path):
            raise ValueError(_NOT_ITS_OWN)
        before = _bytes(path) if exists else None
        text = edit(before)
    except (OSError, ValueError) as error:
        yield _left_as_it_is(path, error)
        return
    if text != before:
        yield _change(group, picture, request, path, text=text, before=before)


def _change(group: Group, picture: Member, request: Request, target: str, **how: object) -> Change:
    image = group.image
    return Change(
        request.action,
        picture.path,
        target,
        image.rank,
        image.score,
        picture.size,
        picture.mtime_ns,
        group.stem,
        **how,  # type: ignore[arg-type]  # fields of Change by name, which "object" hides
    )


def _left_as_it_is(path: str, error: OSError | ValueError) -> Problem:
    words = why(error) if isinstance(error, OSError) else str(error)
    return Problem("tags", path, f"{from_here(path)} is left as it is: {words}.")


def _notes(groups: Sequence[Group], request: Request) -> Iterator[str]:
    paths = [member.path for group in groups for member in group.members if looks_like_picture(member.path)]
    if request.embed:
        outside = [path for path in paths if not pictures.can_hold(path)]
        if outside and request.action is Action.tag:
            count = counted(
                len(outside), "image cannot be written into, and gets", "images cannot be written into, and get"
            )
            yield f"{count} a sidecar: {listed(outside)}."
        waiting = [path for path in outside if pictures.needs_exiftool(path)]
        if waiting:
            yield f"With exiftool installed, tags could be written into {len(waiting)} more."
    elif request.action is Action.untag:
        tagged = [path for path in paths if _has_tags_inside(path)]
        if tagged:
            hold = counted(len(tagged), "image holds", "images hold")
            yield f"{hold} {STAY_INSIDE}: {listed(tagged)}."


def _tag_notes(changes: Sequence[Change], groups: Sequence[Group], request: Request) -> Iterator[str]:
    replaced = list(dict.fromkeys(change.source for change in changes if change.stars_before is not None))
    if replaced:
        have = counted(len(replaced), "image has", "images have")
        yield f"{have} stars of yours, which are replaced: {listed(replaced)}. An undo brings them back."
    is_given = bool(changes) and any(request.keyword_on.takes(group.image) for group in groups)
    if is_given and any(sign in request.keyword for sign in ",;"):
        yield (
            f'The keyword "{printable(request.keyword)}" is written as one keyword. Some programs split it at commas '
            "or semicolons; for several keywords, tag once with each."
        )


def _has_tags_inside(path: str) -> bool:
    try:
        packet = pictures.packet_in(path) if pictures.can_hold(path) else None
        return packet is not None and has_tags(packet.rstrip(b"\0"))
    except (OSError, ValueError):
        return False


def _bytes(path: str) -> bytes:
    return read_regular(path, _LARGEST_SIDECAR)
