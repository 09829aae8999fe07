"""labels.csv: every form, every spelling, every fault with its line."""

import os
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgrank.errors import LabelsError, UsageError
from imgrank.labels import FEWEST_ROWS, Labels, ValueTask, read_labels, write_labels

ROWS = 10


@pytest.fixture
def folder(tmp_path):
    for n in range(ROWS):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    return tmp_path


def long_form(**columns):
    rows = ["image,query,value"] + [f"{n}.jpg,older person|elderly,{n}" for n in range(ROWS)]
    return [
        row + "".join("," + (name if i == 0 else column(i - 1)) for name, column in columns.items())
        for i, row in enumerate(rows)
    ]


def written(folder, lines, end="\n", encoding="utf-8"):
    path = folder / "labels.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return str(path)


def faults(folder, lines):
    with pytest.raises(LabelsError) as error:
        read_labels(written(folder, lines))
    return str(error.value)


def test_the_long_form_gives_one_task_a_query_with_its_phrasings(folder):
    lines = [*long_form(), *(f"{n}.jpg,sharp,{n % 3}" for n in range(ROWS))]
    older, sharp = read_labels(written(folder, lines)).values
    assert older.phrasings == ("older person", "elderly")
    assert older.query == "older person"
    assert older.values.tolist() == list(range(ROWS))
    assert [os.path.basename(path) for path in older.images] == [f"{n}.jpg" for n in range(ROWS)]
    assert all(os.path.isfile(path) for path in older.images)
    assert sharp.are_classes
    assert not older.are_classes


def test_the_wide_form_may_leave_cells_empty(folder):
    lines = ["image,older,sharp|crisp,split"] + [f"{n}.jpg,{n},{'' if n == 3 else n * 2},train" for n in range(ROWS)]
    older, sharp = read_labels(written(folder, lines)).values
    assert len(older) == ROWS
    assert len(sharp) == ROWS - 1
    assert sharp.phrasings == ("sharp", "crisp")
    assert set(sharp.splits) == {"train"}


def test_the_pairs_form_keeps_contradictions_and_ties(folder):
    answers = ["left", "right", "tie"]
    lines = ["left,right,query,preferred"] + [f"{n % 2}.jpg,2.jpg,nicer,{answers[n % 3]}" for n in range(ROWS)]
    (task,) = read_labels(written(folder, lines)).pairs
    assert task.preferred.tolist() == [[1.0, -1.0, 0.0][n % 3] for n in range(ROWS)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_spelling_of_a_table_reads_the_same(folder, delimiter, encoding, end):
    lines = [line.replace(",", delimiter) for line in long_form()]
    lines = [lines[0].upper(), "", *(f'"{line.split(delimiter)[0]}"{line[5:]}' for line in lines[1:]), delimiter * 2]
    (task,) = read_labels(written(folder, lines, end, encoding)).values
    assert task.values.tolist() == list(range(ROWS))


def test_decimal_commas_are_numbers_where_commas_do_not_part_cells(folder):
    lines = ["image;query;value"] + [f"{n}.jpg;older;{n},5" for n in range(ROWS)]
    (task,) = read_labels(written(folder, lines)).values
    assert task.values.tolist() == [n + 0.5 for n in range(ROWS)]


def test_absolute_parent_and_windows_paths_lead_to_the_same_picture(folder):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "x.jpg").write_bytes(b"")
    lines = long_form()
    lines[1] = f"{folder}/0.jpg,older person|elderly,0"
    lines[2] = "inner/../1.jpg,older person|elderly,1"
    lines[3] = "inner\\x.jpg,older person|elderly,2"
    (task,) = read_labels(written(folder, lines)).values
    assert os.path.samefile(task.images[0], folder / "0.jpg")
    assert os.path.samefile(task.images[1], folder / "1.jpg")
    assert os.path.samefile(task.images[2], inner / "x.jpg")


FAULTS = [
    ("gone.jpg,older person|elderly,3", "line 5", "no image gone.jpg"),
    ("3.jpg,older person|elderly,old", "line 5", '"old" is not a number'),
    ("3.jpg,older person|elderly,nan", "line 5", "not a number"),
    ("3.jpg,older person|elderly,1e999", "line 5", "not a number"),
    ("3.jpg,older person|elderly,1_0", "line 5", "not a number"),
    ('3.jpg,older person|elderly,"3,5"', "line 5", "write a decimal point"),
    ("3.jpg,older person|elderly,", "line 5", "the value is missing"),
    (",older person|elderly,3", "line 5", "path is missing"),
    ("3.jpg,,3", "line 5", "query is missing"),
    ("2.jpg,older person|elderly,3", "line 5", "line 4 has 2"),
    ("3.jpg,older person|elderly,3,4", "line 5", "4 cells and the header 3"),
    ("3.jpg,elderly,3", "", '"elderly" belongs to two queries'),
    ('3.jpg,"older person,3', "line 5", "a quote is not closed"),
]


