"""Steps: cut from a plan, in an order in which each one's name is free when its turn comes."""

from __future__ import annotations

import os
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from imgrank.actions.file_names import key
from imgrank.actions.no_clobber import exists, hash_bytes
from imgrank.actions.records import Action, Change, Plan, Step, Verb

PREFIX = ".imgrank-"
_ASIDE = ".tmp"
_PART = re.compile(re.escape(PREFIX) + r"[0-9a-f]{8}-[0-9]+\.part")


def token() -> str:
    """A mark in the names of one run's unfinished files, so that they meet nobody else's."""
    return secrets.token_hex(4)


def is_aside(path: str) -> bool:
    """Whether a name is the hidden one that a file has in the middle of a swap."""
    name = os.path.basename(path)
    return name.startswith(PREFIX) and name.endswith(_ASIDE)


def count_files(steps: Iterable[Step]) -> int:
    """How many files these steps change, as a person counts them.

    Folders that were made for them do not count, nor does a hidden name that a file has on its way and leaves again.
    """
    steps = tuple(steps)
    left_again = {step.source for step in steps if is_aside(step.source)}
    return sum(step.verb not in (Verb.mkdir, Verb.rmdir) and step.target not in left_again for step in steps)


def part_of(target: str, mark: str, number: int) -> str:
    """The unfinished file beside a target."""
    return os.path.join(os.path.dirname(target), f"{PREFIX}{mark}-{number}.part")


def is_part_of(part: str, target: str) -> bool:
    """Whether a path is one that `part_of` gives for a target: what may be removed after a crash."""
    folder, name = os.path.split(part)
    return bool(target) and folder == os.path.dirname(target) and _PART.fullmatch(name) is not None


def folders_of(steps: Sequence[Step]) -> set[str]:
    """The folders in which these steps change names."""
    return {os.path.dirname(path) for step in steps for path in (step.source, step.target) if path}


def steps_of(plan: Plan, mark: str) -> tuple[Step, ...]:
    """The operations of a plan. `mark` names the unfinished files and the temporary names of swaps."""
    made = [Step(Verb.mkdir, folder, "") for folder in _new_folders(plan)]
    action = plan.request.action
    if action in (Action.rename, Action.move):
        return (*made, *_moves(plan.changes, mark))
    return (*made, *(_step(change, number, mark) for number, change in enumerate(plan.changes)))


def _new_folders(plan: Plan) -> list[str]:
    """The folders that the plan's folder needs, outermost first."""
    folder, missing = plan.request.folder, list[str]()
    while folder and plan.changes and not exists(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def _step(change: Change, number: int, mark: str) -> Step:
    target = change.target or ""
    part = part_of(target, mark, number) if target else ""
    if change.text is not None:
        return _write(change, target, part)
    if change.patch is not None:
        patch = change.patch
        delta = hash_bytes(patch.delta)
        return Step(Verb.patch, target, target, part=part, old=patch.old, new=patch.new, delta=delta, stem=change.stem)
    return Step(
        Verb(change.action.value), change.source, target, change.size, change.mtime_ns, part=part, stem=change.stem
    )


def _write(change: Change, target: str, part: str) -> Step:
    new = hash_bytes(change.text) if change.text else ""
    old = "" if change.before is None else hash_bytes(change.before)
    return Step(Verb.write, target, target, part=part, old=old, new=new, stem=change.stem)


def _moves(changes: Sequence[Change], mark: str) -> Iterator[Step]:
    """Chains from their free end backwards; cycles, and names that differ by case alone, by way of a temporary name."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for number, change in enumerate(changes):
        by_key[key(change.source)].append(number)
    waiting = dict(enumerate(changes))
    todo = list(reversed(waiting))
    while todo:
        if todo[-1] not in waiting:
            todo.pop()
            continue
        chain, known = todo[-1:], set(todo[-1:])
        while (after := _holder(waiting[chain[-1]].target or "", by_key, waiting)) is not None and after not in known:
            chain.append(after)
            known.add(after)
        chain = chain if after is None else chain[chain.index(after) :]
        links = [(number, waiting.pop(number)) for number in reversed(chain)]
        yield from (
            _cycle(links, mark) if after is not None else (_move(change, number, mark) for number, change in links)
        )


def _holder(target: str, by_key: Mapping[str, Sequence[int]], waiting: Mapping[int, Change]) -> int | None:
    """The waiting change whose file holds this name: the very name, or else one that some file system takes for it."""
    found = [number for number in by_key.get(key(target), ()) if number in waiting]
    return next((number for number in found if waiting[number].source == target), found[0] if found else None)


def _cycle(links: Sequence[tuple[int, Change]], mark: str) -> Iterator[Step]:
    number, last = links[0]
    aside = os.path.join(os.path.dirname(last.source), f"{PREFIX}{mark}-{number}{_ASIDE}")
    yield _move(replace(last, target=aside), number, mark)
    yield from (_move(change, each, mark) for each, change in links[1:])
    yield _move(replace(last, source=aside), number, mark)


def _move(change: Change, number: int, mark: str) -> Step:
    target = change.target or ""
    part = part_of(target, mark, number)
    return Step(Verb.move, change.source, target, change.size, change.mtime_ns, part=part, stem=change.stem)
