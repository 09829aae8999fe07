"""Time and memory from 1,000 to 100,000 pictures: encoding grows in a line, a question a little, memory not at all.

    python benchmarks/growth.py [--small]

Questions run on made-up stored pictures, each in a process of its own. Encoding runs the whole pipeline on small JPEGs
with a tower that does nothing, so that 100,000 take minutes less; the tower's own time is the same for each picture.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from figures import ROOT, Figure, call_apart, imgrank, part_asked, peak_megabytes, script, temporary_home
from pictures import write_folder
from synthetic_store import make_stored_folder, random_tokens

SIZES = (1_000, 10_000, 100_000)
PLOT = ROOT / "docs" / "images" / "growth.png"
SENTENCE, ADAPTER = "older person", "mini-adapter"


def encode_with_idle_tower(folder: str) -> dict[str, float]:
    """Seconds and peak memory of discovering, reading, decoding and storing a folder."""
    from imgrank.backbone.mini import MiniBackbone
    from imgrank.ranker import Ranker

    rng = np.random.default_rng(0)

    def tokens(self: MiniBackbone, pixels: np.ndarray) -> object:
        return random_tokens(len(pixels), self.shape, rng)

    MiniBackbone.encode_images = tokens
    ranker = Ranker(adapter="none")
    started = time.perf_counter()
    ranker.rank([folder], SENTENCE)
    ranker.close()
    return {"seconds": time.perf_counter() - started, "megabytes": peak_megabytes()}


def at_size(count: int) -> dict[str, float]:
    """Seconds and peak memory by what was done."""
    with temporary_home() as home:
        write_folder(home / "photos", count, itertools.repeat((96, 96)), 20)
        encoded = call_apart(__file__, str(home / "photos"))
    with temporary_home() as home:
        folder = home / "photos"
        make_stored_folder(folder, count)
        asked = [
            imgrank("sort", str(folder), SENTENCE, "--adapter", ADAPTER, "-q")
            for _ in range(2 if count < 50_000 else 1)
        ]
    return {
        "encode": encoded["seconds"],
        "encode memory": encoded["megabytes"],
        "question": min(run.seconds for run in asked),
        "question memory": max(run.megabytes for run in asked),
    }


def measure(small: bool) -> list[Figure]:
    sizes = [size // (100 if small else 1) for size in SIZES]
    found = {size: at_size(size) for size in sizes}
    if not small and find_spec("matplotlib"):
        draw(found, PLOT)
    figures = []
    for size, values in found.items():
        figures += [
            Figure(f"{size:,} pictures: pipeline without the tower", values["encode"], "s"),
            Figure(f"{size:,} pictures: its peak memory", values["encode memory"], "MB"),
            Figure(f"{size:,} pictures: question, fresh process", values["question"], "s"),
            Figure(f"{size:,} pictures: its peak memory", values["question memory"], "MB"),
        ]
    first, last = (found[size] for size in (sizes[1], sizes[2]))
    growth = {kind: last[kind] / first[kind] for kind in first}
    return [
        *figures,
        Figure("encoding time, ten times the pictures", growth["encode"], aim=11.0, less=True),
        Figure("question time, ten times the pictures", growth["question"], aim=10.0, less=True),
        Figure("encoding memory, ten times the pictures", growth["encode memory"], aim=1.5, less=True),
        Figure("question memory, ten times the pictures", growth["question memory"], aim=1.5, less=True),
    ]


def draw(found: dict[int, dict[str, float]], path: Path) -> None:
    """Two panels, logarithmic: seconds and megabytes by the number of pictures."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for panel, ending, title in zip(panels, ("", " memory"), ("seconds", "peak memory, MB"), strict=True):
        for kind, label in (("encode", "pipeline without the tower"), ("question", "question, fresh process")):
            panel.plot(list(found), [values[kind + ending] for values in found.values()], "o-", label=label)
        panel.set(xscale="log", yscale="log", xlabel="pictures", title=title)
        panel.grid(True, which="major", alpha=0.3)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter("{x:,.0f}")
            axis.set_minor_formatter(NullFormatter())
    panels[0].set_ylim(1, 200)
    panels[1].set_ylim(100, 2000)
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    asked = part_asked()
    if asked is None:
        script(__doc__, measure)
    else:
        print(json.dumps(encode_with_idle_tower(asked[0])), file=sys.stdout)
