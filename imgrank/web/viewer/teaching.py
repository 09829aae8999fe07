"""From an order that is not somebody's own to questions that teach theirs: labelling pages about what is shown.

Each lesson has a page of its own, so that an answer given in one tab never counts for what another tab asks.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.types import ASGIApp

from imgrank.labels import FEWEST_ROWS
from imgrank.labels.tasks import phrasings
from imgrank.web.app import make_page
from imgrank.web.controller import Controller, training_view
from imgrank.web.explanations import Explanations, explainer
from imgrank.web.prepare import prepare_ranked
from imgrank.web.records import MOST_ASKED, LabelSettings
from imgrank.web.trainer import Trainer, teach
from imgrank.web.viewer.engine import Engine

MOST_LESSONS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """A lesson, its page, and where that stands as seen from the pictures."""

    address: str
    pictures: frozenset[str]
    controller: Controller
    page: ASGIApp | None = None

    @property
    def is_training(self) -> bool:
        """Whether its ranker is being made."""
        return self.controller.trainer.state.stage == "running"


class Teaching:
    """Some lessons, of which one trains at a time. `taught` is called when there is a ranker that was not there."""

    def __init__(self, engine: Engine, taught: Callable[[], None]) -> None:
        self._engine, self._taught = engine, taught
        self._lock, self._alone = threading.Lock(), threading.Lock()
        self._lessons: dict[str, Taught] = {}
        self._rankers = 0

    def page(self, name: str) -> ASGIApp | None:
        """The page of a lesson; None where there is none of this name."""
        lesson = self._lessons.get(name)
        return None if lesson is None else lesson.page

    def begin(self, settings: LabelSettings, paths: Sequence[str]) -> str:
        """Ask about these pictures, which stand in the order that is not right, best first; the address of the page.

        It goes on where the same was asked about the same pictures. Raises UsageError where there are too few, no
        sentence, or a labels file that does not fit.
        """
        with self._lock:
            for lesson in self._lessons.values():
                asked = phrasings(lesson.controller.settings.sentence)
                if lesson.page and asked == phrasings(settings.sentence) and lesson.pictures == frozenset(paths):
                    return lesson.address
            prepared = prepare_ranked(settings, self._engine.ranker, paths)
            reasons = Explanations(prepared.album, explainer(settings, self._engine.new))
            trainer = Trainer(partial(teach, settings, self._engine.new), self.trained, self._alone)
            controller = Controller(settings, prepared, trainer, reasons)
            controller.pictures_at = "../../"
            name = secrets.token_urlsafe(9)
            self._forget_oldest()
            self._lessons[name] = Taught(f"teach/{name}/", frozenset(paths), controller, make_page(controller))
            return self._lessons[name].address

    def add(self, controller: Controller, address: str) -> None:
        """Have a lesson that stands elsewhere told of among the pictures, and train in turn with those that do not."""
        controller.trainer.alone = self._alone
        self._lessons[address] = Taught(address, frozenset(), controller)

    def trained(self) -> None:
        """There is a ranker that was not there before."""
        self._taught()
        self._rankers += 1

    def view(self) -> dict[str, Any]:
        """How many rankers were trained, how many pictures are asked about, and the training of now or the last one."""
        lessons = [lesson for lesson in self._lessons.values() if lesson.controller.trainer.state.stage != "idle"]
        last = max(lessons, key=lambda lesson: (lesson.is_training, lesson.controller.trainer.started), default=None)
        about = {"rankers": self._rankers, "most": MOST_ASKED, "fewest": FEWEST_ROWS}
        if last is None:
            return {**about, "training": None}
        told = training_view(last.controller.trainer.state)
        sentence = phrasings(last.controller.settings.sentence)[0]
        return {**about, "training": {"page": last.address, "sentence": sentence, **told}}

    def close(self) -> None:
        """Whoever waits for an explanation is told that this is the end."""
        for lesson in self._lessons.values():
            lesson.controller.close()

    def _forget_oldest(self) -> None:
        idle = [name for name, lesson in self._lessons.items() if lesson.page and not lesson.is_training]
        for name in idle[: max(0, len(self._lessons) + 1 - MOST_LESSONS)]:
            self._lessons.pop(name).controller.close()
