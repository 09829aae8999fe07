"""Which of the words after `sort` are pictures, and which is the sentence."""

from __future__ import annotations

import pytest

from imgrank.cli.sort import split_words
from imgrank.errors import UsageError


def test_a_picture_in_the_place_of_the_sentence_is_no_sentence(tmp_path, monkeypatch):
    """The shell made *.jpg into names, and the sentence was forgotten."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "cats"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="where the sentence belongs"):
        split_words(["a.jpg", "b.jpg"], None)
    assert split_words(["a.jpg", "cats"], None) == (["a.jpg"], "cats")
    assert split_words(["a.jpg", "gone.jpg"], None) == (["a.jpg"], "gone.jpg")
    assert split_words(["a.jpg", "b.jpg"], "a.jpg") == (["a.jpg", "b.jpg"], None)
