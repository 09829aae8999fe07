"""A new sentence on a folder whose pictures are stored: seconds in a fresh process, and in one that has the model.

    python benchmarks/question.py [--small]

10,000 and 100,000 made-up pictures, answered zero-shot and by the shipped adapter.
"""

from __future__ import annotations

import itertools
import json

from figures import Figure, call_apart, imgrank, part_asked, peak_megabytes, script, seconds_of, temporary_home
from synthetic_store import make_stored_folder

ADAPTER = "mini-adapter"
SCORERS = {"zero-shot": ("none", "a lighthouse"), "adapter": (ADAPTER, "older person")}


def in_process(folder: str, adapter: str, sentence: str) -> dict[str, float]:
    """Seconds of a question new to a process that has asked others, and the process's peak memory.

    `first` is the same where the others were not about these pictures.
    """
    from imgrank.adapter.activation_cache import ActivationCache
    from imgrank.ranker import Ranker
    from imgrank.scoring.scorers import Resources

    ranker = Ranker(adapter=adapter)
    numbers = itertools.count()

    def ask() -> None:
        ranker.rank([folder], f"{sentence} in winter {next(numbers)}")

    def ask_first() -> None:
        ranker.resources = Resources(activations=ActivationCache())
        ask()

    ask()
    first, seconds = seconds_of(ask_first, 3), seconds_of(ask, 3)
    return {"first": first, "seconds": seconds, "megabytes": peak_megabytes()}


def measure(small: bool) -> list[Figure]:
    figures = []
    share = 100 if small else 1
    for count, fresh_aim, work_aim, memory_aim in ((10_000, 3.0, 0.5, None), (100_000, 20.0, None, 1000.0)):
        with temporary_home() as home:
            folder = home / "photos"
            make_stored_folder(folder, count // share)
            for scorer, (adapter, sentence) in SCORERS.items():
                name = f"{count // share:,} pictures, {scorer}"
                # the first run after so much writing pays for it; sentences stay new
                runs = [
                    imgrank("sort", str(folder), f"{sentence} {when}", "--adapter", adapter, "-q")
                    for when in ("in spring", "in summer")
                ]
                warm = call_apart(__file__, str(folder), adapter, sentence)
                fresh, memory = min(r.seconds for r in runs), max(r.megabytes for r in runs)
                figures += [
                    Figure(f"{name}: fresh process", fresh, "s", fresh_aim, less=True),
                    Figure(f"{name}: work, model at hand", warm["seconds"], "s", work_aim, less=True),
                    Figure(
                        f"{name}: the same, the first about these pictures", warm["first"], "s", work_aim, less=True
                    ),
                    Figure(f"{name}: peak memory", memory, "MB", memory_aim, less=True),
                ]
    return figures


if __name__ == "__main__":
    asked = part_asked()
    if asked is None:
        script(__doc__, measure)
    else:
        print(json.dumps(in_process(*asked)))
