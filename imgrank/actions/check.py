"""Looks for dangers before the first change: in a whole plan, one small function a danger, and in its moves.

A file that others wait for may not stop half way: in a circle, one name that does not come free keeps all of them
where they are.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from imgrank.actions.file_names import is_too_long, key, split
from imgrank.actions.no_clobber import RealFolders, exists
from imgrank.actions.records import Action, Change, LeftAlone, OnConflict, Plan, Problem, Step, Verb
from imgrank.actions.steps import is_aside
from imgrank.errors import ActionError
from imgrank.paths import from_here, printable, why

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_FORBIDDEN = frozenset('<>:"|?*\\')
_ROOM_FOR_METADATA = 16 << 20
_SHOWN = 5
_FREE_NAME = "Use {on_conflict} suffix to find free names."  # remedies
_NO_HARD_LINK = "Use {symlink} or {copy}."
_COPY = "Use {copy}."
_SHORTER, _OTHER_NAMES = "Shorten {template}.", "Change {template}."


def check(plan: Plan) -> tuple[Problem, ...]:
    """Everything that speaks against carrying out `plan`; nothing is changed. Empty: go on.

    Raises ActionError where a file vanishes meanwhile.
    """
    try:
        return tuple(problem for find in CHECKS for problem in find(plan))
    except OSError as error:
        name = from_here(str(error.filename))
        raise ActionError(f"{name} cannot be accessed: {why(error)}. Nothing was changed.") from error


def refuse(problems: Iterable[Problem]) -> None:
    """Raise ActionError naming the first problems, if there is any."""
    found = list(problems)
    if found:
        sentences = " ".join(problem.sentence for problem in found[:_SHOWN])
        more = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
        remedies = dict.fromkeys(problem.remedy for problem in found[:_SHOWN] if problem.remedy)
        raise ActionError(f"{sentences}{more} Nothing was changed.", " ".join(remedies))


def collisions(plan: Plan) -> Iterator[Problem]:
    """Two files for one name, by case and Unicode form too, or a name that is taken by a file that stays."""
    leaving = {change.source for change in plan.changes if change.action in (Action.rename, Action.move)}
    seen: dict[str, str] = {}
    for change, target in _targets(plan):
        if change.action.writes:
            continue
        first = seen.setdefault(key(target), change.source)
        if first != change.source:
            yield _problem("collision", change, f"{from_here(first)} would get the same name, {from_here(target)}")
        elif exists(target) and target not in leaving and not _same(target, change.source):
            remedy = _FREE_NAME if plan.request.on_conflict is OnConflict.fail else ""
            yield _problem("collision", change, f"the name {from_here(target)} is taken", remedy)


def listed_twice(plan: Plan) -> Iterator[Problem]:
    """One file by two paths: the second change would find it gone."""
    seen: set[str] = set()
    for change in plan.changes if not plan.request.action.writes else ():
        if change.source in seen:
            yield _problem("listed twice", change, "it is in the plan twice")
        seen.add(change.source)


def read_only(plan: Plan) -> Iterator[Problem]:
    """Folders that do not let names come or go, and files that cannot be read to be copied."""
    folders = {os.path.dirname(target) for _, target in _targets(plan)}
    if plan.request.action in (Action.rename, Action.move, Action.trash):
        folders |= {os.path.dirname(change.source) for change in plan.changes}
    for folder in sorted(folders):
        if not os.access(_nearest(folder), os.W_OK | os.X_OK):
            yield Problem("read-only", folder, f"The folder {from_here(folder)} cannot be written.")
    for change in plan.changes:
        if not change.action.writes and not os.path.islink(change.source) and not os.access(change.source, os.R_OK):
            yield _problem("read-only", change, "it cannot be read")


def not_a_folder(plan: Plan) -> Iterator[Problem]:
    """The folder that files go to is a file, or would lie below one."""
    folder = plan.request.folder
    if folder and not os.path.isdir(_nearest(folder)):
        yield Problem("not a folder", folder, f"{from_here(_nearest(folder))} is not a folder; name another.")


def led_away(plan: Plan) -> Iterator[Problem]:
    """Folders that became links after the plan was made, or lie below one: files elsewhere would be changed."""
    real = RealFolders()
    folders = {os.path.dirname(path) for change in plan.changes for path in (change.source, change.target) if path}
    for folder in sorted(folders):
        if real(folder) != folder:
            words = f"{from_here(folder)} leads to another folder now, {from_here(real(folder))}; make a new plan."
            yield Problem("led away", folder, words)


def other_device(plan: Plan) -> Iterator[Problem]:
    """Hard links cannot leave their disk."""
    if plan.request.action is Action.hardlink:
        for change, target in _targets(plan):
            if not _same_device(change.source, target):
                yield _problem("other device", change, "a hard link cannot lead to another disk", _NO_HARD_LINK)


def no_room(plan: Plan) -> Iterator[Problem]:
    """The sum of what is copied to each disk, against what is free there."""
    needed: dict[int, int] = defaultdict(int)
    place: dict[int, str] = {}
    for change, target in _targets(plan):
        copies = change.action is Action.copy or (
            change.action is Action.move and not _same_device(change.source, target)
        )
        if copies:
            folder = _nearest(os.path.dirname(target))
            device = os.stat(folder).st_dev
            needed[device] += os.stat(change.source).st_size if os.path.exists(change.source) else change.size
            place[device] = folder
    for device, size in needed.items():
        free = shutil.disk_usage(place[device]).free
        if size + _ROOM_FOR_METADATA > free:
            words = f"{size / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free"
            yield Problem(
                "no room", place[device], f"The disk of {from_here(place[device])} does not have enough room: {words}."
            )


def long_names(plan: Plan) -> Iterator[Problem]:
    """Names longer than 255 bytes (characters on Windows and macOS), or paths longer than Windows takes."""
    for change, target in _targets(plan):
        name = os.path.basename(target)
        if is_too_long(name):
            yield _problem("name too long", change, f"the name {printable(name)} would be too long", _SHORTER)


def forbidden_names(plan: Plan) -> Iterator[Problem]:
    """New names that some system cannot hold: reserved by Windows, with forbidden signs, ending with a dot."""
    for change, target in _targets(plan):
        name, old = os.path.basename(target), os.path.basename(change.source)
        stem = split(name)[0]
        bad = sorted((set(name) & _FORBIDDEN) - set(old))
        bad += [repr(char) for char in set(name) - set(old) if ord(char) < 32 or char == os.sep]
        reserved = name.partition(".")[0].lower() in _RESERVED
        if name != old and name.startswith(".") and not old.startswith("."):
            words = "a name that begins with a dot is hidden, and no program would show the file"
            yield _problem("hidden name", change, f"{printable(name)} would be its name, and {words}", _OTHER_NAMES)
        elif split(old)[1] and not split(name)[1]:
            words = "no program would know what kind of file it is without an extension"
            yield _problem("no extension", change, f"{printable(name)} would be its name; {words}", _OTHER_NAMES)
        elif name != old and (bad or reserved or name != name.rstrip(". ") or not stem.strip(". ")):
            words = f"{bad[0]} cannot be part of a name" if bad else "Windows cannot hold that name"
            yield _problem("forbidden name", change, f"{printable(name)} would be its name, and {words}", _OTHER_NAMES)


def relative_links(plan: Plan) -> Iterator[Problem]:
    """A link that says its way from its own folder leads nowhere from another one."""
    for change, target in _targets(plan):
        away = change.action is Action.move and os.path.dirname(change.source) != os.path.dirname(target)
        if away and os.path.islink(change.source) and not os.path.isabs(os.readlink(change.source)):
            words = "it is a link that would lead nowhere from another folder"
            yield _problem("relative link", change, words, _COPY)


CHECKS: tuple[Callable[[Plan], Iterator[Problem]], ...] = (
    not_a_folder,
    led_away,
    listed_twice,
    collisions,
    long_names,
    forbidden_names,
    read_only,
    other_device,
    no_room,
    relative_links,
)


def _targets(plan: Plan) -> Iterator[tuple[Change, str]]:
    return ((change, change.target) for change in plan.changes if change.target is not None)


def _problem(danger: str, change: Change, words: str, remedy: str = "") -> Problem:
    return Problem(danger, change.source, f"{from_here(change.source)} cannot be part of the plan: {words}.", remedy)


def _nearest(folder: str) -> str:
    """The folder, or the innermost one above it that exists."""
    while not exists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _same_device(source: str, target: str) -> bool:
    return os.lstat(source).st_dev == os.stat(_nearest(os.path.dirname(target))).st_dev


def _same(one: str, other: str) -> bool:
    """Two spellings of one file's one name, where the file system does not tell case or Unicode form apart."""
    return key(one) == key(other) and os.path.samefile(one, other)


