"""Fills the library in a thread of its own: looks at the folder, reads what is new, and says how far it is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from imgrank.counting import counted
from imgrank.discover import discover
from imgrank.errors import ImgrankError, UsageError
from imgrank.records import ImageFile, Progress
from imgrank.tokens import PackedTokens
from imgrank.web.threads import begin
from imgrank.web.viewer.engine import Engine
from imgrank.web.viewer.facts import FactBook, GroupBook
from imgrank.web.viewer.library import Library, Numbers
from imgrank.web.viewer.orders import Orders
from imgrank.web.words import sentence_of, unexpected

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

PATIENCE = 10.0  # seconds for the pictures in hand, at the end
FACTS_AT_ONCE = 2048

Item = TypeVar("Item")
PAUSING = ("reading", "measuring", "changing")
Stage = Literal["looking", "reading", "grouping", "measuring", "changing", "paused", "idle", "failed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it is: `done` of `total` at `rate` pictures a second, and a line about what came and went last."""

    stage: Stage = "looking"
    done: int = 0
    total: int = 0
    rate: float = 0.0
    news: str = ""
    fault: str = ""

    @property
    def left(self) -> float | None:
        """Seconds to go, None where nobody can say."""
        return (self.total - self.done) / self.rate if self.rate > 0 and self.total > self.done else None


