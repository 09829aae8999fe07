"""Threads of a page: begun where the system has one to give, one that does a piece of work at a time, and memory that
all share."""

from __future__ import annotations

import ctypes
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from functools import partial
from typing import Generic, TypeVar

from imgrank.errors import NO_THREAD, UsageError, lacks_thread

Result = TypeVar("Result")
HEAPS = 2
_M_ARENA_MAX = -8  # glibc's name for it, in malloc.h


def begin(work: Callable[[], None], name: str, *, daemon: bool = True) -> threading.Thread:
    """Start a thread that does this. Raises UsageError where the system has none to give."""
    thread = threading.Thread(target=work, name=name, daemon=daemon)
    try:
        thread.start()
    except RuntimeError as error:
        if not lacks_thread(error):
            raise
        raise UsageError(NO_THREAD) from error
    return thread


def share_heaps() -> None:
    """Let all threads share a few heaps. glibc makes one for each of up to eight threads a core, and a server with many
    threads keeps in each what an order once took. To be called before threads begin; elsewhere it does nothing."""
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)
    except (AttributeError, OSError):  # another C library
        return


MOST_WAITING = 12  # of whom each keeps a thread of the server; a browser asks for half as many at once


class Apart(Generic[Result]):
    """Does one piece of work after another, in the order in which they are asked for. Where too many wait, the first of
    them waits no more: who turns pages quickly has gone on from there."""

    def __init__(self, name: str, patience: float | None = None) -> None:
        """The thread gets the `name`; who asks waits `patience` seconds at most."""
        self._name, self._patience = name, patience
        self._jobs: queue.Queue[tuple[Callable[[], Result], Future[Result]]] = queue.Queue()
        self._lock = threading.Lock()
        self._waiting: dict[Future[Result], None] = {}
        self._thread: threading.Thread | None = None
        self._in_hand: Future[Result] | None = None
        self._ended = False

    def do(self, work: Callable[[], Result]) -> Result:
        """What `work` gives, or raises there; UsageError where the end comes first, no thread can be had,
        or too many ask after this."""
        future: Future[Result] = Future()
        with self._lock:
            if self._ended:
                raise _ending()
            if self._thread is None:
                self._thread = begin(self._run, self._name)
            self._let_go()
            self._waiting[future] = None
        self._jobs.put((work, future))
        try:
            return future.result(self._patience)
        except TookTooLong:
            raise UsageError("This takes too long; try again when the machine has less to do.") from None
        finally:
            with self._lock:
                self._waiting.pop(future, None)

    def close(self) -> None:
        """Whoever waits is told that this is the end."""
        with self._lock:
            self._ended = True
            for future in self._waiting:
                if not future.done():
                    future.set_exception(_ending())

    def _let_go(self) -> None:
        waiting = [each for each in self._waiting if not each.done()]
        first = next((each for each in waiting if each is not self._in_hand), None)
        if first is not None and len(waiting) >= MOST_WAITING:
            first.set_exception(UsageError("Too much was asked for after this; ask for it again."))

    def _run(self) -> None:
        while True:
            work, future = self._jobs.get()
            with self._lock:
                self._in_hand = future
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
    return UsageError("imgrank is shutting down.")