@pytest.mark.parametrize(("row", "where", "what"), FAULTS)
def test_a_fault_is_named_with_its_line(folder, row, where, what):
    lines = long_form()
    lines[4] = row
    message = faults(folder, lines)
    assert what in message
    assert where in message


HEADERS = [
    (["image,query,worth"], "column value is missing"),
    (["image,query,value,weight"], '"weight" is unknown'),
    (["image,query,value,value"], 'two columns are called "value"'),
    (["photo,age"], 'has no column image; rename the column "photo" to image'),
    (
        ["Filename,query,value"],
        'column image is missing (this form has image,query,value); rename the column "Filename"',
    ),
    (["image,notes"], 'no column for a query, and none called query; the column "notes" holds no numbers'),
]


@pytest.mark.parametrize(("header", "what"), HEADERS)
def test_a_bad_header_is_one_fault_not_one_for_each_row(folder, header, what):
    rows = [",".join([f"{n}.jpg", "some text", str(n), "1"][: header[0].count(",") + 1]) for n in range(ROWS)]
    message = faults(folder, [*header, *rows])
    assert what in message
    assert message.count("line") <= 2
    assert "{skip_bad}" not in message  # which leaves out rows, and no header


def test_all_faults_are_said_at_once_and_a_long_list_is_cut(folder):
    lines = ["image,query,value", "gone.jpg,older,x"] + [f"{n % 2}.jpg,older,{n}" for n in range(80)]
    message = faults(folder, lines)
    assert "81 errors" in message
    assert "and 31 more" in message
    assert "line 2: there is no image gone.jpg" in message
    assert 'line 2: the value "x" is not a number' in message


def test_a_wrong_folder_is_one_fault_that_says_where_the_names_are(folder):
    (folder / "img" / "a").mkdir(parents=True)
    for n in range(20, 50):
        (folder / "img" / "a" / f"{n}.jpg").write_bytes(b"")
    rows = [f"{n}.jpg,older person|elderly,{n}" for n in range(20, 52)]
    message = faults(folder, [*long_form(), *rows])
    names = '"20.jpg", "21.jpg", "22.jpg", "23.jpg" and 28 others'
    lines = "12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and 22 more"
    assert "has 1 error" in message and "Relative paths start at the folder" in message
    assert (
        f"line 12: 32 cells name images that are not there: {names} on lines {lines}; 30 of these names exist in "
        "img/a/: write img/a/20.jpg instead of 20.jpg" in message
    )


def test_one_image_that_lies_elsewhere_is_told_with_its_place(folder):
    told = faults(folder, [*long_form(), "img\\5.jpg,older person|elderly,3"])
    assert "there is no image img\\5.jpg; its name exists beside the labels file: write 5.jpg instead of" in told


def test_images_that_are_nowhere_get_no_advice(folder):
    told = faults(folder, [*long_form(), "gone.jpg,older person|elderly,3"])
    assert "there is no image gone.jpg\n" in told


def test_equal_faults_of_a_column_are_one_with_its_lines(folder):
    rows = [f"{n}.jpg,size,{text},{split}" for n, text, split in ((1, "28 %", "Validation"), (2, "31 %", "Validation"))]
    more = ["3.jpg,size,,train", "4.jpg,size,,dev", "5.jpg,size,big,train", "6.jpg,size,small,train"]
    message = faults(folder, [*long_form(split=lambda n: "train"), *rows, *more])
    for said in (
        '2 values of "size" are not numbers: "28 %", "31 %" on lines 12, 13; write 28 instead of 28 %',
        '3 splits are not one of train, val, test: "Validation", "dev" on lines 12, 13, 15; write val instead of Valid',
        '2 values of "size" are missing: lines 14, 15',
        '2 values of "size" are not numbers: "big", "small" on lines 16, 17; give each class a number',
    ):
        assert message.count(said) == 1
    assert message.count("\n  ") == 4


def test_equal_faults_of_answers_are_one(folder):
    rows = [f"{n}.jpg,2.jpg,nicer,{'left' if n < 9 else 'both'}" for n in (*range(3, 10), 9)]
    assert '2 answers are not left, right or tie: "both" on lines 8, 9' in faults(
        folder, ["left,right,query,preferred", *rows]
    )


def test_too_few_rows_says_how_many_are_needed(folder):
    message = faults(folder, long_form()[:4])
    assert f"has 3 good rows and needs at least {FEWEST_ROWS}" in message


def test_one_value_only_is_a_fault(folder):
    assert "the same value 4" in faults(folder, ["image,query,value"] + [f"{n}.jpg,older,4" for n in range(ROWS)])