class Indexer:
    """Keeps a library as its folder is. `look` has it look again, `measure` has all pictures measured at full size.

    `exchanged` is called when another image model was taken.
    """

    def __init__(
        self,
        library: Library,
        engine: Engine,
        orders: Orders,
        facts: FactBook,
        groups: GroupBook,
        exchanged: Callable[[], None],
        *,
        recursive: bool = False,
    ) -> None:
        self._library, self._engine, self._recursive = library, engine, recursive
        self._orders, self._facts, self._groups, self._exchanged = orders, facts, groups, exchanged
        self._standing = Standing()
        self._wake, self._go_on = threading.Event(), threading.Event()
        self.begun, self.settled = threading.Event(), threading.Event()  # the first pictures are there; all are
        self._go_on.set()
        self._ended = self._measures = False
        self._tells = True
        self._looked = 0
        self._thread: threading.Thread | None = None

    @property
    def standing(self) -> Standing:
        """How far it is now; paused from when that was asked for, while the pictures in hand are finished."""
        standing = self._standing
        holds = standing.stage in PAUSING and not self._go_on.is_set()
        return replace(standing, stage="paused") if holds else standing

    def start(self) -> None:
        """Begin. Raises UsageError where no thread can be had."""
        self._wake.set()
        self._thread = begin(self._run, "imgrank-index")

    def look(self, *, tell: bool = True) -> None:
        """Look at the folder again, soon; without a word about what came and went where the page itself changed it."""
        self._tells = self._tells and tell
        self._wake.set()

    def look_into_subfolders(self) -> None:
        """Look at the folder again with all that is below it."""
        self._recursive = True
        self._standing = replace(self._standing, stage="looking")
        self.look(tell=False)

    def measure(self) -> None:
        """Measure every picture at its full size, after what is being done."""
        if not self._measures:
            self._measures = True
            self._wake.set()

    def wake(self) -> None:
        """Something was asked for that takes reading."""
        self._tells = False
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Hold on before the next pictures, or go on."""
        if paused:
            self._go_on.clear()
        else:
            self._go_on.set()

    def close(self) -> None:
        """End after the pictures in hand."""
        self._ended = True
        self._go_on.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._has_ended():
                return
            try:
                self._look()
                self._read_facts()
                self._groups.find(self._grouping)
                if self._measures:
                    self._measure()
                if self._engine.loaded is not None:
                    self._change_model(self._engine.loaded)
                self._standing = replace(self._standing, stage="idle", fault="")
            except KeyboardInterrupt:
                return
            except ImgrankError as error:
                self._standing = replace(self._standing, stage="failed", fault=sentence_of(error))
            except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
                self._standing = replace(self._standing, stage="failed", fault=unexpected("Reading ended", error))
            self.begun.set()
            self.settled.set()
            if self._has_ended():
                return

    def _look(self) -> None:
        if not os.path.isdir(self._library.given):
            self._library.remove(self._library.compare(()).gone)
            raise ImgrankError("The folder is not there any more.")
        tells, self._tells = self._tells, True
        found = discover([self._library.given], recursive=self._recursive)
        self._standing = replace(self._standing, fault="")
        difference = self._library.compare(found.files)
        self._library.remove(difference.gone)
        before = self._library.count
        self._read(difference.fresh)
        self._library.skip(found.skipped)
        changed = min(difference.changed, self._library.count - before)
        news = _news(self._library.count - before - changed, len(difference.gone) - difference.changed, changed)
        if self._looked and tells and self._tells and news:  # else the page itself changed something meanwhile
            self._standing = replace(self._standing, news=news)
        self._looked += 1

    def _read(self, files: Sequence[ImageFile]) -> None:
        def read(chunk: Sequence[ImageFile], report: Report) -> None:
            found = self._engine.ranker.encode([file.path for file in chunk], progress=self._counting(report))
            numbers = self._library.add(found.files, found.packed)
            self._library.skip(found.skipped, chunk)
            self.begun.set()
            if len(numbers) <= FEW:  # by which they may be filtered already; where many come at once, the end is near
                self._facts.read(numbers)

        self._go_through("reading", files, read)

    def _go_through(self, stage: Stage, items: Sequence[Item], read: Callable[[Sequence[Item], Report], None]) -> bool:
        """All of the items; whether that was to the end."""

        def report(done: int, rate: float) -> None:
            self._standing = replace(self._standing, stage=stage, done=done, total=len(items), rate=rate)

        return in_chunks(items, read, lambda done: self._may_go_on(stage, done, len(items)), report)

    def _read_facts(self) -> None:
        numbers = self._library.numbers()
        for start in range(0, len(numbers), FACTS_AT_ONCE):
            if not self._has_ended():
                self._facts.read(numbers[start : start + FACTS_AT_ONCE])

    def _grouping(self, now: Progress) -> None:
        self._checking(now)
        self._standing = replace(self._standing, stage="grouping", done=now.done, total=now.total, rate=0.0)

    def _measure(self) -> None:
        def measure(chunk: Sequence[int], _: Report) -> None:
            known = [(n, file.path) for n in chunk if (file := self._library.file(n))]
            paths = [path for _, path in known]
            rows = self._engine.ranker.detail_of(paths, progress=self._checking) if known else ()
            self._library.measured({number: row for (number, _), row in zip(known, rows, strict=True)})

        self._go_through("measuring", self._library.unmeasured(), measure)

    def _change_model(self, ranker: Ranker) -> None:
        """Read every picture for another image model; orders are by the present one until all are read."""
        read: dict[int, int] = {}  # places in `packed`
        pieces: list[PackedTokens] = []

        def again(chunk: Sequence[int], report: Report) -> None:
            known = {file.path: n for n in chunk if (file := self._library.file(n))}
            if not known:
                return
            found = ranker.encode(list(known), progress=self._counting(report))
            start = sum(map(len, pieces))
            read.update((known[file.path], start + place) for place, file in enumerate(found.files))
            pieces.append(found.packed)
            if self._engine.loaded is not ranker:
                raise UsageError("It was cancelled.")

        try:
            ranker.sentence("a picture")  # which says at once where the model cannot be had
            whole = self._go_through("changing", self._library.numbers(), again)
        except ImgrankError as error:
            if self._engine.loaded is ranker:
                self._engine.refuse(sentence_of(error))
            whole = False
        if not whole:
            ranker.close()
            return
        numbers: Numbers = np.fromiter(read, np.intp, len(read))

        def exchange() -> None:
            self._library.exchange(numbers, pieces)
            before = self._engine.put()
            before.close()

        self._orders.exchange(exchange)
        self._exchanged()
        self.look(tell=False)

    def _checking(self, _: Progress) -> None:
        """End the reading in hand as Ctrl-C in a terminal does: what was read by then is kept."""
        if self._ended:
            raise KeyboardInterrupt

    def _may_go_on(self, stage: Stage, done: int, total: int) -> bool:
        """Wait while paused. False where the end was asked for."""
        self._standing = replace(self._standing, stage=stage, done=done, total=total)
        self._go_on.wait()
        return not self._ended

    def _counting(self, report: Report) -> Callable[[Progress], None]:
        def tell(now: Progress) -> None:
            self._checking(now)
            report(now.done, 0.0)

        return tell

    def _has_ended(self) -> bool:
        return self._ended


def _news(came: int, went: int, changed: int) -> str:
    counts = ((came, "came"), (went, "went"), (changed, "changed"))
    said = ", ".join(f"{counted(count, 'picture')} {verb}" for count, verb in counts if count)
    return said and said + "."


FEW = 512  # pictures
FIRST, FEWEST, MOST = 8, 32, 4096  # pictures read at once: few, to show some soon; then as many as take about a second
QUICK, SLOW = 0.3, 1.5  # seconds

Report = Callable[[int, float], None]
"""Is told how many are done, and how many a second."""


def in_chunks(
    items: Sequence[Item], read: Callable[[Sequence[Item], Report], None], go_on: Callable[[int], bool], report: Report
) -> bool:
    """Read all items, a chunk at a time, while `go_on(done)`; whether that was to the end.

    `read` gets a chunk and a report of its own, for how many of the chunk are done.
    """
    done, size, started = 0, FIRST, time.perf_counter()
    while done < len(items):
        if not go_on(done):
            return False
        chunk, before = items[done : done + size], time.perf_counter()

        def within(part: int, _: float, done: int = done) -> None:
            report(done + part, (done + part) / (time.perf_counter() - started))

        read(chunk, within)
        done += len(chunk)
        report(done, done / (time.perf_counter() - started))
        size = _next_size(size, time.perf_counter() - before)
    return True


def _next_size(size: int, seconds: float) -> int:
    wanted = 4 * size if seconds < QUICK else size // 2 if seconds > SLOW else size
    return min(MOST, max(FEWEST, wanted))
