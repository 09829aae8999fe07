"""Tables of text: nothing of a cell is lost, however narrow the terminal is. And the line of what takes long."""

from __future__ import annotations

import io
import re
import threading

import pytest

from imgrank.cli import terminal
from imgrank.records import Progress

ROWS = [
    ("ID", "TIME", "ACTION", "SENTENCE", "FOLDER", "DONE", "STATE"),
    (
        "12",
        "2026-11-29 13:33",
        "symlink",
        "an animal looking at the camera",
        f"/home/anna/{'Photographs' * 4}",
        "3",
        "3",
    ),
]


class Screen(io.StringIO):
    def isatty(self):
        return True


def drawn(monkeypatch, width, **options):
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    terminal.print_table("Runs", ROWS, **options)
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())


def test_where_a_terminal_is_too_narrow_long_cells_stand_whole_below_their_row(monkeypatch):
    lines = drawn(monkeypatch, 80, below=("SENTENCE", "FOLDER")).splitlines()
    assert lines[1].split() == ["ID", "TIME", "ACTION", "DONE", "STATE"]
    assert lines[2].split() == ["12", "2026-11-29", "13:33", "symlink", "3", "3"]
    assert [line.strip() for line in lines[3:]] == [ROWS[1][3], ROWS[1][4]]
    assert "SENTENCE  " in drawn(monkeypatch, 300, below=("SENTENCE", "FOLDER")).splitlines()[1]


@pytest.mark.parametrize("width", [80, 120, 300])
def test_a_terminal_folds_long_cells_and_cuts_none(monkeypatch, width):
    lines = drawn(monkeypatch, width).splitlines()
    assert "…" not in "".join(lines) and max(map(len, lines)) <= width
    assert "2026-11-29 13:33" in lines[2]
    start = lines[1].index("FOLDER")
    folder = "".join(line[start : lines[1].index("DONE")].strip() for line in lines[2:])
    assert folder == ROWS[1][4]


@pytest.fixture
def told(monkeypatch):
    """What a command says to a log."""
    lines: list[str] = []
    monkeypatch.setattr("sys.stderr", io.StringIO())
    monkeypatch.setattr(terminal, "note", lines.append)
    return lines


def test_a_log_is_told_of_what_takes_long(monkeypatch, told):
    said = threading.Event()
    monkeypatch.setattr(terminal, "note", lambda line: (told.append(line), said.set()))
    monkeypatch.setattr(terminal, "LONG", 0.0)
    with terminal.progress_line(False):
        assert said.wait(600)
    assert told == ["loading the image model"]


def test_a_log_is_told_how_far_it_is_and_nothing_once_it_has_ended(monkeypatch, told):
    clocks = []

    class Clock:
        start = lambda self: None

        def __init__(self, seconds, tell):
            self.seconds, self.tell, self.runs = seconds, tell, True
            clocks.append(self)

        def cancel(self):
            self.runs = False

    monkeypatch.setattr(terminal, "Timer", Clock)
    with terminal.progress_line(True):
        assert not clocks
    with terminal.progress_line(False) as report:
        (clock,) = clocks
        report(Progress(3, 1200, "encoding"))
        assert clock.runs and not told
        clock.tell()
    assert not clock.runs and told == ["encoding, 3 of 1,200 done so far"]
