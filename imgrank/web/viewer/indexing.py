"""Fills the library in a thread of its own: looks at the folder, reads what is new, and says how far it is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from imgrank.discover import discover
from imgrank.errors import ImgrankError
from imgrank.records import ImageFile, Progress
from imgrank.web.viewer.facts import FactBook
from imgrank.web.viewer.groups import GroupBook
from imgrank.web.viewer.library import Library

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

FIRST, MOST = 32, 4096  # pictures read at once; as many as take about a second
PATIENCE = 10.0  # seconds for the pictures in hand, at the end
FACTS_AT_ONCE = 2048
QUICK, SLOW = 0.3, 1.5  # seconds

Stage = Literal["looking", "reading", "grouping", "measuring", "paused", "idle", "failed"]


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
    """Keeps a library as its folder is. `look` has it look again, `measure` has all pictures measured at full size."""

    def __init__(
        self, library: Library, ranker: Ranker, facts: FactBook, groups: GroupBook, *, recursive: bool = False
    ) -> None:
        self._library, self._ranker, self._recursive = library, ranker, recursive
        self._facts, self._groups = facts, groups
        self._standing = Standing()
        self._wake, self._go_on = threading.Event(), threading.Event()
        self._go_on.set()
        self._ended = self._measures = False
        self._tells = True
        self._looked = 0
        self._thread = threading.Thread(target=self._run, name="imgrank-index", daemon=True)

    @property
    def standing(self) -> Standing:
        """How far it is now."""
        return self._standing

    def start(self) -> None:
        """Begin."""
        self._wake.set()
        self._thread.start()

    def look(self, *, tell: bool = True) -> None:
        """Look at the folder again, soon; without a word about what came and went where the page itself changed it."""
        self._tells = self._tells and tell
        self._wake.set()

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
        if self._thread.is_alive():
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
                self._standing = replace(self._standing, stage="idle", fault="")
            except KeyboardInterrupt:
                return
            except ImgrankError as error:
                self._standing = replace(self._standing, stage="failed", fault=str(error))
            except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
                self._standing = replace(
                    self._standing,
                    stage="failed",
                    fault=f"Reading ended unexpectedly: {type(error).__name__}: {error}.",
                )
            if self._has_ended():
                return

    def _look(self) -> None:
        if not os.path.isdir(self._library.given):
            self._library.remove(self._library.compare(()).gone)
            raise ImgrankError("The folder is not there any more.")
        found = discover([self._library.given], recursive=self._recursive)
        difference = self._library.compare(found.files)
        self._library.remove(difference.gone)
        before = self._library.count
        self._read(difference.fresh)
        self._library.skip(found.skipped)
        changed = min(difference.changed, self._library.count - before)
        news = _news(self._library.count - before - changed, len(difference.gone) - difference.changed, changed)
        if self._looked and self._tells and news:
            self._standing = replace(self._standing, news=news)
        self._tells = True
        self._looked += 1

    def _read(self, files: Sequence[ImageFile]) -> None:
        done, size, started = 0, FIRST, time.perf_counter()
        while done < len(files) and self._may_go_on("reading", done, len(files)):
            chunk = files[done : done + size]
            before = time.perf_counter()
            read = self._ranker.encode(
                [file.path for file in chunk], progress=self._counting(done, len(files), started)
            )
            self._library.add(read.files, read.packed)
            self._library.skip(read.skipped, chunk)
            done += len(chunk)
            size = _next_size(size, time.perf_counter() - before)
            self._standing = replace(
                self._standing,
                stage="reading",
                done=done,
                total=len(files),
                rate=done / (time.perf_counter() - started),
            )

    def _read_facts(self) -> None:
        numbers = self._library.numbers()
        for start in range(0, len(numbers), FACTS_AT_ONCE):
            if not self._has_ended():
                self._facts.read(numbers[start : start + FACTS_AT_ONCE])

    def _grouping(self, now: Progress) -> None:
        self._checking(now)
        self._standing = replace(self._standing, stage="grouping", done=now.done, total=now.total, rate=0.0)

    def _measure(self) -> None:
        numbers = self._library.unmeasured()
        done, size, started = 0, FIRST, time.perf_counter()
        while done < len(numbers) and self._may_go_on("measuring", done, len(numbers)):
            chunk = [(n, file.path) for n in numbers[done : done + size] if (file := self._library.file(n))]
            before = time.perf_counter()
            measured = (
                self._ranker.detail_of([path for _, path in chunk], progress=self._checking)
                if chunk
                else np.empty((0, 0), np.float32)
            )
            self._library.measured({number: row for (number, _), row in zip(chunk, measured, strict=True)})
            done += size
            size = _next_size(size, time.perf_counter() - before)
            rate = done / (time.perf_counter() - started)
            self._standing = replace(
                self._standing, stage="measuring", done=min(done, len(numbers)), total=len(numbers), rate=rate
            )

    def _checking(self, _: Progress) -> None:
        """End the reading in hand as Ctrl-C in a terminal does: what was read by then is kept."""
        if self._ended:
            raise KeyboardInterrupt

    def _may_go_on(self, stage: Stage, done: int, total: int) -> bool:
        """Wait while paused. False where the end was asked for."""
        self._standing = replace(
            self._standing, stage=stage if self._go_on.is_set() else "paused", done=done, total=total
        )
        self._go_on.wait()
        return not self._ended

    def _counting(self, before: int, total: int, started: float) -> Callable[[Progress], None]:
        def report(now: Progress) -> None:
            self._checking(now)
            done = before + now.done
            self._standing = replace(
                self._standing, stage="reading", done=done, total=total, rate=done / (time.perf_counter() - started)
            )

        return report

    def _has_ended(self) -> bool:
        return self._ended


def _next_size(size: int, seconds: float) -> int:
    """So many at once that stored pictures come in thousands, and new ones are seen as they come."""
    if seconds < QUICK:
        return min(MOST, 4 * size)
    return max(FIRST, size // 2) if seconds > SLOW else size


def _news(came: int, went: int, changed: int) -> str:
    counts = ((came, "came"), (went, "went"), (changed, "changed"))
    said = ", ".join(f"{count} {'picture' if count == 1 else 'pictures'} {verb}" for count, verb in counts if count)
    return said and said + "."
