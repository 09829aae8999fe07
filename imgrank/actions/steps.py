"""Cuts a plan into steps, in an order in which each one's name is free when its turn comes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from imgrank.actions.files import exists, hash_bytes
from imgrank.actions.names import key
from imgrank.actions.records import Action, Change, Plan, Step, Verb

PREFIX = ".imgrank-"


def steps_of(plan: Plan, run: str) -> tuple[Step, ...]:
    """The operations of a plan. `run` names the unfinished files and the temporary names of swaps."""
    made = [Step(Verb.mkdir, folder, "") for folder in _new_folders(plan)]
    action = plan.request.action
    if action in (Action.rename, Action.move):
        return (*made, *_moves(plan.changes, run))
    return (*made, *(_step(change, number, run) for number, change in enumerate(plan.changes)))


def _new_folders(plan: Plan) -> list[str]:
    """The folders that the plan's folder needs, outermost first."""
    folder, missing = plan.request.folder, list[str]()
    while folder and plan.changes and not exists(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def _step(change: Change, number: int, run: str) -> Step:
    target = change.target or ""
    part = os.path.join(os.path.dirname(target), f"{PREFIX}{run}-{number}.part") if target else ""
    if change.text is not None:
        return _write(change, target, part)
    return Step(
        Verb(change.action.value), change.source, target, change.size, change.mtime_ns, part=part, stem=change.stem
    )


def _write(change: Change, target: str, part: str) -> Step:
    new = hash_bytes(change.text or b"")
    return Step(Verb.write, target, target, change.size, change.mtime_ns, part=part, new=new, stem=change.stem)


def _moves(changes: Sequence[Change], run: str) -> Iterator[Step]:
    """Chains from their free end backwards; a cycle, and a name that differs by case alone, through a temporary name."""
    by_source = {key(change.source): (number, change) for number, change in enumerate(changes)}
    waiting = dict(by_source)
    while waiting:
        chain = [next(iter(waiting))]
        while (after := key(waiting[chain[-1]][1].target or "")) in waiting and after not in chain:
            chain.append(after)
        cycle = after in chain
        if cycle:
            chain = chain[chain.index(after) :]
        links = [waiting.pop(each) for each in reversed(chain)]
        yield from _one_cycle(links, run) if cycle else (_move(change, number, run) for number, change in links)


def _one_cycle(links: Sequence[tuple[int, Change]], run: str) -> Iterator[Step]:
    number, last = links[0]
    aside = os.path.join(os.path.dirname(last.source), f"{PREFIX}{run}-{number}.tmp")
    yield Step(Verb.move, last.source, aside, last.size, last.mtime_ns, stem=last.stem)
    yield from (_move(change, each, run) for each, change in links[1:])
    target = last.target or ""
    part = os.path.join(os.path.dirname(target), f"{PREFIX}{run}-{number}.part")
    yield Step(Verb.move, aside, target, last.size, last.mtime_ns, part=part, stem=last.stem)


def _move(change: Change, number: int, run: str) -> Step:
    target = change.target or ""
    part = os.path.join(os.path.dirname(target), f"{PREFIX}{run}-{number}.part")
    return Step(Verb.move, change.source, target, change.size, change.mtime_ns, part=part, stem=change.stem)
