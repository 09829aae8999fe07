"""One sentence to the order of whole indexes, a task a part; the order is that of `Ranker.rank`, to the byte."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, takewhile
from pathlib import Path

from imgrank.counting import counted
from imgrank.engine.contract import Engine
from imgrank.engine.score_part import PartScores, Run, ScoreParts, best, empty_run, paths_of
from imgrank.errors import NothingToRank, UsageError
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.reading import (
    KeptRows,
    all_detailed,
    are_distinct,
    checked_manifest,
    is_index,
    settled,
    unsettled,
)
from imgrank.order import rank_sorted
from imgrank.path_order import path_order
from imgrank.paths import printable
from imgrank.pictures import nothing_found
from imgrank.ranker import Ranker
from imgrank.records import RankedImage, Ranking, Term, Unreadable
from imgrank.scoring.answered import ranking_of, terms_told
from imgrank.scoring.asking import ask
from imgrank.scoring.composing import Asking, Pictures
from imgrank.scoring.mixing import MixScorer
from imgrank.scoring.question import Evidence
from imgrank.scoring.scorers import Scorer


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """An order that is made while it is read. `ranking` holds all but its images; `count` says how many it has,
    `highest` the best score of those that are relevant, None where there is none.
    """

    ranking: Ranking
    images: Iterator[RankedImage]
    count: int
    highest: float | None


def rank_indexes(
    ranker: Ranker,
    engine: Engine,
    sources: Sequence[str | Path],
    sentence: str | None = None,
    *,
    opposite: str | None = None,
    like: Pictures | None = None,
    between: tuple[Pictures, Pictures] | None = None,
    plus: Sequence[Term | str] = (),
    minus: Sequence[Term | str] = (),
    top: int | None = None,
    min_score: float | None = None,
) -> Ordered:
    """Order the pictures of indexes by what `Ranker.rank` may be asked, best first.

    `top` keeps the best alone, and then each part hands over only so many; `min_score` ends the order where scores
    are less. A mix is scored twice: first how its terms are spread over all parts, then the order.

    Raises UsageError where a source is no index of this backbone, NothingToRank where indexes are empty,
    and what `Ranker.rank` raises.
    """
    started = time.perf_counter()
    question = ranker.question(Asking(sentence, opposite, like, between, plus, minus))
    locations = [Location(str(_checked(source))) for source in sources]
    manifests = [
        checked_manifest(location, ranker.backbone.fingerprint, ranker.backbone.name) for location in locations
    ]
    detailed = all_detailed(manifests)
    task = ScoreParts(ask(question, ranker, detailed=detailed), manifests[-1].shape, top, detailed=detailed)
    scored = _scored(engine, task, [(location, name) for location in locations for name in location.parts()])
    evidence, skipped = scored.evidence, scored.skipped
    if not evidence.count:
        raise _nothing_read(sources, skipped)
    verdict = scored.asked.verdict(evidence)
    ranking = ranking_of(
        question.sentence,
        terms_told(question, verdict),
        verdict,
        ranker.backbone,
        skipped=skipped,
        seconds=time.perf_counter() - started,
    )
    return scored.ordered(replace(ranking, indexes=tuple(each.where for each in locations)), top, min_score)


def _nothing_read(sources: Sequence[str | Path], skipped: Sequence[Unreadable]) -> NothingToRank:
    if skipped:
        return NothingToRank(f"None of {counted(len(skipped), 'image')} could be read.")
    return nothing_found([str(source) for source in sources])


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """Who answers, what the parts came to, and their rows in order."""

    asked: Scorer
    parts: list[PartScores]
    runs: Iterator[Run]

    @property
    def evidence(self) -> Evidence:
        return sum((part.evidence for part in self.parts), Evidence())

    @property
    def skipped(self) -> tuple[Unreadable, ...]:
        """As a folder names them: first what was passed by unseen, then what could not be read."""
        named = [one for part in self.parts for one in part.skipped]
        return tuple(left_out for _, left_out in sorted(named, key=lambda one: (one[0], path_order(one[1].path))))

    def ordered(self, ranking: Ranking, top: int | None, min_score: float | None) -> Ordered:
        """The images of the ranking as they come, the `top` best at most, and none with a score below `min_score`."""
        count = sum(part.evidence.count for part in self.parts)
        rows = rank_sorted((row for run in self.runs for row in paths_of(run)), count)
        first = next(rows)
        images: Iterator[RankedImage] = chain((first,), rows)
        if min_score is not None:
            least = min_score
            images = takewhile(lambda image: image.relevant and image.score >= least, images)
        return Ordered(ranking, islice(images, top), count, first.score if first.relevant else None)


class _Twice(Exception):
    """A path stands in several rows of parts that were not settled."""


def _scored(engine: Engine, task: ScoreParts, names: Sequence[tuple[Location, str]]) -> _Scored:
    """What the parts of indexes come to. Raises what scoring raises."""
    try:
        return _scored_once(engine, task, unsettled(names) or settled(names))
    except _Twice:
        return _scored_once(engine, task, settled(names))


def _scored_once(engine: Engine, task: ScoreParts, parts: Sequence[KeptRows]) -> _Scored:
    """Raises _Twice, and what scoring raises."""
    asked = task.asked
    if isinstance(asked, MixScorer):
        survey = list(engine.score(replace(task, top=None, evidence_alone=True), parts))
        _check_distinct(survey)
        asked = asked.settled(sum((part.evidence for part in survey), Evidence()))
        task = replace(task, asked=asked)
    if task.top:
        scored, run = _best(engine.score(task, parts), task.top)
        runs = iter([run])
    else:
        scored, runs = engine.sort(task, parts)
    _check_distinct(scored)
    return _Scored(asked, scored, runs)


def _check_distinct(scored: Sequence[PartScores]) -> None:
    if not are_distinct([part.keys for part in scored if part.keys is not None]):
        raise _Twice


def _checked(source: str | Path) -> str | Path:
    if not is_index(str(source)):
        raise UsageError(
            f"An engine ranks indexes only, and {printable(str(source))} is not one.",
            f"To make one: imgrank index build {printable(str(source))} {{out}} INDEX.",
        )
    return source


def _best(scored: Iterator[PartScores], top: int) -> tuple[list[PartScores], Run]:
    """What the parts came to, and the best rows of all; twice as many are held at most, and one part's."""
    done, first = [], empty_run()
    for part in scored:
        first = arrow().concat_tables([first, part.rows])
        first = best(first, top) if len(first) > 2 * top else first
        done.append(replace(part, rows=empty_run()))
    return done, best(first, top)
