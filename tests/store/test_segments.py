from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imgrank.store.segments import are_sound, row_type, to_packed, to_rows
from imgrank.tokens import TokenShape
from tests.store.making import digest_of, encode, same

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


@given(shapes)
def test_fields_are_aligned(shape):
    assert row_type(shape).itemsize % 8 == 0
    fields = to_packed(np.zeros((3, row_type(shape).itemsize), np.uint8), shape)
    assert fields.scales.flags.aligned and fields.embedding.flags.aligned