Obstacle = Callable[[Step], str]


@dataclass(frozen=True, slots=True)
class _Route:
    """The steps of one file, in order."""

    steps: tuple[Step, ...]

    @property
    def start(self) -> str:
        return self.steps[0].source

    @property
    def end(self) -> str:
        return self.steps[-1].target


def possible(steps: Sequence[Step], obstacle_of: Obstacle) -> tuple[tuple[Step, ...], tuple[LeftAlone, ...]]:
    """The steps whose files can come to their end, in the same order; and the files that cannot move, with reasons.

    `obstacle_of` says why the file of a step cannot be touched, or nothing. A file that lies under a temporary name is
    never left there because its place is taken: its steps stay, and whoever does them finds it a visible name.
    """
    routes = _routes(steps)
    wanted = {key(each.end) for each in routes}
    reasons = {each: _unfit(each, wanted, obstacle_of) for each in routes}
    reasons = {each: reason for each, reason in reasons.items() if reason}
    reasons |= _blocked([each for each in routes if each not in reasons])
    dropped = {step for each in reasons for step in each.steps}
    left_alone = tuple(LeftAlone(each.start, reasons[each]) for each in routes if each in reasons)
    return tuple(step for step in steps if step not in dropped), left_alone


def _routes(steps: Iterable[Step]) -> list[_Route]:
    under_way: dict[str, list[Step]] = {}
    for step in steps:
        if step.verb is Verb.move:
            under_way[step.target] = [*under_way.pop(step.source, ()), step]
    return [_Route(tuple(each)) for each in under_way.values()]


