"""The deletion test on the example photographs: what a map marks moves the score more than what it does not mark.

The map is made by blurring windows; here patches are painted in the picture's mean colour, so that it does not
test itself. `benchmarks/explain.py` has the figures on many pictures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgrank import Ranker, explain
from imgrank.decode import decode_bytes
from imgrank.explaining.influence import parts
from imgrank.scoring.asking import answer, ask
from imgrank.scoring.question import Question

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
PATCHES, MARKED = 8, 6
NAMED = {
    name: f"a {name}" for name in ("dog", "cat", "parrot", "goldfish", "biplane", "raccoon", "rocket", "windmill")
} | {"owl": "an owl", "coffee": "a cup of coffee", "horses": "horses", "spoons": "spoons"}  # one says little: a mean


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker(adapter="none", cache=False)


def without(pixels: np.ndarray, patches: np.ndarray) -> np.ndarray:
    chosen = np.zeros(PATCHES * PATCHES, bool)
    chosen[patches] = True
    side = len(pixels) // PATCHES
    mask = np.kron(chosen.reshape(PATCHES, PATCHES), np.ones((side, side), bool))
    return np.where(mask[..., None], pixels.mean(axis=(0, 1)), pixels).astype(np.uint8)


@pytest.mark.soak
def test_marked_places_move_the_score_twice_as_far_as_random_ones(ranker: Ranker) -> None:
    rng, marked_moves, random_moves = np.random.default_rng(0), [], []
    for name, sentence in NAMED.items():
        path = PHOTOS / f"{name}.jpg"
        found = explain(ranker, path, sentence)
        [first] = ranker.rank([path], sentence).images
        assert found.score == pytest.approx(first.score, abs=1e-5)
        pixels = decode_bytes(path.read_bytes(), str(path), ranker.backbone.preprocessing.side, "bicubic")
        finer = parts(np.kron(found.influence, np.ones((16, 16))), PATCHES).ravel()
        shown = [without(pixels, np.argsort(-finer)[:MARKED])]
        shown += [without(pixels, rng.permutation(PATCHES * PATCHES)[:MARKED]) for _ in range(8)]
        packed = ranker.backbone.encode_images(np.stack(shown))
        blocks = [packed]
        scores = answer(ask(Question(sentence), ranker), lambda b=blocks: iter(b), ranker.resources).scores
        marked_moves.append(found.score - scores[0])
        random_moves.append(np.abs(found.score - scores[1:]).mean())
    assert np.mean(marked_moves) >= 2 * np.mean(random_moves)
