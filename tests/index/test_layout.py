"""Both versions of the format hold the same tokens, and a question reads of a part only what it needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgrank.index.format import IndexRow, IndexRows, Manifest, glance_of, to_table, tokens_of
from imgrank.index.layout import DETAIL, KEY, TOKENS, Layout
from imgrank.index.locations import Location
from imgrank.index.merging import merge
from imgrank.index.parts import Part
from imgrank.index.reading import are_distinct, unsettled
from imgrank.tokens import Reads, TokenShape
from tests.index.making import FakeBackbone, build, expected, opened, tokens, write_pictures

pytest.importorskip("pyarrow", reason="an index needs pyarrow")


def begun(where, version: int) -> Location:
    """An index of a version, without parts."""
    location = Location(where)
    location.write_manifest(Manifest("fake", FakeBackbone.fingerprint, 1, FakeBackbone.shape, version=version))
    return location


def random_rows(draw: np.random.Generator, shape: TokenShape, count: int) -> IndexRows:
    """Rows of which some have no tokens."""
    from imgrank.tokens import PackedTokens

    good = draw.random(count) < 0.7
    packed = PackedTokens.empty(int(good.sum()), shape)
    for values in (packed.quantised, packed.scales, packed.embedding):
        values[:] = draw.integers(-100, 100, values.shape)
    rows = (IndexRow(f"{n}.jpg", f"{n:032x}", error=None if good[n] else "bad") for n in range(count))
    return IndexRows(tuple(rows), packed)


@settings(max_examples=40, deadline=None)
@given(
    version=st.sampled_from([1, 2]),
    shape=st.builds(TokenShape, st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(0, 4)),
    count=st.integers(0, 9),
    seed=st.integers(0, 99),
)
def test_what_is_written_is_read(version, shape, count, seed):
    rows = random_rows(np.random.default_rng(seed), shape, count)
    manifest = Manifest("fake", "0", 1, shape, version=version)
    table, packed = to_table(rows, manifest), rows.packed
    read = tokens_of(table, manifest.layout)
    for name in ("quantised", "scales", "embedding"):
        assert np.array_equal(getattr(read, name), getattr(packed, name))
    asked = tuple(range(0, shape.moments, 2))
    reads = Reads(tokens=False, moments=asked)
    some = glance_of(table.select(list(manifest.layout.columns(reads, detailed=False))), manifest.layout, reads)
    assert len(some) == len(packed)
    assert np.array_equal(some.embedding, packed.embedding)
    for row in asked:
        assert all(map(np.array_equal, some.moments_row(row), packed.moments_row(row)))


def test_a_question_about_likeness_reads_no_tokens_of_places():
    layout = Layout(TokenShape(16, 320, 384, 9), detailed=True)
    columns = layout.columns(Reads(tokens=False, moments=(0, 1, 2, 3, 8)), detailed=False)
    assert TOKENS not in columns and DETAIL not in columns
    assert sum(layout.widths[name] for name in columns) < 2_500
    assert sum(layout.widths[name] for name in layout.columns(Reads(tokens=False), detailed=False)) == 768
    # They stand next to each other, so that an object store is asked once.
    places = sorted(list(layout.widths).index(name) for name in columns)
    assert places == list(range(places[0], places[0] + len(places)))


@pytest.mark.parametrize("version", [1, 2])
def test_an_index_goes_on_in_the_format_in_which_it_was_begun(tmp_path, version):
    photos = write_pictures(tmp_path / "photos", 7)
    location = begun(tmp_path / "tokens", version)
    build(photos, tmp_path / "tokens")
    assert Location(tmp_path / "tokens").manifest() == location.manifest()
    assert location.manifest().version == version
    assert tokens(opened(tmp_path / "tokens")) == expected(photos)


def test_indexes_of_both_formats_are_one_order_and_merge(tmp_path):
    photos = write_pictures(tmp_path / "photos", 9)
    for version in (1, 2):
        begun(tmp_path / str(version), version)
        build(photos, tmp_path / str(version))
    assert tokens(opened(tmp_path / "1", tmp_path / "2")) == expected(photos)
    shards = [Location(tmp_path / "1"), Location(tmp_path / "2")]
    assert merge(Location(tmp_path / "merged"), shards).images == 9
    assert Location(tmp_path / "merged").manifest().version == 2
    begun(tmp_path / "older", 1)
    merge(Location(tmp_path / "older"), shards)
    assert tokens(opened(tmp_path / "older")) == tokens(opened(tmp_path / "merged")) == expected(photos)


def test_keys_say_whether_a_path_stands_twice(tmp_path):
    photos = write_pictures(tmp_path / "photos", 9)
    locations = [begun(tmp_path / name, version) for name, version in (("a", 2), ("b", 2), ("old", 1))]
    for location in locations:
        build(photos, location.where)
    names = [[(location, name) for name in location.parts()] for location in locations]
    assert are_distinct([keys_of(*name) for name in names[0]])
    assert not are_distinct([keys_of(*name) for name in names[0] + names[1]])
    assert all(part.unread for part in unsettled(names[0]))
    assert unsettled(names[0] + names[2]) is None


def keys_of(location, name):
    with Part(location, name) as part:
        return np.concatenate([table.column(KEY).to_numpy() for table in part.batches((KEY,))])


def test_a_manifest_of_the_first_format_is_read_as_such(tmp_path):
    manifest = begun(tmp_path, 1).manifest()
    assert manifest == replace(manifest, version=1)
    assert not manifest.layout.has_keys
