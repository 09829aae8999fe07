"""Makes a plan: groups of files and a request in, changes out. Pure: what is on the disk is handed in."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imgrank.actions.gather import Group, Member
from imgrank.actions.names import DEFAULT_TEMPLATE, Template, key, ranked_alike, split, without_rank
from imgrank.actions.records import Action, Change, OnConflict, Plan, Problem, Request
from imgrank.paths import printable

_Wanted = tuple[str, str, tuple[str, ...]]  # folder, stem, and what the names of the files have after it


@dataclass(frozen=True, slots=True)
class _Wish:
    """A group and the name that it should have."""

    group: Group
    folder: str
    stem: str
    original: str


def plan(
    groups: Sequence[Group],
    request: Request,
    *,
    count: int,
    present: Mapping[str, Collection[str]],
    originals: Mapping[str, str] | None = None,
) -> Plan:
    """The changes that `request` asks for, in rank order; files that already have their name are not in it.

    `count` is the number of pictures in the whole ranking, for the width of ranks. `present` maps each folder
    that files leave or come to, to the names in it. `originals` maps pictures to the stem they had before an
    earlier rename. A taken name is settled as `request.on_conflict` says (`fail`: the change stays in the plan,
    for the check to refuse). Raises UsageError for a template that cannot be used.
    """
    if request.action is Action.trash:
        return Plan(request, tuple(_change(request, g, m, None) for g in groups for m in g.members))
    wishes = list(_wishes(groups, request, count, originals or {}))
    staying: set[int] = set()
    while True:
        placed = _place(wishes, request, present, staying)
        skipped = {number for number, stem in enumerate(placed) if stem is None}
        if skipped <= staying:
            break
        staying |= skipped
    changes = [
        change
        for wish, stem in zip(wishes, placed, strict=True)
        if stem is not None
        for change in _changes(request, wish, stem)
    ]
    return Plan(request, tuple(changes), tuple(_left_out(wishes[number]) for number in sorted(staying)))


def _wishes(groups: Sequence[Group], request: Request, count: int, originals: Mapping[str, str]) -> Iterator[_Wish]:
    text = request.template or (DEFAULT_TEMPLATE if request.action is Action.rename else None)
    template = Template(text) if text else None
    alike = len(groups) == count and ranked_alike([group.stem for group in groups])
    for group in groups:
        original = originals.get(group.members[0].path) or (without_rank(group.stem) if alike else group.stem)
        stem = group.stem
        if template:
            stem = template.stem(group.image.rank, len(str(count)), group.image.score, original, request.query)
        yield _Wish(group, request.folder or group.folder, stem, original)


def _place(
    wishes: Sequence[_Wish], request: Request, present: Mapping[str, Collection[str]], staying: Collection[int]
) -> list[str | None]:
    """The stem that each wish gets, or None where it is skipped. Names that are given up are free for others."""
    names = {os.path.join(folder, name) for folder, inside in present.items() for name in inside}
    if request.action in (Action.rename, Action.move):
        leaving = [wish for number, wish in enumerate(wishes) if number not in staying]
        names -= {member.path for wish in leaving for member in wish.group.members}
    taken = set(map(key, names))
    tried: dict[_Wanted, int] = {}
    placed: list[str | None] = []
    for number, wish in enumerate(wishes):
        stem = None if number in staying else _free_stem(wish, request.on_conflict, taken, tried)
        if stem is not None:
            taken.update(key(os.path.join(wish.folder, stem + member.rest)) for member in wish.group.members)
        placed.append(stem)
    return placed


def _free_stem(wish: _Wish, on_conflict: OnConflict, taken: Collection[str], tried: dict[_Wanted, int]) -> str | None:
    """The stem that a wish gets, or None. `tried`: up to which number the names for what is wanted are taken."""
    wanted = (wish.folder, wish.stem, tuple(member.rest for member in wish.group.members))
    number = tried.get(wanted, 1)
    stem = wish.stem if number == 1 else f"{wish.stem}-{number}"
    while any(key(os.path.join(wish.folder, stem + member.rest)) in taken for member in wish.group.members):
        if on_conflict is OnConflict.fail:
            return wish.stem
        if on_conflict is OnConflict.skip:
            return None
        number += 1
        stem = f"{wish.stem}-{number}"
    tried[wanted] = number
    return stem


def _changes(request: Request, wish: _Wish, stem: str) -> Iterator[Change]:
    for member in wish.group.members:
        target = os.path.join(wish.folder, stem + member.rest)
        if target != member.path:
            yield _change(request, wish.group, member, target, wish.original)


def _change(request: Request, group: Group, member: Member, target: str | None, stem: str = "") -> Change:
    image = group.image
    return Change(
        request.action, member.path, target, image.rank, image.score, member.size, member.mtime_ns, stem or group.stem
    )


def _left_out(wish: _Wish) -> Problem:
    path, rest = wish.group.members[0].path, split(wish.group.members[0].path)[1]
    name = wish.stem + rest
    return Problem("collision", path, f"{printable(path)} is skipped: the name {printable(name)} is taken.")
