"""Rows, and the files that they stand in, byte for byte: another version of imgrank reads them, too."""

from __future__ import annotations

import os
import struct
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from imgrank.store import segments as module
from imgrank.store.segments import ROWS, Key, Segments, View, are_sound, header, row_type, to_packed, to_rows
from imgrank.tokens import TokenShape
from tests.store.making import FINGERPRINT, SHAPE, digest_of, encode, same

HEADER = 256  # bytes
shapes = st.builds(TokenShape, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))


@given(shapes, st.integers(0, 5))
def test_rows_give_back_the_tokens_bit_for_bit(shape, count):
    digests = [digest_of(b"%d" % i) for i in range(count)]
    packed = encode(digests, shape)
    rows = to_rows(digests, packed)
    assert same(to_packed(rows, shape), packed)
    assert are_sound(rows, digests).all()


@given(shapes, st.data())
def test_any_flipped_bit_is_seen(shape, data):
    digest = digest_of(b"a picture")
    rows = to_rows([digest], encode([digest], shape))
    byte = data.draw(st.integers(0, rows.shape[1] - 1))
    rows[0, byte] ^= 1 << data.draw(st.integers(0, 7))
    assert not are_sound(rows, [digest]).any()


def test_a_whole_row_of_another_picture_is_seen():
    digests = [digest_of(b"a"), digest_of(b"b")]
    rows = to_rows(digests, encode(digests))
    assert are_sound(rows, digests).tolist() == [True, True]
    assert are_sound(rows[::-1].copy(), digests).tolist() == [False, False]


def test_each_row_has_an_owner():
    with pytest.raises(ValueError):
        are_sound(to_rows(["a", "b"], encode(["a", "b"])), ["a"])


@given(shapes)
def test_fields_are_aligned(shape):
    assert row_type(shape).itemsize % 8 == 0
    fields = to_packed(np.zeros((3, row_type(shape).itemsize), np.uint8), shape)
    assert fields.scales.flags.aligned and fields.embedding.flags.aligned


@pytest.mark.parametrize("shape", [SHAPE, TokenShape(tokens=8, width=8, embedding=4)])
@pytest.mark.parametrize(("view", "owner"), [(View.plain, "d1"), (View.mirrored, "mirrored d1")])
def test_a_row_is_its_checksum_scales_embedding_and_tokens(view, owner, shape):
    packed = encode(["d1"], shape)
    parts = (packed.scales.astype("<f2"), packed.embedding.astype("<f2"), packed.quantised.astype("i1"))
    body = b"".join(part.tobytes() for part in parts)
    body += bytes(-(8 + len(body)) % 8)
    checksum = struct.pack("<Q", xxh3_64_intdigest(body, xxh3_64_intdigest(owner.encode())))
    assert Key("d1", view).owner == owner
    assert to_rows([owner], packed).tobytes() == checksum + body


def test_a_segment_says_first_what_stands_in_it():
    told = (
        b'imgrank tokens {"version": 2, "fingerprint": "0123456789abcdef", "tokens": 3, "width": 5, "embedding": 7, '
        b'"moments": 0}\n'
    )
    assert header(FINGERPRINT, SHAPE) == told + bytes(HEADER - len(told))


@pytest.fixture
def segments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = another()
    yield made
    made.close()


def rows_of(*numbers: int):
    owners = [f"picture {number}" for number in numbers]
    return to_rows(owners, encode(owners))


def written(segments: Segments, place: int, *numbers: int) -> None:
    assert segments.prepare(place // ROWS)
    segments.write(place, rows_of(*numbers))


def read(segments: Segments, *places: int):
    return segments.read(np.array(places, np.int64)).tobytes()


def path_of(number: int) -> Path:
    return Path(f"segment-{number}.tok")


def another() -> Segments:
    return Segments(Path(), FINGERPRINT, SHAPE)


def test_rows_are_read_where_they_were_written_across_segments(segments):
    written(segments, 2, 1, 2, 3)
    written(segments, ROWS - 2, 4, 5)
    written(segments, ROWS, 6, 7)
    written(segments, 3 * ROWS + 1, 8)
    places = (2, 4, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 1)
    other = another()
    for one in (segments, other):
        assert read(one, *places) == rows_of(1, 3, 5, 6, 7, 8).tobytes()
        assert read(one, 3) == rows_of(2).tobytes()
        assert read(one) == b""
    other.close()


def test_the_file_of_a_segment_is_its_header_and_its_rows(segments):
    written(segments, 16385, 5)  # of 16,384 rows each
    size = segments.row_size
    assert path_of(1).read_bytes() == header(FINGERPRINT, SHAPE) + bytes(size) + rows_of(5).tobytes()


def test_where_nothing_can_be_read_there_are_zeros(segments):
    written(segments, 0, 1, 2, 3)
    segments.close()
    nothing = bytes(segments.row_size)
    file = path_of(0)
    os.truncate(file, HEADER + 2 * segments.row_size + 5)
    assert read(segments, 0, 1) == rows_of(1, 2).tobytes()
    assert read(segments, 3, 4, 2 * ROWS) == 3 * nothing
    assert are_sound(segments.read(np.array([1, 2, 3])), ["picture 2", "picture 3", "picture 4"]).tolist() == [
        True,
        False,
        False,
    ]


def test_a_file_of_somebody_else_is_neither_read_nor_written(segments):
    other = header("f" * 16, SHAPE) + rows_of(1).tobytes()
    for number, content in enumerate((other, b"", b"imgrank tokens")):
        path_of(number).write_bytes(content)
        assert not segments.prepare(number)
        assert read(segments, number * ROWS) == bytes(segments.row_size)
        assert path_of(number).read_bytes() == content


def test_a_file_that_may_not_be_written_is_read(segments, monkeypatch):
    written(segments, 0, 1)
    segments.close()

    def read_only(path, mode):
        if mode != "r":
            raise PermissionError(13, "Permission denied", path)
        return FileIO(path, mode)

    monkeypatch.setattr(module, "FileIO", read_only)
    assert read(segments, 0) == rows_of(1).tobytes()
    assert not segments.prepare(0)


def test_segments_are_counted_by_their_files(segments):
    for number in (0, 2, 11):
        written(segments, number * ROWS, 1, 2)
    for name in ("segment-3.tok.part", "a-segment-4.tok", "segment-x.tok", "index.sqlite"):
        Path(name).write_bytes(b"")
    assert segments.numbers() == [0, 2, 11]
    assert segments.rows(2) == 2
    os.truncate(path_of(2), HEADER + 2 * segments.row_size - 1)
    assert segments.rows(2) == 1
    os.truncate(path_of(2), 3)
    assert segments.rows(2) == 0


def test_no_file_is_open_after_close(segments, monkeypatch):
    opened = []

    def noted(path, mode):
        opened.append(FileIO(path, mode))
        return opened[-1]

    monkeypatch.setattr(module, "FileIO", noted)
    written(segments, 0, 1)
    written(segments, ROWS, 2)
    segments.close()
    assert [file.closed for file in opened] == [True, True]
    assert read(segments, 0) == rows_of(1).tobytes()


def test_rows_of_an_open_file_outlive_its_deletion_and_those_of_a_removed_segment_do_not(segments):
    written(segments, 0, 1)
    other = another()
    assert read(other, 0) == rows_of(1).tobytes()
    segments.remove(0)
    assert segments.numbers() == []
    assert read(segments, 0) == bytes(segments.row_size)
    if os.name != "nt":  # Windows does not delete what is open
        assert read(other, 0) == rows_of(1).tobytes()
    other.close()
    segments.remove(7)  # which is not there
