"""A query in closed form: several views of the pictures, each a ridge, averaged by how well they predict left-out rows.

Which part of a picture says most of a query is not known beforehand: the whole of it (general means, moments, the
mean token), its places, its embedding, the sentence's own direction, or likeness to labelled pictures (a kernel).
Few rows cannot tell either; an average loses little to the best view and often beats it. All linear views fold into
one linear function of a picture's row. `benchmarks/new_tasks.py` measures the views and their average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgrank.adapter.closed import ClosedForm, Kernel
from imgrank.arrays import Floats
from imgrank.learning.baselines import answer_folds, fit_logistic, fit_ridge
from imgrank.learning.blocks import (
    EMBEDDING,
    GENERAL,
    MOMENTS,
    MOST_DIRECTIONS,
    SMALLEST_VARIANCE,
    Blocks,
    evenly,
    leading_directions,
    spread,
)
from imgrank.learning.task import PairRows, Rows, TaskRows

HINTS = (0.3, 1.0)  # how loudly the sentence speaks, beside pictures with a spread of 1
HINTED_ROWS = 600  # more rows than that hardly need a hint
GAMMAS = (0.3, 1.0)  # one over the width of a bump, in medians of squared distances
KERNEL_DIRECTIONS = 48
MOST_LANDMARKS = 400
TRUST = 0.5  # in differences of left-out errors
SMALLEST_SPREAD = 1e-6
WHOLE, EVERYTHING, KERNEL = "the whole picture", "everything together", "likeness to labelled pictures"
WHOLE_PARTS = (GENERAL, MOMENTS)


@dataclass(frozen=True, slots=True, eq=False)
class Bumps:
    """A kernel on coordinates: `along` (r, k) for each block's coordinates, landmarks (L, k), heights (L,)."""

    along: Mapping[str, Floats]
    landmarks: Floats
    heights: Floats

    def __call__(self, blocks: Blocks, pictures: Rows) -> Floats:
        """(N,) what the kernel says of pictures."""
        where = sum(blocks[name].coordinates[pictures] @ along for name, along in self.along.items())
        result: Floats = _bumps(np.asarray(where), self.landmarks) @ self.heights
        return result

    def on_rows(self, blocks: Blocks, scale: float) -> Kernel:
        """The same as a function of whole rows, divided by `scale`."""
        numbers = blocks.shape.numbers
        whole = np.sum([blocks[name].on_row(along, numbers) for name, along in self.along.items()], axis=0)
        centre = np.sum([blocks[name].at_centre() @ along for name, along in self.along.items()], axis=0)
        lengths = np.abs(whole).max(axis=0)
        return Kernel(
            directions=(whole / lengths).astype(np.float16),
            lengths=lengths.astype(np.float32),
            landmarks=(self.landmarks + centre).astype(np.float32),
            heights=(self.heights / scale).astype(np.float32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ViewFit:
    """One fit: `weights` (r,) on each block's coordinates and a bias, or `bumps`; and its `share` of the answer.

    `left_out` (N,) is what it says of each row that it learnt from without having seen it, in the unit of the values,
    or for answers a logit of left above right; `error` is that of left-out rows, the less the better.
    """

    name: str
    weights: Mapping[str, Floats]
    bias: float
    left_out: Floats
    error: float
    bumps: Bumps | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ClosedFit:
    """A closed form on blocks, in the unit of the values: `weights` (r,) on each block's coordinates, a bias, a kernel.

    `rows` (N,) are the rows of the task that it was learnt from, and `views` what it is an average of.
    """

    blocks: Blocks
    rows: Rows
    weights: Mapping[str, Floats]
    bias: float
    bumps: Bumps | None
    views: tuple[ViewFit, ...]

    @property
    def left_out(self) -> Floats:
        """(N,) what the average says of each of its rows without having seen it."""
        return average(self.views)

    def __call__(self, pictures: Rows) -> Floats:
        """(N,) values of pictures."""
        value = np.full(len(pictures), self.bias)
        for name, weights in self.weights.items():
            value += self.blocks[name].coordinates[pictures] @ weights
        return value if self.bumps is None else value + self.bumps(self.blocks, pictures)

    def of_task(self, task: TaskRows, rows: Rows) -> Floats:
        """(N,) values of rows of a task; for answers, left less right."""
        return task.predict(self, rows)

    def alone(self, name: str) -> ClosedFit:
        """One of the views, as if it were all."""
        return _joined(self.blocks, self.rows, [replace(view, share=1.0) for view in self.views if view.name == name])

    def form(self, mean: float = 0.0, scale: float = 1.0) -> ClosedForm:
        """The same as a function of whole rows that gives standardised values, as files keep it."""
        shape, bias = self.blocks.shape, self.bias - mean
        linear = np.zeros(shape.numbers)
        for name, weights in self.weights.items():
            linear += self.blocks[name].on_row(weights[:, None], shape.numbers)[:, 0]
            bias -= float(self.blocks[name].at_centre() @ weights)
        packed = (np.append(linear, bias) / scale).astype(np.float32)
        return ClosedForm(shape, packed, None if self.bumps is None else self.bumps.on_rows(self.blocks, scale))


def average(views: Sequence[ViewFit]) -> Floats:
    """(N,) left-out predictions of views, by their shares."""
    total = sum(view.share for view in views)
    result: Floats = np.sum([view.share / total * view.left_out for view in views], axis=0)
    return result


def fit_closed(blocks: Blocks, task: TaskRows, rows: Rows) -> ClosedFit:
    """Learn a task from some of its rows (N,), in their unit; answers by Bradley-Terry, from linear views alone."""
    if isinstance(task, PairRows):
        return _averaged(blocks, rows, _answer_fits(blocks, task, rows), 0.0)
    sentence = np.stack([text.embedding for text in task.texts]).astype(np.float64).mean(axis=0)
    groups = [task.task.groups[n] for n in rows]
    return fit_values(blocks, task.rows[rows], task.values[rows], groups, sentence, rows=rows)


def fit_values(
    blocks: Blocks,
    pictures: Rows,
    values: Floats,
    groups: Sequence[str],
    sentence: Floats | None = None,
    *,
    kernel: bool = True,
    rows: Rows | None = None,
) -> ClosedFit:
    """Learn values (N,) of pictures (N,), whose rows of one group are left out together.

    `sentence` (E,) is what the query's words say of embeddings: a hint that few rows are glad of. Without a
    `kernel` the closed form is linear, and small.
    """
    columns = _columns(blocks, pictures)
    fits = [_ridge(each, pictures, values, groups) for each in columns]
    if sentence is not None and EMBEDDING in blocks.names and len(values) <= HINTED_ROWS:
        for each in (each for each in columns if each.name in (EMBEDDING, EVERYTHING)):
            hinted = (_hinted(blocks, each, pictures, sentence, strength) for strength in HINTS)
            fits.append(_best([_ridge(one, pictures, values, groups) for one in hinted]))
    if kernel and columns:
        seen = next((each for each in columns if each.name == WHOLE), columns[-1])
        fits.append(_kernel(seen, pictures, values, groups))
    return _averaged(blocks, np.arange(len(values)) if rows is None else rows, fits, float(values.mean()))


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """What a linear view looks at: numbers of all pictures (N, K), and `maps` (r, K) from each block to them."""

    name: str
    numbers: Floats
    maps: Mapping[str, Floats]


def _columns(blocks: Blocks, pictures: Rows) -> list[_Columns]:
    """Each block alone; several, each as loud as the others."""
    spreads = {block.name: spread(block.coordinates[pictures]) for block in blocks.blocks}
    maps = {
        block.name: np.eye(block.coordinates.shape[1]) / spreads[block.name]
        for block in blocks.blocks
        if spreads[block.name] > SMALLEST_SPREAD
    }
    of_whole = {name: maps[name] for name in WHOLE_PARTS if name in maps}
    joint = [(WHOLE, of_whole), (EVERYTHING, maps)]
    several = [_joint(blocks, pictures, name, its) for name, its in joint if len(its) > 1]
    return [*(_mapped(blocks, name, {name: its}) for name, its in maps.items()), *several]


def _mapped(blocks: Blocks, name: str, maps: Mapping[str, Floats]) -> _Columns:
    numbers = [blocks[block].coordinates @ its for block, its in maps.items()]
    return _Columns(name, np.sum(numbers, axis=0), maps)


def _joint(blocks: Blocks, pictures: Rows, name: str, maps: Mapping[str, Floats]) -> _Columns:
    """Blocks side by side, along their common leading directions."""
    sides = [blocks[block].coordinates @ its for block, its in maps.items()]
    centred = np.concatenate([side[pictures] - side[pictures].mean(axis=0) for side in sides], axis=1)
    directions = leading_directions(evenly(centred, MOST_DIRECTIONS), MOST_DIRECTIONS)
    ends = np.cumsum([side.shape[1] for side in sides])[:-1]
    parts = dict(zip(maps, np.split(directions, ends), strict=True))
    return _mapped(blocks, name, {block: maps[block] @ parts[block] for block in maps})


def _hinted(blocks: Blocks, columns: _Columns, pictures: Rows, sentence: Floats, strength: float) -> _Columns:
    """The same view with one more number: how much a picture's embedding points the sentence's way."""
    embedding = blocks[EMBEDDING]
    along = embedding.directions.T.astype(np.float64) @ sentence
    hint = embedding.coordinates @ along
    size = strength / max(float(hint[pictures].std()), 1e-9)
    maps = {name: np.column_stack([its, np.zeros(len(its))]) for name, its in columns.maps.items()}
    own = maps.get(EMBEDDING, np.zeros((len(along), columns.numbers.shape[1] + 1))).copy()
    own[:, -1] += along * size
    name = f"{columns.name}, with the sentence as a hint"
    return _Columns(name, np.column_stack([columns.numbers, hint * size]), {**maps, EMBEDDING: own})


def _best(fits: Sequence[ViewFit]) -> ViewFit:
    return min(fits, key=lambda fit: fit.error)


def _ridge(columns: _Columns, pictures: Rows, values: Floats, groups: Sequence[str]) -> ViewFit:
    fit = fit_ridge(columns.numbers[pictures], values, groups)
    weights = {name: its @ fit.axis.weights for name, its in columns.maps.items()}
    return ViewFit(columns.name, weights, fit.axis.bias, fit.left_out, fit.error)


def _kernel(columns: _Columns, pictures: Rows, values: Floats, groups: Sequence[str]) -> ViewFit:
    """Ridge on nearness to labelled pictures, the landmarks, along the leading directions of a view."""
    numbers = columns.numbers[pictures]
    directions = leading_directions(evenly(numbers - numbers.mean(axis=0), MOST_DIRECTIONS), KERNEL_DIRECTIONS)
    where = numbers @ directions
    landmarks = evenly(where, MOST_LANDMARKS)
    apart = _squares(landmarks, landmarks)
    typical = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0

    def with_width(gamma: float) -> ViewFit:
        size = np.sqrt(gamma / typical)
        near = np.exp(-np.square(size) * apart)
        variance, basis = np.linalg.eigh(near)
        kept = variance > SMALLEST_VARIANCE * variance[-1]
        whitening = basis[:, kept] / np.sqrt(variance[kept])
        fit = fit_ridge(_bumps(where * size, landmarks * size) @ whitening, values, groups)
        along = {name: its @ directions * size for name, its in columns.maps.items()}
        bumps = Bumps(along, landmarks * size, whitening @ fit.axis.weights)
        return ViewFit(KERNEL, {}, fit.axis.bias, fit.left_out, fit.error, bumps)

    return _best([with_width(gamma) for gamma in GAMMAS])


def _answer_fits(blocks: Blocks, task: PairRows, rows: Rows) -> list[ViewFit]:
    left, right = task.left[rows], task.right[rows]
    wins = (task.preferred[rows] + 1) / 2
    folds = answer_folds(task, rows)
    fits = []
    for each in _columns(blocks, np.union1d(left, right)):
        fit = fit_logistic(each.numbers[left] - each.numbers[right], wins, folds)
        weights = {name: its @ fit.weights for name, its in each.maps.items()}
        fits.append(ViewFit(each.name, weights, 0.0, fit.left_out, fit.error))
    return fits


def _averaged(blocks: Blocks, rows: Rows, fits: Sequence[ViewFit], constant: float) -> ClosedFit:
    """Each fit by its error; where pictures do not differ, there is none, and a constant is all that can be said."""
    if not fits:
        return _joined(blocks, rows, [ViewFit("the mean", {}, constant, np.full(len(rows), constant), 0.0)])
    errors = np.array([fit.error for fit in fits])
    # A relative difference of errors says the more, the more rows it was measured on.
    shares = np.exp(-TRUST * (errors / max(errors.min(), 1e-300) - 1) * np.sqrt(len(rows)))
    shares /= shares.sum()
    return _joined(blocks, rows, [replace(fit, share=float(share)) for fit, share in zip(fits, shares, strict=True)])


def _joined(blocks: Blocks, rows: Rows, views: Sequence[ViewFit]) -> ClosedFit:
    """Views by their shares."""
    weights: dict[str, Floats] = {}
    bumps = None
    for view in views:
        for name, its in view.weights.items():
            weights[name] = weights.get(name, 0.0) + view.share * its
        if view.bumps is not None:
            bumps = replace(view.bumps, heights=view.share * view.bumps.heights)
    bias = sum(view.share * view.bias for view in views)
    return ClosedFit(blocks, rows, weights, bias, bumps, tuple(views))


def _squares(one: Floats, other: Floats) -> Floats:
    """(N, L) squared distances."""
    apart = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1) - 2 * one @ other.T
    clipped: Floats = apart.clip(0)
    return clipped


def _bumps(where: Floats, landmarks: Floats) -> Floats:
    """(N, L): 1 at a landmark, less the farther from it."""
    result: Floats = np.exp(-_squares(where, landmarks))
    return result
