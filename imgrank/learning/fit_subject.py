"""What kind of pictures a query is trained on, learnt from those pictures alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgrank.adapter.subject import MOST_KNOWN, NEAREST, Subject, unit_rows
from imgrank.arrays import Floats
from imgrank.learning.blocks import evenly
from imgrank.learning.task import PairRows, Rows, TaskRows
from imgrank.tokens import PackedTokens

FEWEST_PICTURES = 12  # fewer say too little of what others of their kind may look like
MOST_MEASURED = 2000
USUAL_MARGIN = 1.6  # in logarithms of squared distances, above the median of pictures left out
FARTHEST_MARGIN = 0.1  # above the farthest hundredth of them
FARTHEST = 0.99
PAIR_MARGIN = 0.25  # above what two training pictures usually are apart


def fit_subject(packed: PackedTokens, task: TaskRows, rows: Rows) -> Subject | None:
    """The subject of the rows of a task; None where they show too few pictures, or pictures have no embeddings."""
    pictures, groups = _pictures(task, rows)
    measured = evenly(np.arange(len(pictures)), MOST_MEASURED)
    known = evenly(measured, MOST_KNOWN)
    if len(pictures) < FEWEST_PICTURES or not packed.shape.embedding:
        return None
    embedding = packed.embedding[pictures]
    apart = 2 - 2 * unit_rows(embedding[measured]) @ unit_rows(embedding[known]).T
    together = groups[measured][:, None] == groups[known]
    if (~together).sum(axis=1).min() < NEAREST:  # hardly any groups: a picture is at least no neighbour of itself
        together = measured[:, None] == known
    limit = _limit(np.where(together, np.inf, apart), float(apart[~together].mean()))
    return Subject(embedding[known], limit) if np.isfinite(limit) and limit > 0 else None


def _limit(apart: Floats, usual: float) -> float:
    """The squared distance to the nearest few from which a picture is a stranger.

    Farther than nearly all pictures that were left out in turn are from the others, with a margin, and never nearer
    than two pictures `usual`ly are to each other: sets of near duplicates would make strangers of all else.
    """
    far = np.sort(apart.clip(1e-9), axis=1)[:, :NEAREST].mean(axis=1)
    margins = np.exp([USUAL_MARGIN, FARTHEST_MARGIN, PAIR_MARGIN])
    return float(max(np.median(far) * margins[0], np.quantile(far, FARTHEST) * margins[1], usual * margins[2]))


def _pictures(task: TaskRows, rows: Rows) -> tuple[Rows, npt.NDArray[np.intp]]:
    """Pictures (N,), each once, and numbers (N,) that those of one group share; groups of answers say nothing here."""
    if isinstance(task, PairRows):
        pictures = np.unique(np.concatenate([task.left[rows], task.right[rows]]))
        return pictures, np.arange(len(pictures))
    pictures, first = np.unique(task.rows[rows], return_index=True)
    keys = np.array(task.together())[rows[first]]
    return pictures, np.unique(keys, return_inverse=True)[1]
