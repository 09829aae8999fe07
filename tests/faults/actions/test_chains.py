"""Runs that are killed, undos that are killed, undos of undos: what imgrank suggests brings the first tree back."""

from __future__ import annotations

import os
import random
import re
import shutil
import sys

import pytest

from imgrank.actions import no_clobber
from imgrank.actions.chains import chain_of
from imgrank.actions.records import Action
from imgrank.actions.run import act
from imgrank.actions.undo import finish, history, undo
from imgrank.errors import ActionError
from tests.actions.trees import contents, fill, planned, snapshot
from tests.faults.actions.driver import FOLDERED, XMP
from tests.faults.actions.forks import killed_at

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows has not")
NAMES = [f"{n}-x.jpg" for n in range(1, 5)]
CIRCLE = [*NAMES[1:], NAMES[0]]
SEED, DEPTH = 20262, 3
ACTIONS = [action for action in Action if action is not Action.trash or sys.platform == "linux"]


def make(place):
    """Four pictures; a rename takes them in a circle."""
    fill(place / "photos", *NAMES)
    (place / "photos" / "2-x.jpg.xmp").write_bytes(XMP)
    return snapshot(place)


def run(place, action):
    act(planned(place / "photos", CIRCLE, action, place / "out" if action in FOLDERED else None))


def suggested(place):
    """The run that a new one on these files says must be undone; None where nothing stands in its way."""
    try:
        planned(place / "photos", CIRCLE, "rename", template="{rank}")
    except ActionError as error:
        words = re.search(r"\{undo\} (\d+) puts", error.remedy)
        return int(words[1]) if words else None
    return None


def hidden(place):
    return [path for path in place.rglob("*") if path.name.startswith(".imgrank-")]


def back_to(place, before):
    """Do what is suggested, and where nothing is, what the plain command does; once must be enough."""
    number = suggested(place)
    assert number is not None or not hidden(place)
    if number is not None or any(past.left for past in history() if past.undoes is None):
        assert not undo(number).left_alone
    assert contents(snapshot(place)) == contents(before) and suggested(place) is None


def points(prepared, work, stride=1):
    """Kill `work` at each boundary in turn, each time from what `prepared` makes; yields how far it came."""
    at = 0
    while True:
        prepared()
        killed = killed_at(at, work)
        yield at
        if not killed:
            return
        at += stride


def fresh(place):
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(os.environ["IMGRANK_HOME"], ignore_errors=True)
    return make(place)


@pytest.mark.parametrize("stride", [pytest.param(1, marks=pytest.mark.soak), 5])
@pytest.mark.parametrize("kernel", [True, False])
def test_a_circle_killed_anywhere_and_its_undo_killed_anywhere(place, monkeypatch, kernel, stride):
    if not kernel:
        monkeypatch.setattr(no_clobber, "_rename_by_kernel", lambda *_: False)
    before = fresh(place)
    kills = 0
    for first in points(lambda: fresh(place), lambda: run(place, "rename"), stride):

        def prepared(first=first):
            fresh(place)
            killed_at(first, lambda: run(place, "rename"))

        if not history():
            continue
        for _ in points(prepared, lambda: undo(1), stride):
            kills += 1
            back_to(place, before)
    print(f"\n{kills} pairs of kills: every tree as before")
    assert kills > 150 // stride**2


def test_whatever_is_tried_in_the_middle_of_a_chain_leaves_the_way_back_open(place):
    """What is not suggested is refused, and changes nothing."""
    for first in range(6, 20, 5):
        for second in range(4, 12, 3):
            before = fresh(place)
            if not killed_at(first, lambda: run(place, "rename")) or not killed_at(second, lambda: undo(1)):
                continue
            stopped = chain_of(1).stopped
            middle = snapshot(place)
            if stopped is None or stopped.number == 1:
                continue
            with pytest.raises(ActionError, match="stopped in the middle") as refused:
                undo(2)
            assert re.match(r"\{undo\} 1 .*\{finish\} 2 ", refused.value.remedy)
            with pytest.raises(ActionError, match="nothing to finish") as refused:
                finish(1)
            assert "{finish} 2 " in refused.value.remedy
            assert snapshot(place) == middle
            back_to(place, before)


def deeds(draw):
    """What may come next: a run is undone, an undo is undone, a run is finished, as the history stands."""
    past = history()
    if not past:
        return None
    stopped = [each.run for each in past if each.unfinished]
    if stopped:
        return draw.choice([lambda: undo(1), lambda: finish(stopped[-1])])
    able = [each.run for each in past if each.can_undo]
    number = draw.choice(able) if able else None
    return None if number is None else lambda: undo(number)


@pytest.mark.parametrize("chains", [20, pytest.param(2000, marks=pytest.mark.soak)])
def test_chains_of_kills_of_depth_three(place, chains):
    draw = random.Random(SEED)
    killed = 0
    for turn in range(chains):
        action = ACTIONS[turn % len(ACTIONS)] if turn % 3 == 0 else Action.rename
        before = fresh(place)
        killed_at(draw.randrange(30), lambda action=action: run(place, action))
        for _ in range(DEPTH - 1):
            deed = deeds(draw)
            if deed is not None:
                killed += killed_at(draw.randrange(25), carefully(deed))
        back_to(place, before)
    assert killed > chains // 4


@pytest.mark.parametrize("chains", [12, pytest.param(500, marks=pytest.mark.soak)])
def test_the_history_says_can_be_undone_of_just_what_undo_takes_back(place, chains):
    refused = 0
    for turn in range(chains):

        def prepared(turn=turn):
            draw = random.Random(SEED + turn)
            action = draw.choice(["rename", "move"])
            fresh(place)
            killed_at(draw.choice([8, 99]), lambda: run(place, action))
            for _ in range(DEPTH + 1):
                deed = deeds(draw)
                if deed is not None:
                    killed_at(draw.choice([6, 99]), carefully(deed))
            return history()

        for past in prepared():
            prepared()
            try:
                outcome = undo(past.run)
            except ActionError:
                assert not past.can_undo, past
                refused += 1
            else:
                assert outcome.done == past.left and (past.can_undo or not past.left), past
    assert refused > chains // 2


def test_a_run_waits_for_one_that_stopped_in_the_middle_of_its_files(place):
    make(place)
    run(place, "copy")
    killed_at(8, lambda: act(planned(place / "photos", CIRCLE, "move", place / "elsewhere")))
    first, second = history()
    assert (first.waits_for, first.can_undo, second.can_undo) == (2, False, True)
    with pytest.raises(ActionError, match="stopped in the middle"):
        undo(first.run)
    undo(second.run)
    assert history()[0].can_undo and not undo(first.run).left_alone


def carefully(deed):
    def do():
        try:
            deed()
        except ActionError as error:
            assert "already undone" in str(error) or "did not stop" in str(error), error

    return do
