"""Which moves can be done to the end: each file's whole way from step to step, and what stands in it.

A file that others wait for may not stop half way: in a circle, one name that does not come free keeps all of them
where they are.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from imgrank.actions.file_names import key
from imgrank.actions.no_clobber import exists
from imgrank.actions.records import LeftAlone, Step, Verb
from imgrank.actions.steps import is_aside
from imgrank.paths import printable

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
            blocked[each] = f"the name {printable(each.end)} is taken"
            leaving[key(each.start)].discard(each.start)
            looked_at.extend(waiting[key(each.start)])
    return blocked


def _comes_free(path: str, leaving: Collection[str]) -> bool:
    """Whether a file that leaves holds this name, perhaps in another spelling that the file system does not tell."""
    return path in leaving or any(exists(each) and os.path.samefile(path, each) for each in leaving)
