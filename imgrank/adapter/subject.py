"""What kind of pictures a query was trained on: as near to some of them as they are to each other, or a stranger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

MOST_KNOWN = 256
NEAREST = 3
SOFTNESS = 0.25  # in the logarithm of a squared distance: the limit is crossed within about a factor of two


@dataclass(frozen=True, slots=True)
class SubjectSizes:
    """What the header of a file says of a subject: how many pictures it keeps, and its limit.

    Raises ValueError on values that cannot be.
    """

    known: int
    limit: float

    def __post_init__(self) -> None:
        if type(self.known) is not int or not NEAREST <= self.known <= MOST_KNOWN:
            raise ValueError(
                f"a subject keeps {self.known!r:.40} images, not a whole number from {NEAREST} to {MOST_KNOWN}"
            )
        limit = self.limit
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not 0 < limit < float("inf"):
            raise ValueError(f"a subject's limit is {limit!r:.40}, not a number above 0")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Unit embeddings (L, E) of some pictures that a query was trained on, the `known`.

    A picture whose mean squared distance to the nearest three of them is `limit` shows the subject with a
    probability of one half; nearer ones do with more.
    """

    known: npt.NDArray[np.float16]
    limit: float

    @property
    def sizes(self) -> SubjectSizes:
        """As the header of a file has them."""
        return SubjectSizes(len(self.known), float(self.limit))


def unit_rows(embedding: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(N, E) embeddings at unit length; where there is none it stays zero."""
    rows = embedding.astype(np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    result: npt.NDArray[np.float64] = rows / np.where(length > 0, length, 1)
    return result
