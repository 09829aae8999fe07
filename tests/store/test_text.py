from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgrank.paths import text_dir
from imgrank.store import TextStore
from imgrank.tokens import TextTokens
from tests.store.making import FINGERPRINT


def made(length: int = 4, width: int = 3, embedding: int = 5, middle: bool = True) -> TextTokens:
    random = np.random.default_rng(length)
    tokens, half_way = random.standard_normal((2, length, width)).astype(np.float32)
    return TextTokens(tokens, random.standard_normal(embedding).astype(np.float32), middle=half_way if middle else None)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=40), st.integers(0, 6), st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_a_sentence_comes_back_bit_for_bit(sentence, length, width, embedding, middle):
    text = made(length, width, embedding, middle)
    TextStore(FINGERPRINT).put(sentence, text)
    found = TextStore(FINGERPRINT).get(sentence)
    assert found is not None
    assert found.tokens.shape == text.tokens.shape and found.tokens.tobytes() == text.tokens.tobytes()
    assert found.embedding.tobytes() == text.embedding.tobytes()
    assert (found.middle is not None) == middle
    assert found.middle is None or found.middle.tobytes() == text.middle.tobytes()


def test_sentences_and_backbones_are_kept_apart():
    TextStore(FINGERPRINT).put("a cat", made())
    assert TextStore(FINGERPRINT).get("a dog") is None
    assert TextStore("f" * 16).get("a cat") is None


def the_file():
    (path,) = (text_dir() / FINGERPRINT).iterdir()
    return path


@pytest.mark.parametrize("size", [0, 7, 8, 20, 24, 50, -1])
def test_a_truncated_file_is_a_miss(size):
    TextStore(FINGERPRINT).put("a cat", made())
    the_file().write_bytes(the_file().read_bytes()[:size])
    assert TextStore(FINGERPRINT).get("a cat") is None


def test_every_flipped_byte_is_a_miss():
    TextStore(FINGERPRINT).put("a cat", made())
    path = the_file()
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        assert TextStore(FINGERPRINT).get("a cat") is None


def test_the_file_of_another_sentence_is_a_miss():
    store = TextStore(FINGERPRINT)
    store.put("a cat", made())
    cat = the_file().read_bytes()
    the_file().unlink()
    store.put("a dog", made(5))
    the_file().write_bytes(cat)
    assert store.get("a dog") is None


def test_a_folder_that_cannot_be_written_is_no_error(home):
    home.write_text("a file where the folder should be")
    TextStore(FINGERPRINT).put("a cat", made())
    assert TextStore(FINGERPRINT).get("a cat") is None