def _unfit(route: _Route, wanted: Iterable[str], obstacle_of: Obstacle) -> str:
    """Why a file cannot set out. One that nobody waits for is looked at when its turn comes, and not twice."""
    if is_aside(route.end):
        return "it would go back under the hidden name that it had when a run stopped in the middle"
    waited_for = key(route.start) in wanted and not is_aside(route.start)
    return obstacle_of(route.steps[0]) if waited_for else ""


def _blocked(routes: Sequence[_Route]) -> dict[_Route, str]:
    """What cannot move for its name is taken; then what waits for the name of that, and so on, each looked at then."""
    leaving: dict[str, set[str]] = defaultdict(set)
    waiting: dict[str, list[_Route]] = defaultdict(list)
    for each in routes:
        leaving[key(each.start)].add(each.start)
        waiting[key(each.end)].append(each)
    blocked: dict[_Route, str] = {}
    looked_at = list(reversed(routes))
    while looked_at:
        each = looked_at.pop()
        if each in blocked or is_aside(each.start) or not exists(each.end):
            continue
        if not _comes_free(each.end, leaving[key(each.end)]):
            blocked[each] = f"the name {from_here(each.end)} is taken"
            leaving[key(each.start)].discard(each.start)
            looked_at.extend(waiting[key(each.start)])
    return blocked


def _comes_free(path: str, leaving: Collection[str]) -> bool:
    """Whether a file that leaves holds this name, perhaps in another spelling that the file system does not tell."""
    return path in leaving or any(exists(each) and os.path.samefile(path, each) for each in leaving)
