"""Labels and the tokens of their pictures, joined; who of them is trained on and who is kept aside.

Values that cannot belong to the others, such as 1e6 among 1 to 30, are told, and held at the furthest that can.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import rankdata

from imgrank.arrays import Floats
from imgrank.counting import counted
from imgrank.errors import LabelsError
from imgrank.labels import FEWEST_ROWS, SKIP_BAD, Fault, Labels, PairTask, ValueTask
from imgrank.labels.findings import listing
from imgrank.learning.far_value import far_value
from imgrank.learning.on_disk import read_tokens
from imgrank.learning.task import PairRows, Rows, TaskRows, ValueRows
from imgrank.paths import printable
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.tokens import PackedTokens, TextTokens, TokenShape


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
    return listing(f"{counted(len(faults), 'image')} cannot be read; nothing was trained or measured.", faults)


VAL_SHARE = 0.2
SMALL_VAL = 120  # rows of one query below which val says too little and is missed in training: cross-validation decides
FOLDS = 5
LARGEST_LUMP = 0.5  # of all pictures that answers join: in a larger lump there are folds too


def made_splits(dataset: Dataset, seed: int = 0) -> Dataset:
    """Every row gets a split: rows without one are train, and where no row of a task is val, a fifth becomes it."""
    given = [tuple(split or "train" for split in task.task.splits) for task in dataset.tasks]
    filled = with_splits(dataset, given)
    train = [task.in_split("train") for task in filled.tasks]
    parts = deal(filled.tasks, train, round(1 / VAL_SHARE), seed)
    splits = []
    for of_task, rows, part in zip(given, train, parts, strict=True):
        chosen = list(of_task)
        if "val" not in of_task:
            for row in rows[part == 0]:
                chosen[row] = "val"
        splits.append(chosen)
    return with_splits(filled, splits)


def needs_folds(dataset: Dataset) -> bool:
    """Whether some query's val rows are so few, so alike, or so well known that cross-validation must decide."""
    return any(
        len(rows.in_split("val")) < SMALL_VAL or val_is_flat(rows) or val_is_known(rows) for rows in dataset.tasks
    )


def val_is_known(rows: TaskRows) -> bool:
    """Whether val answers are about pictures that others teach: whoever remembers a picture knows these answers."""
    taught = rows.pictures(rows.in_split("train"))
    return not rows.has_unit and bool(np.isin(rows.pictures(rows.in_split("val")), taught).any())


def val_is_flat(rows: TaskRows) -> bool:
    """Whether a query has val rows and all of them say the same: no order of them is better than another."""
    told = rows.true[rows.in_split("val")]
    return len(told) > 0 and bool((told == told[0]).all())


def flat_notes(dataset: Dataset) -> tuple[str, ...]:
    """A line for the user about each query whose val rows cannot judge."""
    return tuple(
        f'the val rows of "{printable(rows.query)}" all have the same value and cannot measure an order: its metrics '
        "come from cross-validation over train and val"
        for rows in dataset.tasks
        if val_is_flat(rows)
    )


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Rows of one task that are predicted, `told`, by what is `learnt` from rows that share no picture with them."""

    learnt: Rows
    told: Rows


def held_out(tasks: Sequence[TaskRows], used: Sequence[Rows], seed: int) -> list[tuple[HeldOut, ...]]:
    """For each fold what is held out of each task's used rows: each value once, each answer at most once.

    What is learnt in a fold shares no picture with what is told there, whichever task either is of. Where nothing is
    left to learn from, nothing is told.
    """
    dealt = deal(tasks, used, FOLDS, seed)
    return [_fold(tasks, used, [part == fold for part in dealt]) for fold in range(FOLDS)]


def _fold(
    tasks: Sequence[TaskRows], used: Sequence[Rows], told: Sequence[npt.NDArray[np.bool_]]
) -> tuple[HeldOut, ...]:
    rows_of = list(zip(tasks, used, told, strict=True))
    pictures = np.concatenate([task.pictures(rows[its]) for task, rows, its in rows_of])
    learnt = [rows[~its & ~task.shows(rows, pictures)] for task, rows, its in rows_of]
    return tuple(
        HeldOut(others, rows[its] if len(others) else rows[:0])
        for others, (_, rows, its) in zip(learnt, rows_of, strict=True)
    )


def deal(tasks: Sequence[TaskRows], used: Sequence[Rows], parts: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """For each task the part, 0 to `parts` - 1, of each of its used rows, in their order.

    Rows of one key (a group, or a picture) get one part in all tasks; keys of like value are dealt evenly. An answer
    has two keys. Where they fall into neighbouring parts it belongs to the first of these, farther apart to none: -1.
    """
    ends_of = [[task.ends(n) for n in rows] for task, rows in zip(tasks, used, strict=True)]
    lump_of = _lumps([ends for of_task in ends_of for ends in of_task])
    keys_of = [[tuple(lump_of[end] for end in ends) for ends in of_task] for of_task in ends_of]
    levels: dict[str, list[float]] = defaultdict(list)
    for task, rows, keys in zip(tasks, used, keys_of, strict=True):
        values = task.true[rows]
        for (first, last), level, opposite in zip(keys, _levels(values), _levels(-values), strict=True):
            levels[first].append(level)
            if last != first:
                levels[last].append(opposite)
    rng = np.random.default_rng(seed)
    names = sorted(levels)
    by_level = sorted(rng.permutation(len(names)), key=lambda n: float(np.mean(levels[names[n]])))
    part_of: dict[str, int] = {}
    for start in range(0, len(names), parts):
        hand = by_level[start : start + parts]
        for n, part in zip(hand, rng.permutation(parts), strict=False):
            part_of[names[n]] = int(part)
    return [np.array([_part(part_of[a], part_of[b], parts) for a, b in keys], np.intp) for keys in keys_of]


def _part(one: int, other: int, parts: int) -> int:
    if other in (one, (one + 1) % parts):
        return one
    return other if one == (other + 1) % parts else -1


def _lumps(ends: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each key's lump, named by its least key: keys that rows join, where no lump holds most; else each key alone."""
    names = sorted({end for both in ends for end in both})
    place = {name: n for n, name in enumerate(names)}
    one, other = (np.array([place[both[side]] for both in ends], np.intp) for side in (0, 1))
    count, lump = connected_components(coo_array((np.ones(len(ends)), (one, other)), shape=(len(names), len(names))))
    if not count or np.bincount(lump).max() > LARGEST_LUMP * len(names):
        return {name: name for name in names}
    first = np.unique(lump, return_index=True)[1]
    return {name: names[first[its]] for name, its in zip(names, lump, strict=True)}


