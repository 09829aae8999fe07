"""Why the ranker puts a picture where it does, on demand: one map at a time, each made once, in a daemon thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from imgrank.errors import ImgrankError
from imgrank.labels.tasks import phrasings
from imgrank.paths import printable
from imgrank.web.prepare import Album
from imgrank.web.records import LabelSettings, Reason
from imgrank.web.threads import Apart

if TYPE_CHECKING:
    from imgrank.explaining import Explanation
    from imgrank.ranker import Ranker

Explain = Callable[[str, str], Reason]
REASONS_KEPT = 32


class Explanations:
    """Asks `explain(path, adapter)`, always in the same thread, for a ranker belongs to the thread that made it."""

    def __init__(self, album: Album, explain: Explain) -> None:
        self._album = album
        self._thread: Apart[Reason] = Apart("imgrank-why")
        self._explain = lru_cache(REASONS_KEPT)(explain)

    def of(self, name: str, adapter: str) -> Reason | None:
        """Why the picture of this opaque name has its score by `adapter`; None where there is no such picture.

        Raises what explaining raises.
        """
        path = self._album.path(name)
        return None if path is None else self._thread.do(lambda: self._explain(path, adapter))

    def close(self) -> None:
        """Whoever waits for a map is told that this is the end."""
        self._thread.close()


def without_folders(found: Explanation) -> Explanation:
    """With names in place of paths: no path goes out."""
    examples = tuple(replace(example, path=os.path.basename(example.path)) for example in found.examples)
    return replace(found, path=os.path.basename(found.path), examples=examples)


def explainer(settings: LabelSettings, new_ranker: Callable[[str], Ranker]) -> Explain:
    """`explain(path, adapter)` about the sentence of `settings`."""

    @lru_cache(1)
    def ranker_with(adapter: str) -> Ranker:
        return new_ranker(adapter)

    def explain_one(path: str, adapter: str) -> Reason:
        return explained(ranker_with(adapter), path, phrasings(settings.sentence)[0])

    return explain_one


def explained(ranker: Ranker, path: str, sentence: str) -> Reason:
    """Why `ranker` gives a picture its score, in words and as a map. Raises what explaining raises."""
    from imgrank.explaining import explain

    with by_names_alone(path):
        return reason_of(explain(ranker, path, sentence), path)


@contextmanager
def by_names_alone(*paths: str) -> Iterator[None]:
    """What goes wrong is said of the names of these pictures: no path goes out."""
    try:
        yield
    except ImgrankError as error:
        said = str(error)
        for path in map(printable, paths):
            said = said.replace(os.path.join(os.path.dirname(path), ""), "")
        raise ImgrankError(said, error.remedy) from error


def reason_of(explanation: Explanation, path: str) -> Reason:
    """An explanation of the picture at a path, in words and as a map."""
    from imgrank.explaining.presentation import draw_map, jpeg, told

    found = without_folders(explanation)
    return Reason(tuple(map(printable, told([found]))), jpeg(draw_map(replace(found, path=path))))
