"""Reading an index: no more than a row group of tokens at once, and any choice of pictures in any order."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from imgrank.index.format import ROWS_AT_ONCE, IndexRow, IndexRows, Manifest
from imgrank.index.locations import Location
from tests.index.making import FakeBackbone, opened

pytest.importorskip("pyarrow", reason="an index needs pyarrow")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """One part of more rows than a row group holds, every tenth of which is an error."""
    count = 2 * ROWS_AT_ONCE + 100
    pixels = np.random.default_rng(0).integers(0, 255, (count, 2, 2, 3), np.uint8)
    packed = FakeBackbone().encode_images(pixels)
    good = np.arange(count) % 10 != 3
    rows = tuple(IndexRow(f"{n}.jpg", f"{n:032x}", error=None if good[n] else "bad") for n in range(count))
    location = Location(tmp_path_factory.mktemp("large"))
    location.write_manifest(Manifest("fake", FakeBackbone.fingerprint, 1, FakeBackbone.shape))
    location.write_part(IndexRows(rows, packed[np.flatnonzero(good)]), location.manifest())
    return location, packed, good


def test_blocks_are_row_groups(large):
    location, packed, good = large
    blocks = list(opened(location.where).blocks())
    assert max(map(len, blocks)) <= ROWS_AT_ONCE
    assert len(blocks) == 3
    assert np.array_equal(np.concatenate([block.quantised for block in blocks]), packed.quantised[good])
    assert len(opened(location.where).skipped) == (~good).sum()


def test_pictures_are_read_in_the_order_asked(large):
    location, packed, good = large
    chosen = np.random.default_rng(1).permutation(np.flatnonzero(good))[:500]
    found = opened(location.where).read([f"{n}.jpg" for n in chosen])
    for name in ("quantised", "scales", "embedding"):
        assert np.array_equal(getattr(found, name), getattr(packed, name)[chosen])
    with pytest.raises(KeyError):
        opened(location.where).read(["3.jpg"])


def test_an_index_of_no_pictures_is_empty(tmp_path):
    location = Location(tmp_path)
    location.write_manifest(Manifest("fake", FakeBackbone.fingerprint, 1, FakeBackbone.shape))
    indexed = opened(tmp_path)
    assert (indexed.paths, indexed.skipped, list(indexed.blocks())) == ((), (), [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted by the files of /proc")
def test_reading_leaves_no_thread_behind(large):
    """One of Arrow's that still held a buffer of Python's at exit ended the whole process: exit code 134."""
    code = """
import os, sys
from imgrank.index.parts import Part
from imgrank.index.locations import Location
def threads(): return len(os.listdir("/proc/self/task"))
location = Location(sys.argv[1])
with Part(location, location.parts()[0]) as part:
    before = threads()
    assert sum(len(table) for table in part.batches(["path", "tokens", "scales", "embedding"])) > 4096
    print(threads() - before)
"""
    location, _, _ = large
    ran = subprocess.run([sys.executable, "-c", code, str(location.where)], capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"