def test_a_group_must_not_straddle_splits(folder):
    lines = long_form(split=lambda n: "test" if n == 9 else "train", group=lambda n: f"g{n // 2}")
    assert 'line 11: the group "g4" is in test, but in train on line 10' in faults(folder, lines)


def test_an_unknown_split_is_a_fault(folder):
    assert '"dev" is not one of' in faults(folder, long_form(split=lambda n: "dev" if n == 2 else "train"))


def test_pairs_have_faults_too(folder):
    good = [f"{n}.jpg,2.jpg,nicer,left" for n in range(3, 10)]
    message = faults(folder, ["left,right,query,preferred", *good, "1.jpg,1.jpg,nicer,left", "0.jpg,1.jpg,nicer,both"])
    assert "line 9: left and right are the same image" in message
    assert 'line 10: preferred is "both"' in message


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "is empty"),
        (b"\n;;\n", "is empty"),
        (b"image,query,value\n", "no row below"),
        (b"image,query,value\n\xff.jpg,a,1\n", "line 2: this is not UTF-8"),
        ("image,query,value\n".encode("utf-16"), "UTF-16"),
        (b'[{"id": 1, "image": "/data/a.jpg", "rating": 3}]', "is JSON; labels are read from CSV"),
        (b'{"images": [{"id": 1}]}', "is JSON"),
        (b"[" * 200_000, "is JSON"),
        (b"image,query,value\n\0,a,1\n", "NUL"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", "this is not a text file"),
    ],
)
def test_what_is_no_labels_file_is_said_in_one_line(folder, raw, what):
    path = folder / "labels.csv"
    path.write_bytes(raw)
    with pytest.raises(LabelsError, match=what):
        read_labels(str(path))


@pytest.mark.parametrize("query", ["|", " || ", "|\t|"])
def test_bars_alone_are_no_query(folder, query):
    assert "line 12: the query is missing" in faults(folder, [*long_form(), f"0.jpg,{query},3"])
    wide = [f"image,dark,{query}", *(f"{n}.jpg,{n},{n}" for n in range(ROWS))]
    assert "has no query in its name" in faults(folder, wide)
    assert len(read_labels(written(folder, [*long_form(), f"0.jpg,{query},3"]), skip_bad=True).values) == 1


def test_what_is_almost_an_address_is_an_image_that_is_not_there(folder):
    assert "line 12: there is no image http://[::1/x.jpg" in faults(folder, [*long_form(), "http://[::1/x.jpg,old,3"])


def test_a_missing_file_is_said(folder):
    with pytest.raises(LabelsError, match="cannot be read"):
        read_labels(str(folder / "none.csv"))


def test_skip_bad_leaves_faulty_rows_out_and_names_them(folder):
    lines = [*long_form(), "gone.jpg,older person|elderly,3"]
    labels = read_labels(written(folder, lines), skip_bad=True)
    assert len(labels.values[0]) == ROWS
    assert [fault.line for fault in labels.left_out] == [12]
    with pytest.raises(LabelsError, match="Nothing is left"):
        read_labels(written(folder, lines[:2]), skip_bad=True)


def test_a_hundred_thousand_rows_are_read(folder):
    lines = ["image,query,value"] + [f"{n % ROWS}.jpg,query {n // ROWS},{n}" for n in range(100_000)]
    assert len(read_labels(written(folder, lines)).values) == 100_000 // ROWS


def test_writing_and_reading_gives_the_same_labels(folder):
    before = read_labels(written(folder, long_form(split=lambda n: "train", group=lambda n: f"g{n}")))
    out = folder / "inner" / "out.csv"
    out.parent.mkdir()
    write_labels(before, str(out))
    (a,), (b,) = before.values, read_labels(str(out)).values
    assert (a.phrasings, a.splits, a.groups) == (b.phrasings, b.splits, b.groups)
    assert all(map(os.path.samefile, a.images, b.images))
    assert np.array_equal(a.values, b.values)
    with pytest.raises(UsageError, match="not overwritten"):
        write_labels(before, str(out))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from('aeimgqury,;\t\n"|.0123vl \r'), max_size=120), head=st.booleans())
def test_any_text_gives_labels_or_a_labels_error(folder, text, head):
    path = folder / "any.csv"
    path.write_bytes((("image,query,value\n" if head else "") + text).encode())
    try:
        assert isinstance(read_labels(str(path)), Labels)
    except LabelsError as error:
        assert str(error)


