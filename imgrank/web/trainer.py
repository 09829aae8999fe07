"""Training in a thread of its own, so that the page goes on answering."""

from __future__ import annotations

import threading
from collections.abc import Callable

from imgrank.errors import ImgrankError, UsageError
from imgrank.web.records import Trained, Training

Report = Callable[[str, float], None]
Teach = Callable[[str, bool, Report], Trained]


class Trainer:
    """Runs `teach(name, replace, report)`, one at a time."""

    def __init__(self, teach: Teach) -> None:
        self._teach = teach
        self._lock = threading.Lock()
        self._state = Training()
        self._mine: set[str] = set()

    @property
    def state(self) -> Training:
        """Where it stands now."""
        return self._state

    def start(self, name: str, replace: bool) -> None:
        """Begin. Raises UsageError while another training runs. An adapter made just now may be made again."""
        with self._lock:
            if self._state.stage == "running":
                raise UsageError("A training is running; wait for its end.")
            self._state = Training("running", "Reading the answers")
        threading.Thread(
            target=self._run, args=(name, replace or name in self._mine), name="imgrank-train", daemon=True
        ).start()

    def _run(self, name: str, replace: bool) -> None:
        try:
            trained = self._teach(name, replace, self._report)
        except ImgrankError as error:
            self._state = Training("failed", str(error))
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            self._state = Training("failed", f"Training ended unexpectedly: {type(error).__name__}: {error}.")
        else:
            self._mine.add(name)
            self._state = Training("done", f"Saved as {trained.adapter}.", 1.0, trained)

    def _report(self, said: str, part: float) -> None:
        self._state = Training("running", said, part)
