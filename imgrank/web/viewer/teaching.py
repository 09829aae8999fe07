"""From an order that is not somebody's own to questions that teach theirs: the labelling page, about what is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp

from imgrank.web.app import make_page
from imgrank.web.controller import Controller
from imgrank.web.explanations import Explanations, explainer
from imgrank.web.prepare import prepare_ranked
from imgrank.web.records import LabelSettings, Trained
from imgrank.web.trainer import Report, Trainer, teach
from imgrank.web.viewer.engine import Engine

LABELS = "labels.csv"  # in the folder one stands in, as imgrank label has it


class Teaching:
    """At most one lesson at a time. `taught` is called when a ranker was trained, which answers its sentence now."""

    def __init__(self, engine: Engine, taught: Callable[[], None]) -> None:
        self._engine, self._taught = engine, taught
        self._lock = threading.Lock()
        self._page: ASGIApp | None = None
        self._controller: Controller | None = None

    @property
    def page(self) -> ASGIApp | None:
        """The page of the lesson; None where nothing is taught."""
        return self._page

    def begin(self, folder: str, recursive: bool, adapter: str, sentence: str, paths: Sequence[str]) -> None:
        """Ask about these pictures, which stand in the order that is not right, best first.

        Raises UsageError where there are too few, no sentence, or a labels file that does not fit.
        """
        settings = LabelSettings(folder, sentence, labels=LABELS, recursive=recursive, adapter=adapter)
        with self._lock:
            prepared = prepare_ranked(settings, self._engine.ranker, paths)

            def train(name: str, replace: bool, report: Report) -> Trained:
                trained = teach(settings, self._engine.new, name, replace, report)
                self._taught()
                return trained

            reasons = Explanations(prepared.album, explainer(settings, self._engine.new))
            controller = Controller(settings, prepared, Trainer(train), reasons)
            controller.pictures_at = "../"
            self._page, self._controller = make_page(controller), controller

    def close(self) -> None:
        """Whoever waits for an explanation is told that this is the end."""
        if self._controller is not None:
            self._controller.close()
