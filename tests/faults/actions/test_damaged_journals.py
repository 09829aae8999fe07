"""A journal that is damaged costs no file, and stands in the way of no other run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from imgrank.actions.run import act
from imgrank.actions.undo import finish, history, undo
from imgrank.cli.app import app
from imgrank.errors import ActionError
from imgrank.paths import journal_dir
from tests.actions.trees import fill, planned, snapshot

NAMES = ["2-x.jpg", "1-x.jpg", "c.jpg"]


def two_runs(place):
    """A rename and a tagging, each in a folder of its own."""
    for number, action in enumerate(("rename", "tag")):
        folder = fill(place / str(number), *NAMES)
        act(planned(folder, NAMES, action))


def test_the_other_runs_can_be_undone_and_new_ones_made(place):
    two_runs(place)
    path = journal_dir() / "0002.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"verb"', b'"verb', 1))
    listed = CliRunner().invoke(app, ["history"]).output
    assert "its journal is damaged" in listed and "can be undone" in listed
    with pytest.raises(ActionError, match="damaged at line 2; nothing was changed"):
        undo()
    assert not undo(1).left_alone
    assert sorted(os.listdir(place / "0")) == sorted(NAMES)
    act(planned(place / "0", NAMES, "rename"))
    assert not undo().left_alone


def test_a_journal_of_a_newer_imgrank_is_left_to_it(place):
    two_runs(place)
    path = journal_dir() / "0002.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(ActionError, match="newer imgrank"):
        undo(2)
    with pytest.raises(ActionError, match="no run 99"):
        finish(99)
    assert len(history()) == 2 and not undo(1).left_alone


@pytest.mark.parametrize("examples", [30, pytest.param(2000, marks=pytest.mark.soak)])
def test_any_damage_is_told_in_words_and_loses_nothing(examples):
    memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir=memory) as top:
        patch.setenv("IMGRANK_HOME", os.path.join(top, "home"))
        made, place = Path(top) / "made", Path(top) / "tree"
        two_runs(place)
        shutil.copytree(os.environ["IMGRANK_HOME"], made / "home")
        shutil.copytree(place, made / "tree")
        before = {what[0] for what in snapshot(place).values() if what != "folder"}
        whole = {number: (journal_dir() / f"000{number}.jsonl").read_bytes() for number in (1, 2)}

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from([1, 2]), st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=2), st.integers(0, 2)))
        )
        def holds(number, edits):
            for inside in (Path(top) / "home", place):
                shutil.rmtree(inside, ignore_errors=True)
                shutil.copytree(made / inside.name, inside)
            damaged = bytearray(whole[number])
            for at, inserted, removed in edits:
                start = at % (len(damaged) + 1)
                damaged[start : start + removed] = inserted
            (journal_dir() / f"000{number}.jsonl").write_bytes(damaged)
            for do in (history, lambda: undo(number), lambda: finish(number), undo):
                try:
                    do()
                except ActionError as error:
                    assert str(error)
            kept = [*place.rglob("*"), *journal_dir().glob("*/*")]
            assert before <= {path.read_bytes() for path in kept if path.is_file()}

        holds()
