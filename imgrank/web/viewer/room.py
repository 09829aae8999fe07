"""Everything behind the page of one folder or index, in one place: pictures, orders, plans, work, history.

Why a picture has its score is worked out on demand, in a daemon thread with a ranker of its own, so that an end need
not wait. From an order that is not somebody's own the room leads to questions that teach theirs: the labelling page,
about what is shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from imgrank.backbone.names import MINI
from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.scoring.composing import Asking
from imgrank.scoring.question import Question
from imgrank.web.explanations import by_names_alone, reason_of
from imgrank.web.records import LabelSettings, Reason
from imgrank.web.threads import Apart, begin, share_heaps
from imgrank.web.viewer.changes import History, Job, Plans, Work
from imgrank.web.viewer.engine import Engine, NewRanker, models_view
from imgrank.web.viewer.library import Library
from imgrank.web.viewer.messages import job_view, past_view, standing_view
from imgrank.web.viewer.orders import Orders, check_length
from imgrank.web.viewer.shown import Shown
from imgrank.web.viewer.source import source_of
from imgrank.web.viewer.teaching import Teaching
from imgrank.web.viewer.watching import Watch

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

REASONS_KEPT, PATIENCE = 32, 120.0  # maps; seconds


@dataclass(frozen=True, slots=True)
class Meant:
    """One term of what was asked: words, a picture by its path, or a scale between two.

    With `words_alone` no trained ranker answers.
    """

    text: str = ""
    picture: str = ""
    between: tuple[str, str] | None = None
    words_alone: bool = False

    def question(self, ranker: Ranker) -> Question:
        """Ready to be put to pictures, named without folders. Raises UsageError where a picture cannot be read."""
        if self.text:
            return Question(self.text)
        asked = ranker.question(Asking(like=self.picture or None, between=self.between))
        names = [os.path.basename(path) for path in self.between or (self.picture,)]
        return replace(asked, sentence=f"from {names[0]} to {names[1]}" if self.between else f"like {names[0]}")


class Reasons:
    """One map at a time, each made once."""

    def __init__(self, library: Library, new_ranker: Callable[[], Ranker]) -> None:
        self._library, self._new_ranker = library, new_ranker
        self._thread: Apart[Reason] = Apart("imgrank-why", PATIENCE)
        self._explain = lru_cache(REASONS_KEPT)(self._explained)
        self._ranker: Ranker | None = None

    def of(
        self, number: int, sentence: str = "", pictures: tuple[int, ...] = (), *, words_alone: bool = False
    ) -> Reason:
        """By a sentence, by likeness to a picture, or by the scale from one to another.

        Raises UsageError where there is no such picture or nothing is asked, and what explaining raises.
        """
        file, named = self._library.file(number), [self._library.file(each) for each in pictures]
        paths = [each.path for each in named if each is not None]
        if file is None:
            raise UsageError("This picture is not there any more.")
        if len(paths) != len(pictures) or bool(sentence.strip()) == (len(paths) in (1, 2)):
            raise UsageError("There is nothing to explain: a picture of the folder and a sentence are needed.")
        between = (paths[0], paths[1]) if len(paths) == 2 else None
        meant = Meant(sentence.strip(), paths[0] if len(paths) == 1 else "", between, words_alone)
        path, time = file.path, file.mtime_ns
        return self._thread.do(lambda: self._explain(path, time, meant))

    def forget(self) -> None:
        """A ranker was trained, or another image model taken: what was said may not hold any more."""
        self._explain.cache_clear()
        self._ranker = None

    def close(self) -> None:
        """Whoever waits for a map is told that this is the end."""
        self._thread.close()

    def _explained(self, path: str, _time: int, meant: Meant) -> Reason:
        from imgrank.explaining.explanation import explain_question

        ranker = self._ranker = self._ranker or self._new_ranker()
        if meant.words_alone:
            ranker = ranker.with_adapter("none")
        with by_names_alone(path, *filter(None, (meant.picture, *(meant.between or ())))):
            return reason_of(explain_question(ranker, path, meant.question(ranker)), path)


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
        self.watch = self._new_watch()
        self.work = Work(self._changed)
        self.reasons = Reasons(self.library, lambda: self.engine.new(settings.adapter))
        self.teaching = Teaching(self.engine, self.taught)

    def app(self, port: int, token: str) -> ASGIApp:
        """The page about this folder, guarded."""
        from imgrank.web.viewer.app import make_app

        return make_app(self, port, token)

    def state(self) -> dict[str, Any]:
        """What changes by itself."""
        job = self.work.job  # before the history, which is read anew before a job is told to have ended
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
            "job": job_view(job, self.library),
            "undo": None if last is None else past_view(last) | {"at_once": last.unfinished or self.work.did(last.run)},
            "sentences": self.orders.sentences[:50],
            "backbone": self.engine.ranker.backbone.name,
            "coming": self.engine.coming,
            "model_fault": self.engine.fault,
            "index": self.source.is_index,
            "subfolders": self.settings.recursive,
            "refused": dict(self.source.refused),
            "teaching": self.teaching.view(),
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

    def show_subfolders(self) -> None:
        """Show what lies in subfolders too, from now on."""
        if self.settings.recursive:
            return
        self.settings = replace(self.settings, recursive=True)
        self.indexer.look_into_subfolders()
        self.watch.close()
        self.watch = self._new_watch()
        with suppress(UsageError):
            self.watch.start()

    def start(self) -> None:
        """Begin to read the folder, and make ready for the first question.

        Raises UsageError where no thread can be had to read it.
        """
        share_heaps()
        self.indexer.start()
        with suppress(UsageError):  # a page without these is slower, and looks at its folder when it is told to
            begin(self._warm, "imgrank-warm")
            if not self.source.is_index:
                self.watch.start()

    def close(self) -> Job | None:
        """End what goes on, after a step in hand. The work on files as it ended, if any went on."""
        self.watch.close()
        self.reasons.close()
        self.teaching.close()
        came = self.work.close()
        self.indexer.close()
        self.facts.close()
        self.engine.ranker.close()
        self.library.close()
        return came

    def teach(self, sentence: str, numbers: Sequence[int]) -> str:
        """Begin to ask which is more, about these pictures, best first; the address of the page that asks.

        Raises what `Teaching.begin` raises.
        """
        check_length(sentence)
        given = self.settings
        settings = LabelSettings(given.folder, sentence, recursive=given.recursive, adapter=given.adapter)
        paths = [file.path for number in numbers if (file := self.library.file(number)) is not None]
        return self.teaching.begin(settings, paths)

    def _warm(self) -> None:
        """After the first pictures, for whoever opens a folder looks before asking."""
        with suppress(Exception):  # what fails here fails again where somebody asked, and is told there
            self.indexer.begun.wait()
            self.orders.warm()
            self.indexer.settled.wait()
            self.orders.warm_rankers()

    def _new_watch(self) -> Watch:
        return Watch(self.settings.folder, self.settings.recursive, self._noticed)

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
