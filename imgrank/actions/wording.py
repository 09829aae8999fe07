"""Errors of the system that no step foresaw, as sentences for the user."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from imgrank.errors import ActionError
from imgrank.paths import printable, why

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
