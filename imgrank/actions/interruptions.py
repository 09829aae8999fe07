"""What comes between while files are changed: Ctrl-C and SIGTERM, and errors of the system that no step foresaw."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import ParamSpec, TypeVar

from imgrank.errors import ActionError
from imgrank.paths import printable, why


class Stop:
    """Whether someone asked to stop."""

    asked = False

    def ask(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop before the next step."""
        self.asked = True


@contextmanager
def listening(stop: Stop | None = None) -> Iterator[Stop]:
    """Take both signals as a wish to stop between two steps. Outside the main thread they stay as they are.

    `stop` is one that somebody else may ask, too.
    """
    stop = stop or Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def in_words(ending: str) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Let a function raise ActionError where it would raise OSError; `ending` says what the user knows then."""

    def wrap(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        @wraps(function)
        def worded(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
            try:
                return function(*args, **kwargs)
            except OSError as error:
                where = f" at {printable(str(error.filename))}" if error.filename else ""
                raise ActionError(f"The system refused to go on{where} ({why(error)}). {ending}") from error

        return worded

    return wrap
