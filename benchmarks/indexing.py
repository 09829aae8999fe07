"""A cold `sort` from JPEG files to an order, against the bare tower and against decoding alone.

    python benchmarks/indexing.py [--small]

Three folders: 200 to 300 px, mixed sizes up to 24 MP, and 12 MP photographs. The bare tower runs random pixels, the
same module with the same threads; decoding alone runs the same decoder in as many threads as there are cores. Where
both share the cores, no order of work can be faster than both costs added: that sum is told too.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import Figure, call_apart, cores, imgrank, part_asked, script, seconds_of, temporary_home
from pictures import CAMERA, Size, mixed_size, small_size, write_folder

SENTENCE = "a dog on a beach"
BARE_PICTURES, PLAIN_BATCH = 512, 16
AIMS = {"200 to 300 px": 0.9, "12 MP": 0.85}


def folders(small: bool) -> Iterator[tuple[str, int, Iterator[Size], int]]:
    """Name, files, sizes and how many pictures differ."""
    rng = np.random.default_rng(1)
    share = 50 if small else 1
    yield "200 to 300 px", 2000 // share, (small_size(rng) for _ in itertools.count()), 200 // share
    yield "mixed, up to 24 MP", 2000 // share, (mixed_size(rng) for _ in itertools.count()), 100 // share
    yield "12 MP", 400 // share, itertools.repeat(CAMERA), 12 // min(share, 6)


def bare_tower(count: int) -> float:
    """Images/s of the tower as imgrank runs it, on random pixels."""
    from imgrank.backbone.mini import load_mini

    backbone = load_mini()
    pixels = np.random.default_rng(0).integers(0, 255, (64, 224, 224, 3), np.uint8)
    backbone.encode_images(pixels)
    rounds = max(1, count // 64)
    return 64 * rounds / seconds_of(lambda: [backbone.encode_images(pixels) for _ in range(rounds)], 2)


def plain_tower(count: int) -> float:
    """Images/s of the module called batch by batch, torch's own threads within each operation."""
    import torch

    from imgrank.backbone.mini import load_mini

    tower = load_mini()._image_tower
    pixels = np.random.default_rng(0).integers(0, 255, (PLAIN_BATCH, 224, 224, 3), np.uint8)
    batch, rounds = torch.from_numpy(pixels), max(1, count // PLAIN_BATCH)
    with torch.inference_mode():
        tower(batch)
        return PLAIN_BATCH * rounds / seconds_of(lambda: [tower(batch) for _ in range(rounds)], 2)


def decoding(paths: list[Path]) -> float:
    """Images/s of reading and decoding alone."""
    from imgrank.decode import load_images
    from imgrank.discover import discover

    files = discover([str(path) for path in paths]).files
    seconds = seconds_of(lambda: list(load_images(files, 224, "bicubic", is_known=lambda _: False)), 2)
    return len(files) / seconds


def sorting(folder: str) -> dict[str, float]:
    """Images/s of a cold `rank` in a process that has the tower, and its peak memory."""
    from figures import peak_megabytes

    from imgrank.ranker import Ranker

    ranker = Ranker(adapter="none")
    ranker.backbone.encode_images(np.zeros((1, 224, 224, 3), np.uint8))
    ranker.sentence(SENTENCE)
    started = time.perf_counter()
    ranking = ranker.rank([folder], SENTENCE)
    rate = ranking.encoded / (time.perf_counter() - started)
    ranker.close()
    return {"rate": rate, "megabytes": peak_megabytes()}


def measure(small: bool) -> list[Figure]:
    count = 64 if small else BARE_PICTURES
    tower, plain = (call_apart(__file__, kind, str(count)) for kind in ("tower", "plain"))
    figures = [
        Figure("bare tower, as imgrank runs it", tower, "images/s", note=f"{cores()} cores"),
        Figure("bare tower, batch by batch with torch's threads", plain, "images/s"),
        Figure("the first against the second", tower / plain),
    ]
    for name, files, sizes, different in folders(small):
        figures += one_folder(name, files, sizes, different, tower, plain)
    return figures


def one_folder(
    name: str, files: int, sizes: Iterator[Size], different: int, tower: float, plain: float
) -> list[Figure]:
    with temporary_home() as folder:
        photos = str(folder / "photos")
        write_folder(folder / "photos", files, sizes, different)
        decoded = call_apart(__file__, "decode", photos, str(min(files, 400)))
        sort = call_apart(__file__, "sort", photos)
        os.environ["IMGRANK_HOME"] = str(folder / "another home")
        command = imgrank("sort", photos, SENTENCE, "--adapter", "none")
        assert len(command.output.splitlines()) == files
        whole = files / command.seconds
    together = 1 / (1 / tower + 1 / decoded)
    slower = "the bare tower" if tower < decoded else "pure decoding"
    return [
        Figure(f"{name}: {files:,} files, cold sort", sort["rate"], "images/s"),
        Figure(f"{name}: pure decoding", decoded, "images/s"),
        Figure(
            f"{name}: sort against {slower}, the slower of the two",
            sort["rate"] / min(tower, decoded),
            aim=AIMS.get(name),
        ),
        Figure(f"{name}: sort against the tower batch by batch with torch's threads", sort["rate"] / plain),
        Figure(f"{name}: sort against tower and decoding sharing the cores", sort["rate"] / together),
        Figure(f"{name}: the whole command, start included, against {slower}", whole / min(tower, decoded)),
        Figure(f"{name}: peak memory", sort["megabytes"], "MB"),
    ]


def answer(part: list[str]) -> object:
    if part[0] == "decode":
        return decoding(sorted(Path(part[1]).iterdir())[: int(part[2])])
    if part[0] == "sort":
        return sorting(part[1])
    return {"tower": bare_tower, "plain": plain_tower}[part[0]](int(part[1]))


if __name__ == "__main__":
    asked = part_asked()
    if asked is None:
        script(__doc__, measure)
    else:
        print(json.dumps(answer(asked)))
