"""Columns that are read as they stand in the file are those that Parquet reads, or they are read by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.errors import IndexFault
from imgrank.index.format import IndexRow, IndexRows, Manifest, glance_of
from imgrank.index.layout import EMBEDDING, KEY
from imgrank.index.locations import Location
from imgrank.index.needs import arrow, parquet
from imgrank.index.parts import DamagedPart, Part
from imgrank.index.plain import Digests
from imgrank.tokens import EVERYTHING, PackedTokens, Reads, TokenShape

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

SHAPE = TokenShape(2, 3, 5, 3)
QUESTIONS = (Reads(tokens=False), Reads(tokens=False, moments=(0, 2)), EVERYTHING)


def written(where, count: int, seed: int = 0) -> tuple[Location, str]:
    """One part of so many rows, some of which have no tokens."""
    draw = np.random.default_rng(seed)
    good = draw.random(count) < 0.8
    packed = PackedTokens.empty(int(good.sum()), SHAPE)
    for values in (packed.quantised, packed.scales, packed.embedding):
        values[:] = draw.integers(-100, 100, values.shape)
    rows = (IndexRow(f"{n}.jpg", f"{n:032x}", error=None if good[n] else "bad") for n in range(count))
    location = Location(where)
    location.write_manifest(manifest := Manifest("fake", "0", 1, SHAPE))
    return location, location.write_part(IndexRows(tuple(rows), packed), manifest)


def by_blocks(place: tuple[Location, str], reads: Reads) -> dict[str, bytes]:
    """All bytes of each column, and the paths, as a question meets them."""
    found: dict[str, bytes] = {}
    with Part(*place) as part:
        for block in part.blocks(("path", "error"), part.layout.columns(reads, detailed=False)):
            glance = part.layout.joined(block.tokens, reads)
            add(found, glance, reads, block.facts.column("path"))
    return found


def by_parquet(place: tuple[Location, str], reads: Reads) -> dict[str, bytes]:
    """The same by way of Parquet alone."""
    found: dict[str, bytes] = {}
    with Part(*place) as part:
        for table in part.batches(("path", *part.layout.columns(reads, detailed=False))):
            add(found, glance_of(table, part.layout, reads), reads, table.column("path"))
    return found


def add(found: dict[str, bytes], glance, reads: Reads, paths) -> None:
    names = "".join(f"{path} " for path in paths.to_pylist())
    pieces = {"path": names.encode(), "embedding": glance.embedding.tobytes()}
    for row in reads.moments:
        quantised, scales = glance.moments_row(row)
        pieces |= {f"moments {row}": quantised.tobytes(), f"scales {row}": scales.tobytes()}
    if reads.tokens:
        pieces |= {"tokens": glance.quantised.tobytes(), "scales": glance.scales.tobytes()}
    for name, piece in pieces.items():
        found[name] = found.get(name, b"") + piece


def read_plainly(place: tuple[Location, str], reads: Reads) -> set[str]:
    """The columns that are read as they stand in every row group."""
    with Part(*place) as part:
        columns = part.layout.columns(reads, detailed=False)
        groups = [set(part._plain(group, columns)) for group in range(part._file.num_row_groups)]
        return set.intersection(*groups)


def rewritten(place: tuple[Location, str], change=lambda table: table, **options) -> None:
    """The part as another tool writes it."""
    location, name = place
    table = change(parquet().read_table(location.path(name)))
    parquet().write_table(table, location.path(name), write_page_checksum=True, **options)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 50])
@pytest.mark.parametrize("reads", QUESTIONS)
def test_both_ways_read_the_same(tmp_path, monkeypatch, reads, count):
    for module in ("format", "locations"):
        monkeypatch.setattr(f"imgrank.index.{module}.PART_ROWS", 10)  # of a row group
    monkeypatch.setattr("imgrank.index.parts.ROWS_AT_ONCE", 4)
    place = written(tmp_path, count)
    assert by_blocks(place, reads) == by_parquet(place, reads)
    if count > 1:
        with Part(*place) as part:
            wanted = part.layout.uncompressed.intersection(part.layout.columns(reads, detailed=False))
        assert read_plainly(place, reads) == wanted
        assert EMBEDDING in wanted


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zstd"},
        {"data_page_size": 8, "write_batch_size": 4, "compression": "none"},
        {"row_group_size": 7, "compression": "none"},
        {"data_page_version": "2.0", "compression": "none"},
    ],
)
def test_a_part_that_another_tool_wrote_again_is_read(tmp_path, options):
    place = written(tmp_path, 40)
    wanted = [by_parquet(place, reads) for reads in QUESTIONS]
    rewritten(place, **options)
    assert [by_blocks(place, reads) for reads in QUESTIONS] == wanted


def test_rows_that_another_tool_left_out_are_not_mixed_up(tmp_path):
    place = written(tmp_path, 40)
    rewritten(place, lambda table: table.slice(3), compression="none")
    assert by_blocks(place, QUESTIONS[1]) == by_parquet(place, QUESTIONS[1])


def test_bytes_that_are_not_what_they_were_are_damage(tmp_path):
    location, name = written(tmp_path, 40)
    with Part(location, name) as part:
        embedding = next(iter(part.blocks(("error",), (EMBEDDING,)))).tokens[EMBEDDING].tobytes()
    data = (tmp_path / name).read_bytes()
    at = data.index(embedding)
    for place in (at, at + len(embedding) // 2, at + len(embedding) - 1):
        (tmp_path / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(DamagedPart):
            by_blocks((location, name), QUESTIONS[0])


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_errors_that_do_not_fit_the_tokens_are_seen(tmp_path, compression):
    def turned(table):
        column = table.column_names.index("error")
        errors = table.column("error").to_pylist()
        first, other = errors.index(None), errors.index("bad")
        errors[first], errors[other] = "bad", None
        return table.set_column(column, table.schema.field(column), arrow().array(errors))

    place = written(tmp_path, 40)
    rewritten(place, turned, compression=compression)
    with pytest.raises(IndexFault, match="lack tokens"):
        by_blocks(place, QUESTIONS[0])


def test_a_row_without_a_key_is_a_fault_and_no_other_picture(tmp_path):
    def without_keys(table):
        column = table.column_names.index(KEY)
        keys = [None if n == 7 else key for n, key in enumerate(table.column(KEY).to_pylist())]
        return table.set_column(column, table.schema.field(column), arrow().array(keys, arrow().uint64()))

    place = written(tmp_path, 40)
    rewritten(place, without_keys)
    with Part(*place) as part, pytest.raises(IndexFault, match="a row has no key"):
        list(part.blocks(("error", KEY), (EMBEDDING,)))


@given(st.binary() | st.sampled_from([b"[]", b"null", b'{"rows": 3}', b'{"rows": ["x"]}', b'{"rows": [1], "a": 2}']))
def test_whatever_a_part_says_of_its_digests_ends_no_question(data):
    digests = Digests.from_json(data)
    assert not digests.fits(0, "a", np.zeros((1, 1), np.uint8))


def test_digests_are_read_as_they_were_written():
    blob, good = np.arange(12, dtype=np.uint8).reshape(6, 2), np.array([True, True, False, True, True, True, True])
    digests = Digests.from_json(Digests.of({"a": blob}, good, 5).to_json())
    assert digests.rows == (4, 2)
    assert digests.fits(0, "a", blob[:4]) and digests.fits(1, "a", blob[4:])
    assert not digests.fits(0, "a", blob[4:]) and not digests.fits(2, "a", blob[:4])
    assert digests.fits(1, "good", good[5:]) and not digests.fits(0, "good", ~good[:5])
