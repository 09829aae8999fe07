"""The runs that changed files of one folder: what can be undone here, and nothing that is not of this folder."""

from __future__ import annotations

import os
import threading

from imgrank.actions import journal
from imgrank.actions.undo import Past, history
from imgrank.errors import ImgrankError, UsageError


class History:
    """Reads journals anew only where there are new ones or `forget` was called."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        self._lock = threading.Lock()
        self._known: tuple[list[int], tuple[Past, ...]] | None = None
        self._of_folder: dict[int, bool] = {}

    def runs(self) -> tuple[Past, ...]:
        """Runs that took files from this folder or brought some here, the oldest first."""
        with self._lock:
            try:
                numbers = journal.numbers()
                if self._known is None or self._known[0] != numbers:
                    self._known = (numbers, tuple(past for past in history() if self._is_here(past.run)))
            except (OSError, ImgrankError):
                return ()
            return self._known[1]

    def forget(self) -> None:
        """A run has gone on: read again."""
        with self._lock:
            self._known = None

    def last(self) -> Past | None:
        """The run that one click takes back; None where there is none."""
        open_ones = (past for past in self.runs() if past.undoes is None and (past.left or past.unfinished))
        return max(open_ones, key=lambda past: past.run, default=None)

    def check(self, run: int) -> int:
        """The run. Raises UsageError where it is not of this folder."""
        if all(past.run != run for past in self.runs()):
            raise UsageError(f"Run {run} changed nothing in this folder; imgrank undo {run} takes it back elsewhere.")
        return run

    def _is_here(self, number: int) -> bool:
        if number not in self._of_folder:
            steps = journal.read_or_damaged(number).steps
            self._of_folder[number] = any(
                _is_inside(path, self._folder) for step in steps for path in (step.source, step.target) if path
            )
        return self._of_folder[number]


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
