"""Answers of several people: who agrees with whom, who contradicts himself, and where answers run in circles."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

from imgrank.counting import agreeing, counted
from imgrank.labelling.answer_file import PairNote
from imgrank.labelling.knowledge import Share, wilson
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A person's answers to one pair that do not fit together, and the lines they stand on."""

    person: str
    one: str
    other: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people answered the pairs that both saw alike."""

    one: str
    other: str
    alike: Share


@dataclass(frozen=True, slots=True)
class PersonReport:
    """One person's answers: how many, how many ties, consistency on repeated pairs, and circles.

    `alone` of the answers compare a picture with itself, and say nothing.

    `triads` counts threes of pictures whose three pairs were all decided, of which `circular` (a over b over c
    over a); `circles` are longer or shorter loops found one after the other, each cut at one answer, so that
    their number is how many answers had to be left out before the rest made one order.
    """

    person: str
    answers: int
    ties: int
    alone: int
    consistency: Share
    triads: Share
    circles: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class QueryAgreement:
    """Everything that is said about one query."""

    query: str
    people: tuple[PersonReport, ...]
    agreements: tuple[Agreement, ...]
    contradictions: tuple[Contradiction, ...]


def report(notes: Iterable[PairNote]) -> tuple[QueryAgreement, ...]:
    """One report for each query, in order of first mention."""
    by_query: dict[tuple[str, ...], list[PairNote]] = defaultdict(list)
    for note in notes:
        by_query[phrasings(note.query)].append(note)
    return tuple(_query_report(query[0], its) for query, its in by_query.items())


def _query_report(query: str, notes: Sequence[PairNote]) -> QueryAgreement:
    by_person: dict[str, list[PairNote]] = defaultdict(list)
    for note in notes:
        by_person[note.person].append(note)
    decided = {person: _decided(its) for person, its in by_person.items()}
    agreements = [
        Agreement(one, other, _alike(decided[one], decided[other])) for one, other in combinations(by_person, 2)
    ]
    contradictions = [found for person, its in by_person.items() for found in _contradictions(person, its)]
    people = tuple(_person_report(person, its, decided[person]) for person, its in by_person.items())
    return QueryAgreement(query, people, tuple(agreements), tuple(contradictions))


def _person_report(person: str, notes: Sequence[PairNote], decided: dict[Key, float]) -> PersonReport:
    answered = _by_pair(notes)
    alone = sum(note.left == note.right for note in notes)
    repeats = [given for given in answered.values() if len(given) > 1]
    same = sum(value == given[0][0] for given in repeats for value, _ in given[1:])
    again = sum(len(given) - 1 for given in repeats)
    ties = sum(note.preferred == 0 for note in notes)
    consistency, triads = wilson(same, again), _circular_triads(decided)
    return PersonReport(person, len(notes), ties, alone, consistency, triads, _circles(decided))


def _by_pair(notes: Iterable[PairNote]) -> dict[Key, list[tuple[float, int]]]:
    """What was said of each pair, as by how much its first name stands above, with the lines."""
    answered: dict[Key, list[tuple[float, int]]] = defaultdict(list)
    for note in notes:
        if note.left == note.right:
            continue
        turned = note.left > note.right
        key = (note.right, note.left) if turned else (note.left, note.right)
        answered[key].append((-note.preferred if turned else note.preferred, note.line))
    return answered


def _decided(notes: Iterable[PairNote]) -> dict[Key, float]:
    """The majority of a person's answers to each pair: 1, -1, or 0."""
    sums = {key: sum(value for value, _ in given) for key, given in _by_pair(notes).items()}
    return {key: float((total > 0) - (total < 0)) for key, total in sums.items()}


def _alike(one: dict[Key, float], other: dict[Key, float]) -> Share:
    common = one.keys() & other.keys()
    return wilson(sum(one[key] == other[key] for key in common), len(common))


def _contradictions(person: str, notes: Sequence[PairNote]) -> list[Contradiction]:
    return [
        Contradiction(person, *key, tuple(line for value, line in given if value))
        for key, given in _by_pair(notes).items()
        if {1.0, -1.0} <= {value for value, _ in given}
    ]


