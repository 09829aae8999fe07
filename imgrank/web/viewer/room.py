"""Everything behind the page of one folder or index, in one place: pictures, orders, plans, work, history."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from imgrank.backbone.names import MINI
from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.web.viewer.changes import History, Plans, Work
from imgrank.web.viewer.engine import Engine, NewRanker, models_view
from imgrank.web.viewer.messages import job_view, past_view, standing_view
from imgrank.web.viewer.orders import Orders
from imgrank.web.viewer.reasons import Reasons
from imgrank.web.viewer.shown import Shown
from imgrank.web.viewer.source import Watch, source_of
from imgrank.web.viewer.teaching import Teaching


@dataclass(frozen=True, slots=True)
class OpenSettings:
    """What is opened, and who orders it with which image model."""

    folder: str
    recursive: bool = False
    adapter: str = "auto"
    backbone: str = MINI


class Room:
    """One folder or index that is open. `new_ranker` makes rankers, each for a thread of its own."""

    def __init__(self, settings: OpenSettings, new_ranker: NewRanker) -> None:
        """Raises UsageError where there is neither folder nor index, and what making a ranker raises."""
        self.settings = settings
        self.engine = Engine(new_ranker, settings.adapter, settings.backbone)
        self.source = source_of(settings.folder, self.engine)
        self.library, self.facts, self.groups = self.source.library, self.source.facts, self.source.groups
        self.orders = Orders(self.library, self.engine)
        self.indexer = self.source.new_indexer(
            self.library,
            self.engine,
            self.orders,
            self.facts,
            self.groups,
            self._exchanged,
            recursive=settings.recursive,
        )
        self.shown = Shown(self.library, self.orders.calm)
        self.plans = Plans(self.library)
        self.history = History(settings.folder)
        self.watch = Watch(settings.folder, settings.recursive, self._noticed)
        self.work = Work(self._changed)
        self.reasons = Reasons(self.library, lambda: self.engine.new(settings.adapter))
        self.teaching = Teaching(self.engine, self.taught)

    def app(self, port: int, token: str) -> ASGIApp:
        """The page about this folder, guarded."""
        from imgrank.web.viewer.app import make_app

        return make_app(self, port, token)

    def state(self) -> dict[str, Any]:
        """What changes by itself."""
        last = self.history.last()
        return {
            "folder": printable(self.library.folder),
            "version": self.library.version,
            "epoch": self.library.epoch,
            "facts": self.facts.version,
            "groups": self.groups.version,
            "count": self.library.count,
            "skipped": len(self.library.skipped),
            "indexing": standing_view(self.indexer.standing),
            "job": job_view(self.work.job, self.library),
            "undo": None if last is None else past_view(last),
            "sentences": self.orders.sentences[:50],
            "backbone": self.engine.ranker.backbone.name,
            "coming": self.engine.coming,
            "model_fault": self.engine.fault,
            "index": self.source.is_index,
            "refused": dict(self.source.refused),
        }

    def check(self, wish: str) -> None:
        """Raises UsageError, with the reason, where this cannot be done with what is open."""
        why = self.source.refused.get(wish)
        if why is not None:
            raise UsageError(why)

    def models(self) -> list[dict[str, Any]]:
        """The image models that there are, and what each would cost here."""
        return models_view(self.engine.ranker.backbone.name, printable(self.library.given), self.library.count)

    def take_model(self, name: str) -> None:
        """Begin to load another image model and to read the pictures for it; the present one gives up what is coming.

        Raises UsageError where the list has no such model, or another is coming.
        """
        known = [entry["name"] for entry in self.models()]
        if name not in known:
            raise UsageError(f"There is no such image model; there are {', '.join(known)}.")
        self.engine.load(name, self.indexer.wake)

    def start(self) -> None:
        """Begin to read the folder, and make ready for the first question."""
        self.indexer.start()
        if not self.source.is_index:
            self.watch.start()
        threading.Thread(target=self._warm, name="imgrank-warm", daemon=True).start()

    def close(self) -> None:
        """End what goes on, in peace: a step in hand is finished first."""
        self.watch.close()
        self.reasons.close()
        self.teaching.close()
        self.work.close()
        self.indexer.close()
        self.facts.close()
        self.engine.ranker.close()

    def teach(self, sentence: str, numbers: Sequence[int]) -> None:
        """Begin to ask which is more, about these pictures, best first. Raises what `Teaching.begin` raises."""
        paths = [file.path for number in numbers if (file := self.library.file(number)) is not None]
        self.teaching.begin(self.settings.folder, self.settings.recursive, self.settings.adapter, sentence, paths)

    def _warm(self) -> None:
        """After the first pictures, for whoever opens a folder looks before asking."""
        with suppress(Exception):  # what fails here fails again where somebody asked, and is told there
            self.indexer.begun.wait()
            self.orders.warm()
            self.indexer.settled.wait()
            self.orders.warm_rankers()

    def _exchanged(self) -> None:
        self.reasons.forget()

    def _noticed(self, sidecars: bool) -> None:
        if sidecars:
            self.facts.forget()
        if not self.work.job.running:  # at the end of which the folder is looked at anyway, without a word
            self.indexer.look()

    def taught(self) -> None:
        """A ranker was trained, which answers its sentence from now on."""
        self.orders.forget()
        self.reasons.forget()

    def _changed(self) -> None:
        self.history.forget()
        self.facts.forget()
        self.indexer.look(tell=False)
