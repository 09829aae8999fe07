"""kill -9 at random times, for every action: after undo, the tree is what it was. By hand: pytest -m soak -s."""

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
from tests.faults.actions.driver import make, run

RUNS, SEED = 200, 20261
ACTIONS = [action for action in Action if action is not Action.trash or sys.platform == "linux"]


def start(place, action):
    """A process that does the action and ends; forked, so that it spends its time on files and not on imports."""
    child = os.fork()
    if child == 0:
        try:
            run(place, action)
        finally:
            os._exit(0)
    return child


def duration(place, action):
    """How long the whole action takes here, so that kills fall within it."""
    began = time.perf_counter()
    os.waitpid(start(place, action), 0)
    took = time.perf_counter() - began
    undo()
    return took


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_no_file_is_lost_to_random_kills(tmp_path, home):
    place, draw, seen, lost = tmp_path / "tree", random.Random(SEED), Counter(), 0
    make(place)
    before = snapshot(place)
    took = {action: duration(place, action) for action in ACTIONS}
    for number in range(RUNS):
        action = ACTIONS[number % len(ACTIONS)]
        shutil.rmtree(home, ignore_errors=True)
        child = start(place, action)
        time.sleep(draw.uniform(0, took[action]))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        past = history()
        seen["not begun" if not past else "in the middle" if past[-1].unfinished else "ended before"] += 1
        if past:
            undo()
        lost += snapshot(place) != before
    print(f"\n{RUNS} kills, seed {SEED}: {dict(sorted(seen.items()))}, {lost} trees not as before")
    assert not lost and seen["in the middle"] > RUNS // 10
