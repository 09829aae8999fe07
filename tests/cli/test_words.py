"""Which of the words after `sort` are pictures, and which is the sentence."""

from __future__ import annotations

import os

import pytest

from imgrank.cli.terms import parse_term, split_words
from imgrank.errors import UsageError
from imgrank.records import Term


def test_a_picture_in_the_place_of_the_sentence_is_no_sentence(tmp_path, monkeypatch):
    """The shell made *.jpg into names, and the sentence was forgotten."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "cats"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="where the sentence belongs"):
        split_words(["a.jpg", "b.jpg"])
    assert split_words(["a.jpg", "cats"]) == (["a.jpg"], "cats")
    assert split_words(["a.jpg", "gone.jpg"]) == (["a.jpg"], "gone.jpg")
    assert split_words(["a.jpg", "b.jpg"], more=True) == (["a.jpg", "b.jpg"], None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["photos"], None),
        (["photos", "a beach"], "a beach"),
        (["photos", "sunset"], "sunset"),
        (["photos", "what is this?"], "what is this?"),
        (["photos", "men and/or women"], "men and/or women"),
        (["photos", "more"], None),  # a folder of that name
        (["photos", "gone/"], None),
        (["photos", "*.jpg"], None),
        (["photos", "gone.jpg"], None),
        (["photos", "-"], None),
        (["photos", "https://example.org/index"], None),
    ],
)
def test_a_sentence_may_stand_beside_other_things_to_order_by(tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "more"):
        (tmp_path / name).mkdir()
    sources = words[: len(words) - (sentence is not None)]
    assert split_words(words, more=True) == (sources, sentence)


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("people", Term("people")),
        ("people:0.5", Term("people", weight=0.5)),
        ("people:0,5", Term("people", weight=0.5)),
        ("people:.5", Term("people", weight=0.5)),
        ("people:-2", Term("people", weight=-2.0)),
        ("people:0", Term("people", weight=0.0)),
        ("people :2", Term("people", weight=2.0)),
        ("a sign: no parking", Term("a sign: no parking")),
        ("a sign: no parking:3", Term("a sign: no parking", weight=3.0)),
        ("a clock at 10:30", Term("a clock at 10:30")),
        ("in 16:9", Term("in 16:9")),
        ("in 16:9 :2", Term("in 16:9", weight=2.0)),
        (":2", Term(":2")),
        ("people:", Term("people:")),
        ("people:much", Term("people:much")),
        ("people:inf", Term("people:inf")),
        ("here.jpg", Term(picture="here.jpg")),
        ("here.jpg:2", Term(picture="here.jpg", weight=2.0)),
        ("odd:3", Term(picture="odd:3")),
        ("odd:3:2", Term(picture="odd:3", weight=2.0)),
        ("gone.jpg:2", Term(picture="gone.jpg", weight=2.0)),
        (r"C:\photos\x.jpg", Term(picture=r"C:\photos\x.jpg")),
        (r"C:\photos\x.jpg:0.5", Term(picture=r"C:\photos\x.jpg", weight=0.5)),
        ("beach", Term("beach")),
        ("./beach", Term(picture="./beach")),
        ("./beach:2", Term(picture="./beach", weight=2.0)),
    ],
)
def test_a_term_is_a_text_or_a_picture_with_a_weight(tmp_path, monkeypatch, word, term):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.jpg").touch()
    (tmp_path / "beach").mkdir()
    if os.name != "nt":
        (tmp_path / "odd:3").touch()
    elif word.startswith("odd"):
        pytest.skip("no file name holds a colon on Windows")
    assert parse_term(word) == term