def _levels(values: Floats) -> npt.NDArray[np.float64]:
    ranks: npt.NDArray[np.float64] = rankdata(values) / max(1, len(values))
    return ranks


FAR = 50.0  # spreads from the median; prices, which spread most of what people label, stay within twenty
MOST_SHARE = 0.05  # more of them than that are no slips, but how this quantity is spread
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Clipped:
    """A dataset whose outliers count as the furthest value that is none, and a line for the user about each."""

    dataset: Dataset
    notes: tuple[str, ...]


def clip_outliers(dataset: Dataset) -> Clipped:
    """Hold outliers of train and val at the furthest other value; one would set the scale for all others."""
    tasks: list[TaskRows] = []
    notes: list[str] = []
    for rows in dataset.tasks:
        far = _outlying(rows) if isinstance(rows, ValueRows) else np.zeros(0, np.intp)  # answers have none
        if isinstance(rows, ValueRows) and len(far):
            notes += _told(rows, far, dataset.labels.source)
            tasks.append(_clipped(rows, far))
        else:
            notes += _told_alone(rows, dataset.labels.source) if isinstance(rows, ValueRows) else []
            tasks.append(rows)
    return Clipped(replace(dataset, tasks=tuple(tasks)), tuple(notes))


def outliers(values: Floats) -> npt.NDArray[np.bool_]:
    """(N,) which values (N,) stand further from the median than any quantity spreads."""
    nothing = np.zeros(len(values), bool)
    if len(values) < 4:
        return nothing
    spread = float(np.subtract(*np.quantile(values, [0.75, 0.25])) or np.subtract(*np.quantile(values, [0.95, 0.05])))
    far = np.abs(values - np.median(values)) > FAR * spread / 1.35
    return far if spread > 0 and far.mean() <= MOST_SHARE else nothing


def _outlying(rows: ValueRows) -> Rows:
    """The rows of train and val whose values are outliers."""
    used = rows.in_split("train", "val")
    return used[outliers(rows.values[used])]


def _clipped(rows: ValueRows, far: Rows) -> ValueRows:
    low, high = _others(rows, far)
    values = rows.values.copy()
    values[far] = values[far].clip(low, high)
    return replace(rows, task=replace(rows.task, values=values))


def _told(rows: ValueRows, far: Rows, source: str) -> list[str]:
    low, high = _others(rows, far)
    named = [
        f'{printable(os.path.basename(source))}: "{printable(rows.query)}" of {printable(rows.task.images[n])} is '
        f"{rows.values[n]:g}, and all others are from {low:g} to {high:g}; it counts as "
        f"{high if rows.values[n] > high else low:g}. Correct that row if it is a mistake"
        for n in far[:MOST_NAMED]
    ]
    more = len(far) - len(named)
    return [*named, counted(more, "more value stands as far off", "more values stand as far off")] if more else named


def _told_alone(rows: ValueRows, source: str) -> list[str]:
    """A line on a value that may be a typing error, and is not as far off as an outlier."""
    used = rows.in_split("train", "val")
    place = far_value(rows.values[used])
    if place is None:
        return []
    row = used[place]
    low, high = _others(rows, used[place : place + 1])
    image = printable(os.path.basename(rows.task.images[row]))
    return [
        f'{printable(os.path.basename(source))}: "{printable(rows.query)}" of {image} is {rows.values[row]:g}, far '
        f"from all others, which are from {low:g} to {high:g}; it is used as it is. Correct that row if it is a mistake"
    ]


def _others(rows: ValueRows, far: Rows) -> tuple[float, float]:
    used = np.setdiff1d(rows.in_split("train", "val"), far)
    return float(rows.values[used].min()), float(rows.values[used].max())
