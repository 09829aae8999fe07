"""Pairs at the shipped sizes: all pairs of 4,096 pictures, and `sort --refine` on 10,000 stored ones.

    python benchmarks/pairs.py [--small]

`pair_attention.py` holds the linear form against the published one.
"""

from __future__ import annotations

import json
import time

from figures import Figure, call_apart, imgrank, part_asked, peak_megabytes, script, seconds_of, temporary_home
from synthetic_store import make_stored_folder

ADAPTER, SENTENCE = "mini-adapter", "older person"


def all_pairs(count: str) -> dict[str, float]:
    """Logits of all pairs of random summaries of the shipped adapter."""
    import torch

    from imgrank.adapter.files import load
    from imgrank.adapter.registry import find_adapter

    path = find_adapter(ADAPTER).path
    assert path is not None
    model = load(path).model
    torch.manual_seed(0)
    with torch.inference_mode():
        summary = model.summarise(torch.randn(int(count), model.config.tokens + 1, model.config.width))
        started = time.perf_counter()
        assert model.compare(summary, summary).shape == (int(count),) * 2
    return {"seconds": time.perf_counter() - started, "megabytes": peak_megabytes()}


def refining(folder: str) -> dict[str, float]:
    """Seconds of a refined question, and of the same one without, in a process that has the model."""
    from imgrank.ranker import Ranker

    ranker = Ranker(adapter=ADAPTER)
    ranker.rank([folder], SENTENCE, refine=True)
    return {
        "refined": seconds_of(lambda: ranker.rank([folder], SENTENCE, refine=True), 3),
        "plain": seconds_of(lambda: ranker.rank([folder], SENTENCE), 3),
    }


def measure(small: bool) -> list[Figure]:
    share = 100 if small else 1
    pictures, folder_size = 4096 // share, 10_000 // share
    every = call_apart(__file__, "all", str(pictures))
    with temporary_home() as home:
        folder = str(home / "photos")
        make_stored_folder(home / "photos", folder_size)
        refined = call_apart(__file__, "refine", folder)
        words = ("sort", folder, SENTENCE, "--adapter", ADAPTER, "-q")
        command = min(imgrank(*words, "--refine").seconds for _ in range(2))
    return [
        Figure(f"all pairs of {pictures:,} pictures", every["seconds"], "s", 60.0, less=True),
        Figure(f"all pairs of {pictures:,} pictures: peak memory", every["megabytes"], "MB", 1000.0, less=True),
        Figure(f"--refine, {folder_size:,} stored pictures: fresh process", command, "s", 5.0, less=True),
        Figure(f"--refine, {folder_size:,} stored pictures: work", refined["refined"], "s", 5.0, less=True),
        Figure("the same question without --refine: work", refined["plain"], "s"),
    ]


if __name__ == "__main__":
    asked = part_asked()
    if asked is None:
        script(__doc__, measure)
    else:
        print(json.dumps({"all": all_pairs, "refine": refining}[asked[0]](asked[1])))
