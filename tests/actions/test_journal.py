"""What is written into a journal is read from it again, and what must be on the disk is there when a call returns."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from imgrank.actions import journal, past_runs
from imgrank.actions.records import Identity, Step, Verb
from imgrank.errors import ActionError
from imgrank.paths import journal_dir

FOUND = Identity(9, 8, "0" * 32)
ROOT = os.path.abspath(os.sep)


def at(*parts: str) -> str:
    return os.path.join(ROOT, *parts)


def move(name: str, folder: str = "photos") -> Step:
    return Step(Verb.move, at(folder, name), at(folder, f"1-{name}"), 9, 8, stem=name)


def file_of(number: int) -> Path:
    return journal_dir() / f"{number:04d}.jsonl"


def lines_of(number: int) -> list[dict]:
    return [json.loads(line) for line in file_of(number).read_bytes().splitlines()]


def made(*steps: Step, **more) -> int:
    """A run whose steps are planned, and nothing else."""
    with journal.start("rename", "a cat", steps or (move("a.jpg"),), **more) as new:
        return new.run.number


def forged(number: int, *lines: dict, **head) -> None:
    first = {"imgrank": "journal", "format": 1, "run": number, "action": "rename", "query": "", "time": "", "steps": 1}
    journal_dir().mkdir(parents=True, exist_ok=True)
    file_of(number).write_text("".join(json.dumps(line) + "\n" for line in (first | head, *lines)))


def test_a_run_is_read_as_it_was_written():
    steps = (move("a.jpg"), move("b.jpg"), move("c.jpg"), move("d.jpg"))
    with journal.start("rename", "a cat", steps) as new:
        new.begin(0, FOUND)
        new.end(0, at("photos", "1-a.jpg"))
        new.begin(1, FOUND)
        new.void(1)
        new.begin(2, FOUND)
        new.revise(3, move("e.jpg"))
        run = past_runs.read(new.run.number)
        assert run == new.run
    assert (run.number, run.action, run.query, run.undoes, run.count) == (1, "rename", "a cat", None, 4)
    assert run.steps == [*steps[:3], move("e.jpg")]
    assert run.begun == dict.fromkeys(range(3), FOUND) and run.ended == {0: at("photos", "1-a.jpg")}
    assert (run.uncertain, run.remaining, run.changed, run.unfinished) == ([2], [1, 2, 3], 1, True)
    with journal.reopen(1) as again:
        again.begin(1, FOUND)
        again.close("done")
    run = past_runs.read(1)
    assert (run.uncertain, run.closed, run.unfinished) == ([1, 2], "done", False)


@pytest.mark.parametrize("begun", [True, False])
def test_a_run_is_unfinished_once_a_step_was_begun(begun):
    with journal.start("rename", "", [move("a.jpg")]) as new:
        if begun:
            new.begin(0, FOUND)
    assert past_runs.read(1).unfinished is begun


def test_a_run_whose_plan_was_cut_off_is_not_unfinished():
    forged(1, {"step": 0, "verb": "move", "source": at("a"), "target": at("b")}, steps=2)
    assert not past_runs.read(1).unfinished


def test_what_must_be_safe_is_on_the_disk_before_a_call_returns(monkeypatch):
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    with journal.start("rename", "", [move("a.jpg"), move("b.jpg")]) as new:
        assert synced[-1] == file_of(1).stat().st_size
        new.begin(0, FOUND)
        assert synced[-1] == file_of(1).stat().st_size
        count = len(synced)
        new.end(0, at("photos", "1-a.jpg"))
        new.revise(1, move("c.jpg"))
        new.void(1)
        assert len(synced) == count and lines_of(1)[-1] == {"void": 1}
        new.close("done")
        assert synced[-1] == file_of(1).stat().st_size


@pytest.mark.parametrize("verb", Verb)
def test_an_older_imgrank_is_kept_only_from_what_it_does_not_know(verb):
    made(move("a.jpg"), Step(verb, at("b.jpg"), at("b.jpg")))
    assert lines_of(1)[0]["format"] == (2 if verb is Verb.patch else 1)
    forged(2, format=3)
    with pytest.raises(ActionError, match=r"Run 2 was written by a newer imgrank"):
        past_runs.read(2)


def test_runs_are_numbered_on_from_the_last():
    assert [made(), made()] == [1, 2]
    forged(9999)
    forged(999_999_999)  # somebody else's: a run after it would have a name that is not read
    assert made() == 10000
    assert past_runs.numbers() == [1, 2, 9999, 10000, 999_999_999]
    for name in ("1.jsonl", "0001.jsonl.part", "x0001.jsonl", "0000000001.jsonl"):
        (journal_dir() / name).touch()
    assert past_runs.numbers() == [1, 2, 9999, 10000, 999_999_999]


def test_a_number_that_another_process_took_meanwhile_is_passed_by(monkeypatch):
    made()
    monkeypatch.setattr(journal, "numbers", list)
    assert made() == 2


def test_without_a_journal_nothing_begins(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "file"))
    with pytest.raises(ActionError, match=r"The journal cannot be written in .*file.* Nothing was changed"):
        made()


def test_bytes_are_kept_by_their_hash():
    number = made(contents=[b"one", b"two", b"one"])
    digests = {path.read_bytes(): path.name for path in (journal_dir() / f"{number:04d}").iterdir()}
    assert set(digests) == {b"one", b"two"}
    assert journal.kept(number, digests[b"one"]) == b"one"
    for content, other in ((b"one", b"two"), (b"two", b"one")):
        (journal_dir() / f"{number:04d}" / digests[content]).write_bytes(other)
        with pytest.raises(OSError, match="damaged"):
            journal.kept(number, digests[content])


def test_a_line_that_was_cut_off_is_not_read_and_is_gone_when_the_journal_goes_on():
    made()
    whole = file_of(1).read_bytes()
    file_of(1).write_bytes(whole + b'{"begin": 0, "si')
    assert not past_runs.read(1).begun
    with journal.reopen(1) as again:
        again.close("undone")
    assert file_of(1).read_bytes() == whole + b'{"close": "undone"}\n'


def test_who_puts_files_back():
    with journal.start("rename", "", [move("a.jpg")]) as first:
        assert first.way_back == 1
    with journal.start("undo", "", [move("a.jpg")], undoes=1, way_back=1) as undo:
        assert undo.way_back == 1
    with journal.reopen(2) as by_itself, journal.reopen(2, 1) as of_another:
        assert (by_itself.way_back, of_another.way_back) == (2, 1)


def test_there_is_no_such_run():
    with pytest.raises(ActionError, match="There is no run 7") as refused:
        past_runs.read(7)
    assert refused.value.remedy == "{history} lists all."
    assert past_runs.numbers() == [] and past_runs.read_all() == []


def test_an_empty_journal_is_a_run_that_did_nothing():
    made()
    file_of(2).touch()
    assert (past_runs.read(2).closed, past_runs.read(2).unfinished) == ("empty", False)
    assert [run.closed for run in past_runs.read_all()] == ["", "empty"]


@pytest.mark.parametrize("damaged", [1, 2, 3, 4])
def test_damage_is_named_by_its_line_and_stands_alone(damaged):
    made(move("a.jpg"), move("b.jpg"), move("c.jpg"))
    made()
    lines = file_of(1).read_bytes().splitlines(keepends=True)
    lines[damaged - 1] = b"[]\n"
    file_of(1).write_bytes(b"".join(lines))
    with pytest.raises(ActionError, match=f"is damaged at line {damaged}; nothing was changed"):
        past_runs.read(1)
    assert [(run.number, run.closed) for run in past_runs.read_all()] == [(1, past_runs.DAMAGED), (2, "")]


FAR = 1 << 63


@pytest.mark.parametrize(
    ("mtime_ns", "holds"),
    [(FAR - 1, True), (-FAR, True), (0, True), (FAR, False), (FAR + 1, False), (-FAR - 1, False), (1.0, False)],
)
def test_a_time_is_a_number_of_64_bits(mtime_ns, holds):
    step = {"step": 0, "verb": "move", "source": at("a"), "target": at("b")}
    forged(1, step, {"begin": 0, "size": 1, "mtime_ns": mtime_ns, "hash": ""})
    if holds:
        assert past_runs.read(1).begun[0].mtime_ns == mtime_ns
    else:
        with pytest.raises(ActionError, match="damaged at line 3"):
            past_runs.read(1)


@pytest.mark.parametrize(
    "line",
    [
        {"begin": 1, "size": 1, "mtime_ns": 1, "hash": ""},
        {"end": 0, "place": at("b")},
        {"void": 1},
        {"void": 2},
        {"void": -1},
        {"step": 2, "verb": "move", "source": at("a"), "target": at("b")},
        {"step": 1, "verb": "move", "source": "", "target": at("b")},
        {"step": 1, "verb": "move", "source": at("a"), "target": at("b"), "hash": "0" * 31},
        {"step": 1, "verb": "move", "source": at("a"), "target": at("b"), "hash": ""},
        {"step": 1, "verb": "move", "source": at("a"), "target": at("b"), "part": at("c")},
        {"step": 1, "verb": "move", "source": at("a"), "target": "b"},
        {"ended": 0},
    ],
)
def test_a_line_about_what_was_not_planned_is_damage(line):
    forged(1, {"step": 0, "verb": "move", "source": at("a"), "target": at("b")}, line)
    with pytest.raises(ActionError, match="damaged at line 3"):
        past_runs.read(1)


def test_the_undos_of_each_run_oldest_first():
    for undoes in (None, 1, None, 2, 1):
        made(undoes=undoes)
    file_of(4).write_bytes(b"7\n")
    assert past_runs.undone_by() == {1: [2, 5]}
    for number, undoes in ((6, 6), (7, 8)):  # a run comes after what it undoes
        forged(number, undoes=undoes)
        with pytest.raises(ActionError, match="damaged at line 1"):
            past_runs.read(number)
    assert past_runs.undone_by() == {1: [2, 5]}


def test_of_the_last_runs_those_that_nobody_closed():
    for close in (False, True, False, False, True):
        with journal.start("rename", "", [move("a.jpg")]) as new:
            new.begin(0, FOUND)
            if close:
                new.close("x" * 80)
    file_of(4).write_bytes(b"damaged\n" * 50)
    file_of(6).touch()
    assert [run.number for run in past_runs.open_ones(100)] == [1, 3]
    assert [run.number for run in past_runs.open_ones(4)] == [3]
    assert [run.number for run in past_runs.open_ones(3)] == []


@pytest.mark.parametrize("more", [0, 6, 7, 30])
def test_a_journal_that_names_a_folder_is_found_whatever_else_is_looked_for(more):
    made(move("a.jpg", 'ph"oto\u00fcs'))
    others = [at(f"other {number}") for number in range(more)]
    assert past_runs.names_folder(1, [at('ph"oto\u00fcs'), *others])
    assert not past_runs.names_folder(1, [at("elsewhere"), *others])
    assert not past_runs.names_folder(2, [at('ph"oto\u00fcs')])


@pytest.mark.parametrize(("time", "shown"), [("yesterday", "yesterday"), ("", ""), ("a\nb", "a\\nb")])
def test_a_time_that_is_none_is_shown_as_it_stands(time, shown):
    assert past_runs.wall_clock(time) == shown
    assert past_runs.wall_clock("2024-05-01T14:30:59") == "2024-05-01 14:30"
