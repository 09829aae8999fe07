"""Why the ranker puts a picture where it does, on demand: one map at a time, each made once, in a daemon thread."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Generic, TypeVar

from imgrank.errors import UsageError
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable
from imgrank.web.prepare import Album
from imgrank.web.records import LabelSettings, Reason

if TYPE_CHECKING:
    from imgrank.explaining import Explanation
    from imgrank.ranker import Ranker

Result = TypeVar("Result")


class Apart(Generic[Result]):
    """Does one piece of work after another, in the order in which they are asked for."""

    def __init__(self, name: str, patience: float | None = None) -> None:
        """The thread gets the `name`; who asks waits `patience` seconds at most."""
        self._name, self._patience = name, patience
        self._jobs: queue.Queue[tuple[Callable[[], Result], Future[Result]]] = queue.Queue()
        self._lock = threading.Lock()
        self._waiting: set[Future[Result]] = set()
        self._thread: threading.Thread | None = None
        self._ended = False

    def do(self, work: Callable[[], Result]) -> Result:
        """What `work` gives, or raises there; UsageError where the end comes first."""
        future: Future[Result] = Future()
        with self._lock:
            if self._ended:
                raise _ending()
            self._waiting.add(future)
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
        self._jobs.put((work, future))
        try:
            return future.result(self._patience)
        except TookTooLong:
            raise UsageError("This takes too long; try again when the machine has less to do.") from None
        finally:
            with self._lock:
                self._waiting.discard(future)

    def close(self) -> None:
        """Whoever waits is told that this is the end."""
        with self._lock:
            self._ended = True
            for future in self._waiting:
                if not future.done():
                    future.set_exception(_ending())

    def _run(self) -> None:
        while True:
            work, future = self._jobs.get()
            if future.done():
                continue
            try:
                self._tell(future, partial(future.set_result, work()))
            except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
                self._tell(future, partial(future.set_exception, error))

    def _tell(self, future: Future[Result], tell: Callable[[], None]) -> None:
        """Unless who waited was told of the end meanwhile."""
        with self._lock:
            if not future.done():
                tell()


def _ending() -> UsageError:
    return UsageError("imgrank is ending.")


Explain = Callable[[str, str], Reason]
REASONS_KEPT = 32


class Explanations:
    """Asks `explain(path, adapter)`, always in the same thread, for a ranker belongs to the thread that made it."""

    def __init__(self, album: Album, explain: Explain) -> None:
        self._album = album
        self._thread: Apart[Reason] = Apart("imgrank-why")
        self._explain = lru_cache(REASONS_KEPT)(explain)

    def of(self, name: str, adapter: str) -> Reason | None:
        """Why the picture of this opaque name has its score by `adapter`; None where there is no such picture.

        Raises what explaining raises.
        """
        path = self._album.path(name)
        return None if path is None else self._thread.do(lambda: self._explain(path, adapter))

    def close(self) -> None:
        """Whoever waits for a map is told that this is the end."""
        self._thread.close()


def without_folders(found: Explanation) -> Explanation:
    """With names in place of paths: no path goes out."""
    examples = tuple(replace(example, path=os.path.basename(example.path)) for example in found.examples)
    return replace(found, path=os.path.basename(found.path), examples=examples)


def explainer(settings: LabelSettings, new_ranker: Callable[[str], Ranker]) -> Explain:
    """`explain(path, adapter)` about the sentence of `settings`."""

    @lru_cache(1)
    def ranker_with(adapter: str) -> Ranker:
        return new_ranker(adapter)

    def explain_one(path: str, adapter: str) -> Reason:
        return explained(ranker_with(adapter), path, phrasings(settings.sentence)[0])

    return explain_one


def explained(ranker: Ranker, path: str, sentence: str) -> Reason:
    """Why `ranker` gives a picture its score, in words and as a map. Raises what explaining raises."""
    from imgrank.explaining import explain

    return reason_of(explain(ranker, path, sentence), path)


def reason_of(explanation: Explanation, path: str) -> Reason:
    """An explanation of the picture at a path, in words and as a map."""
    from imgrank.explaining.presentation import draw_map, jpeg, told

    found = without_folders(explanation)
    return Reason(tuple(map(printable, told([found]))), jpeg(draw_map(replace(found, path=path))))
