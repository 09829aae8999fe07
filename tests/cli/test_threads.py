"""Where the system has no thread to give, a command says so in one line, wherever it asked for one."""

from __future__ import annotations

import sys
import threading

import pytest

from imgrank.cli.app import main
from imgrank.errors import NO_THREAD
from tests.web.viewing import pictures


class NoneIdle(threading.Semaphore):
    """As a pool counts threads that wait for work: none has been so quick, and each task asks for one more."""

    def acquire(self, blocking=True, timeout=None):
        return False


@pytest.mark.parametrize("left", range(6))
@pytest.mark.parametrize("words", [["sort", "{}", "a cat"], ["sort", "{}", "a cat", "--group", "similar", "-q"]])
def test_a_command_without_threads_ends_with_a_sentence(tmp_path, monkeypatch, capsys, words, left):
    folder, start = pictures(tmp_path / "photos"), threading.Thread.start
    begun = []

    def refuse(thread):
        if len(begun) >= left:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        start(thread)

    monkeypatch.setenv("IMGRANK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "argv", ["imgrank", *(word.format(folder) for word in words)])
    monkeypatch.setattr(threading, "Semaphore", NoneIdle)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1 and f"imgrank: {NO_THREAD}\n" in told and "Traceback" not in told
