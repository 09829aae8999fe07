"""Work side by side: in order, and torch is left as it was found."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from imgrank.cores import map_on_cores


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_stand_in_the_order_of_the_items(two_threads):
    assert map_on_cores(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    assert map_on_cores(str, []) == []


def test_torch_uses_one_thread_within_and_as_many_as_before_after(two_threads):
    assert set(map_on_cores(lambda _: torch.get_num_threads(), range(4))) == {1}
    assert torch.get_num_threads() == 2


def test_a_fault_goes_on_up_and_leaves_torch_as_it_was(two_threads):
    def fail(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        map_on_cores(fail, range(3))
    assert torch.get_num_threads() == 2


def test_callers_at_one_time_do_not_take_each_others_threads_away(two_threads):
    met = threading.Barrier(2, timeout=30)

    def meet(at):
        if at == 0:
            met.wait()
        return at

    with ThreadPoolExecutor(2) as callers:
        done = [callers.submit(map_on_cores, meet, range(3)) for _ in range(2)]
        assert [one.result() for one in done] == [[0, 1, 2]] * 2
        for _ in range(2):
            assert callers.submit(torch.get_num_threads).result() == 2
    assert torch.get_num_threads() == 2
