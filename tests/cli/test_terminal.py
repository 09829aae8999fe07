"""Tables of text: nothing of a cell is lost, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest

from imgrank.cli import terminal

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


@pytest.mark.parametrize("width", [80, 120, 300])
def test_a_terminal_folds_long_cells_and_cuts_none(monkeypatch, width):
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    terminal.print_table("Runs", ROWS)
    lines = screen.getvalue().splitlines()
    assert "…" not in screen.getvalue() and max(map(len, lines)) <= width
    assert "2026-11-29 13:33" in lines[2]
    start = lines[1].index("FOLDER")
    folder = "".join(line[start : lines[1].index("DONE")].strip() for line in lines[2:])
    assert folder == ROWS[1][4]
