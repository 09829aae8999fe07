"""How near pictures come to sentences that they hardly show: what the nearness to any other sentence is held against.

A cosine means something else in each backbone, and for each kind of pictures. How the same pictures stand to sentences
of other things says what it means here, without a number that was measured before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgrank.arrays import Floats
from imgrank.scoring.question import NEAREST_KEPT, Encode, Nearest
from imgrank.tokens import BLOCK, Packed

# Of many kinds, so that a folder shows few of them.
SENTENCES = tuple(
    line.strip()
    for line in """
    a saxophone player on a stage
    bacteria under a microscope
    a lighthouse in a storm
    a chess board
    a wedding cake
    a roller coaster
    an igloo
    a combine harvester in a wheat field
    a dentist at work
    a vending machine
    a cactus in a desert
    a tax form
    a submarine
    a violin
    a coral reef
    a bus station at night
    a court room
    a bowl of ramen
    a potter at the wheel
    a volcano
    a typewriter
    an astronaut in space
    a hot air balloon
    a beehive
    a knight in armour
    a chemistry laboratory
    a sewing machine
    a waterfall in a jungle
    a fire engine
    a stained glass window
    a bonsai tree
    a camel in a desert
    """.strip().splitlines()
)


@dataclass(frozen=True, slots=True, eq=False)
class Unrelated:
    """Unit vectors (E, K) of `SENTENCES` in the backbone's space."""

    vectors: Floats

    @staticmethod
    def of(encode: Encode) -> Unrelated:
        """Made by the text tower, or read where they are kept."""
        embeddings = np.stack([encode(sentence).embedding.astype(np.float64) for sentence in SENTENCES])
        return Unrelated((embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).T)

    def nearest(self, packed: Packed) -> tuple[Nearest, ...]:
        """The greatest cosines of N pictures to each sentence, greatest first, in millionths."""
        found = np.empty((len(packed), self.vectors.shape[1]))
        for start in range(0, len(packed), BLOCK):
            rows = packed.embedding[start : start + BLOCK].astype(np.float64)
            block = np.zeros((BLOCK, rows.shape[1]))  # always as large: rounding may depend on sizes
            block[: len(rows)] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            found[start : start + BLOCK] = (block @ self.vectors)[: len(rows)]
        greatest = -np.sort(-np.rint(found * 1e6), axis=0)[:NEAREST_KEPT] / 1e6
        return tuple(map(tuple, greatest.T.tolist()))
