"""The image model that answers now, and others that somebody may take while the page is open, with their costs."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from imgrank.backbone.catalogue import catalogue, known_rate
from imgrank.backbone.names import MINI
from imgrank.errors import ImgrankError, UsageError
from imgrank.paths import printable
from imgrank.web.threads import begin
from imgrank.web.words import sentence_of, unexpected

if TYPE_CHECKING:
    from imgrank.ranker import Ranker


class NewRanker(Protocol):
    """Makes a ranker, which belongs to the thread that uses it. Raises what making one raises."""

    def __call__(self, adapter: str, backbone: str) -> Ranker: ...


class Engine:
    """`ranker` answers until another has read every picture and is put in its place.

    `coming` names the image model that is being loaded, or reads; `fault` says why the last one was not taken.
    """

    def __init__(self, new_ranker: NewRanker, adapter: str, backbone: str) -> None:
        """Raises what making a ranker raises."""
        self.ranker = new_ranker(adapter, backbone)
        self.coming = self.fault = ""
        self._new_ranker, self._adapter, self._backbone = new_ranker, adapter, backbone
        self._lock = threading.Lock()
        self._loaded: Ranker | None = None

    def new(self, adapter: str) -> Ranker:
        """Another ranker with the present image model, for a thread of its own."""
        return self._new_ranker(adapter, self._backbone)

    @property
    def loaded(self) -> Ranker | None:
        """The ranker that is to read every picture; None where none is."""
        return self._loaded

    def load(self, backbone: str, arrived: Callable[[], None]) -> None:
        """Begin to load an image model, which may download it; `arrived` is called once it is `loaded`.

        The present one stands for giving up the one that is coming. Raises UsageError while another is coming, or where
        no thread can be had.
        """
        with self._lock:
            if backbone == self._backbone:
                self.coming, self._loaded = "", None
                return
            if self.coming and self.coming != backbone:
                raise UsageError(
                    f"{printable(self.coming)} is being loaded; wait for it, or choose the present one again."
                )
            if self.coming:
                return
            self.coming, self.fault = backbone, ""
            try:
                begin(partial(self._load, backbone, arrived), "imgrank-model")
            except UsageError:
                self.coming = ""
                raise

    def put(self) -> Ranker:
        """The loaded ranker answers from now on; the one that it replaces, which the caller closes."""
        with self._lock:
            assert self._loaded is not None
            before, self.ranker, self._backbone = self.ranker, self._loaded, self.coming
            self.coming, self._loaded = "", None
            return before

    def refuse(self, why: str) -> None:
        """The one that is coming cannot be taken."""
        with self._lock:
            self.fault = f"The image model {printable(self.coming)} was not taken; the present one stays. {why}"
            self.coming, self._loaded = "", None

    def _load(self, backbone: str, arrived: Callable[[], None]) -> None:
        try:
            ranker = self._new_ranker(self._adapter, backbone)
        except ImgrankError as error:
            if self.coming == backbone:
                self.refuse(sentence_of(error))
            return
        except Exception as error:  # noqa: BLE001 - the page must not wait for ever; the words go to the user
            if self.coming == backbone:
                self.refuse(unexpected("Loading ended", error))
            return
        with self._lock:
            wanted = self.coming == backbone
            if wanted:
                self._loaded = ranker
        if wanted:
            arrived()
        else:  # given up meanwhile
            ranker.close()


def models_view(present: str, folder: str, count: int) -> list[dict[str, Any]]:
    """The recommended ones and those on disk; `seconds` is for reading `count` pictures once, null where not timed."""
    entries = [entry for entry in catalogue() if entry.short or entry.on_disk or entry.name == MINI]
    rates = {entry.name: known_rate(entry.name) for entry in entries}
    return [
        {
            "name": entry.short or entry.name,
            "whole": entry.name,
            "present": present in (entry.short, entry.name),
            "on_disk": entry.on_disk,
            "bytes": entry.size or None,
            "imagenet": entry.imagenet_top1,
            "licence": entry.licence,
            "seconds": None if rate is None else round(count / rate.images_per_second),
            "command": shlex.join(["imgrank", "open", folder, "--backbone", entry.short or entry.name]),
        }
        for entry in entries
        for rate in [rates[entry.name]]
    ]
