"""Reading stored tokens: the store's plain reads against a memory map of the same rows.

    python benchmarks/store.py [--small]

Both read every row of the same segment files in order, in blocks, check it, and sum one field; each in a process of
its own. A map's pages count as the process's memory as long as the system leaves them there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from figures import Figure, call_apart, part_asked, peak_megabytes, script, seconds_of, temporary_home
from synthetic_store import make_stored_folder

BLOCK = 4096


def plainly(digests: list[str]) -> float:
    """Through the store."""
    from imgrank.backbone.mini import load_mini
    from imgrank.store import open_store

    backbone = load_mini()
    with open_store(backbone.fingerprint, backbone.shape, note=print) as store:
        return seconds_of(lambda: [packed.scales.sum() for packed in store.read_blocks(digests, BLOCK)], 3)


def mapped(digests: list[str]) -> float:
    """Rows straight from maps of the segments."""
    from imgrank.backbone.mini import load_mini
    from imgrank.paths import tokens_dir
    from imgrank.store.segments import HEADER, ROWS, are_sound, row_type, to_packed

    backbone = load_mini()
    size = row_type(backbone.shape).itemsize
    folder = tokens_dir() / backbone.fingerprint

    def read() -> None:
        for segment in range(-(-len(digests) // ROWS)):
            data = np.memmap(folder / f"segment-{segment}.tok", np.uint8, "r")
            rows = data[HEADER : HEADER + (len(data) - HEADER) // size * size].reshape(-1, size)
            for start in range(0, len(rows), BLOCK):
                at = segment * ROWS + start
                block = rows[start : start + BLOCK]
                assert are_sound(np.asarray(block), digests[at : at + len(block)]).all()
                to_packed(np.asarray(block), backbone.shape).scales.sum()

    return seconds_of(read, 3)


def measure(small: bool) -> list[Figure]:
    count = 1000 if small else 40_000
    with temporary_home() as home:
        digests = make_stored_folder(home / "photos", count)
        (home / "digests.json").write_text(json.dumps(digests))
        plain, map_ = (call_apart(__file__, way, str(home / "digests.json")) for way in ("plain", "map"))
    return [
        Figure(f"plain reads of {count:,} rows", plain["seconds"], "s"),
        Figure(f"memory map of {count:,} rows", map_["seconds"], "s"),
        Figure("speed of plain reads against the map", map_["seconds"] / plain["seconds"]),
        Figure("peak memory, plain reads", plain["megabytes"], "MB"),
        Figure("peak memory, memory map", map_["megabytes"], "MB"),
    ]


if __name__ == "__main__":
    asked = part_asked()
    if asked is None:
        script(__doc__, measure)
    else:
        names = json.loads(Path(asked[1]).read_text())
        took = {"plain": plainly, "map": mapped}[asked[0]](names)
        print(json.dumps({"seconds": took, "megabytes": peak_megabytes()}), file=sys.stdout)
