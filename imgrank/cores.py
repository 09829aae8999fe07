"""Blocks of work side by side, each on one core: no waiting at barriers, and sums taken in one order on any machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_on_cores(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results in the order of the items. Torch holds to one thread an operation meanwhile, also for other callers."""
    with _CORES.held() as cores, ThreadPoolExecutor(cores) as pool:
        return list(pool.map(function, items))


@contextmanager
def on_one_core() -> Iterator[None]:
    """Within, torch uses one thread: small work costs more in waiting for a second one than in sums."""
    with _CORES.held():
        yield


class _Cores:
    """How many cores torch may use. Torch keeps that number by thread and as a whole: both must come back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = self._count = 0

    @contextmanager
    def held(self) -> Iterator[int]:
        """Their number, while torch itself uses one."""
        import torch

        with self._lock:
            if not self._holders:
                self._count = torch.get_num_threads()
            self._holders += 1
            count = self._count
        torch.set_num_threads(1)
        try:
            yield count
        finally:
            torch.set_num_threads(count)
            with self._lock:
                self._holders -= 1


_CORES = _Cores()
