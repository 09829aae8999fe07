"""Why a picture has its score, on demand: in a daemon thread with a ranker of its own, so that an end need not wait."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING

from imgrank.errors import UsageError
from imgrank.web.explanations import explained
from imgrank.web.records import Reason
from imgrank.web.viewer.library import Library

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

KEPT, PATIENCE = 32, 120.0  # maps; seconds
Job = tuple[str, int, str, "Future[Reason]"]


class Reasons:
    """One map at a time, each made once."""

    def __init__(self, library: Library, new_ranker: Callable[[], Ranker]) -> None:
        self._library, self._new_ranker = library, new_ranker
        self._jobs: queue.Queue[Job] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._explain = lru_cache(KEPT)(self._explained)
        self._ranker: Ranker | None = None

    def of(self, number: int, sentence: str) -> Reason:
        """Raises UsageError where there is no such picture or no sentence, and what explaining raises."""
        file = self._library.file(number)
        if file is None or not sentence.strip():
            raise UsageError("There is nothing to explain: a picture of the folder and a sentence are needed.")
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="imgrank-why", daemon=True)
                self._thread.start()
        future: Future[Reason] = Future()
        self._jobs.put((file.path, file.mtime_ns, sentence, future))
        return future.result(PATIENCE)

    def forget(self) -> None:
        """A ranker was trained: what was said may not hold any more."""
        self._explain.cache_clear()

    def _run(self) -> None:
        while True:
            path, time, sentence, future = self._jobs.get()
            try:
                future.set_result(self._explain(path, time, sentence))
            except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
                future.set_exception(error)

    def _explained(self, path: str, _time: int, sentence: str) -> Reason:
        self._ranker = self._ranker or self._new_ranker()
        return explained(self._ranker, path, sentence)
