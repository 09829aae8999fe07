"""Plans to look at before anything is changed. Each has a name that is good once, for a while."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imgrank.actions.records import Action, Plan, Request
from imgrank.actions.run import prepare
from imgrank.actions.templates import DEFAULT_TEMPLATE
from imgrank.errors import UsageError
from imgrank.paths import printable
from imgrank.records import RankedImage
from imgrank.web.viewer.asking import Order
from imgrank.web.viewer.library import Library

KEPT, SECONDS = 8, 3600.0  # plans, and how long they may be looked at
ACTIONS = {each.value: each for each in (Action.copy, Action.move, Action.rename, Action.tag, Action.trash)}
WITH_FOLDER = (Action.copy, Action.move)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page asks to be done with pictures, by their numbers."""

    action: Action
    numbers: tuple[int, ...]
    folder: str = ""
    template: str = ""
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that nobody agreed to yet."""

    made: Plan
    since: float


class Plans:
    """Makes plans about pictures of the library, and of no others."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}

    def make(self, wanted: Wanted, order: Order, stars: Mapping[str, int]) -> tuple[str, Plan]:
        """A checked plan and its name; nothing is changed. Ranks are those of the order, `stars` those that were given.

        Raises UsageError where a picture is not in the folder any more, and what planning raises.
        """
        images = self._images(wanted, order)
        folder = self._folder(wanted) if wanted.action in WITH_FOLDER else None
        template = (wanted.template.strip() or DEFAULT_TEMPLATE) if wanted.action is Action.rename else None
        keyword = wanted.keyword.strip() if wanted.action is Action.tag else ""
        request = Request(wanted.action, order.query, folder, template, keyword=keyword, stars=stars)
        made = prepare(images, request, order.images)
        name = secrets.token_urlsafe(16)
        with self._lock:
            now = time.monotonic()
            self._waiting = {key: each for key, each in self._waiting.items() if now - each.since < SECONDS}
            while len(self._waiting) >= KEPT:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[name] = Waiting(made, now)
        return name, made

    def take(self, name: str) -> Plan:
        """The plan of this name, which is good no more. Raises UsageError where there is none."""
        with self._lock:
            waiting = self._waiting.pop(name, None)
        if waiting is None or time.monotonic() - waiting.since > SECONDS:
            raise UsageError("This plan was carried out already, or has waited too long; make it anew.")
        return waiting.made

    def _images(self, wanted: Wanted, order: Order) -> Sequence[RankedImage]:
        place = {number: n for n, number in enumerate(order.numbers)}
        if not wanted.numbers:
            raise UsageError("No picture was chosen; tick some first.")
        if not all(number in place and self._library.file(number) for number in wanted.numbers):
            raise UsageError(
                "A chosen picture is not in the folder any more; look at what is there now, and try again."
            )
        return [order.images[place[number]] for number in dict.fromkeys(wanted.numbers)]

    def _folder(self, wanted: Wanted) -> str:
        named = os.path.expanduser(wanted.folder.strip())
        if not named or "\0" in named:
            raise UsageError(f"Name the folder to {wanted.action.value} the pictures to.")
        folder = os.path.normpath(os.path.join(self._library.folder, named))
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise UsageError(f"{printable(folder)} is a file, not a folder; name another.")
        return folder
