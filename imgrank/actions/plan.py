"""Makes a plan: groups of files and a request in, changes out. Pure: what is on the disk is handed in."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imgrank.actions.file_names import key, ranked_alike, renamed_companion, split, without_rank
from imgrank.actions.gather import Group, Member, Twins, never
from imgrank.actions.records import Action, Change, OnConflict, Plan, Problem, Request
from imgrank.actions.templates import DEFAULT_TEMPLATE, Details, Template
from imgrank.facts import Facts
from imgrank.paths import from_here

_Wanted = tuple[str, str, tuple[str, ...]]  # folder, stem, and what the names of the files have after it


@dataclass(frozen=True, slots=True)
class _Naming:
    """A group and the name that it should have."""

    group: Group
    folder: str
    stem: str
    original: str

    @property
    def wanted(self) -> _Wanted:
        """What others may want, too."""
        return self.folder, self.stem, tuple(self.targets(self.stem))

    def targets(self, stem: str) -> list[str]:
        """The paths of its files under a stem."""
        picture = split(self.group.members[0].path)[1]
        names = (os.path.basename(member.path) for member in self.group.members)
        return [os.path.join(self.folder, renamed_companion(name, self.group.stem, picture, stem)) for name in names]

    def numbered(self, number: int) -> str:
        """The stem, or the stem with a number from 2 on."""
        return self.stem if number == 1 else f"{self.stem}-{number}"


def plan(
    groups: Sequence[Group],
    request: Request,
    *,
    count: int,
    present: Mapping[str, Collection[str]],
    originals: Mapping[str, str] | None = None,
    facts: Mapping[str, Facts] | None = None,
    is_twin: Twins = never,
) -> Plan:
    """The changes that `request` asks for, in rank order; files that already have their name are not in it.

    `count` is the number of pictures in the whole ranking, for the width of ranks. `present` maps each folder
    that files leave or come to, to the names in it. `originals` maps pictures to the stem they had before an
    earlier rename, `facts` to what a template asks of them. A taken name is settled as `request.on_conflict`
    says (`fail`: the change stays in the plan, for the check to refuse); where `is_twin` finds that it holds the
    very thing which would be made, it is left so.
    Raises UsageError for a template that cannot be used.
    """
    if request.action is Action.trash:
        return Plan(request, tuple(_change(request, g, m, None) for g in groups for m in g.members))
    namings = list(_namings(groups, request, count, originals or {}, facts or {}))
    leaves = request.action in (Action.rename, Action.move)
    names = _Names({os.path.join(folder, name) for folder, inside in present.items() for name in inside}, is_twin)
    if leaves:
        names.give_up(member.path for naming in namings for member in naming.group.members)
    if request.on_conflict is OnConflict.skip:
        placed = _place_or_skip(namings, names, leaves)
    else:
        placed = [names.take(naming, request.on_conflict is OnConflict.fail) for naming in namings]
    changes = [
        change
        for naming, stem in zip(namings, placed, strict=True)
        if stem is not None
        for change in _changes(request, naming, stem, names.settled)
    ]
    left_out = (_left_out(naming) for naming, stem in zip(namings, placed, strict=True) if stem is None)
    return Plan(request, tuple(changes), tuple(left_out))


def template_of(request: Request) -> Template | None:
    """The template of new names; None where files keep theirs. Raises UsageError for one that cannot be used."""
    text = request.template or (DEFAULT_TEMPLATE if request.action is Action.rename else None)
    return Template(text) if text else None


def _namings(
    groups: Sequence[Group], request: Request, count: int, originals: Mapping[str, str], facts: Mapping[str, Facts]
) -> Iterator[_Naming]:
    template = template_of(request)
    alike = len(groups) == count and ranked_alike([group.stem for group in groups])
    widths = [max((len(str(number or 0)) for number in numbers), default=1) for numbers in _numbers(groups)]
    for group in groups:
        picture, image = group.members[0].path, group.image
        original = originals.get(picture) or (without_rank(group.stem) if alike else group.stem)
        stem = group.stem
        if template:
            known = facts.get(picture, Facts())
            stem = template.stem(
                Details(
                    rank=image.rank,
                    score=image.score,
                    stem=original,
                    query=request.query,
                    width=len(str(count)),
                    date=known.taken.local if known.taken else None,
                    camera=known.camera,
                    group=image.group,
                    group_rank=image.group_rank,
                    group_width=widths[0],
                    group_rank_width=widths[1],
                )
            )
        yield _Naming(group, request.folder or group.folder, stem, original)


def _numbers(groups: Sequence[Group]) -> tuple[list[int | None], list[int | None]]:
    """The numbers of groups, and how large each is, for the width of both."""
    return [each.image.group for each in groups], [each.image.group_size for each in groups]


@dataclass(slots=True)
class _Names:
    """Which names are taken on the disk, and which this plan has given away.

    `tried`: up to which number the names for what is wanted are taken; `passed`: numbers among them that stand on the
    disk, and may hold what another file would become. `settled`: targets that hold what would be made.
    """

    taken: set[str]
    is_twin: Twins
    given: dict[str, int] = field(default_factory=dict)
    tried: dict[_Wanted, int] = field(default_factory=dict)
    passed: dict[_Wanted, list[int]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.taken = set(map(key, self.taken))

    def give_up(self, paths: Iterable[str]) -> None:
        """Names that files leave are free for others."""
        self.taken.difference_update(map(key, paths))

    def is_free(self, naming: _Naming, stem: str) -> bool:
        """Whether each file of a naming may have its name, or has it already in a twin."""
        return all(
            key(target) not in self.given and (key(target) not in self.taken or self.is_twin(member.path, target))
            for member, target in zip(naming.group.members, naming.targets(stem), strict=True)
        )

    def give(self, naming: _Naming, stem: str, number: int = 0) -> str:
        """Give the names of a stem away, to the naming of this number."""
        targets = naming.targets(stem)
        self.given.update((key(target), number) for target in targets)
        self.settled.update(target for target in targets if key(target) in self.taken)
        return stem

    def take(self, naming: _Naming, insists: bool) -> str:
        """The stem that a naming gets: the first that is free, or the one it wants if it insists."""
        if insists:
            return self.give(naming, naming.stem) if self.is_free(naming, naming.stem) else naming.stem
        wanted = naming.wanted
        number = self.tried.get(wanted, 1)
        while not self.is_free(naming, naming.numbered(number)):
            if any(key(target) in self.taken for target in naming.targets(naming.numbered(number))):
                self.passed.setdefault(wanted, []).append(number)
            number += 1
        self.tried[wanted] = number
        for earlier in self.passed.get(wanted, ()):
            if self.is_free(naming, naming.numbered(earlier)):
                self.passed[wanted].remove(earlier)
                return self.give(naming, naming.numbered(earlier))
        return self.give(naming, naming.numbered(number))


def _place_or_skip(namings: Sequence[_Naming], names: _Names, leaves: bool) -> list[str | None]:
    """The stem of each naming, or None where it is taken; who was to get the names of files that stay, stays too."""
    skipped: set[int] = set()
    for number, naming in enumerate(namings):
        if names.is_free(naming, naming.stem):
            names.give(naming, naming.stem, number)
            continue
        waiting = [number]
        while waiting:
            stays = waiting.pop()
            if stays in skipped:
                continue
            skipped.add(stays)
            for target in map(key, namings[stays].targets(namings[stays].stem)):
                if names.given.get(target) == stays:
                    del names.given[target]
            kept = [key(member.path) for member in namings[stays].group.members] if leaves else []
            names.taken.update(kept)
            waiting += [names.given[each] for each in kept if each in names.given]
    return [None if number in skipped else naming.stem for number, naming in enumerate(namings)]


def _changes(request: Request, naming: _Naming, stem: str, settled: Collection[str]) -> Iterator[Change]:
    for member, target in zip(naming.group.members, naming.targets(stem), strict=True):
        if target != member.path and target not in settled:
            yield _change(request, naming.group, member, target, naming.original)


def _change(request: Request, group: Group, member: Member, target: str | None, stem: str = "") -> Change:
    image = group.image
    return Change(
        request.action, member.path, target, image.rank, image.score, member.size, member.mtime_ns, stem or group.stem
    )


def _left_out(naming: _Naming) -> Problem:
    path, rest = naming.group.members[0].path, split(naming.group.members[0].path)[1]
    name = naming.stem + rest
    return Problem("collision", path, f"{from_here(path)} is skipped: the name {from_here(name)} is taken.")
