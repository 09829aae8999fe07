"""Files at URLs read in pieces: any range as it stands there, and few requests for what a question needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.index import locations
from imgrank.index.format import IndexRow, IndexRows, Manifest
from imgrank.index.locations import Location, RangedFile, Tail
from imgrank.index.parts import Part
from imgrank.tokens import PackedTokens, Reads, TokenShape

SPAN = st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted)


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What was asked of the store, each a range of bytes."""
    asked: list[tuple[int, int]] = []
    read = locations._read
    monkeypatch.setattr(locations, "_read", lambda url, start, end: asked.append((start, end)) or read(url, start, end))
    return asked


@given(tail=st.integers(0, 130), held=st.lists(SPAN, max_size=4), spans=st.lists(SPAN, max_size=8))
def test_any_range_is_read_as_it_stands(tail, held, spans):
    whole = bytes(range(100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locations, "_read", lambda url, start, end: whole[start:end])
        patch.setattr(locations, "GAP", 3)
        file = RangedFile("memory://x", Tail(len(whole), whole[max(0, len(whole) - tail) :]))
        file.hold(map(tuple, held))
        for start, end in spans:
            assert file.seek(start) == start
            assert bytes(file.read(end - start)) == whole[start:end]


def test_a_question_takes_one_request_of_each_part(asked):
    fsspec = pytest.importorskip("fsspec", reason="needs the extra remote")
    pytest.importorskip("pyarrow", reason="an index needs pyarrow")
    fsspec.filesystem("memory").store.clear()
    shape, count = TokenShape(16, 320, 384, 9), 400
    packed = PackedTokens.empty(count, shape)
    packed.quantised[:] = np.random.default_rng(0).integers(-9, 9, packed.quantised.shape)
    manifest = Manifest("fake", "0" * 16, 1, shape)
    location = Location("memory://ranges")
    location.write_manifest(manifest)
    rows = tuple(IndexRow(f"{n}.jpg", f"{n:032x}") for n in range(count))
    name = location.write_part(IndexRows(rows, packed), manifest)
    for reads, most in ((Reads(tokens=False), 1_100), (Reads(tokens=False, moments=(0, 1, 2, 3, 8)), 3_200)):
        columns = manifest.layout.columns(reads)
        with Part(location, name, columns) as part:
            assert sum(map(len, part.batches(("path", "error", "key", *columns)))) == count
        ((start, end),) = asked
        assert end - start < most * count + locations.TAIL
        asked.clear()
