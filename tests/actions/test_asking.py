"""On a terminal, more than twenty changes are asked for, once; what the person says is done."""

from __future__ import annotations

import os
import sys

import pytest
from typer import Abort

from tests.actions.test_cli import change
from tests.actions.trees import fill, snapshot

pytestmark = pytest.mark.skipif(not hasattr(os, "forkpty"), reason="needs a terminal of its own, by forkpty")
NAMES = [f"{n}.jpg" for n in range(21)]


def on_a_terminal(answer, folder, **options):
    """What the terminal showed while the files were renamed by a person who types `answer`; and the exit code."""
    child, terminal = os.forkpty()
    if child == 0:
        code = 99
        try:
            for number, name in enumerate(("stdin", "stdout", "stderr")):  # not what pytest put there
                setattr(sys, name, os.fdopen(os.dup(number), "w" if number else "r"))
            code = change(folder, NAMES, **options)
        except Abort:
            code = 130
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.write(terminal, answer)
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass  # the other end is gone
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 0), (b"\n", 0)])
def test_many_changes_are_asked_for_once(tmp_path, answer, code):
    folder = fill(tmp_path / "p", *NAMES)
    before = snapshot(folder)
    shown, ended = on_a_terminal(answer, folder)
    assert ended == code, shown
    assert shown.count("Change 21 files") == 1 and "01-0.jpg" in shown
    assert (snapshot(folder) != before) == (answer == b"y\n")
    assert ("nothing was changed" in shown) == (answer in (b"n\n", b"\n"))


def test_yes_asks_nothing(tmp_path):
    folder = fill(tmp_path / "p", *NAMES)
    shown, ended = on_a_terminal(b"", folder, yes=True)
    assert ended == 0 and "Change 21 files" not in shown and (folder / "01-0.jpg").exists()
