"""Blocks of work side by side, each on one core: no waiting at barriers, and sums taken in one order on any machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_on_cores(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results in the order of the items. Torch holds to one thread an operation meanwhile, also for other callers."""
    with _CORES.held() as cores, ThreadPoolExecutor(cores, initializer=_CORES.join) as pool:
        return list(pool.map(function, items))


@contextmanager
def on_one_core() -> Iterator[None]:
    """Within, torch uses one thread: small work costs more in waiting for a second one than in sums."""
    with _CORES.held():
        yield


@contextmanager
def blas_on_one_core() -> Iterator[None]:
    """Within, products of numpy use one thread each, other callers' too.

    Threads of ours that ask for products would wait for each other, and small ones cost more in waiting than in sums.
    """
    with _BLAS.held():
        yield


class _Blas:
    """Holds numpy's products to one thread until the last who asked for that leaves: the number is the process's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._limit: threadpool_limits | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """One thread, until the last leaves."""
        with self._lock:
            self._holders += 1
            if self._limit is None:
                from threadpoolctl import threadpool_limits

                self._limit = threadpool_limits(1, user_api="blas")
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders and self._limit is not None:
                    self._limit.restore_original_limits()
                    self._limit = None


class _Cores:
    """How many cores torch may use.

    Torch keeps that number for each thread, and as a whole for threads that have not asked yet. So every thread that
    sums sets its own, whatever others do to the whole meanwhile; the whole comes back with the last one to leave.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = self._count = 0
        self._here = threading.local()  # depth: how often this thread holds

    @contextmanager
    def held(self) -> Iterator[int]:
        """Their number, while torch itself uses one in this thread."""
        import torch

        with self._lock:
            if not self._holders:
                self._count = torch.get_num_threads()
            self._holders += 1
            self._here.depth = self._depth() + 1
            self._set(1)
            count = self._count
        try:
            yield count
        finally:
            with self._lock:
                self._holders -= 1
                self._here.depth -= 1
                if not self._depth():
                    self._set(self._count)
                    if self._holders:
                        _in_another_thread(lambda: self._set(1))

    def join(self) -> None:
        """Have torch use one core in this thread for good: a thread of a pool, whose maker holds."""
        with self._lock:
            self._here.depth = self._depth() + 1
            self._set(1)

    def _depth(self) -> int:
        depth: int = getattr(self._here, "depth", 0)
        return depth

    @staticmethod
    def _set(count: int) -> None:
        """Torch's number for this thread, and as a whole."""
        import torch

        torch.set_num_threads(count)
        torch.get_num_threads()  # a thread's first question would take over the whole's number, whatever was set


def _in_another_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


_CORES, _BLAS = _Cores(), _Blas()
