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

# Of many kinds: a folder shows few of the first thirty, and what is common may be what a picture shows instead.
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
    a horse
    a cow
    a sheep
    a pig
    a goat
    a monkey
    an elephant
    a bear
    a lion
    a deer
    a rabbit
    a mouse
    a snake
    a frog
    a fish
    a shark
    a bird
    a duck
    an eagle
    a chicken
    an insect
    a butterfly
    a spider
    a dog
    a cat
    a man
    a woman
    a child
    a baby
    a crowd of people
    a face
    a hand
    a car
    a bus
    a truck
    a train
    a motorcycle
    a bicycle
    an aeroplane
    a helicopter
    a boat
    a ship
    a tractor
    a house
    a tower
    a bridge
    a church
    a castle
    a street
    a city skyline
    a road
    a train station
    an airport
    a harbour
    a kitchen
    a bedroom
    a living room
    a bathroom
    an office
    a classroom
    a shop
    a restaurant
    a factory
    a museum
    a mountain
    a forest
    a beach
    the sea
    a lake
    a river
    a desert
    a field
    a garden
    a park
    snow
    the sky
    a sunset
    a flower
    a tree
    a mushroom
    a fruit
    vegetables
    bread
    a pizza
    a cake
    a salad
    a cup of coffee
    a bottle
    a glass
    a plate of food
    a table
    a chair
    a sofa
    a bed
    a lamp
    a clock
    a book
    a newspaper
    a computer
    a telephone
    a television
    a camera
    a guitar
    a piano
    a drum
    a ball
    a tennis player
    a football match
    a swimmer
    a skier
    a surfer
    a dancer
    a shirt
    a dress
    trousers
    shoes
    a hat
    a bag
    a pair of glasses
    jewellery
    a toy
    a tool
    a knife
    a gun
    a machine
    a bin
    garbage
    a sign
    a map
    a chart
    a drawing
    a painting
    a statue
    text on paper
    a screen shot
    a cartoon
    a logo
    a flag
    """.strip().splitlines()
)


_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Compared:
    """The greatest cosines `to_others`, for each of their sentences, and by how many standard deviations of its own
    cosines to them the pictures that are most `ahead` come nearer to another sentence."""

    to_others: tuple[Nearest, ...]
    ahead: Nearest


@dataclass(frozen=True, slots=True, eq=False)
class Unrelated:
    """Unit vectors (E, K) of `SENTENCES` in the backbone's space."""

    vectors: Floats

    @staticmethod
    def of(encode: Encode) -> Unrelated:
        """Made by the text tower, or read where they are kept."""
        embeddings = np.stack([encode(sentence).embedding.astype(np.float64) for sentence in SENTENCES])
        return Unrelated((embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).T)

    def beside(self, packed: Packed, likeness: Floats, turn: float = 1.0) -> Compared:
        """How near N pictures come to each sentence, and how much nearer to another, by its likeness (N,); with a
        `turn` of -1, how much less near."""
        cosines = self.cosines(packed)
        ahead = (likeness - cosines.mean(axis=1)) / np.maximum(cosines.std(axis=1), _LEAST_SPREAD)
        return Compared(tuple(map(greatest, cosines.T)), greatest(turn * ahead))

    def cosines(self, packed: Packed) -> Floats:
        """(N, K) of N pictures to each sentence."""
        found = np.empty((len(packed), self.vectors.shape[1]))
        for start in range(0, len(packed), BLOCK):
            rows = packed.embedding[start : start + BLOCK].astype(np.float64)
            block = np.zeros((BLOCK, rows.shape[1]))  # always as large: rounding may depend on sizes
            block[: len(rows)] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            found[start : start + BLOCK] = (block @ self.vectors)[: len(rows)]
        return found


def greatest(values: Floats) -> Nearest:
    """The greatest of N, greatest first, in millionths."""
    return tuple((-np.sort(-np.rint(values * 1e6))[:NEAREST_KEPT] / 1e6).tolist())
