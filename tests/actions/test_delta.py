"""A delta makes one version of a file of the other, both ways, and is small where little differs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.actions.embed.delta import between, decode

pieces = st.lists(st.one_of(st.binary(max_size=40), st.just(b"a" * 100), st.just(bytes(range(256)))), max_size=6)


@given(pieces, pieces, pieces, pieces)
def test_there_and_back(head, old, new, tail):
    one, other = b"".join([*head, *old, *tail]), b"".join([*head, *new, *tail])
    delta = between(one, other)
    assert delta.apply(one) == other and delta.reversed().apply(other) == one
    assert decode(delta.encode()) == delta and delta.reversed().reversed() == delta
    assert bool(delta.parts) == (one != other)


def test_it_is_small_where_a_format_moves_what_it_keeps():
    draw = random.Random(7)
    data = draw.randbytes(3_000_000)
    old = b"RIFF" + b"1234" + b"WEBP" + data
    new = b"RIFF" + b"5678" + b"WEBP" + b"VP8X" + draw.randbytes(14) + data + b"XMP " + draw.randbytes(900)
    assert len(between(old, new).encode()) < 3000
    moved = data[:1000] + draw.randbytes(5) + data[1000:2_000_000] + data[2_000_100:] + b"end"
    assert len(between(data, moved).encode()) < 3000


@pytest.mark.parametrize(
    "bad", [b"", b"x", b"[]", b"5\n[1]", b'5\n["a", "", ""]', b'1\n[0, "YWI=", ""]', b'9\n[3, "YQ==", ""]\n[1, "", ""]']
)
def test_what_is_no_delta_is_refused(bad):
    with pytest.raises(ValueError, match="delta"):
        decode(bad)


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="another file"):
        between(b"abc", b"abd").apply(b"xyz")