def test_values_are_classes_only_where_they_are_few_and_whole():
    def task(values):
        names = tuple(map(str, range(len(values))))
        return ValueTask(("q",), names, np.array(values, float), names, names)

    assert task([1, 2, 1, 2]).are_classes
    assert not task([1, 2, 1.5, 2]).are_classes
    assert not task([1, 2, 3, 4]).are_classes


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_thousands_are_thousands(folder, delimiter):
    values = ["1,234,567", "-1,050.5", "900", *map(str, range(7))]
    lines = [delimiter.join(("image", "query", "value"))]
    lines += [delimiter.join((f"{n}.jpg", "older", f'"{value}"')) for n, value in enumerate(values)]
    (task,) = read_labels(written(folder, lines)).values
    assert task.values.tolist() == [1234567, -1050.5, 900, *range(7)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_may_be_thousands_or_a_decimal_comma_is_refused(folder, delimiter):
    lines = [line.replace(",", delimiter) for line in long_form()]
    lines[3] = delimiter.join(("2.jpg", "older person|elderly", '"1,050"'))
    assert "line 4" in faults(folder, lines)


def test_three_digits_behind_a_comma_are_decimals_where_others_show_it(folder):
    values = ["27,5", "27,108", *(f"{n},000" for n in range(1, 9))]
    lines = ["image;query;value"] + [f"{n}.jpg;older;{value}" for n, value in enumerate(values)]
    (task,) = read_labels(written(folder, lines)).values
    assert task.values.tolist()[:2] == [27.5, 27.108]


def test_excels_own_first_line_is_passed_by(folder):
    lines = ["sep=;", *(line.replace(",", ";") for line in long_form())]
    (task,) = read_labels(written(folder, lines)).values
    assert len(task) == ROWS
    lines[4] = "gone.jpg;older person|elderly;2"
    assert "line 5" in faults(folder, lines)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
@pytest.mark.parametrize("wide", [False, True])
def test_the_index_that_pandas_writes_is_no_query(folder, name, wide):
    lines = ["image,older"] + [f"{n}.jpg,{n}" for n in range(ROWS)] if wide else long_form()
    lines = [f"{name},{lines[0]}", *(f"{n},{line}" for n, line in enumerate(lines[1:]))]
    (task,) = read_labels(written(folder, lines)).values
    assert len(task) == ROWS


def test_addresses_of_local_files_lead_to_them(folder):
    (folder / "a b.jpg").write_bytes(b"")
    lines = long_form()
    lines[1] = f"{(folder / 'a b.jpg').as_uri()},older person|elderly,0"
    lines[2] = "/data/local-files/?d=1.jpg,older person|elderly,1"
    lines[3] = "http://localhost:8080/data/local-files/?d=2.jpg,older person|elderly,2"
    (task,) = read_labels(written(folder, lines)).values
    assert [os.path.basename(path) for path in task.images[:3]] == ["a b.jpg", "1.jpg", "2.jpg"]


@pytest.mark.parametrize(
    "name", ["id", "ID", "image_id", "imageId", "photo id", "asset.id", "index", "Nr", "No.", "#", "row"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_column_that_numbers_the_pictures_is_no_query(tmp_path, name, place):
    header, rows = ["image", "older person"], [[f"p{n}.jpg", str(n % 5)] for n in range(1, 31)]
    for number, row in enumerate([header, *rows]):
        row.insert(place, name if number == 0 else str(90_000 + 7 * number))
    labels = table(tmp_path, [header, *rows])
    assert [task.query for task in labels.values] == ["older person"]
    assert any(f'"{name}"' in note for note in labels.notes)


@pytest.mark.parametrize("form", ["long", "pairs"])
def test_nor_is_it_unknown_in_the_other_forms(tmp_path, form):
    if form == "long":
        rows = [["id", "image", "query", "value"], *([str(n), f"p{n}.jpg", "q", str(n)] for n in range(1, 31))]
    else:
        header = ["annotation_id", "left", "right", "query", "preferred"]
        rows = [header, *([str(n), f"p{n}.jpg", f"p{n + 1}.jpg", "q", "left"] for n in range(1, 30))]
    labels = table(tmp_path, rows)
    assert len(labels.tasks) == 1 and labels.notes and not labels.left_out


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", lambda n: n % 5), ("id", lambda n: n + 0.5), ("Madrid", lambda n: n), ("rank", lambda n: n)],
)
def test_a_query_by_such_a_name_stays_one(tmp_path, name, value):
    labels = table(tmp_path, [["image", name], *([f"p{n}.jpg", str(value(n))] for n in range(1, 31))])
    assert [task.query for task in labels.values] == [name] and not labels.notes


def test_a_table_of_numbers_alone_says_what_is_missing_and_how_to_take_it(tmp_path):
    with pytest.raises(LabelsError, match='no column for a query, and none called query; the column "id"') as error:
        table(tmp_path, [["image", "id"], *([f"p{n}.jpg", str(n)] for n in range(1, 31))])
    assert error.value.remedy == 'Name a column with {column}, such as "id".'


def beside(folder, name, cell, **options):
    """Labels of a query "older person" and beside it another column."""
    rows = [["image", "older person", name], *([f"p{n}.jpg", str(n % 5), str(cell(n))] for n in range(1, 31))]
    return table(folder, rows, **options)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("patient_id", lambda n: 4000 + n // 2),  # two images of each
        ("patient_id", lambda n: 200 + n // 5),
        ("patientId", lambda n: f"{n // 2:05}"),
        ("id", lambda n: f"{n}.0"),  # as pandas writes a column with gaps
        ("case_id", lambda n: f"C-{n // 3}"),
        ("patient", lambda n: 3 * n),  # one of each, with gaps
        ("Patient", lambda n: 17 + n // 3),
        ("patient", lambda n: f"P{n // 3:04}"),
        ("subject", lambda n: 100 + n % 15),
        ("sample no.", lambda n: 40 + n // 2),
        ("uuid", lambda n: f"f{n}e-a{n}"),
        ("filename_no", lambda n: 700 + n),
        ("image number", lambda n: 3 * n),
        ("serial", lambda n: 10 * n),
        ("serial_no", lambda n: n),
        ("number", lambda n: n),
        ("seq", lambda n: 99 + n),
        ("row_index", lambda n: 60 - n),
    ],
)
def test_a_column_that_names_images_is_left_out_by_its_name_and_values_together(tmp_path, name, cell):
    labels = beside(tmp_path, name, cell)
    assert [task.query for task in labels.values] == ["older person"]
    assert [left.name for left in labels.left_columns] == [name]
    assert f'the column "{name}"' in labels.notes[0] and "was left out" in labels.notes[0]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("glycaemic_index", lambda n: 7 * n % 31),
        ("sharpness index", lambda n: 40 + 3 * n),
        ("number", lambda n: n * n),
        ("people_no", lambda n: n // 3),
        ("image_no", lambda n: n % 7),
        ("rating_id", lambda n: n % 4),
        ("patient_id", lambda n: n + 0.5),
        ("patient", lambda n: n + 0.5),
        ("patient", lambda n: n % 3),
        ("patients", lambda n: 20 + n // 2),
        ("subject size", lambda n: 20 + n // 2),
        ("acid", lambda n: n),
        ("rank", lambda n: n),
        ("weight", lambda n: n),
        ("older car", lambda n: 1990 + n),
    ],
)
def test_no_quantity_is_left_out_for_its_name_or_its_values_alone(tmp_path, name, cell):
    labels = beside(tmp_path, name, cell)
    assert [task.query for task in labels.values] == ["older person", name]
    assert not labels.left_columns


@pytest.mark.parametrize(
    ("name", "cell", "is_told"),
    [
        ("rating_id", lambda n: n % 4, True),
        ("rank", lambda n: n, True),
        ("rank", lambda n: 31 - n, False),
        ("weight", lambda n: n % 9, False),
    ],
)
def test_a_query_that_may_only_name_images_is_told(tmp_path, name, cell, is_told):
    notes = beside(tmp_path, name, cell).notes
    assert any(f'"{name}" is taken for a query' in note for note in notes) == is_told


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        (lambda n: f"seen on day {n}", ""),
        (lambda n: "a retake" if n == 7 else "", ""),
        (lambda n: 3 if n == 7 else f"{n} of the series", ""),  # somebody's comment is a number
        (lambda n: "", ""),
        (lambda n: ("good", "bad")[n % 2], "; to train on it, give each class a number"),
    ],
)
def test_text_beside_a_query_is_left_out_with_one_line(tmp_path, cell, advice):
    labels = beside(tmp_path, "comments", cell)
    assert [task.query for task in labels.values] == ["older person"] and not labels.left_out
    assert labels.notes == (f'the column "comments" holds no numbers to learn from, and was left out{advice}',)


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        (lambda n: f"{n}%", 'leave out "%": write 1 instead of 1%'),
        (lambda n: f"{n}.50 €", 'leave out "€": write 1.50 instead of 1.50 €'),
        (lambda n: f"${n}", 'leave out "$": write 1 instead of $1'),
        (lambda n: f"USD {n}", 'leave out "USD": write 1 instead of USD 1'),
        (lambda n: f"{n} kg", 'leave out "kg": write 1 instead of 1 kg'),
        (lambda n: f"{n % 5}/5", 'leave out "/5": write 1 instead of 1/5'),
        (lambda n: f"{n} 000", "write 1000 instead of 1 000"),
    ],
)
def test_numbers_with_a_unit_are_told_to_be_written_without(tmp_path, cell, advice):
    [note] = beside(tmp_path, "weight", cell).notes
    assert note == f'the column "weight" holds no numbers to learn from, and was left out; to train on it, {advice}'
    with pytest.raises(LabelsError, match=re.escape(advice)):
        beside(tmp_path, "weight", cell, column=["weight"])


def test_words_for_no_value_are_one_fault_a_query(tmp_path):
    words = {2: "NA", 3: "n/a", 7: "-", **dict.fromkeys(range(12, 22), "nan")}
    message = missing(tmp_path, words)
    assert "has 1 error" in message and message.count("line ") == 1
    lines = "3, 4, 8, 13, 14, 15, 16, 17, 18, 19 and 3 more"
    said = f'13 values of "action" are not numbers: "NA", "n/a", "-", "nan" on lines {lines}'
    assert f"line 3: {said}; where there is no value, leave the cell empty" in message
    assert 'the value "None" is not a number; where there is no value, leave the cell empty' in missing(
        tmp_path, {4: "None"}
    )


def missing(folder, words):
    with pytest.raises(LabelsError) as error:
        beside(folder, "action", lambda n: words.get(n, n))
    return str(error.value)


def test_rows_without_a_value_are_counted_in_one_line(tmp_path):
    labels = beside(tmp_path, "action", lambda n: "" if n in (4, 9) else n)
    assert labels.notes == ('rows without a value were left out: 2 of "action"',)


@pytest.mark.parametrize("cell", [lambda n: f"{n}{'abc'[n % 3]}", lambda n: f"{n}:30", lambda n: f"2024-01-{n:02}"])
def test_what_only_begins_like_a_number_is_given_no_such_advice(tmp_path, cell):
    [note] = beside(tmp_path, "remark", cell).notes
    assert note.endswith("was left out")


def test_a_unit_in_a_row_of_the_long_form_is_told(folder):
    assert 'the value "23%" is not a number; write 23' in faults(folder, [*long_form(), "1.jpg,size,23%"])


def test_a_column_that_names_no_pictures_is_not_said_to_be_image(folder):
    assert "rename" not in faults(folder, ["place,age", *(f"hall {n},{n}" for n in range(ROWS))])


def test_text_that_is_asked_for_is_a_fault(tmp_path):
    with pytest.raises(LabelsError, match='"comments" holds no numbers to learn from'):
        beside(tmp_path, "comments", lambda n: f"seen on day {n}", column=["comments"])


@pytest.mark.parametrize(
    ("name", "cell", "meant"),
    [("splt", lambda n: ("a", "b")[n % 2], "split"), ("groups", lambda n: f"g{n // 2}", "group")],
)
def test_text_that_decides_what_is_trained_on_is_not_left_out_for_its_wrong_name(tmp_path, name, cell, meant):
    with pytest.raises(LabelsError, match=f'"{name}" is unknown; .* call it {meant}'):
        beside(tmp_path, name, cell)


@pytest.mark.parametrize("skip_bad", [False, True])
@pytest.mark.parametrize(
    ("name", "cells", "advice"),
    [
        ("part", ("train", "test"), "(test, train); call it split, or take it out"),
        ("set", ("Train", "Valid", "Test"), "(Valid, Test, Train); call it split and write train, val or test in it"),
        ("subset", ("training", "validation", "testing"), "and write train, val or test in it"),
        ("sample", ("train", "dev", "HOLDOUT"), "and write train, val or test in it"),
        ("phase", ("", "testing"), "and write train, val or test in it"),
        ("is_test", ("0", "1"), "looks like a split (1, 0)"),
        ("isTrain", ("True", "False"), "looks like a split (False, True)"),
        ("spilt", ("0", "1", "2"), "looks like a split (1, 2, 0)"),
    ],
)
def test_a_split_of_another_name_stops_whatever_may_be_skipped(tmp_path, name, cells, advice, skip_bad):
    with pytest.raises(LabelsError) as error:
        beside(tmp_path, name, lambda n: cells[n % len(cells)], skip_bad=skip_bad)
    assert f'the column "{name}" looks like a split' in str(error.value) and advice in str(error.value)


@pytest.mark.parametrize(("name", "cells"), [("set", ("Train", "Test")), ("is_test", ("0", "1"))])
def test_beside_a_split_another_one_is_left_out_and_told(tmp_path, name, cells):
    rows = [["image", "older", "split", name]]
    rows += [[f"p{n}.jpg", str(n), "train", cells[n % 2]] for n in range(1, 31)]
    labels = table(tmp_path, rows)
    assert [task.query for task in labels.values] == ["older"]
    assert f'the column "{name}" looks like a split, and was left out' in labels.notes[0]


@pytest.mark.parametrize("name", ["train", "tested car", "split level", "valid_points"])
def test_a_quantity_that_may_be_in_a_picture_is_no_split(tmp_path, name):
    assert len(beside(tmp_path, name, lambda n: n % 2).values) == 2


def test_a_flag_of_the_split_is_a_query_where_it_is_named_or_alone(tmp_path):
    assert len(beside(tmp_path, "test", lambda n: n % 2, column=["test"]).values) == 2
    with pytest.raises(LabelsError) as error:
        beside(tmp_path, "test", lambda n: n % 2)
    assert error.value.remedy == 'If "test" is a query, name it with {column}.'
    rows = [["image", "test"], *([f"p{n}.jpg", str(n % 2)] for n in range(1, 31))]
    assert len(table(tmp_path, rows).values) == 1


@pytest.mark.parametrize("name", ["person", "Artist", "model", "photographer_name", "name"])
def test_names_of_people_are_proposed_as_a_group_and_not_as_classes(tmp_path, name):
    [note] = beside(tmp_path, name, lambda n: ("Ann", "Bob", "Cy")[n % 3]).notes
    assert note.endswith("call it group, and such images stay in one split")


@pytest.mark.parametrize(("name", "words"), [("person", ("no", "yes")), ("class_name", ("cat", "dog"))])
def test_grades_and_classes_are_still_to_be_numbered(tmp_path, name, words):
    [note] = beside(tmp_path, name, lambda n: words[n % 2]).notes
    assert note.endswith("give each class a number")


def test_where_text_and_an_id_are_all_there_is_the_id_is_what_can_be_taken(tmp_path):
    rows = [["image", "notes", "case"], *([f"p{n}.jpg", f"day {n}", str(100 + n)] for n in range(1, 31))]
    with pytest.raises(LabelsError) as error:
        table(tmp_path, rows)
    assert error.value.remedy == 'Name a column with {column}, such as "case".'


@pytest.mark.parametrize(("cell", "may_be_query"), [(lambda n: f"C-{n}", False), (lambda n: 200 + n, True)])
def test_a_column_of_ids_can_be_taken_for_a_query_where_they_are_numbers(tmp_path, cell, may_be_query):
    [left] = beside(tmp_path, "case_id", cell).left_columns
    assert left.may_be_query == may_be_query


@pytest.mark.parametrize("group", [False, True])
def test_what_several_images_belong_to_is_proposed_as_their_group_where_there_is_none(tmp_path, group):
    extra = [["group"], *([f"g{n // 2}"] for n in range(1, 31))] if group else [[]] * 31
    rows = [
        ["image", "older person", "patient_id"],
        *([f"p{n}.jpg", str(n % 5), str(50 + n // 2)] for n in range(1, 31)),
    ]
    [note] = table(tmp_path, [row + more for row, more in zip(rows, extra, strict=True)]).notes
    assert ("call it group" in note) != group


def test_what_each_image_has_alone_is_proposed_as_no_group(tmp_path):
    [note] = beside(tmp_path, "patient_id", lambda n: n).notes
    assert "group" not in note


def test_numbers_with_unclear_commas_are_said_to_be_that_and_not_to_be_none(tmp_path):
    rows = [["image", "income"], *([f"p{n}.jpg", f'"4,{n:03}"'] for n in range(1, 31))]
    with pytest.raises(LabelsError, match=r"could be thousands or have a decimal comma.*; write 4001 or 4\.001"):
        table(tmp_path, rows)


def test_a_column_that_is_named_is_taken_without_a_word(tmp_path):
    labels = beside(tmp_path, "patient_id", lambda n: n, column=["patient_id"])
    assert [task.query for task in labels.values] == ["older person", "patient_id"]
    assert not labels.left_columns and not labels.notes


def test_a_named_column_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(LabelsError, match=r'no column "patient"; its header is image, older person, patient_id'):
        beside(tmp_path, "patient_id", lambda n: n, column=["patient"])


def table(folder, rows, **options):
    for n in range(31):
        (folder / f"p{n}.jpg").touch()
    (folder / "labels.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    return read_labels(str(folder / "labels.csv"), **options)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_dots_are_thousands_where_commas_are_decimal(folder, delimiter):
    values = ["950,5", "1.200", "45.000,5", "1.045.000", *map(str, range(4, ROWS))]
    lines = ["image,query,value", *(f"{n}.jpg,price,@{n}@" for n in range(ROWS))]
    lines = [line.replace(",", delimiter) for line in lines]
    lines = [re.sub("@(.)@", lambda found: values[int(found[1])], line) for line in lines]
    (task,) = read_labels(written(folder, lines)).values
    assert task.values[:4].tolist() == [950.5, 1200, 45000.5, 1045000]


def test_one_dot_is_a_decimal_point_where_no_comma_is_decimal(folder):
    lines = ["image;query;value", *(f"{n}.jpg;price;{n}.125" for n in range(ROWS))]
    (task,) = read_labels(written(folder, lines)).values
    assert task.values[2] == 2.125


def of_prices(folder, values, delimiter=";", form="long"):
    """Labels of which the first values are these, and the others 1, 2, 3."""
    values = [*values, *map(str, range(1, ROWS))][:ROWS]
    header, query = (["image", "query", "value"], ["price"]) if form == "long" else (["image", "price"], [])
    rows = [header, *([f"{n}.jpg", *query, value] for n, value in enumerate(values))]
    return read_labels(written(folder, [delimiter.join(row) for row in rows]))


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("form", ["long", "wide"])
@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1.200", "950", "2.400"], [1200, 950, 2400]),
        (["-1.234", "2750", "99"], [-1234, 2750, 99]),
        (["1.200", "1.045.000", "7"], [1200, 1_045_000, 7]),
    ],
)
def test_dots_part_thousands_beside_whole_numbers_of_that_size(folder, delimiter, form, values, read):
    labels = of_prices(folder, values, delimiter, form)
    assert labels.values[0].values[:3].tolist() == read
    said = f'dots in the values of "price" separate thousands: line 2, {values[0]} is read as {read[0]}'
    assert said in labels.notes


@pytest.mark.parametrize(
    ("values", "delimiter", "is_told"),
    [
        (["1.200", "3", "2.400"], ";", True),  # ratings, or thousands
        (["1.200", "950", "2.400"], ",", True),  # who parts cells by commas writes decimal points
        (["1.200", "950.5"], ";", False),
        (["0.125", "950"], ";", False),
        (["1.2", "950"], ";", False),
        (["1.200", "3"], "\t", False),
        (["12.125", "33.333", "100", "66.667"], ";", True),  # shares of 100
        (["12.125", "33.333", "100", "66.667"], "\t", True),
    ],
)
def test_other_dots_are_decimal_points_and_what_may_be_either_is_told_with_its_line(folder, values, delimiter, is_told):
    labels = of_prices(folder, values, delimiter)
    assert labels.values[0].values[0] == float(values[0])
    told = [note for note in labels.notes if "decimal point" in note]
    assert [f"line 2, {values[0]} is" in note for note in told] == [True] * is_told


def test_each_query_has_dots_of_its_own(folder):
    rows = ["image;price;weight", *(f"{n}.jpg;{n or '1.200'};{n}.125" for n in range(ROWS))]
    rows[2] = "1.jpg;950;1.125"
    price, weight = read_labels(written(folder, rows)).values
    assert (price.values[0], weight.values[1]) == (1200, 1.125)


def test_a_decimal_comma_shows_beside_dots_that_part_thousands(folder):
    values = of_prices(folder, ["1.200,50", "2.400", "950"]).values[0].values
    assert values[:3].tolist() == [1200.5, 2400, 950]


def test_points_of_one_query_stay_points_beside_commas_of_another(folder):
    rows = ["image;gain;share", *(f"{n}.jpg;{n}.250;{n},5" for n in range(ROWS))]
    gain, share = read_labels(written(folder, rows)).values
    assert (gain.values[:3].tolist(), share.values[1]) == ([0.25, 1.25, 2.25], 1.5)


def test_capitals_make_no_other_query(folder):
    lines = [line.replace("older", "Older" if n % 2 else "older") for n, line in enumerate(long_form())]
    (task,) = read_labels(written(folder, lines)).values
    assert len(task) == ROWS
    pairs = ["left,right,query,preferred", *(f"{n}.jpg,{n - 1}.jpg,{'aA'[n % 2]},left" for n in range(1, ROWS))]
    (answers,) = read_labels(written(folder, pairs)).pairs
    assert len(answers) == ROWS - 1


def test_a_query_that_is_said_to_be_left_out_is(folder):
    lines = [*long_form(), *(f"{n}.jpg,elderly|senior,{n % 3}" for n in range(ROWS))]
    labels = read_labels(written(folder, lines), skip_bad=True)
    assert [task.query for task in labels.values] == ["older person"]
    assert "belongs to two queries" in str(labels.left_out[0])


def test_where_paths_count_from_is_said_where_images_are_missing(folder):
    lines = [*long_form(), "photos/a.jpg,sharp,1"]
    assert f"Relative paths start at the folder of the labels file, {folder}." in faults(folder, lines)
    assert "Relative paths" not in faults(folder, [*long_form(), "1.jpg,older person,x"])


def test_names_of_classes_are_told_to_be_given_numbers(folder):
    said = faults(folder, [*long_form(), "1.jpg,size,small", "2.jpg,size,NA"])
    assert said.count("give each class a number, such as 1, 2 and 3") == 1


def test_a_workbook_is_said_to_be_one(folder):
    (folder / "labels.xlsx").write_bytes(b"PK\x03\x04" + bytes(99))
    with pytest.raises(LabelsError, match="Excel workbook"):
        read_labels(str(folder / "labels.xlsx"))
