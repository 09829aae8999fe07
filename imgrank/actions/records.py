"""What walks from plan to apply, and from journal to undo: frozen records. Paths are absolute, their folders real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from imgrank.records import RankedImage


class Action(str, Enum):
    """What `imgrank sort` does to files, by the option's name."""

    rename = "rename"
    symlink = "symlink"
    hardlink = "hardlink"
    copy = "copy"
    move = "move"
    trash = "trash"
    tag = "tag"
    untag = "untag"

    @property
    def writes(self) -> bool:
        """Whether it writes into files, and gives none another name."""
        return self in (Action.tag, Action.untag)


class OnConflict(str, Enum):
    """What happens where a name is taken."""

    suffix = "suffix"
    fail = "fail"
    skip = "skip"


class KeywordOn(str, Enum):
    """Which pictures a tag adds its keyword to: all of them, those that do not lack the subject, those that fit."""

    every = "every"
    relevant = "relevant"
    fitting = "fitting"

    def takes(self, image: RankedImage) -> bool:
        """Whether a picture gets it."""
        if self is KeywordOn.every:
            return True
        return image.relevant and (image.fits or self is KeywordOn.relevant)


class Verb(str, Enum):
    """One operation on the disk. The last two rows undo the first; `move`, `write` and `patch` undo themselves."""

    move, copy, hardlink, symlink, trash = "move", "copy", "hardlink", "symlink", "trash"
    write, patch, mkdir = "write", "patch", "mkdir"
    remove_copy, remove_hardlink, remove_symlink = "remove-copy", "remove-hardlink", "remove-symlink"
    restore, rmdir = "restore", "rmdir"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked to be done: `folder` for the actions that have one, `template` for names.

    `keyword` is what a tag adds to the keywords of a picture (empty: none), `keyword_on` of which. `embed`: tags go
    into pictures too. `stars` were given by hand, by path of a picture; the others get theirs by their place.
    """

    action: Action
    query: str
    folder: str | None = None
    template: str | None = None
    on_conflict: OnConflict = OnConflict.suffix
    keyword: str = ""
    keyword_on: KeywordOn = KeywordOn.every
    embed: bool = False
    stars: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patch:
    """How a picture changes that gets tags: the hashes before and after, and what differs (`embed.delta`)."""

    old: str
    new: str
    delta: bytes
    back: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One file's change. `source` and `target` are paths (`target` None: to the trash); `rank` is its picture's.

    `stem` is the picture's name before any rank was put before it. `text` is what a tag writes (empty: the file goes),
    `before` what stood there (None: no file); `patch` is what it changes in the picture itself. `stars` are those that
    a tag gives, `stars_before` others that the picture has and imgrank did not give (-1: rejected; None: none).
    """

    action: Action
    source: str
    target: str | None
    rank: int
    score: float
    size: int
    mtime_ns: int
    stem: str = ""
    text: bytes | None = None
    before: bytes | None = None
    patch: Patch | None = None
    stars: int | None = None
    stars_before: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A danger found before anything was changed: its name, a sentence that says it, a remedy as an error has it."""

    danger: str
    path: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one run, in rank order. `left_out`: what `OnConflict.skip` skipped; `notes`: for the user."""

    request: Request
    changes: tuple[Change, ...]
    left_out: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is: bytes, time, and xxh3-128 of its content (of the text of a link)."""

    size: int
    mtime_ns: int
    hash: str


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a run, small enough to be wholly done or wholly not.

    `size`, `mtime_ns`: the source as planned (None: not known). `hash`: what the file must be, for undo. `part`: the
    unfinished copy beside the target. `old`, `new`: hashes of the bytes that `write` and `patch` replace and write;
    those of `write` are kept in the journal folder (empty: no file), for `patch` what differs, by its hash `delta`.
    `time_ns` is the time the file gets (None: now). `stem`: the name before ranks.
    `reverses`: the step that is taken back, `of` the run it belongs to (None: the one that the whole run undoes).
    """

    verb: Verb
    source: str
    target: str
    size: int | None = None
    mtime_ns: int | None = None
    hash: str | None = None
    part: str = ""
    old: str = ""
    new: str = ""
    delta: str = ""
    time_ns: int | None = None
    stem: str = ""
    reverses: int | None = None
    of: int | None = None


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A file that was not touched, and why, in words that may stand after a colon."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: its number, how many files it changed, and what it left alone."""

    run: int
    done: int
    left_alone: tuple[LeftAlone, ...]