def _beaten(decided: dict[Key, float]) -> dict[str, set[str]]:
    """For each picture, those that were said to be less; ties say nothing here."""
    beaten: dict[str, set[str]] = defaultdict(set)
    for (one, other), value in sorted(decided.items()):
        if value:
            winner, loser = (one, other) if value > 0 else (other, one)
            beaten[winner].add(loser)
    return beaten


def _circular_triads(decided: dict[Key, float]) -> Share:
    beaten = _beaten(decided)
    near: dict[str, set[str]] = defaultdict(set)
    for winner, losers in beaten.items():
        for loser in losers:
            near[winner].add(loser)
            near[loser].add(winner)
    triads = circular = 0
    for a in sorted(near):
        for b, c in combinations(sorted(other for other in near[a] if other > a), 2):
            if c in near[b]:
                triads += 1
                wins = [sum(y in beaten.get(x, ()) for y in (a, b, c)) for x in (a, b, c)]
                circular += wins == [1, 1, 1]
    return wilson(circular, triads)


def _circles(decided: dict[Key, float]) -> tuple[tuple[str, ...], ...]:
    beaten = _beaten(decided)
    found = []
    while True:
        try:
            TopologicalSorter(beaten).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]  # each is a predecessor of the next: here, beaten by it
            beaten[circle[1]].discard(circle[0])
            found.append(tuple(reversed(circle[1:])))
        else:
            return tuple(found)


MOST_LISTED = 20


def report_lines(reports: Iterable[QueryAgreement]) -> Iterator[str]:
    """Lines for the terminal, a block for each query."""
    for query in reports:
        yield f'"{printable(query.query)}"'
        for person in query.people:
            yield from _person(person)
        for pair in query.agreements:
            alike = _share(pair.alike, "shared pair", " answered alike", "no pair was answered by both")
            yield f"  {_who(pair.one)} and {_who(pair.other)}: {alike}"
        yield from _listed([_contradiction(found) for found in query.contradictions])


def _contradiction(found: Contradiction) -> str:
    lines = ", ".join(map(str, found.lines))
    one, other = _names((found.one, found.other))
    return f"  {_who(found.person)}: answers contradict each other about {one} and {other}, lines {lines}"


def _person(person: PersonReport) -> Iterator[str]:
    ties = f", {counted(person.ties, 'tie')}" if person.ties else ""
    yield f"  {_who(person.person)}: {counted(person.answers, 'answer')}{ties}"
    if person.alone:
        told = agreeing(person.alone, "compares an image with itself and says", "compare an image with itself and say")
        yield f"    {counted(person.alone, 'answer')} {told} nothing"
    again = _share(person.consistency, "repeated question", " answered as before", "no question was asked twice")
    triads = _share(person.triads, "three", " with every pair decided", "no three images have every pair decided")
    yield f"    consistency: {again}"
    yield f"    in circles: {triads}"
    if person.circles:
        yield f"    {counted(len(person.circles), 'answer')} must go before the others make one order; circles:"
        yield from _listed([f"      {' > '.join(_names((*circle, circle[0])))}" for circle in person.circles])


def _listed(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        yield f"{' ' * (len(lines[0]) - len(lines[0].lstrip()))}and {len(lines) - MOST_LISTED} more"


def _share(share: Share, noun: str, what: str, none: str) -> str:
    """A share with its interval, or what is said where there is nothing to count."""
    if not share.of:
        return none
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%}) of {counted(share.of, noun)}{what}"


def _who(person: str) -> str:
    return printable(person) if person else "(no name)"


def _names(paths: Sequence[str]) -> list[str]:
    """The names of files, with as much of their folders as tells them apart."""
    parts = [path.split(os.sep) for path in paths]
    apart = len(set(paths))
    kept = next(n for n in range(1, max(map(len, parts)) + 1) if len({tuple(part[-n:]) for part in parts}) == apart)
    return [printable(os.sep.join(part[-kept:])) for part in parts]
