"""What went wrong, in a sentence for whoever looks at a page. Nothing of the inside goes out with it."""

from __future__ import annotations

import logging

from imgrank.errors import ImgrankError
from imgrank.paths import printable, why

_log = logging.getLogger(__name__)


def sentence_of(error: Exception) -> str:
    """The facts of an error that imgrank raises; of any other, whose doing it was and of which kind it is."""
    if isinstance(error, ImgrankError):
        return "\n".join(map(printable, str(error).splitlines()))
    _log.debug("what a page asked for went wrong", exc_info=error)
    if isinstance(error, OSError):
        return f"The system refused this: {why(error)}."
    return f"This went wrong in imgrank itself ({type(error).__name__})."
