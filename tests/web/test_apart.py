"""Work in a thread of its own: in order, with what it raises, and an end that waits for nothing."""

from __future__ import annotations

import threading

import pytest

from imgrank.errors import UsageError
from imgrank.web.explanations import Apart


def test_work_is_done_in_one_thread_and_its_faults_come_back() -> None:
    apart: Apart[int] = Apart("imgrank-test")
    assert apart.do(lambda: 3) == 3
    assert apart.do(threading.get_ident) == apart.do(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        apart.do(lambda: 1 // 0)
    assert apart.do(lambda: 4) == 4


def test_an_end_does_not_wait_for_what_is_in_hand() -> None:
    apart: Apart[bool] = Apart("imgrank-test")
    begun, never = threading.Event(), threading.Event()
    said: list[str] = []

    def wait() -> None:
        try:
            apart.do(lambda: begun.set() or never.wait(60))
        except UsageError as error:
            said.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(20)
    apart.close()
    thread.join(20)
    assert said == ["imgrank is ending."]
    with pytest.raises(UsageError, match="ending"):
        apart.do(lambda: True)
    never.set()


def test_who_waits_too_long_is_told() -> None:
    apart: Apart[bool] = Apart("imgrank-test", patience=0.05)
    never = threading.Event()
    with pytest.raises(UsageError, match="too long"):
        apart.do(lambda: never.wait(20))
    never.set()
