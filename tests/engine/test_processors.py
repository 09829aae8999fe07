"""One order on any processor. Others are imitated on this one, by how many threads and which instructions it uses."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgrank import Ranker
from imgrank.adapter.registry import find_adapter
from imgrank.index.format import IndexRow, IndexRows
from imgrank.index.locations import Location
from imgrank.rounding import digits_of
from tests.engine.making import make_index, manifest_of

ROOT = Path(__file__).parents[2]
THREADS = {"OMP_NUM_THREADS": ("1", "2", "3", "7")}
INSTRUCTIONS = {
    "MKL_ENABLE_INSTRUCTIONS": ("SSE4_2", "AVX2", "AVX512"),
    "MKL_CBWR": ("COMPATIBLE", "AVX2"),
    "ATEN_CPU_CAPABILITY": ("default", "avx2"),
    "ONEDNN_MAX_CPU_ISA": ("SSE41", "AVX2"),
}
FEW = [
    {"OMP_NUM_THREADS": "1", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ATEN_CPU_CAPABILITY": "default"},
    {"OMP_NUM_THREADS": "2", "MKL_CBWR": "COMPATIBLE"},
    {"OMP_NUM_THREADS": "7", "ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"},
]
REFINED = "older person, refined"
QUERIES = {"older person": "older person", "fewer people": "more people", "newer car": "newer car"}


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    """One set of made-up tokens, and the same in another order and other parts."""
    pytest.importorskip("pyarrow", reason="an index needs pyarrow")
    folder = tmp_path_factory.mktemp("indexes")
    with Ranker(cache=False) as ranker:
        whole = ranker.encode([make_index(folder / "whole", ranker.backbone, 300, 41)])
        location, manifest = Location(folder / "recut"), manifest_of(ranker.backbone)
        location.write_manifest(manifest)
        mixed = np.random.default_rng(0).permutation(len(whole.files))
        for rows in np.split(mixed, [1, 8, 137, 140]):
            named = tuple(IndexRow(whole.files[n].path, f"{n:032x}", 10) for n in rows)
            location.write_part(IndexRows(named, whole.packed[rows]), manifest)
    return str(folder / "whole"), str(folder / "recut")


@pytest.fixture(scope="module")
def here(indexes):
    return orders(indexes, {})


def orders(indexes, machine):
    clean = {name: value for name, value in os.environ.items() if name not in THREADS | INSTRUCTIONS}
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.processor", *indexes],
        env={**clean, **machine, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        cwd=ROOT,
        capture_output=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def assert_same(there, here):
    """Scores agree but for one unit of their last digit; so do ranks, but for pictures that are as near as that."""
    assert there.keys() == here.keys()
    for asked, order in here.items():
        if asked == REFINED:  # values are dealt out by rank
            locations = [{path: location for location, (path, *_) in enumerate(one)} for one in (order, there[asked])]
            assert max(abs(locations[0][path] - locations[1][path]) for path in locations[0]) <= 2
            continue
        unit = unit_of(asked)
        known = {path: (score, relevant) for path, score, relevant in order}
        assert known.keys() == {path for path, *_ in there[asked]}
        for path, score, relevant in there[asked]:
            assert abs(score - known[path][0]) <= 1.01 * unit and relevant == known[path][1], (asked, path)
        shown = [known[path][0] for path, _, relevant in there[asked] if relevant]
        assert all(after - before <= 2.02 * unit for before, after in itertools.pairwise(shown)), asked


def unit_of(sentence):
    """One unit of the last digit that a score of this sentence keeps."""
    query = QUERIES.get(sentence)
    scale = 1.0 if query is None else find_adapter("mini-adapter").query(query).scale
    return 10.0 ** -digits_of(scale)


@pytest.mark.parametrize("machine", FEW, ids=lambda machine: " ".join(machine.values()))
def test_another_machine_gives_the_same_order(indexes, here, machine):
    assert_same(orders(indexes, machine), here)


@pytest.mark.soak
def test_every_machine_gives_the_same_order(indexes, here):
    choices = {**THREADS, **{name: (None, *values) for name, values in INSTRUCTIONS.items()}}
    for chosen in itertools.product(*choices.values()):
        machine = {name: value for name, value in zip(choices, chosen, strict=True) if value is not None}
        assert_same(orders(indexes, machine), here)
