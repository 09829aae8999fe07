"""Orders of two indexes with the same pictures, cut and mixed in another way, as one process of the matrix has them.

    python -m tests.engine.processor INDEX RECUT

It fails where a score knows the others, and prints each order as JSON: by sentence, scores by path.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from imgrank import Ranker
from imgrank.engine.local import LocalEngine
from imgrank.engine.sorting import rank_indexes

SENTENCES = ("a cat", "older person", "fewer people", "newer car")


def order_of(ranking_images) -> list[tuple[str, float, bool]]:
    return [(image.path, image.score, image.relevant) for image in ranking_images]


def main(index: str, recut: str) -> None:
    ranker, told = Ranker(cache=False), {}
    for sentence in SENTENCES:
        whole = order_of(ranker.rank([index], sentence).images)
        assert order_of(ranker.rank([recut], sentence).images) == whole, f"{sentence}: rows know each other"
        ask = partial(rank_indexes, ranker, LocalEngine(), sentence=sentence)
        with ThreadPoolExecutor(3) as askers:  # many questions at once
            spread = [order_of(ordered.images) for ordered in askers.map(ask, [[index], [recut]] * 2)]
        assert spread == [whole] * 4, f"{sentence}: the engine says otherwise"
        told[sentence] = whole
    refined = order_of(ranker.rank([index], "older person", refine=True).images)
    assert order_of(ranker.rank([recut], "older person", refine=True).images) == refined, "pairs know their block"
    told["older person, refined"] = refined
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
