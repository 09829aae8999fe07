"""A journal that is damaged costs no file, and stands in the way of no other run."""

from __future__ import annotations

import json
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
from tests.faults.actions.driver import XMP

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
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 99'))
    with pytest.raises(ActionError, match="newer imgrank"):
        undo(2)
    with pytest.raises(ActionError, match="no run 99"):
        finish(99)
    assert len(history()) == 2 and not undo(1).left_alone


def forge(number, *lines, **head):
    """A journal that somebody wrote by hand."""
    first = {"imgrank": "journal", "format": 1, "run": number, "action": "rename", "query": "", "time": ""}
    first |= {"undoes": None, "steps": 1} | head
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in (first, *lines))
    (journal_dir() / f"{number:04d}.jsonl").write_text(text + "\n")


def step(top, **fields):
    return {"step": 0, "verb": "move", "source": f"{top}/0/a", "target": f"{top}/0/b"} | fields


BEGIN = {"begin": 0, "size": 1, "mtime_ns": 1, "hash": "0" * 32}
LIES = {
    "a part that is any file": [{"part": "{top}/victim.jpg"}],
    "a part in another folder": [{"part": "{top}/.imgrank-01234567-1.part"}],
    "kept bytes that are any file": [{"verb": "write", "new": "../../../../victim.jpg"}],
    "a path that is relative": [{"source": "victim.jpg"}],
    "a path that is a number": [{"source": 7}],
    "a path with a NUL": [{"source": "/a\0b"}],
    "an unknown verb": [{"verb": "burn"}],
    "a verb that is a list": [{"verb": ["move"]}],
    "a size that is text": [{"size": "1"}],
    "a hash that is a number": [{"hash": 5}],
    "a stem that is none": [{"stem": {}}],
    "what it reverses is text": [{"reverses": "0"}],
    "a step that is far away": [{"step": 10**9}],
    "a step before the first": [{"step": -1}],
    "a beginning of nothing": [{}, {"begin": 3}],
    "a beginning without a file": [{}, {"begin": 0}],
    "a time that is no number": [{}, BEGIN | {"mtime_ns": "soon"}],
    "a number too large for a file": [{}, BEGIN | {"size": 10**40}],
    "a truth for a number": [{}, BEGIN | {"begin": False}],
    "an end without a beginning": [{}, {"end": 0, "place": "/a"}],
    "an end at a number": [{}, BEGIN, {"end": 0, "place": 7}],
    "an end at no path": [{}, BEGIN, {"end": 0, "place": "x"}],
    "a void of a list": [{}, BEGIN, {"void": []}],
    "a close that is a list": [{}, BEGIN, {"close": [1]}],
    "a line that is a list": ["[]"],
    "a line that is deep": ["[" * 200_000],
    "a line that is deep and whole": ['{"step":' * 100_000 + "1" + "}" * 100_000],
    "a line of no JSON": ["step"],
    "a number of many digits": ['{"begin": ' + "9" * 6000 + "}"],
}
HEADS = {
    "no object": "7",
    "deep": "[" * 100_000,
    "an action that is a list": {"action": []},
    "a query that is a number": {"query": 7},
    "a time that is an object": {"time": {}},
    "steps that are text": {"steps": "1"},
    "undoes text": {"undoes": "1"},
    "undoes itself": {"undoes": 3},
    "undoes a later one": {"undoes": 9},
    "a format that is text": {"format": "1"},
    "no format": {"format": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_forged_line_is_no_journal(place, lie):
    two_runs(place)
    victim = place / "victim.jpg"
    victim.write_bytes(b"victim")
    before = snapshot(place)
    first, *rest = LIES[lie]
    if isinstance(first, dict):
        first = step(place, **{name: _at(place, value) for name, value in first.items()})
    forge(3, first, *(rest or [BEGIN]))
    check(place, before)


@pytest.mark.parametrize("number", [10**8 - 1, 10**8, 10**9 - 1])
def test_a_number_far_ahead_hides_no_run_that_follows(place, number):
    two_runs(place)
    (journal_dir() / f"{number}.jsonl").touch()
    folder = fill(place / "more", *NAMES)
    for _ in range(2):
        run = act(planned(folder, NAMES, "rename", template="{stem}-{rank}{ext}")).run
        assert run in [past.run for past in history()] and not undo(run).left_alone
    assert sorted(os.listdir(folder)) == sorted(NAMES)


def test_a_huge_file_is_no_journal(place):
    """It would be read into memory."""
    two_runs(place)
    with (journal_dir() / "0003.jsonl").open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(ActionError, match="too large for a journal"):
        undo(3)
    assert len(history()) == 3 and not undo(1).left_alone


@pytest.mark.parametrize("lie", HEADS)
def test_a_forged_head_is_no_journal(place, lie):
    two_runs(place)
    before = snapshot(place)
    head = HEADS[lie]
    if isinstance(head, str):
        (journal_dir() / "0003.jsonl").write_text(head + "\n")
    else:
        forge(3, step(place), BEGIN, **head)
    check(place, before)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None)], ids=["folder", "pipe"])
def test_what_is_no_file_is_no_journal(place, make):
    two_runs(place)
    before = snapshot(place)
    make(journal_dir() / "0003.jsonl")
    check(place, before)


def _at(top, value):
    return value.replace("{top}", str(top)) if isinstance(value, str) else value


def check(place, before):
    """The lie is listed and refused in words; new runs can be made and undone, and the one before it by its number."""
    listed = CliRunner().invoke(app, ["history"])
    assert listed.exit_code == 0 and "its journal is damaged" in listed.output, listed.output
    for words in (["undo", "3"], ["undo", "--finish", "3"], ["undo"]):
        told = CliRunner().invoke(app, words)
        assert isinstance(told.exception, ActionError), (words, told.exception)
    assert "{undo} 2 undoes" in told.exception.remedy
    assert snapshot(place) == before
    names = [name for name in sorted(os.listdir(place / "0")) if name.endswith(".jpg")]
    assert act(planned(place / "0", names, "copy", place / "copies")).done
    assert not undo().left_alone and snapshot(place) == before
    assert not undo(2).left_alone and not undo(1).left_alone


def test_kept_bytes_that_are_gone_or_changed_leave_the_sidecar_as_it_is(place):
    folder = fill(place / "photos", "a.jpg", "b.jpg")
    for name in ("a", "b"):
        (folder / f"{name}.jpg.xmp").write_bytes(XMP)
    act(planned(folder, ["a.jpg", "b.jpg"], "tag"))
    after = snapshot(place)
    (kept,) = (path for path in journal_dir().glob("0001/*") if path.read_bytes() == XMP)
    kept.write_bytes(b"somebody else's")
    assert [left.reason for left in undo().left_alone] == [
        "what it was before cannot be read in the journal: the disk could not read it"
    ] * 2
    kept.unlink()
    assert len(undo().left_alone) == 2 and snapshot(place) == after


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
