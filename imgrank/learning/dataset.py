"""Labels and the tokens of their pictures, joined: what training and evaluation look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imgrank.errors import LabelsError
from imgrank.labels import FEWEST_ROWS, SKIP_BAD, Fault, Labels, PairTask, ValueTask
from imgrank.learning.metrics import Resamples
from imgrank.learning.on_disk import read_tokens
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

Rows = npt.NDArray[np.intp]
MOST_PRINTED = 50


class BackboneFacts(Protocol):
    """What a backbone says of itself."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def shape(self) -> TokenShape: ...
    @property
    def text_width(self) -> int: ...


class EncodedPictures(Protocol):
    """Pictures that could be read, in input order, with their tokens; and those that could not."""

    @property
    def files(self) -> tuple[ImageFile, ...]: ...
    @property
    def packed(self) -> PackedTokens: ...
    @property
    def skipped(self) -> tuple[Unreadable, ...]: ...


class TokenSource(Protocol):
    """Where tokens come from: `imgrank.ranker.Ranker`, or a stand-in for it."""

    @property
    def backbone(self) -> BackboneFacts: ...
    def encode(
        self, files: Sequence[str], *, mirrored: bool = False, progress: Callable[[Progress], None] = ...
    ) -> EncodedPictures: ...
    def sentence(self, text: str) -> TextTokens: ...


