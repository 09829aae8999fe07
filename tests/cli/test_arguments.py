"""Which of the words after `sort` are sources, and which is the sentence."""

from __future__ import annotations

import os

import pytest
import typer

from imgrank.cli.app import app
from imgrank.cli.arguments import parse_term, split_words
from imgrank.cli.mistakes import sentence_of
from imgrank.errors import UsageError
from imgrank.records import Term


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "notes.txt", "README"):
        (tmp_path / name).touch()
    for name in ("photos", "tokens"):
        (tmp_path / name).mkdir()
    (tmp_path / "photos" / "c.jpg").touch()


def split(*words):
    return split_words(words)


@pytest.mark.parametrize("last", ["b.jpg", "notes.txt", "README", "photos", "tokens", "photos/c.jpg", "*.jpg"])
def test_a_file_or_folder_in_the_place_of_the_sentence_is_no_sentence(folder, last):
    """The shell made `*` into names, and the sentence was forgotten."""
    with pytest.raises(UsageError, match="the sentence must come last"):
        split("a.jpg", last)


def test_an_address_is_no_sentence(folder):
    with pytest.raises(UsageError, match="an address"):
        split("a.jpg", "s3://mine/tokens")


def test_a_sentence_that_is_called_as_a_file_is_had_by_a_space(folder):
    with pytest.raises(UsageError) as refusal:
        split("a.jpg", "README")
    assert '" README"' in str(refusal.value)
    assert split("a.jpg", " README") == (["a.jpg"], " README")


@pytest.mark.parametrize("sentence", ["gone.jpg", "is it sharp?", "a cat", "[red] car", "*", ""])
def test_what_names_nothing_is_a_sentence(tmp_path, monkeypatch, sentence):
    (tmp_path / "photos").mkdir()
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert split("../photos", sentence) == (["../photos"], sentence)


def test_the_sentence_before_the_folder_is_told_to_come_last(folder):
    with pytest.raises(UsageError, match="put the sentence last"):
        split("a cat", "photos")


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["photos", "a", "cat"], 'imgrank sort photos "a cat"'),
        (["photos", "a.jpg", "an", "old", "cat"], 'imgrank sort photos a.jpg "an old cat"'),
        (["an", "old", "cat"], 'imgrank sort FOLDER "an old cat"'),
        (["-", "a", "cat"], 'imgrank sort - "a cat"'),
        (["photos", "a.jpg", "photos", "a.jpg", "a", "cat"], 'imgrank sort photos ... a.jpg "a cat"'),
    ],
)
def test_a_sentence_without_quotes_is_shown_with_them(folder, words, typed):
    with pytest.raises(UsageError) as refusal:
        split(*words)
    assert typed in str(refusal.value)


@pytest.mark.parametrize("words", [["photoz", "a cat"], ["photos", "photoz", "a cat"], ["x", "cat"]])
def test_a_path_that_is_misspelt_is_left_to_those_who_know_what_is_near(folder, words):
    assert split(*words) == (words[:-1], words[-1])


def test_only_words_without_anything_of_a_path_belong_to_the_sentence(folder):
    with pytest.raises(UsageError, match='imgrank sort x/y "a cat"'):
        split("x/y", "a", "cat")


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


@pytest.mark.parametrize("word", ["last", "1.5", "-1", "²", "9" * 30])
def test_what_is_no_number_of_a_run_is_named_and_where_the_numbers_stand(word):
    with pytest.raises(UsageError, match="imgrank history lists the runs") as refusal:
        typer.main.get_command(app).main(["undo", "--", word], prog_name="imgrank", standalone_mode=False)
    assert f'"{word}"' in str(refusal.value)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["sort", "photos", "--between", "a.jpg"], "--between needs 2 values."),
        (
            ["photos", "a cat"],
            '"photos" is not a command; to rank images, write sort first, as in: imgrank sort photos',
        ),
        (["srot", "a cat"], 'There is no command "srot"; did you mean sort? See '),
        (["sort", "photos", "a cat", "--explain"], "imgrank explain is a command of its own, as in: imgrank explain "),
        (["sort", "photos", "a cat", "--history"], "imgrank history is a command of its own."),
        (["sort", "photos", "a cat", "--adapters"], "did you mean --adapter?"),
    ],
)
def test_a_slip_on_the_command_line_is_told_with_what_was_typed(folder, monkeypatch, argv, said):
    monkeypatch.setattr("sys.argv", ["imgrank", *argv])
    with pytest.raises(Exception) as caught:
        typer.main.get_command(app).main(argv, standalone_mode=False)
    assert said in sentence_of(caught.value)


@pytest.mark.parametrize("more", [(), ("--yes",), ("--top", "3")])
def test_a_word_behind_a_flag_is_told_apart_from_a_sentence_without_quotes(folder, monkeypatch, more):
    monkeypatch.setattr("sys.argv", ["imgrank", "sort", "photos", "a cat", "--rename", "{rank} {name}", *more])
    with pytest.raises(UsageError, match=r"--rename takes no value.*--template"):
        split("photos", "a cat", "{rank} {name}")
