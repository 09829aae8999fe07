"""labels.csv while it is written: nothing is lost, and what others wrote stays as it is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgrank.errors import LabelsError, UsageError
from imgrank.labelling import answer_file as module
from imgrank.labelling.answer_file import Notebook, PairNote, ValueNote, can_be_written, place_of, read_notes
from imgrank.labels import read_labels

QUERY = "older person"


def pair(folder: Path, left: str, right: str, preferred: float = 1.0, person: str = "") -> PairNote:
    return PairNote(str(folder / left), str(folder / right), QUERY, preferred, person)


def test_a_new_file_has_the_pairs_form_and_each_answer_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    book = Notebook(str(file))
    for n, preferred in enumerate((1.0, -1.0, 0.0)):
        book.append(pair(tmp_path / "photos", f"{n}.jpg", "x.jpg", preferred))
    assert file.read_text() == (
        "left,right,query,preferred\n"
        "photos/0.jpg,photos/x.jpg,older person,left\n"
        "photos/1.jpg,photos/x.jpg,older person,right\n"
        "photos/2.jpg,photos/x.jpg,older person,tie\n"
    )


def test_what_is_written_is_read_by_training(tmp_path: Path) -> None:
    book = Notebook(str(tmp_path / "labels.csv"), person="Ann")
    for n in range(9):
        (tmp_path / f"{n}.jpg").touch()
    for n in range(8):
        book.append(pair(tmp_path, f"{n}.jpg", f"{n + 1}.jpg", -1.0, "Ann"))
    [task] = read_labels(str(tmp_path / "labels.csv")).pairs
    assert (task.query, len(task), set(task.preferred)) == (QUERY, 8, {-1.0})


def test_values_are_written_in_their_form(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    Notebook(str(file), values=True).append(ValueNote(str(tmp_path / "a.jpg"), QUERY, 31.5))
    assert file.read_text() == "image,query,value\na.jpg,older person,31.5\n"


def test_the_columns_and_the_delimiter_of_a_file_that_is_there_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("preferred;query;right;left;split\nleft;old;b.jpg;a.jpg;val\n", encoding="utf-8-sig")
    Notebook(str(file)).append(pair(tmp_path, "c.jpg", "d.jpg", -1.0))
    assert file.read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "left;old;b.jpg;a.jpg;val",
        "right;older person;d.jpg;c.jpg;",
    ]


def test_undo_takes_out_the_last_such_line_and_no_other_byte(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    before = 'left,right,query,preferred\na.jpg,b.jpg,older person,left\n\n"c,1.jpg",d.jpg,other,tie\n'
    file.write_text(before)
    book, note = Notebook(str(file)), pair(tmp_path, "a.jpg", "b.jpg")
    book.append(note)
    assert book.remove_last(note)
    assert file.read_text() == before
    assert book.remove_last(note)
    assert not book.remove_last(note)
    assert file.read_text() == before.replace("a.jpg,b.jpg,older person,left\n", "")


def test_undo_leaves_a_record_of_two_lines_whole(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    tail = '"e\nf.jpg",d.jpg,other,tie\n'
    file.write_text("left,right,query,preferred\na.jpg,b.jpg,older person,left\n" + tail)
    assert Notebook(str(file)).remove_last(pair(tmp_path, "a.jpg", "b.jpg"))
    assert file.read_text() == "left,right,query,preferred\n" + tail


def test_two_people_write_to_one_file_and_each_takes_back_his_own(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    ann, bob = (Notebook(str(file), person=name) for name in ("Ann", "Bob"))
    ann.append(pair(tmp_path, "a.jpg", "b.jpg", 1.0, "Ann"))
    bob.append(pair(tmp_path, "a.jpg", "b.jpg", 1.0, "Bob"))
    assert ann.remove_last(pair(tmp_path, "a.jpg", "b.jpg", 1.0, "Ann"))
    [left] = read_notes(str(file))
    assert isinstance(left, PairNote) and left.person == "Bob"


@pytest.mark.parametrize("torn", ["c.jpg,d", "c.jpg,d.jpg,older person,le", '"c.jpg'])
def test_a_line_that_a_power_cut_tore_is_cut_off(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "labels.csv"
    whole = "left,right,query,preferred\na.jpg,b.jpg,older person,left\n"
    file.write_text(whole + torn)
    Notebook(str(file))
    assert file.read_text() == whole


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    whole = "left,right,query,preferred\na.jpg,b.jpg,older person,left"
    file.write_text(whole)
    Notebook(str(file)).append(pair(tmp_path, "c.jpg", "d.jpg"))
    assert file.read_text() == whole + "\nc.jpg,d.jpg,older person,left\n"


def test_a_crash_while_undoing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "labels.csv"
    book, note = Notebook(str(file)), pair(tmp_path, "a.jpg", "b.jpg")
    book.append(note)
    before = file.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(UsageError, match=r"labels\.csv could not be written"):
        book.remove_last(note)
    assert file.read_bytes() == before
    assert not list(tmp_path.glob(".imgrank-*"))


def test_an_answer_is_synced_before_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, synced = Notebook(str(tmp_path / "labels.csv")), []
    monkeypatch.setattr(module.os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
    book.append(pair(tmp_path, "a.jpg", "b.jpg"))
    assert synced == [(tmp_path / "labels.csv").stat().st_size]


def test_the_other_form_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("image,query,value\na.jpg,old,3\n")
    with pytest.raises(UsageError, match="holds values"):
        Notebook(str(file))
    assert file.read_text() == "image,query,value\na.jpg,old,3\n"
    file.write_text("left,right,query,preferred\na.jpg,b.jpg,old,left\n")
    with pytest.raises(UsageError, match="answers about pairs"):
        Notebook(str(file), values=True)


def test_a_person_needs_a_column(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("left,right,query,preferred\na.jpg,b.jpg,old,left\n")
    with pytest.raises(UsageError, match="no column person"):
        Notebook(str(file), person="Ann")


def test_faults_are_named_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("left,right,query,preferred\na.jpg,b.jpg,old,left\na.jpg,b.jpg,old,perhaps\na.jpg,,old,left\n")
    with pytest.raises(LabelsError, match=r"line 3(.|\n)*line 4"):
        Notebook(str(file))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        Notebook(str(tmp_path / "nowhere" / "labels.csv"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=12).filter(lambda text: not set(text) & set("/\\\0") and text not in ".."))
def test_every_name_that_can_be_written_comes_back(tmp_path: Path, name: str) -> None:
    file = tmp_path / "labels.csv"
    file.unlink(missing_ok=True)
    image = str(tmp_path / name)
    if can_be_written(place_of(image, str(file))):
        Notebook(str(file)).append(PairNote(image, str(tmp_path / "x.jpg"), QUERY, 1.0))
        [note] = read_notes(str(file))
        assert isinstance(note, PairNote) and note.left == image


def test_values_that_are_no_numbers_are_told_in_words_and_the_list_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    rows = [f"{n}.jpg,size,{'small' if n else 'nan'}" for n in range(80)]
    file.write_text("\n".join(["image,query,value", *rows]))
    with pytest.raises(LabelsError) as error:
        read_notes(str(file))
    said = str(error.value)
    assert 'line 2: the value "nan" is not a number' in said
    assert 'line 3: the value "small" is not a number' in said
    assert "and 30 more" in said and len(said.splitlines()) == 52


def test_an_answer_is_taken_back_beside_a_line_that_an_editor_broke(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    book = Notebook(str(file))
    note = pair(tmp_path, "a.jpg", "b.jpg")
    book.append(note)
    broken = "a.jpg,b.jpg,older person,perhaps\n"
    file.write_text(file.read_text() + broken)
    assert book.remove_last(note)
    assert file.read_text() == "left,right,query,preferred\n" + broken


def test_an_answer_goes_into_a_line_of_its_own_where_an_editor_left_out_the_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    book = Notebook(str(file))
    book.append(pair(tmp_path, "a.jpg", "b.jpg"))
    file.write_text(file.read_text().rstrip())
    book.append(pair(tmp_path, "c.jpg", "d.jpg"))
    assert len(read_notes(str(file))) == 2


@pytest.mark.skipif(os.name == "nt", reason="there is no limit of a file's size")
def test_a_full_disk_leaves_no_half_of_a_line(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "labels.csv"
    book = Notebook(str(file))
    book.append(pair(tmp_path, "a.jpg", "b.jpg"))
    before = file.read_bytes()
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 9, limits[1]))
    try:
        with pytest.raises(UsageError, match="could not be written"):
            book.append(pair(tmp_path, "c.jpg", "d.jpg"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert file.read_bytes() == before
    book.append(pair(tmp_path, "c.jpg", "d.jpg"))
    assert len(read_notes(str(file))) == 2


@pytest.mark.parametrize(
    "changed",
    [
        'left,right,query,preferred\na.jpg,b.jpg,"older person,left\n',
        "image,query,value\n",
        "left,right,query\n",
    ],
)
def test_an_answer_that_a_changed_file_would_not_give_back_is_refused(tmp_path: Path, changed: str) -> None:
    file = tmp_path / "labels.csv"
    book = Notebook(str(file))
    file.write_text(changed)
    with pytest.raises(UsageError, match="an answer cannot be added"):
        book.append(pair(tmp_path, "c.jpg", "d.jpg"))
    assert file.read_text() == changed


def test_a_file_without_its_column_of_persons_takes_nobodys_answer(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    book = Notebook(str(file), person="Ann")
    file.write_text("left,right,query,preferred\n")
    with pytest.raises(UsageError, match="a column is missing"):
        book.append(pair(tmp_path, "c.jpg", "d.jpg", person="Ann"))


@pytest.mark.parametrize("value", [3.14159265358979, 1e300, 1 / 3, 5.0, -0.0])
def test_a_value_of_many_digits_is_written_whole_and_taken_back(tmp_path: Path, value: float) -> None:
    file = tmp_path / "labels.csv"
    book, note = Notebook(str(file), values=True), ValueNote(str(tmp_path / "a.jpg"), QUERY, value)
    book.append(note)
    [written] = read_notes(str(file))
    assert isinstance(written, ValueNote) and written.value == value
    assert book.remove_last(note) and not read_notes(str(file))
