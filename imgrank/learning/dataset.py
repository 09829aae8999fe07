"""Labels and the tokens of their pictures, joined: what training and evaluation look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from imgrank.errors import LabelsError
from imgrank.labels import FEWEST_ROWS, SKIP_BAD, Fault, Labels, PairTask, ValueTask
from imgrank.learning.on_disk import read_tokens
from imgrank.learning.task import PairRows, TaskRows, ValueRows
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape

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
    tasks = [task.with_splits(its_splits) for task, its_splits in zip(dataset.tasks, splits, strict=True)]
    return replace(dataset, labels=dataset.labels.with_tasks([task.task for task in tasks]), tasks=tuple(tasks))


def _unreadable(labels: Labels, place: dict[str, int], skipped: Sequence[Unreadable]) -> tuple[Fault, ...]:
    reasons = {item.path: item.reason for item in skipped}
    missing = (path for path in labels.images() if path not in place)
    return tuple(Fault(0, f"{printable(path)}: {reasons.get(path, 'it could not be read')}") for path in missing)


def _readable(labels: Labels, place: dict[str, int]) -> Labels:
    """The labels whose pictures could be read, of queries that still have enough of them."""
    kept = (task.select(task.shown_by(place)) for task in labels.tasks)
    return labels.with_tasks([task for task in kept if len(task) >= FEWEST_ROWS])


def _rows(task: ValueTask | PairTask, place: dict[str, int], sentence: Callable[[str], TextTokens]) -> TaskRows:
    texts = tuple(sentence(phrasing) for phrasing in task.phrasings)
    if isinstance(task, ValueTask):
        return ValueRows(task, np.array([place[image] for image in task.images], np.intp), texts)
    left, right = (np.array([place[image] for image in side], np.intp) for side in (task.left, task.right))
    return PairRows(task, left, right, texts)


def _listing(faults: Sequence[Fault]) -> str:
    lines = [f"  {fault}" for fault in faults[:MOST_PRINTED]]
    more = len(faults) - MOST_PRINTED
    pictures = "1 image" if len(faults) == 1 else f"{len(faults)} images"
    return "\n".join(
        [
            f"{pictures} cannot be read; nothing was trained or measured.",
            *lines,
            *([f"  and {more} more"] if more > 0 else []),
        ]
    )
