"""The report on a labels file in words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from imgrank.labelling.agreement import Contradiction, PersonReport, QueryAgreement
from imgrank.labelling.knowledge import Share
from imgrank.paths import printable

MOST_LISTED = 20


def report_lines(reports: Iterable[QueryAgreement]) -> Iterator[str]:
    """Lines for the terminal, a block for each query."""
    for query in reports:
        yield f'"{printable(query.query)}"'
        for person in query.people:
            yield from _person(person)
        for pair in query.agreements:
            yield f"  {_who(pair.one)} and {_who(pair.other)}: {_share(pair.alike, 'shared pair')} answered alike"
        yield from _listed([_contradiction(found) for found in query.contradictions])


def _contradiction(found: Contradiction) -> str:
    lines = ", ".join(map(str, found.lines))
    return f"  {_who(found.person)} contradicts: {_name(found.one)} and {_name(found.other)}, lines {lines}"


def _person(person: PersonReport) -> Iterator[str]:
    ties = f", {person.ties} ties" if person.ties else ""
    yield f"  {_who(person.person)}: {person.answers} answers{ties}"
    yield f"    consistency: {_share(person.consistency, 'repeated question')} answered as before"
    yield f"    transitivity: {_share(person.triads, 'closed three')} circular"
    if person.circles:
        count = len(person.circles)
        yield f"    {count} answer{'s' * (count > 1)} must go before the others make one order; circles:"
        yield from _listed([f"      {' > '.join(map(_name, (*circle, circle[0])))}" for circle in person.circles])


def _listed(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        yield f"{' ' * (len(lines[0]) - len(lines[0].lstrip()))}and {len(lines) - MOST_LISTED} more"


def _share(share: Share, noun: str) -> str:
    if not share.of:
        return f"no {noun}"
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%}) of {share.of} {noun}{'s' * (share.of > 1)}"


def _who(person: str) -> str:
    return printable(person) if person else "nobody named"


def _name(path: str) -> str:
    return printable(os.path.basename(path))
