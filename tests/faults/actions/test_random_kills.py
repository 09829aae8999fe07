"""Stopped at random times, for every action: after undo, the tree is what it was. By hand: pytest -m soak -s."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter

import pytest

from imgrank.actions.records import Action
from imgrank.actions.undo import history, undo
from tests.actions.trees import snapshot
from tests.faults.actions.driver import COUNT, make, run
from tests.faults.actions.forks import ended, start

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals, which Windows has not")
RUNS, SEED, FEW = 200, 20261, 13
ACTIONS = [action for action in Action if action is not Action.trash or sys.platform == "linux"]


def duration(place, action, count):
    """How long the whole action takes here, so that signals fall within it."""
    began = time.perf_counter()
    assert ended(start(lambda: run(place, action, count))) == 0
    took = time.perf_counter() - began
    undo()
    return took


def stop_at_random(place, home, number, runs, count):
    """Send a signal to `runs` runs of every action in turn, undo each; how they ended, and how many left a trace."""
    draw, seen, lost = random.Random(SEED), Counter(), 0
    make(place, count)
    before = snapshot(place)
    took = {action: duration(place, action, count) for action in ACTIONS}
    for turn in range(runs):
        action = ACTIONS[turn % len(ACTIONS)]
        shutil.rmtree(home, ignore_errors=True)
        child = start(lambda action=action: run(place, action, count))
        time.sleep(draw.uniform(0, took[action]))
        os.kill(child, number)
        code = ended(child)
        past = history()
        seen["not begun" if not past else "in the middle" if past[-1].unfinished else "ended before"] += 1
        assert code in (0, -number) or (number != signal.SIGKILL and code in (1, 130)), code
        if past:
            undo()
        lost += snapshot(place) != before
    print(f"\n{runs} runs, {number.name}, seed {SEED}: {dict(sorted(seen.items()))}, {lost} trees not as before")
    return seen, lost


@pytest.mark.soak
def test_no_file_is_lost_to_random_kills(tmp_path, home):
    seen, lost = stop_at_random(tmp_path / "tree", home, signal.SIGKILL, RUNS, COUNT)
    assert not lost and seen["in the middle"] > RUNS // 10


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_file_is_lost_to_random_wishes_to_stop(tmp_path, home, number):
    seen, lost = stop_at_random(tmp_path / "tree", home, number, RUNS // 2, COUNT)
    assert not lost and seen["in the middle"] > RUNS // 20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_a_random_time_loses_nothing(place, number):
    assert not stop_at_random(place, os.environ["IMGRANK_HOME"], number, len(ACTIONS), FEW)[1]
