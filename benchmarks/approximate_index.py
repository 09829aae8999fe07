"""What a graph over embeddings would give instead of reading all of them: recall, size, and time of the processor.

    pip install usearch
    python benchmarks/approximate_index.py INDEX [--parts 6]

Twenty sentences; recall is of the first 100 by cosine. See docs/decisions/0201-no-approximate-index.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from usearch.index import Index

from imgrank.index.layout import EMBEDDING
from imgrank.index.locations import Location
from imgrank.index.parts import Part
from imgrank.ranker import Ranker

TOP = 100
LOOKED_AT = (64, 256, 1024)
SENTENCES = (
    "a quiet evening",
    "older people dancing",
    "a beach at sunset",
    "a red car on a bridge",
    "food on a table",
    "a child with a toy",
    "snowy mountains",
    "an empty street at night",
    "a crowd at a concert",
    "flowers in a vase",
    "a sailing boat",
    "a dog on grass",
    "a cat on a sofa",
    "a rocket launch",
    "handwriting on paper",
    "a modern building",
    "something green",
    "a smiling woman",
    "a black and white portrait",
    "a messy desk",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("--parts", type=int, default=6, help="so many of its parts")
    given = parser.parse_args()
    vectors = embeddings(Location(given.index), given.parts)
    with Ranker("mini", adapter="none") as ranker:
        asked = np.stack([ranker.sentence(sentence).embedding for sentence in SENTENCES])
    wanted = np.argsort(-(asked @ vectors.T), axis=1)[:, :TOP]
    print(f"{len(vectors):,} pictures\n")
    print("| numbers | to build, s a million | bytes a picture | looked at | question, ms | recall, mean | least |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for kind in ("f16", "i8"):
        graph, started = Index(ndim=vectors.shape[1], metric="cos", dtype=kind), time.process_time()
        graph.add(np.arange(len(vectors)), vectors)
        built = (time.process_time() - started) / len(vectors) * 1e6
        with tempfile.TemporaryDirectory() as folder:
            graph.save(file := Path(folder, "graph"))
            size = file.stat().st_size / len(vectors)
        for looked_at in LOOKED_AT:
            graph.expansion_search, started = looked_at, time.process_time()
            found = [graph.search(one, TOP).keys for one in asked]
            taken = (time.process_time() - started) / len(asked) * 1e3
            recall = [len({*one} & {*best}) / TOP for one, best in zip(found, wanted, strict=True)]
            print(
                f"| {kind} | {built:.0f} | {size:,.0f} | {looked_at:,} | {taken:.1f} | {np.mean(recall):.2f} "
                f"| {min(recall):.2f} |",
                flush=True,
            )


def embeddings(location: Location, parts: int) -> np.ndarray:
    """(N, E) float32 unit vectors of the first parts of an index."""
    found = []
    for name in location.parts()[:parts]:
        with Part(location, name) as part:
            for block in part.blocks(("error",), (EMBEDDING,)):
                found.append(block.tokens[EMBEDDING].copy().view("<f2").astype(np.float32))
    vectors = np.concatenate(found)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
