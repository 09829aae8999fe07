"""Work side by side: in order, and torch is left as it was found."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from imgrank.parallel import blas_on_one_core, map_on_cores, on_one_core


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
    met = threading.Barrier(2, timeout=120)

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


def seen_after(event):
    """What torch uses once `event` has come, in a thread that has not asked torch before."""
    assert event.wait(120)
    return torch.get_num_threads()


@pytest.mark.parametrize("fault", [None, ValueError("no")])
def test_who_leaves_first_gives_no_second_core_to_those_who_are_still_summing(two_threads, fault):
    left = threading.Event()

    def leave_early():
        with on_one_core():
            within.wait()
            if fault:
                raise fault

    within = threading.Barrier(2, timeout=120)
    with ThreadPoolExecutor(2) as callers, on_one_core():
        early = callers.submit(leave_early)
        late = callers.submit(map_on_cores, lambda _: seen_after(left), range(4))
        within.wait()
        assert early.exception() is fault
        left.set()
        assert late.result() == [1] * 4
        assert torch.get_num_threads() == 1
        assert callers.submit(torch.get_num_threads).result() == 2  # who holds nothing has all
    assert torch.get_num_threads() == 2


def test_a_thread_that_begins_while_others_hold_gets_all_cores_in_the_end(two_threads):
    with ThreadPoolExecutor(1) as newcomer:
        with on_one_core():
            newcomer.submit(torch.get_num_threads).result()
            newcomer.submit(map_on_cores, str, range(3)).result()
        assert newcomer.submit(torch.get_num_threads).result() == 2
    with ThreadPoolExecutor(1) as later:
        assert later.submit(torch.get_num_threads).result() == 2


def test_holding_twice_is_holding_once(two_threads):
    with on_one_core():
        with on_one_core():
            pass
        assert torch.get_num_threads() == 1
        within = map_on_cores(lambda _: map_on_cores(lambda _: torch.get_num_threads(), range(2)), range(2))
        assert within == [[1, 1], [1, 1]]
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_many_callers_at_once_each_sum_on_one_core(two_threads):
    """Whatever the hour at which each of them comes and goes."""
    with ThreadPoolExecutor(8) as callers:
        done = [callers.submit(map_on_cores, lambda _: torch.get_num_threads(), range(n % 5)) for n in range(200)]
        assert {seen for one in done for seen in one.result()} == {1}
    assert torch.get_num_threads() == 2


def blas_threads():
    """How many threads each library of products uses."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_products_of_numpy_use_one_thread_until_the_last_caller_leaves():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        one, other = blas_on_one_core(), blas_on_one_core()
        one.__enter__()
        other.__enter__()
        one.__exit__(None, None, None)
        assert blas_threads() == {1}
        other.__exit__(None, None, None)
        assert blas_threads() == before