@dataclass(frozen=True, slots=True, eq=False)
class ValueRows:
    """A query with values: `rows` (N,) says which picture of the dataset each of its N values belongs to."""

    task: ValueTask
    rows: Rows
    texts: tuple[TextTokens, ...]

    @property
    def query(self) -> str:
        return self.task.query

    @property
    def values(self) -> npt.NDArray[np.float64]:
        return self.task.values

    def __len__(self) -> int:
        return len(self.rows)

    def together(self) -> list[str]:
        """(N,) what must stay together in one split: the group, or else the picture."""
        return [group or image for group, image in zip(self.task.groups, self.task.images, strict=True)]

    def in_split(self, *names: str) -> Rows:
        """Which of the N rows stand in one of these splits."""
        return np.array([n for n, split in enumerate(self.task.splits) if split in names], np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class PairRows:
    """A query with answers: `left` and `right` (N,) say between which pictures of the dataset each answer chose."""

    task: PairTask
    left: Rows
    right: Rows
    texts: tuple[TextTokens, ...]

    @property
    def query(self) -> str:
        return self.task.query

    @property
    def preferred(self) -> npt.NDArray[np.float64]:
        return self.task.preferred

    def __len__(self) -> int:
        return len(self.left)

    def together(self) -> list[str]:
        """(N,) what must stay together in one split: the group, or else the two pictures whatever their sides."""
        pairs = zip(self.task.groups, self.task.left, self.task.right, strict=True)
        return [group or "\0".join(sorted((left, right))) for group, left, right in pairs]

    def in_split(self, *names: str) -> Rows:
        """Which of the N answers stand in one of these splits."""
        return np.array([n for n, split in enumerate(self.task.splits) if split in names], np.intp)


TaskRows = ValueRows | PairRows


def resamples_of(rows: TaskRows, chosen: Rows) -> Resamples:
    """Resamples of the chosen rows by what errs together: groups where rows have them, else pictures."""
    together = rows.together()
    if isinstance(rows, ValueRows) or all(rows.task.groups[n] for n in chosen):
        return Resamples.draw(len(chosen), groups=[together[n] for n in chosen])
    return Resamples.draw_pictures([rows.task.left[n] for n in chosen], [rows.task.right[n] for n in chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Every picture that labels name, as tokens (and mirrored, if asked for), and every query's rows.

    `files` are the pictures, in the order of their tokens.
    """

    labels: Labels
    packed: PackedTokens
    mirrored: PackedTokens | None
    tasks: tuple[TaskRows, ...]
    files: tuple[ImageFile, ...] = ()


def read_dataset(
    labels: Labels,
    source: TokenSource,
    *,
    mirrored: bool = False,
    skip_bad: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Dataset:
    """Encode the pictures that labels name, each once, and the sentences, each once.

    Raises LabelsError naming every picture that cannot be read; with `skip_bad` their rows are left out.
    """
    encoded = read_tokens(source, labels.images(), progress=progress)
    place = {file.path: n for n, file in enumerate(encoded.files)}
    unreadable = _unreadable(labels, place, encoded.skipped)
    if unreadable and not skip_bad:
        raise LabelsError(_listing(unreadable), SKIP_BAD)
    kept = replace(_readable(labels, place), left_out=(*labels.left_out, *unreadable))
    if not kept.tasks:
        raise LabelsError(f"Nothing is left of {printable(labels.source)}.\n{_listing(unreadable)}", SKIP_BAD)
    tasks = tuple(_rows(task, place, source.sentence) for task in kept.tasks)
    dataset = Dataset(kept, encoded.packed, None, tasks, encoded.files)
    return with_mirrored(dataset, source, progress) if mirrored else dataset


def with_mirrored(
    dataset: Dataset, source: TokenSource, progress: Callable[[Progress], None] = lambda _: None
) -> Dataset:
    """The same dataset with the tokens of its pictures' mirror images. Raises LabelsError where pictures changed."""
    turned = read_tokens(source, [file.path for file in dataset.files], mirrored=True, progress=progress)
    if turned.files != dataset.files:
        raise LabelsError(_not_again(turned.skipped))
    return replace(dataset, mirrored=turned.packed)


def _not_again(skipped: Sequence[Unreadable]) -> str:
    """What to say where mirrored pictures are others than the plain ones, whose tokens may have been stored."""
    first = f" ({printable(skipped[0].path)}: {skipped[0].reason})" if skipped else ""
    return f"Some images changed while they were read, or cannot be read again{first}; start again."


def with_splits(dataset: Dataset, splits: Sequence[Sequence[str]]) -> Dataset:
    """The same dataset with one split for each row of each task, in the order of `tasks`."""
    tasks: list[TaskRows] = []
    for rows, its_splits in zip(dataset.tasks, splits, strict=True):
        if isinstance(rows, ValueRows):
            tasks.append(replace(rows, task=replace(rows.task, splits=tuple(its_splits))))
        else:
            tasks.append(replace(rows, task=replace(rows.task, splits=tuple(its_splits))))
    labels = replace(
        dataset.labels,
        values=tuple(rows.task for rows in tasks if isinstance(rows, ValueRows)),
        pairs=tuple(rows.task for rows in tasks if isinstance(rows, PairRows)),
    )
    return replace(dataset, labels=labels, tasks=tuple(tasks))


def _unreadable(labels: Labels, place: dict[str, int], skipped: Sequence[Unreadable]) -> tuple[Fault, ...]:
    reasons = {item.path: item.reason for item in skipped}
    missing = (path for path in labels.images() if path not in place)
    return tuple(Fault(0, f"{printable(path)}: {reasons.get(path, 'it could not be read')}") for path in missing)


def _readable(labels: Labels, place: dict[str, int]) -> Labels:
    values = [_only(task, [image in place for image in task.images]) for task in labels.values]
    pairs = [
        _only(task, [left in place and right in place for left, right in zip(task.left, task.right, strict=True)])
        for task in labels.pairs
    ]
    return replace(
        labels,
        values=tuple(task for task in values if isinstance(task, ValueTask) and len(task) >= FEWEST_ROWS),
        pairs=tuple(task for task in pairs if isinstance(task, PairTask) and len(task) >= FEWEST_ROWS),
    )


def _only(task: ValueTask | PairTask, kept: Sequence[bool]) -> ValueTask | PairTask:
    def pick(column: Sequence[str]) -> tuple[str, ...]:
        return tuple(cell for cell, keep in zip(column, kept, strict=True) if keep)

    mask, splits, groups = np.array(kept, bool), pick(task.splits), pick(task.groups)
    if isinstance(task, ValueTask):
        return ValueTask(task.phrasings, pick(task.images), task.values[mask], splits, groups)
    return PairTask(task.phrasings, pick(task.left), pick(task.right), task.preferred[mask], splits, groups)


def _rows(task: ValueTask | PairTask, place: dict[str, int], sentence: Callable[[str], TextTokens]) -> TaskRows:
    texts = tuple(sentence(phrasing) for phrasing in task.phrasings)
    if isinstance(task, ValueTask):
        return ValueRows(task, np.array([place[image] for image in task.images], np.intp), texts)
    left, right = (np.array([place[image] for image in side], np.intp) for side in (task.left, task.right))
    return PairRows(task, left, right, texts)


def _listing(faults: Sequence[Fault]) -> str:
    lines = [f"  {fault}" for fault in faults[:MOST_PRINTED]]
    more = len(faults) - MOST_PRINTED
    pictures = "1 picture" if len(faults) == 1 else f"{len(faults)} pictures"
    return "\n".join(
        [
            f"{pictures} cannot be read; nothing was trained or measured.",
            *lines,
            *([f"  and {more} more"] if more > 0 else []),
        ]
    )
